// Package enrolment holds the seat of a learner in an offering, from admission
// to its end.
//
//	ENROLLED → COMPLETED when a result is confirmed as passed
//	ENROLLED → WITHDRAWN when the learner withdraws
package enrolment

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/admission"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service moves enrolments and results.
type Service struct {
	DB         *ent.Client
	Now        func() time.Time
	Admissions *admission.Service
}

var states = lifecycle.Table[enrolment.State]{
	enrolment.StateENROLLED:  {enrolment.StateCOMPLETED, enrolment.StateWITHDRAWN},
	enrolment.StateCOMPLETED: {},
	enrolment.StateWITHDRAWN: {},
}

var resultStates = lifecycle.Table[result.State]{
	result.StateRECORDED:  {result.StateCONFIRMED},
	result.StateCONFIRMED: {},
}

// takesResults returns nil while results may be recorded.
func takesResults(e *ent.Enrolment) error {
	if e.State != enrolment.StateENROLLED {
		return problem.New(problem.Conflict, "this enrolment is %s and takes no result", e.State).With("from", string(e.State))
	}
	return nil
}

// takesAnother returns nil while an enrolment with these attempts takes one more.
func takesAnother(attempts []*ent.Result) error {
	for _, r := range attempts {
		if r.State == result.StateRECORDED {
			return problem.New(problem.Conflict, "attempt %d waits to be confirmed", r.Attempt)
		}
	}
	if len(attempts) >= maxAttempts {
		return problem.New(problem.Conflict, "all %d attempts are used", maxAttempts)
	}
	return nil
}

// Admission is the host's decision to give an applicant a seat.
type Admission struct {
	ApplicationID  ident.ID
	IdempotencyKey *string
}

// Admit gives the applicant a seat and enrols them, in one step.
func (s *Service) Admit(ctx context.Context, a Admission) (*ent.Application, error) {
	call := idempotency.Call{Verb: "admitApplication", Key: a.IdempotencyKey, Input: a}
	return idempotency.Write(ctx, s.DB, call, s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		app, err := s.Admissions.AdmitTx(ctx, tx, a.ApplicationID)
		if err != nil {
			return nil, err
		}
		o, err := tx.Offering.Get(ctx, app.OfferingID)
		if err != nil {
			return nil, err
		}
		e, err := tx.Enrolment.Create().SetApplicationID(app.ID).SetLearnerID(app.LearnerID).SetOfferingID(o.ID).SetVersionID(o.VersionID).
			SetHomeID(app.HomeID).SetHostID(app.HostID).SetState(enrolment.StateENROLLED).SetEnrolledAt(vocab.Now(s.Now)).Save(ctx)
		if err != nil {
			return nil, err
		}
		return app, record(ctx, tx, "enrolment.begin", e.ID, e)
	})
}

// Withdrawal is a learner's wish to leave.
type Withdrawal struct {
	ApplicationID  ident.ID
	Reason         *string
	IdempotencyKey *string
}

// Withdraw ends the learner's application and, when they are enrolled, gives
// the seat back. It returns a CONFLICT problem once the course is completed.
func (s *Service) Withdraw(ctx context.Context, w Withdrawal) (*ent.Application, error) {
	reason, err := vocab.Line(1000, vocab.OrZero(w.Reason), "input", "reason")
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Verb: "withdrawApplication", Key: w.IdempotencyKey, Input: w}
	return idempotency.Write(ctx, s.DB, call, s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		withdrawn, seated, err := s.Admissions.WithdrawTx(ctx, tx, w.ApplicationID, reason)
		if err != nil || !seated {
			return withdrawn, err
		}
		e, err := tx.Enrolment.Query().Where(enrolment.ApplicationID(withdrawn.ID)).Only(ctx)
		if err != nil {
			return nil, err
		}
		if e, err = hold(ctx, tx, e.ID); err != nil {
			return nil, err
		}
		return withdrawn, s.end(ctx, tx, e, enrolment.StateWITHDRAWN, "enrolment.withdraw")
	})
}

// Actions says what the viewer may do with an enrolment of these attempts now.
func Actions(ctx context.Context, e *ent.Enrolment, attempts []*ent.Result) []authz.Action {
	return []authz.Action{authz.Act("recordResult",
		authz.Require(ctx, authz.RecordResult, e.HostID), authz.RequireOther(ctx, e.LearnerID), takesResults(e), takesAnother(attempts))}
}

// Leaves returns nil while a learner may leave their seat.
func Leaves(e *ent.Enrolment) error {
	return states.Check("enrolment", e.State, enrolment.StateWITHDRAWN)
}

// ResultActions says what the viewer may do with a result of a host now.
func ResultActions(ctx context.Context, r *ent.Result, host *ent.Institution) []authz.Action {
	return []authz.Action{authz.Act("confirmResult",
		authz.Require(ctx, authz.ConfirmResult, r.HostID), authz.RequireOther(ctx, r.LearnerID), confirmedByAnother(viewer.From(ctx), r, host),
		resultStates.Check("result", r.State, result.StateCONFIRMED))}
}

// hold writes the enrolment's row, so that all others who would end it or give
// it a result wait until the transaction is over. It comes first: what is read
// afterwards, its results too, stays as it is.
func hold(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Enrolment, error) {
	if err := storage.Hold(ctx, tx.Enrolment.Update().Where(enrolment.ID(id))); err != nil {
		return nil, err
	}
	return tx.Enrolment.Get(ctx, id)
}

// end ends an enrolment that its caller holds.
func (s *Service) end(ctx context.Context, tx *ent.Tx, e *ent.Enrolment, to enrolment.State, verb string) error {
	if err := states.Check("enrolment", e.State, to); err != nil {
		return err
	}
	if err := tx.Enrolment.Update().Where(enrolment.ID(e.ID)).SetState(to).SetEndedAt(vocab.Now(s.Now)).Exec(ctx); err != nil {
		return err
	}
	return record(ctx, tx, verb, e.ID, e)
}

func record(ctx context.Context, tx *ent.Tx, verb string, object ident.ID, e *ent.Enrolment) error {
	if err := audit.Record(ctx, tx, audit.Entry{Verb: verb, Object: object, Institutions: []ident.ID{e.HomeID, e.HostID}}); err != nil {
		return err
	}
	event := outbox.Event{Type: verb, Object: object, Host: e.HostID}
	if verb == "enrolment.begin" || verb == "enrolment.withdraw" {
		event.Payload = map[string]string{"offering": string(e.OfferingID)} // whose seats have moved
	}
	if verb != "result.record" { // learner and home hear of a result when it is confirmed
		event.Home, event.Person = e.HomeID, e.LearnerID
	}
	return outbox.Append(ctx, tx, event)
}
