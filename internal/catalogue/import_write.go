package catalogue

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// maxBulk bounds the rows of one statement: SQLite takes 32766 values.
const maxBulk = 500

// hold notes that the source still has the courses. That is no change of theirs,
// so updated_at stays. It comes first: their rows are written before they are
// read, so that whoever changes one of them at the same moment waits, and what
// is compared with the source is what is written over.
func (i *Import) hold(ctx context.Context, tx *ent.Tx, courses predicate.Course) error {
	return tx.Course.Update().Where(courses).SetNillableSourceID(i.SourceID).SetSourceSeenAt(i.now).Modify(unmoved).Exec(ctx)
}

// unmoved leaves updated_at of a course as it is.
func unmoved(u *sql.UpdateBuilder) { u.Set(course.FieldUpdatedAt, sql.Expr(course.FieldUpdatedAt)) }

// write carries out the plans. Courses come first and versions before their
// offerings, as the foreign keys want it.
func (i *Import) write(ctx context.Context, tx *ent.Tx, plans []*importPlan) error {
	var (
		courses  []*ent.CourseCreate
		versions []*ent.CourseVersionCreate
		runs     []*ent.OfferingCreate
		same     []*importPlan // of which the source says nothing but when it changed them
		replaced []ident.ID    // courses with a new published version
		units    []ident.ID    // that get courses, or in which some are published
	)
	for _, p := range plans {
		switch {
		case p.outcome == ImportRejected:
			continue
		case p.outcome == ImportCreated:
			courses = append(courses, i.newCourse(tx, p))
		case p.outcome == ImportUnchanged && p.row.modifiedAt != nil && !sameTime(p.row.modifiedAt, p.course.SourceModifiedAt):
			same = append(same, p)
		}
		switch {
		case p.unit != nil && (p.publishes || p.outcome != ImportUnchanged):
			units = append(units, *p.unit)
		case p.publishes && p.course != nil && p.course.UnitID != nil:
			units = append(units, *p.course.UnitID)
		}
		if p.number > 0 {
			versions = append(versions, i.newVersion(tx, p))
		}
		if p.publishes && p.course != nil && p.course.PublishedVersionID != nil {
			replaced = append(replaced, p.courseID)
		}
		for _, o := range p.made {
			runs = append(runs, i.newOffering(tx, p, o))
		}
	}
	if err := i.holdUnits(ctx, tx, units); err != nil {
		return err
	}
	if len(replaced) > 0 {
		if err := supersede(ctx, tx, replaced...); err != nil {
			return err
		}
	}
	if len(courses) > 0 {
		if err := tx.Course.CreateBulk(courses...).Exec(ctx); err != nil {
			return err
		}
	}
	if len(versions) > 0 {
		if err := tx.CourseVersion.CreateBulk(versions...).Exec(ctx); err != nil {
			return err
		}
	}
	for _, p := range plans {
		if p.outcome == ImportUpdated {
			if err := i.change(ctx, tx, p); err != nil {
				return err
			}
		}
	}
	if err := modified(ctx, tx, same); err != nil {
		return err
	}
	for some := range slices.Chunk(runs, maxBulk) {
		if err := tx.Offering.CreateBulk(some...).Exec(ctx); err != nil {
			return err
		}
	}
	return i.tell(ctx, tx, plans)
}

// holdUnits holds units that were open, so that none is closed before the
// transaction is over.
func (i *Import) holdUnits(ctx context.Context, tx *ent.Tx, ids []ident.ID) error {
	if len(ids) == 0 {
		return nil
	}
	units, err := institution.HoldUnits(ctx, tx, i.InstitutionID, list(ids)...)
	for _, u := range units {
		if institution.RequireOpen(u) != nil {
			return problem.Raced("unit", u.ID)
		}
	}
	return err
}

func (i *Import) newCourse(tx *ent.Tx, p *importPlan) *ent.CourseCreate {
	create := tx.Course.Create().SetID(p.courseID).SetInstitutionID(i.InstitutionID).SetNillableUnitID(p.unit).
		SetCode(p.row.Code).SetKind(p.row.kind).SetState(course.StateDRAFT).SetExternalID(p.row.ExternalID).
		SetNillableSourceID(i.SourceID).SetNillableSourceModifiedAt(p.row.modifiedAt).SetSourceSeenAt(i.now)
	if p.publishes {
		create.SetState(course.StatePUBLISHED).SetPublishedVersionID(p.versionID)
	}
	return create
}

func (i *Import) newVersion(tx *ent.Tx, p *importPlan) *ent.CourseVersionCreate {
	create := tx.CourseVersion.Create().SetID(p.versionID).SetCourseID(p.courseID).SetInstitutionID(i.InstitutionID).
		SetNumber(p.number).SetState(courseversion.StateDRAFT).SetDigest(p.row.digest)
	p.row.content.fill(create.Mutation())
	create.SetNillableURL(p.row.url)
	if p.publishes {
		create.SetState(courseversion.StatePUBLISHED).SetPublishedAt(i.now)
	}
	return create
}

