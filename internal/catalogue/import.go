package catalogue

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// ImportOptions say for whom rows of a source become courses.
type ImportOptions struct {
	InstitutionID ident.ID
	SourceID      *ident.ID         // endpoint from which the rows were pulled, if any
	DryRun        bool              // find everything, change nothing
	Publish       bool              // publish what is complete, and open its offerings
	Details       map[string]string // of the audit entries
}

// Import brings rows of one source into the catalogue of one institution. The
// rows of a source are applied in order, in batches; a row that is refused
// changes nothing and spoils no other.
//
// A course is known by its external id. Content that is as the source said the
// last time is left alone, so that what somebody wrote into a draft by hand
// stays until the source itself changes. A withdrawn course stays withdrawn,
// and a draft that is being reviewed stays as it is.
type Import struct {
	ImportOptions
	zone string
	now  time.Time
}

// ground is what a batch rests on. It is read anew for each one, because a
// member may be suspended, a unit closed, or a review asked for, in the middle
// of a long document.
type ground struct {
	alliances []*ent.Alliance
	units     map[string]*ent.Unit // by key
}

// ground returns a FORBIDDEN problem when the institution is no active member,
// and a CONFLICT problem when the import would publish what has to be reviewed
// by a second person first.
func (i *Import) ground(ctx context.Context, db *ent.Client) (g ground, err error) {
	inst, err := db.Institution.Get(ctx, i.InstitutionID)
	if err != nil {
		return g, err
	}
	if i.Publish && !i.DryRun && inst.CourseReview == institution.CourseReviewREQUIRED {
		return g, problem.New(problem.Conflict, "here a second person reviews courses before they are published; import drafts").At("input", "mode")
	}
	if g.alliances, err = alliancesOf(ctx, db, i.InstitutionID); err != nil {
		return g, err
	}
	units, err := db.Unit.Query().Where(unit.InstitutionID(i.InstitutionID)).All(ctx)
	g.units = make(map[string]*ent.Unit, len(units))
	for _, u := range units {
		g.units[u.Key] = u
	}
	return g, err
}

// Importing prepares an import. It returns a FORBIDDEN problem when the
// institution is no active member, and a CONFLICT problem when it would publish
// what has to be reviewed by a second person first.
func Importing(ctx context.Context, db *ent.Client, now time.Time, o ImportOptions) (*Import, error) {
	inst, err := db.Institution.Get(ctx, o.InstitutionID)
	if err != nil {
		return nil, err
	}
	i := &Import{ImportOptions: o, zone: inst.Zone, now: vocab.Stored(now)}
	_, err = i.ground(ctx, db)
	return i, err
}

// ImportOutcome says what became of a row.
type ImportOutcome string

// The outcomes.
const (
	ImportCreated   ImportOutcome = "CREATED"
	ImportUpdated   ImportOutcome = "UPDATED"
	ImportUnchanged ImportOutcome = "UNCHANGED"
	ImportRejected  ImportOutcome = "REJECTED"
)

// Imported is what became of one row.
type Imported struct {
	ExternalID string
	CourseID   *ident.ID
	Outcome    ImportOutcome
	Problems   []*problem.Error // why it was refused, or
	Incomplete []*problem.Error // what keeps it from being published,
	Notes      []*problem.Error // and what else is said of it
}

// Refused reports whether the row has a problem by itself.
func (r *ImportRow) Refused() bool { return r.refused != nil }

// Refuse refuses a row for a reason that the row itself does not know, such as
// that its external id stands twice in the source.
func (r *ImportRow) Refuse(p *problem.Error) { r.refused = first(append(r.refused, p)) }

