package catalogue

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// importPlan is what a row will change.
type importPlan struct {
	row        *ImportRow
	course     *ent.Course // nil when the row makes it
	courseID   ident.ID
	unit       *ident.ID // to which it is moved; nil: it stays where it is
	outcome    ImportOutcome
	refused    []*problem.Error
	notes      []*problem.Error
	lacks      []*problem.Error // what would keep it from being published
	incomplete []*problem.Error // the same, where that is what the source wants

	draft     *ent.CourseVersion // to overwrite or to promote; nil when a new version is made
	versionID ident.ID           // made, overwritten or promoted; empty when none is
	number    int                // of a version that is made
	renames   bool               // its code, kind or unit changes
	promotes  bool               // the draft says what the source says; it is only to be published
	publishes bool
	made      []plannedOffering
	moved     []plannedOffering
}

// plannedOffering is an offering to make, or to change.
type plannedOffering struct {
	id   ident.ID
	have *ent.Offering // nil when it is made
	importOffering
}

// plan decides what a row changes, without its offerings.
func (i *Import) plan(have *stock, r *ImportRow) *importPlan {
	p := &importPlan{row: r, refused: r.refused, notes: slices.Clone(r.notes)}
	refuse := func(why *problem.Error) *importPlan {
		p.refused = append(p.refused, why)
		p.outcome = ImportRejected
		return p
	}
	if r.refused != nil {
		p.outcome = ImportRejected
		return p
	}
	c := have.byExternalID[r.ExternalID]
	closed := p.place(have, c)
	if owner, taken := have.owner[r.Code]; taken && (c == nil || owner != c.ID) {
		return refuse(problem.New(problem.Conflict, "the institution has a course with the code %q already", r.Code).At("code"))
	}
	wants := i.Publish || i.DryRun
	if wants {
		p.lacks = append(problem.All(Complete(r.version(), within(have.alliances, vocab.CredentialKind(r.kind)))), closed...)
	}
	if c == nil {
		p.courseID, p.versionID, p.number, p.outcome = ident.New(ident.Course), ident.New(ident.CourseVersion), 1, ImportCreated
		p.decide(i, wants)
		return p
	}
	p.course, p.courseID, p.outcome = c, c.ID, ImportUnchanged
	versions := have.versions[c.ID]
	if c.Kind != r.kind && c.State != course.StateDRAFT {
		return refuse(problem.New(problem.Conflict, "a course that was published stays what it is: %s", c.Kind).At("kind"))
	}
	if c.Kind != r.kind || c.Code != r.Code || p.unit != nil && (c.UnitID == nil || *c.UnitID != *p.unit) {
		p.renames, p.outcome = true, ImportUpdated
	}
	wants = wants && c.State != course.StateWITHDRAWN
	newest := versions.newest
	switch {
	case versions.imported == r.digest && newest.State == courseversion.StateDRAFT && newest.Digest == r.digest && wants:
		p.draft, p.promotes = newest, true
		p.decide(i, wants)
		return p
	case versions.imported == r.digest:
		return p
	case newest.State == courseversion.StateIN_REVIEW:
		return refuse(problem.New(problem.Conflict, "the draft of this course is being reviewed; import it again afterwards"))
	case newest.State == courseversion.StateDRAFT:
		p.draft, p.versionID = newest, newest.ID
	default:
		p.versionID, p.number = ident.New(ident.CourseVersion), newest.Number+1
	}
	p.outcome = ImportUpdated
	p.decide(i, wants)
	return p
}

// place finds the unit in which the row puts its course. A unit that is unknown or
// closed is noted, and the course stays where it is. It returns what keeps the
// course from being published there.
func (p *importPlan) place(have *stock, c *ent.Course) []*problem.Error {
	if key := p.row.unit; key != "" {
		u := have.units[key]
		note := func(why *problem.Error) { p.notes = append([]*problem.Error{why.At("unit")}, p.notes...) }
		switch {
		case u == nil:
			note(problem.New(problem.NotFound, "the institution has no unit %q", vocab.Clean(40, key)))
		case u.ClosedAt == nil:
			p.unit = &u.ID
			return nil
		case c == nil || c.UnitID == nil || *c.UnitID != u.ID:
			note(problem.New(problem.Conflict, "the unit is closed"))
		}
	}
	if c != nil && c.UnitID != nil {
		for _, u := range have.units {
			if u.ID == *c.UnitID {
				return problem.All(institution.RequireOpen(u, "unit"))
			}
		}
	}
	return nil
}