// change changes a course that is known.
func (i *Import) change(ctx context.Context, tx *ent.Tx, p *importPlan) error {
	u := tx.Course.Update().Where(course.ID(p.courseID)).SetCode(p.row.Code).SetKind(p.row.kind).SetNillableUnitID(p.unit).
		SetNillableSourceModifiedAt(p.row.modifiedAt)
	if p.publishes {
		if err := show(ctx, tx, p.course, u.SetPublishedVersionID(p.versionID)); err != nil {
			return err
		}
	} else if err := u.Exec(ctx); err != nil {
		return err
	}
	if p.draft != nil && p.versionID != "" {
		u := tx.CourseVersion.Update().Where(courseversion.ID(p.draft.ID))
		if !p.promotes {
			p.row.content.fill(u.Mutation())
			u.SetDigest(p.row.digest)
			storage.Set(p.row.url, u.Mutation().SetURL, u.Mutation().ClearURL)
		}
		if p.publishes {
			if err := storage.Move(ctx, versionStates, p.draft.ID, p.draft.State, courseversion.StatePUBLISHED, u.SetPublishedAt(i.now)); err != nil {
				return err
			}
		} else if err := u.Exec(ctx); err != nil {
			return err
		}
	}
	for _, o := range p.moved {
		if err := i.moveOffering(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
}

// modified notes when the source changed courses whose content is the same, in
// one statement.
func modified(ctx context.Context, tx *ent.Tx, plans []*importPlan) error {
	if len(plans) == 0 {
		return nil
	}
	ids := vocab.Each(plans, func(p *importPlan) ident.ID { return p.courseID })
	return tx.Course.Update().Where(course.IDIn(ids...)).Modify(unmoved, func(u *sql.UpdateBuilder) {
		u.Set(course.FieldSourceModifiedAt, sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("CASE ").Ident(course.FieldID)
			for _, p := range plans {
				b.WriteString(" WHEN ").Arg(p.courseID).WriteString(" THEN ").Arg(*p.row.modifiedAt)
			}
			b.WriteString(" END")
		}))
	}).Exec(ctx)
}

func (i *Import) newOffering(tx *ent.Tx, p *importPlan, o plannedOffering) *ent.OfferingCreate {
	version := p.versionID
	if !p.publishes {
		version = *p.course.PublishedVersionID
	}
	create := tx.Offering.Create().SetID(o.id).SetInstitutionID(i.InstitutionID).SetCourseID(p.courseID).SetVersionID(version).
		SetState(offering.StateDRAFT).SetExternalID(o.externalID)
	o.fill(create.Mutation(), o.NewOffering)
	if i.Publish {
		create.SetState(offering.StatePUBLISHED)
	}
	return create
}

// moveOffering changes an offering that is known: all of a draft, and of a
// published one what its learners can bear.
func (i *Import) moveOffering(ctx context.Context, tx *ent.Tx, o plannedOffering) error {
	u := tx.Offering.Update().Where(offering.SeatsTakenLTE(o.Seats)).
		SetSeats(o.Seats).SetPlace(o.place).SetFunding(o.funding)
	m := u.Mutation()
	storage.Set(o.StartsOn, m.SetStartsOn, m.ClearStartsOn)
	storage.Set(o.EndsOn, m.SetEndsOn, m.ClearEndsOn)
	if o.have.State == offering.StatePUBLISHED {
		return stays(ctx, u, o)
	}
	u.SetSchedule(o.Schedule).SetZone(o.Zone).SetLanguage(o.Language).SetMode(o.Mode).
		SetFeeCents(vocab.OrZero(o.FeeCents)).SetFeeCurrency(vocab.OrZero(o.FeeCurrency))
	if o.opensGiven {
		u.SetOpensAt(o.opens)
	}
	storage.Set(o.closes, m.SetClosesAt, m.ClearClosesAt)
	if i.Publish {
		return storage.Move(ctx, offeringStates, o.id, o.have.State, offering.StatePUBLISHED, u)
	}
	return stays(ctx, u, o)
}

// stays changes an offering while it is in the state in which it was planned.
func stays(ctx context.Context, u *ent.OfferingUpdate, o plannedOffering) error {
	return storage.IfUnchanged(ctx, u.Where(offering.ID(o.id), offering.StateEQ(o.have.State)), problem.Raced("offering", o.id))
}

// tell notes each changed course, and tells of each changed offering, under the
// verbs that the same changes have when people make them.
func (i *Import) tell(ctx context.Context, tx *ent.Tx, plans []*importPlan) error {
	var courses, offerings []ledger.Change
	for _, p := range plans {
		if p.outcome != ImportCreated && p.outcome != ImportUpdated {
			continue
		}
		verb := toEdit
		switch {
		case p.publishes:
			verb = toPublish
		case p.outcome == ImportCreated:
			verb = toCreate
		}
		details := map[string]string{"outcome": string(p.outcome)}
		maps.Copy(details, i.Details)
		if n := len(p.made) + len(p.moved); n > 0 {
			details["offerings"] = strconv.Itoa(n)
		}
		courses = append(courses, ledger.Change{Verb: verb, Thing: ledger.Thing{ID: p.courseID, Host: i.InstitutionID, Details: details,
			Public: p.renames && p.course.State == course.StatePUBLISHED}})
		verb = toPlan
		if i.Publish {
			verb = toOpen
		}
		for _, o := range p.made {
			offerings = append(offerings, ledger.Change{Verb: verb, Thing: ledger.Thing{ID: o.id, Host: i.InstitutionID}})
		}
		for _, o := range p.moved {
			published := o.have.State == offering.StatePUBLISHED
			verb := toChange
			if i.Publish && !published {
				verb = toOpen
			}
			offerings = append(offerings, ledger.Change{Verb: verb, Thing: ledger.Thing{ID: o.id, Host: i.InstitutionID, Public: published}})
		}
	}
	if err := ledger.NoteAll(ctx, tx, courses...); err != nil {
		return err
	}
	return ledger.TellAll(ctx, tx, offerings...)
}
