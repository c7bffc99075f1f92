package ledger

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
)

type pendingKey struct{}

// pending are rows that wait to be written with others of their transaction.
type pending struct {
	entries []*ent.AuditEntryCreate
	events  []*ent.OutboxEventCreate
}

// Together runs a part of a transaction and then writes all that was noted in it,
// in its order: a verb that brings others takes a statement for each kind of row,
// and not one for each change. What fails notes nothing.
func Together(ctx context.Context, tx *ent.Tx, fn func(context.Context) error) error {
	if _, waits := ctx.Value(pendingKey{}).(*pending); waits {
		return fn(ctx) // as a part of what runs already
	}
	p := &pending{}
	if err := fn(context.WithValue(ctx, pendingKey{}, p)); err != nil {
		return err
	}
	if err := writeEntries(ctx, tx, p.entries); err != nil {
		return err
	}
	return writeEvents(ctx, tx, p.events)
}