// ApplyTx applies a batch of rows, at most a few hundred, with a number of
// statements that grows only with what has changed. Neither an external id nor
// a code stands twice among rows that are not refused. It returns a CONFLICT
// problem when somebody else has just changed an offering or closed a unit; the
// caller then tries the batch once more. It returns the problems of Importing when
// these have come true meanwhile.
func (i *Import) ApplyTx(ctx context.Context, tx *ent.Tx, rows []*ImportRow) ([]Imported, error) {
	have, err := i.stock(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	plans := make([]*importPlan, len(rows))
	for n, r := range rows {
		plans[n] = i.plan(have, r)
	}
	if err := i.promote(ctx, tx, plans); err != nil {
		return nil, err
	}
	out := make([]Imported, len(rows))
	for n, p := range plans {
		i.planOfferings(have, p)
		out[n] = p.answer(i.DryRun)
	}
	if i.DryRun {
		return out, nil
	}
	return out, i.write(ctx, tx, plans)
}

// stock is what the catalogue has of the rows of a batch.
type stock struct {
	ground
	byExternalID map[string]*ent.Course
	owner        map[string]ident.ID                   // of each code that a row wants
	versions     map[ident.ID]versionsOf               // by course
	offerings    map[ident.ID]map[string]*ent.Offering // by course and external id
}

// versionsOf is what an import needs to know of the versions of a course.
type versionsOf struct {
	newest   *ent.CourseVersion // id, number, state and digest only
	imported string             // digest of the newest imported content
}

func (i *Import) stock(ctx context.Context, tx *ent.Tx, rows []*ImportRow) (*stock, error) {
	var externalIDs, codes []string
	for _, r := range rows {
		if r.refused == nil {
			externalIDs, codes = append(externalIDs, r.ExternalID), append(codes, r.Code)
		}
	}
	have := &stock{byExternalID: map[string]*ent.Course{}, owner: map[string]ident.ID{}, versions: map[ident.ID]versionsOf{}, offerings: map[ident.ID]map[string]*ent.Offering{}}
	var err error
	if have.ground, err = i.ground(ctx, tx.Client()); err != nil || len(externalIDs) == 0 {
		return have, err
	}
	mine := course.And(course.InstitutionID(i.InstitutionID), course.ExternalIDIn(externalIDs...))
	if !i.DryRun {
		if err := i.hold(ctx, tx, mine); err != nil {
			return nil, err
		}
	}
	known, err := tx.Course.Query().Where(mine).All(ctx)
	if err != nil {
		return nil, err
	}
	owners, err := tx.Course.Query().Where(course.InstitutionID(i.InstitutionID), course.CodeIn(codes...)).
		Select(course.FieldID, course.FieldCode).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range owners {
		have.owner[c.Code] = c.ID
	}
	var ids []ident.ID
	for _, c := range known {
		have.byExternalID[*c.ExternalID] = c
		ids = append(ids, c.ID)
	}
	if len(ids) == 0 {
		return have, nil
	}
	versions, err := tx.CourseVersion.Query().Where(courseversion.CourseIDIn(ids...),
		courseversion.Or(courseversion.StateNEQ(courseversion.StateSUPERSEDED), courseversion.DigestNEQ(""))).
		Select(courseversion.FieldID, courseversion.FieldCourseID, courseversion.FieldNumber, courseversion.FieldState, courseversion.FieldDigest).
		Order(courseversion.ByNumber()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		of := have.versions[v.CourseID]
		of.newest = v
		if v.Digest != "" {
			of.imported = v.Digest
		}
		have.versions[v.CourseID] = of
	}
	var offered []ident.ID
	for _, r := range rows {
		if c := have.byExternalID[r.ExternalID]; c != nil && len(r.offerings) > 0 {
			offered = append(offered, c.ID)
		}
	}
	if len(offered) == 0 {
		return have, nil
	}
	offerings, err := tx.Offering.Query().Where(offering.CourseIDIn(offered...), offering.ExternalIDNotNil()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range offerings {
		if have.offerings[o.CourseID] == nil {
			have.offerings[o.CourseID] = map[string]*ent.Offering{}
		}
		have.offerings[o.CourseID][*o.ExternalID] = o
	}
	return have, nil
}
