package journey

import (
	"cmp"
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Reply is what a learner answers to the offer of a seat.
type Reply struct {
	ApplicationID   ident.ID
	ExpectedVersion *int
	IdempotencyKey  *string
}

// AcceptSeat enrols the learner to whom a seat was offered. It returns a CONFLICT
// problem once the offer has run out, whether or not that is on record yet.
func (s *Service) AcceptSeat(ctx context.Context, r Reply) (*ent.Application, error) {
	return s.own(ctx, toAccept, r.IdempotencyKey, r, r.ApplicationID, r.ExpectedVersion, func(tx *ent.Tx, app *ent.Application) (*ent.Application, error) {
		if err := cmp.Or(offered(app, application.StateADMITTED), s.inTime(app)); err != nil {
			return nil, err
		}
		return s.move(ctx, tx, app, step{verb: toAccept, to: application.StateADMITTED})
	})
}

// Renunciation is a learner's answer that they do not take a seat.
type Renunciation struct {
	ApplicationID   ident.ID
	ExpectedVersion *int
	Reason          *string
	ReasonCode      *vocab.DecisionReason
	IdempotencyKey  *string
}

// DeclineSeat gives up a seat that was offered; who waits next is offered it.
func (s *Service) DeclineSeat(ctx context.Context, r Renunciation) (*ent.Application, error) {
	return s.give(ctx, toDecline, application.StateDECLINED, r, func(app *ent.Application) error { return offered(app, application.StateDECLINED) })
}

// Withdraw ends the learner's application and, when they are enrolled, gives
// the seat back. It returns a CONFLICT problem once the course is completed.
func (s *Service) Withdraw(ctx context.Context, w Renunciation) (*ent.Application, error) {
	return s.give(ctx, toWithdraw, application.StateWITHDRAWN, w, func(app *ent.Application) error {
		return applicationStates.Check(app.State, application.StateWITHDRAWN)
	})
}

// give ends an application of the signed-in learner, for a reason if they say one.
func (s *Service) give(ctx context.Context, verb *ledger.Verb, to application.State, r Renunciation, may func(*ent.Application) error) (*ent.Application, error) {
	reason, err := vocab.Line(maxReason, vocab.OrZero(r.Reason), "input", "reason")
	if err != nil {
		return nil, err
	}
	return s.own(ctx, verb, r.IdempotencyKey, r, r.ApplicationID, r.ExpectedVersion, func(tx *ent.Tx, app *ent.Application) (*ent.Application, error) {
		if err := may(app); err != nil {
			return nil, err
		}
		return s.move(ctx, tx, app, step{verb: verb, to: to, why: why{vocab.OrZero(r.ReasonCode), reason}})
	})
}

// own runs a verb of a learner with an application of theirs.
func (s *Service) own(
	ctx context.Context, verb *ledger.Verb, key *string, in any, id ident.ID, expected *int, fn func(*ent.Tx, *ent.Application) (*ent.Application, error),
) (*ent.Application, error) {
	return s.act(ctx, verb, key, in, func(ctx context.Context, tx *ent.Tx) (*ent.Application, error) {
		app, err := hold(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(authz.RequireSelf(ctx, app.LearnerID), fresh(app, expected)); err != nil {
			return nil, err
		}
		return fn(tx, app)
	})
}

// offered returns nil while a learner may answer to the offer of a seat.
func offered(app *ent.Application, to application.State) error {
	return problem.If(app.State != application.StateOFFERED, applicationStates.Refuse(app.State, to))
}

// inTime returns nil until the very instant at which an offer runs out.
func (s *Service) inTime(app *ent.Application) error {
	return problem.If(app.DueAt != nil && !vocab.Now(s.Now).Before(*app.DueAt),
		problem.New(problem.Conflict, "this offer of a seat has run out").At("input", "applicationId"))
}
