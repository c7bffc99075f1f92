package catalogue

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/form"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var offeringStates = lifecycle.New("offering", lifecycle.Next[offering.State]{
	offering.StateDRAFT:     {offering.StatePUBLISHED, offering.StateCANCELLED},
	offering.StatePUBLISHED: {offering.StateCANCELLED},
	offering.StateCANCELLED: {},
})

// NewOffering is one run of the published version of a course. Times are local
// in Zone, because a deadline is agreed in local time.
type NewOffering struct {
	CourseID       ident.ID
	Schedule       offering.Schedule
	Zone           string
	OpensAt        string  // local time such as "2027-02-01T00:00:00"
	ClosesAt       *string // local time; needed for a cohort
	StartsOn       *string // date; needed for a cohort
	EndsOn         *string
	Seats          int
	Language       string
	Mode           vocab.DeliveryMode
	Place          []vocab.Translation
	Funding        []vocab.Translation
	FeeCents       *int
	FeeCurrency    *string
	Windows        []AudienceWindow // of audiences that do not have OpensAt to ClosesAt
	Quotas         []Quota
	Admission      *offering.Admission // BY_HAND unless given
	Waitlist       *Waitlist           // nil: none
	Sessions       []PlannedSession
	Questions      []form.Question
	Requirements   []form.Requirement
	RequestedData  []vocab.Ask // what applicants share; none: what each of them chooses
	CallID         *ident.ID   // call in which it stands
	IdempotencyKey *string
}

// MaxSeats bounds the seats of one offering.
const MaxSeats = 100_000

// CreateOffering makes a draft of an offering of the course's published
// version. It returns a CONFLICT problem when there is none, and an INVALID
// problem for each broken or contradictory value, all at once.
func (s *Service) CreateOffering(ctx context.Context, n NewOffering) (*ent.Offering, error) {
	w, invalid := n.check()
	return idempotency.Write(ctx, s.DB, idempotency.Of(toPlan, n.IdempotencyKey, n), s.DB.Offering.Get, func(tx *ent.Tx) (*ent.Offering, error) {
		c, err := holdFor(ctx, tx, n.CourseID, toPlan)
		if err != nil {
			return nil, storage.Found(err, "course", "input", "courseId")
		}
		if err := cmp.Or(invalid, offerable(c)); err != nil {
			return nil, err
		}
		if err := problem.Join(s.required(ctx, tx, c.ID, n), joins(ctx, tx, c.InstitutionID, n.CallID)); err != nil {
			return nil, err
		}
		create := tx.Offering.Create().SetInstitutionID(c.InstitutionID).SetCourseID(c.ID).SetVersionID(*c.PublishedVersionID).SetState(offering.StateDRAFT)
		w.fill(create.Mutation(), n)
		o, err := create.Save(ctx)
		if err != nil {
			return nil, err
		}
		if len(n.Quotas) > 0 {
			if err := setQuotas(ctx, tx, o, n.Quotas, w.reserved, vocab.Now(s.Now)); err != nil {
				return nil, err
			}
		}
		return o, ledger.Note(ctx, tx, toPlan, ofOffering(o))
	})
}

// required returns nil when the courses that an offering requires can be taken
// somewhere, and before it.
func (s *Service) required(ctx context.Context, tx *ent.Tx, own ident.ID, n NewOffering) error {
	var found []error
	for i, r := range n.Requirements {
		if r.CourseID == nil {
			continue
		}
		at := []string{"input", "requirements", strconv.Itoa(i), "courseId"}
		c, err := tx.Course.Get(ctx, *r.CourseID)
		switch {
		case err != nil:
			found = append(found, storage.Found(err, "course", at...))
		case c.ID == own || c.State == course.StateDRAFT:
			found = append(found, problem.New(problem.Invalid, "require another course, one that was published").At(at...))
		}
	}
	return problem.Join(found...)
}

// offerable returns nil when the course has published content to offer.
func offerable(c *ent.Course) error {
	return problem.If(c.State != course.StatePUBLISHED || c.PublishedVersionID == nil,
		problem.New(problem.Conflict, "this course is %s; publish it before you offer it", c.State).With(problem.Transition{From: string(c.State)}))
}

