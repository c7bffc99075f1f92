package journey

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Refusal is a decision against an application, with its reason.
type Refusal struct {
	ApplicationID   ident.ID
	ExpectedVersion *int // of the application that was looked at; nil: whatever it is
	Reason          string
	ReasonCode      *vocab.DecisionReason // OTHER unless given
	IdempotencyKey  *string
}

// Nomination is the home's decision for an application.
type Nomination struct {
	ApplicationID   ident.ID
	ExpectedVersion *int
	IdempotencyKey  *string
}

// Nominate tells the host that home sends the learner. Where the host leaves it to
// the order, the learner has a seat, or a place on the waitlist, at once.
func (s *Service) Nominate(ctx context.Context, n Nomination) (*ent.Application, error) {
	return s.act(ctx, toNominate, n.IdempotencyKey, n, func(ctx context.Context, tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, n.ApplicationID, n.ExpectedVersion, toNominate, home)
		if err != nil {
			return nil, err
		}
		if err := institution.RequireActive(ctx, tx.Client(), app.HomeID); err != nil {
			return nil, err
		}
		o, kind, err := offeringOf(ctx, tx, app)
		if err != nil {
			return nil, err
		}
		rules, err := policy.For(ctx, tx.Client(), app.HomeID, app.HostID, kind)
		if err != nil {
			return nil, err
		}
		if err := sendsMore(ctx, tx, app, rules); err != nil {
			return nil, err
		}
		if err := s.withinCredits(ctx, tx, app, o, rules); err != nil {
			return nil, err
		}
		return s.nominate(ctx, tx, app, o, kind)
	})
}

// nominate is Nominate for whoever may, also for the policy of the home.
func (s *Service) nominate(ctx context.Context, tx *ent.Tx, app *ent.Application, o *ent.Offering, kind course.Kind) (*ent.Application, error) {
	var due deadline
	if o.Admission == offering.AdmissionBY_HAND { // else nobody is waited for
		rules, err := policy.For(ctx, tx.Client(), app.HostID, app.HomeID, kind)
		if err != nil {
			return nil, err
		}
		if due, err = s.decides(ctx, tx, app.HostID, rules, rules.HostDays); err != nil {
			return nil, err
		}
	}
	nominated, err := s.move(ctx, tx, app, step{verb: toNominate, to: application.StateNOMINATED, due: due})
	if err != nil {
		return nil, err
	}
	return s.inOrder(ctx, tx, nominated, o)
}

// RefuseNomination ends the application at home, with a reason.
func (s *Service) RefuseNomination(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, toRefuseAtHome, home, application.StateREFUSED_BY_HOME)
}

// Refuse ends the application at the host, with a reason.
func (s *Service) Refuse(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, toRefuseAtHost, host, application.StateREFUSED_BY_HOST)
}

func (s *Service) refuse(ctx context.Context, r Refusal, verb *ledger.Verb, side func(*ent.Application) ident.ID, to application.State) (*ent.Application, error) {
	return s.act(ctx, verb, r.IdempotencyKey, r, func(ctx context.Context, tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, r.ApplicationID, r.ExpectedVersion, verb, side)
		if err != nil {
			return nil, err
		}
		reason, err := vocab.LineOr(problem.New(problem.Invalid, "a refusal needs a reason"), maxReason, r.Reason, "input", "reason")
		if err != nil {
			return nil, err
		}
		return s.move(ctx, tx, app, step{verb: verb, to: to, why: why{*cmp.Or(r.ReasonCode, new(vocab.ReasonOther)), reason}})
	})
}

// Admission is the host's decision to give an applicant a seat, or a place on the
// waitlist.
type Admission struct {
	ApplicationID   ident.ID
	ExpectedVersion *int
	IdempotencyKey  *string
}

// Admit gives the applicant a seat and enrols them, in one step. It returns a
// CONFLICT problem unless the home has nominated, a seat is free and the quota
// of the home, if it has one, is not used up.
func (s *Service) Admit(ctx context.Context, a Admission) (*ent.Application, error) {
	return s.admit(ctx, a, a, step{verb: toAdmit, to: application.StateADMITTED})
}

