package journey

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

type stepsKey struct{}

// together runs a part of a transaction in which applications take steps, and then
// writes history, audit and events of all of them, each with one statement: others
// wait for the offering meanwhile.
func together(ctx context.Context, tx *ent.Tx, fn func(context.Context) error) error {
	var steps []*ent.ApplicationStepCreate
	return ledger.Together(context.WithValue(ctx, stepsKey{}, &steps), tx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil || len(steps) == 0 {
			return err
		}
		return tx.ApplicationStep.CreateBulk(steps...).Exec(ctx)
	})
}

// act runs a verb about an application in one transaction, once for a key. in is
// all that the caller has sent.
func (s *Service) act(
	ctx context.Context, verb *ledger.Verb, key *string, in any, fn func(context.Context, *ent.Tx) (*ent.Application, error),
) (*ent.Application, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(verb, key, in), s.DB.Application.Get, func(tx *ent.Tx) (app *ent.Application, err error) {
		err = together(ctx, tx, func(ctx context.Context) error {
			app, err = fn(ctx, tx)
			return err
		})
		return app, err
	})
}