// offeringValues are those of an offering whose every value is valid, in UTC.
type offeringValues struct {
	opens          time.Time
	closes         *time.Time
	place, funding vocab.Text
	windows        []vocab.Window
	sessions       []vocab.Session
	waitlist       Waitlist // with every value
	questions      []vocab.Question
	requirements   []vocab.Requirement
	asks           []vocab.Ask
	draws          *time.Time
	reserved       []*time.Time // until when the seats of each quota are
}

func (n NewOffering) check() (w offeringValues, err error) {
	var found []error
	add := func(err error) { found = append(found, err) }
	invalid := func(field, format string, args ...any) {
		add(problem.New(problem.Invalid, format, args...).At("input", field))
	}
	cohort := n.Schedule == offering.ScheduleCOHORT
	general, err := window(n.OpensAt, n.ClosesAt, n.Zone, cohort, "input")
	add(err)
	w.opens, w.closes = general.OpensAt, general.ClosesAt
	days := true
	for _, d := range []struct {
		field string
		day   *string
	}{{"startsOn", n.StartsOn}, {"endsOn", n.EndsOn}} {
		if d.day != nil {
			err := vocab.CheckDay(*d.day, "input", d.field)
			add(err)
			days = days && err == nil
		}
	}
	if days && n.StartsOn != nil && n.EndsOn != nil && *n.EndsOn < *n.StartsOn {
		invalid("endsOn", "the offering ends before it starts")
		days = false
	}
	if days && n.EndsOn != nil && w.closes != nil && vocab.Local(*w.closes, n.Zone)[:len(time.DateOnly)] > *n.EndsOn {
		invalid("closesAt", "applications close after the last day of the offering")
	}
	if cohort && n.StartsOn == nil {
		invalid("startsOn", "a cohort needs a first day")
	}
	if n.Seats < 1 || n.Seats > MaxSeats {
		invalid("seats", "an offering has 1 to %d seats, not %d", MaxSeats, n.Seats)
	}
	add(vocab.CheckLanguage(n.Language, "input", "language"))
	if n.FeeCents != nil && (*n.FeeCents < 0 || *n.FeeCents > 10_000_000) {
		invalid("feeCents", "a fee of %d cents is not possible", *n.FeeCents)
	}
	if n.FeeCurrency != nil {
		add(vocab.CheckCurrency(*n.FeeCurrency, "input", "feeCurrency"))
	}
	w.place, err = vocab.TextOf(maxSummary, n.Place, "input", "place")
	add(err)
	w.funding, err = vocab.TextOf(maxSummary, n.Funding, "input", "funding")
	add(err)
	w.windows, err = n.checkWindows(cohort)
	add(err)
	w.reserved, err = n.checkQuotas()
	add(err)
	w.waitlist, err = n.Waitlist.check()
	add(err)
	w.draws, err = n.checkDraw(w)
	add(err)
	w.sessions, err = n.checkSessions(days)
	add(err)
	w.questions, err = form.Questions(n.Questions, "input", "questions")
	add(err)
	w.requirements, err = form.Requirements(n.Requirements, "input", "requirements")
	add(err)
	w.asks, err = form.Asks(n.RequestedData, "input", "requestedData")
	add(err)
	return w, problem.Join(found...)
}

func (n NewOffering) admission() offering.Admission {
	return *cmp.Or(n.Admission, new(offering.DefaultAdmission))
}

// PublishOffering opens an offering to learners. From then on its window holds.
func (s *Service) PublishOffering(ctx context.Context, id ident.ID) (*ent.Offering, error) {
	return s.moveOffering(ctx, id, offering.StatePUBLISHED, toOpen, func(tx *ent.Tx, o *ent.Offering, _ *ent.OfferingUpdate) error {
		if err := institution.RequireActive(ctx, tx.Client(), o.InstitutionID); err != nil {
			return err
		}
		c, err := hold(ctx, tx, o.CourseID)
		if err != nil {
			return err
		}
		if err := offerable(c); err != nil {
			return err
		}
		return s.commit(ctx, tx, o)
	})
}

// Cancellation calls an offering off.
type Cancellation struct {
	OfferingID ident.ID
	Reason     *string
	InsteadID  *ident.ID // another offering of the provider that is proposed to who applied
}

// maxReason bounds a reason, in characters.
const maxReason = 1000