// Waitlist gives the applicant the next place on the waitlist.
func (s *Service) Waitlist(ctx context.Context, a Admission) (*ent.Application, error) {
	return s.admit(ctx, a, a, step{verb: toWaitlist, to: application.StateWAITLISTED})
}

// Fulfil says that an applicant meets the condition under which they were
// admitted, and enrols them.
func (s *Service) Fulfil(ctx context.Context, a Admission) (*ent.Application, error) {
	return s.act(ctx, toFulfil, a.IdempotencyKey, a, func(ctx context.Context, tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, a.ApplicationID, a.ExpectedVersion, toFulfil, host)
		if err != nil {
			return nil, err
		}
		if err := conditional(app); err != nil {
			return nil, err
		}
		return s.move(ctx, tx, app, step{verb: toFulfil, to: application.StateADMITTED})
	})
}

// conditional returns nil while an application waits for its condition to be met.
func conditional(app *ent.Application) error {
	return problem.If(app.State != application.StateCONDITIONAL, applicationStates.Refuse(app.State, application.StateADMITTED))
}

// ConditionalAdmission is an admission that counts once something is done.
type ConditionalAdmission struct {
	ApplicationID   ident.ID
	ExpectedVersion *int
	Condition       string
	DueAt           time.Time
	IdempotencyKey  *string
}

// maxConditional bounds for how long a seat is held for somebody who has still to
// meet a condition.
const maxConditional = 366 * 24 * time.Hour

var errDue = problem.New(problem.Invalid, "a condition is due within a year from now").At("input", "dueAt")

// AdmitConditionally holds a seat for an applicant who has still to do something.
// It lapses when the host has not said by then that it is done.
func (s *Service) AdmitConditionally(ctx context.Context, a ConditionalAdmission) (*ent.Application, error) {
	now := vocab.Now(s.Now)
	condition, err := vocab.LineOr(problem.New(problem.Invalid, "say what the learner has to do"), maxReason, a.Condition, "input", "condition")
	due := vocab.Stored(a.DueAt)
	if err := problem.Join(err, problem.If(!due.After(now) || due.After(now.Add(maxConditional)), errDue)); err != nil {
		return nil, err
	}
	in := Admission{a.ApplicationID, a.ExpectedVersion, a.IdempotencyKey}
	return s.admit(ctx, in, a, step{verb: toAdmitConditionally, to: application.StateCONDITIONAL, due: s.reminded(due),
		set: func(u *ent.ApplicationUpdate) { u.SetCondition(condition) }})
}

// admit takes a step of the host for an applicant who gets a seat or waits for one.
// whole is all that the caller has sent.
func (s *Service) admit(ctx context.Context, a Admission, whole any, st step) (*ent.Application, error) {
	return s.act(ctx, st.verb, a.IdempotencyKey, whole, func(ctx context.Context, tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, a.ApplicationID, a.ExpectedVersion, st.verb, host)
		if err != nil {
			return nil, err
		}
		if err := mayAdmit(app, st.to); err != nil {
			return nil, err
		}
		if err := institution.RequireActive(ctx, tx.Client(), app.HostID); err != nil {
			return nil, err
		}
		o, err := tx.Offering.Get(viewer.AsSystem(ctx), app.OfferingID)
		if err != nil {
			return nil, err
		}
		if err := ByLot(app, o); err != nil {
			return nil, err
		}
		if st.to == application.StateWAITLISTED {
			st.due = s.waits(o)
		}
		return s.move(ctx, tx, app, st)
	})
}

// mayAdmit returns nil while the host may give an application a seat, or have it
// wait for one. Who has been offered a seat answers themselves, and who has one on
// a condition has still to meet it.
func mayAdmit(app *ent.Application, to application.State) error {
	return cmp.Or(
		problem.If(to == application.StateADMITTED && holdsSeat(app.State), applicationStates.Refuse(app.State, to)),
		applicationStates.Check(app.State, to))
}