// decide publishes what is complete, and notes what is not.
func (p *importPlan) decide(i *Import, wants bool) {
	switch {
	case !wants:
	case len(p.lacks) > 0:
		p.incomplete, p.promotes = p.lacks, false
	case i.Publish:
		p.publishes = true
	}
}

// promote publishes drafts that the source brought earlier and that nobody has
// changed since. They are compared as a whole, because a person may have begun
// to write into one.
func (i *Import) promote(ctx context.Context, tx *ent.Tx, plans []*importPlan) error {
	byDraft := map[ident.ID]*importPlan{}
	for _, p := range plans {
		if p.promotes && p.publishes {
			byDraft[p.draft.ID] = p
			p.publishes = false
		}
	}
	if len(byDraft) == 0 {
		return nil
	}
	drafts, err := tx.CourseVersion.Query().Where(courseversion.IDIn(slices.Collect(maps.Keys(byDraft))...)).All(ctx)
	if err != nil {
		return err
	}
	for _, v := range drafts {
		if p := byDraft[v.ID]; digestOf(v) == p.row.digest {
			p.versionID, p.publishes, p.outcome = v.ID, true, ImportUpdated
		}
	}
	return nil
}

// planOfferings decides what becomes of the offerings of a row. Only a course
// that is published has some.
func (i *Import) planOfferings(have *stock, p *importPlan) {
	if p.outcome == ImportRejected || !p.publishes && (p.course == nil || p.course.State != course.StatePUBLISHED) {
		return
	}
	known := have.offerings[p.courseID]
	for n, o := range p.row.offerings {
		h := known[o.externalID]
		switch {
		case h == nil && o.over:
			p.notes = append(p.notes, problem.New(problem.Invalid, "applications have closed already, and nothing says when they opened").
				At("offerings", strconv.Itoa(n), "opensAt"))
		case h == nil:
			p.made = append(p.made, plannedOffering{ident.New(ident.Offering), nil, o})
		case h.State == offering.StateCANCELLED:
		case h.State == offering.StatePUBLISHED:
			if o.windowDiffers(h) || o.Seats < h.SeatsTaken {
				p.notes = append(p.notes, problem.New(problem.Conflict, "this offering is published: its window, language, mode and fee hold, and its seats are not fewer than those taken").
					At("offerings", strconv.Itoa(n)))
			}
			if o.differs(h) && o.Seats >= h.SeatsTaken {
				p.moved = append(p.moved, plannedOffering{h.ID, h, o})
			}
		case !o.opensGiven && o.closes != nil && !o.closes.After(h.OpensAt):
			p.notes = append(p.notes, problem.New(problem.Invalid, "applications close before they open").At("offerings", strconv.Itoa(n), "closesAt"))
		case o.differs(h) || o.windowDiffers(h) || i.Publish:
			p.moved = append(p.moved, plannedOffering{h.ID, h, o})
		}
	}
	if len(p.made)+len(p.moved) > 0 && p.outcome == ImportUnchanged {
		p.outcome = ImportUpdated
	}
}

// windowDiffers compares what no longer changes once an offering is published.
func (o importOffering) windowDiffers(h *ent.Offering) bool {
	return h.Schedule != o.Schedule || h.Zone != o.Zone || o.opensGiven && !h.OpensAt.Equal(o.opens) || !sameTime(h.ClosesAt, o.closes) ||
		h.Language != o.Language || h.Mode != o.Mode || h.FeeCents != vocab.OrZero(o.FeeCents) || h.FeeCurrency != vocab.OrZero(o.FeeCurrency)
}

// differs compares what may change at any time.
func (o importOffering) differs(h *ent.Offering) bool {
	return vocab.OrZero(h.StartsOn) != vocab.OrZero(o.StartsOn) || vocab.OrZero(h.EndsOn) != vocab.OrZero(o.EndsOn) || h.Seats != o.Seats ||
		!maps.Equal(h.Place, o.place) || !maps.Equal(h.Funding, o.funding)
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// answer says what becomes of the row.
func (p *importPlan) answer(dry bool) Imported {
	out := Imported{ExternalID: p.row.ExternalID, Outcome: p.outcome, Problems: p.refused, Incomplete: p.incomplete, Notes: first(p.notes)}
	if p.outcome == ImportRejected {
		out.Notes = nil
		return out
	}
	if p.course != nil || !dry {
		out.CourseID = &p.courseID
	}
	return out
}