// CancelOffering calls an offering off. Nobody can apply or be admitted any more,
// and who has applied, waits or takes part is moved to the end CANCELLED.
func (s *Service) CancelOffering(ctx context.Context, c Cancellation) (*ent.Offering, error) {
	reason, err := vocab.Line(maxReason, vocab.OrZero(c.Reason), "input", "reason")
	if err != nil {
		return nil, err
	}
	return s.moveOffering(ctx, c.OfferingID, offering.StateCANCELLED, toCancel, func(tx *ent.Tx, o *ent.Offering, u *ent.OfferingUpdate) error {
		if reason != "" {
			u.SetCancelledBecause(reason)
		}
		if c.InsteadID != nil {
			if err := s.instead(ctx, tx, o, *c.InsteadID); err != nil {
				return err
			}
			u.SetInsteadID(*c.InsteadID)
		}
		return SettleTx(ctx, tx, o.ID, vocab.Now(s.Now))
	})
}

// instead returns nil when an offering may be proposed instead of another one.
func (s *Service) instead(ctx context.Context, tx *ent.Tx, o *ent.Offering, id ident.ID) error {
	other, err := tx.Offering.Get(ctx, id)
	if err != nil {
		return storage.Found(err, "offering", "input", "insteadId")
	}
	return problem.If(other.ID == o.ID || other.InstitutionID != o.InstitutionID || other.State != offering.StatePUBLISHED,
		problem.New(problem.Invalid, "propose another published offering of the same provider").At("input", "insteadId"))
}

func (s *Service) moveOffering(
	ctx context.Context, id ident.ID, to offering.State, verb *ledger.Verb, also func(*ent.Tx, *ent.Offering, *ent.OfferingUpdate) error,
) (*ent.Offering, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Offering, error) {
		o, err := holdOffering(ctx, tx, id, verb)
		if err != nil {
			return nil, err
		}
		if err := offeringStates.Check(o.State, to); err != nil {
			return nil, err
		}
		update := tx.Offering.Update()
		if err := also(tx, o, update); err != nil {
			return nil, err
		}
		done := storage.Move(ctx, offeringStates, o.ID, o.State, to, update)
		return ledger.Noted(ctx, tx, done, verb, ofOffering(o), tx.Offering.Get)
	})
}

// holdOffering returns an offering for a change by a viewer who manages it. It
// writes the offering's row before it reads it: who would change it, or take or
// give back a seat, waits until the transaction is over.
func holdOffering(ctx context.Context, tx *ent.Tx, id ident.ID, verb *ledger.Verb) (*ent.Offering, error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	o, err := storage.Held(ctx, tx.Offering, id)
	if err != nil {
		return nil, err
	}
	unit, err := UnitOf(ctx, tx.Client(), o)
	if err != nil {
		return nil, err
	}
	return o, verb.Require(ctx, o.InstitutionID, unit)
}

// UnitOf returns the unit of an offering's course. It asks only for staff of
// units, to whom alone it matters; for everybody else it is nil.
func UnitOf(ctx context.Context, db *ent.Client, o *ent.Offering) (*ident.ID, error) {
	if v := viewer.From(ctx); v == nil || !v.InUnits(o.InstitutionID) {
		return nil, nil
	}
	c, err := db.Course.Get(ctx, o.CourseID)
	if err != nil {
		return nil, err
	}
	return c.UnitID, nil
}

// Availability says whether learners can apply for an offering; journey/eligible
// decides it.
type Availability string

// The availabilities.
const (
	Open         Availability = "OPEN"
	OpensLater   Availability = "OPENS_LATER"
	Closed       Availability = "CLOSED"
	Waitlisted   Availability = "WAITLIST" // no seat is free, but a place to wait for one
	Full         Availability = "FULL"
	NotAvailable Availability = "NOT_AVAILABLE" // a draft, cancelled, or of a provider that is no active member
)

// TakesApplications returns nil while learners may apply for offerings of the
// course, and a CONFLICT problem once it is withdrawn.
func TakesApplications(c *ent.Course) error {
	return problem.If(c.State != course.StatePUBLISHED, ErrWithdrawn(c))
}

// ErrWithdrawn says that a course is in a state whose offerings take nobody.
func ErrWithdrawn(c *ent.Course) *problem.Error {
	return problem.New(problem.Conflict, "this course is %s and its offerings take no new applications", c.State).With(problem.Transition{From: string(c.State)})
}
