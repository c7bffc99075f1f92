// Package outbox is the log of events. Package ledger stores an event in the
// transaction that causes it, so that it is told if and only if its change
// happened.
//
// A transaction cannot know which of its neighbours commits first, so an event
// gets its number afterwards. Numbered events are one log without gaps: whoever
// keeps the number of the last event they saw misses nothing. The read model,
// the change feed and notifications all follow it.
package outbox

import (
	"context"
	"errors"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Retention is how long events are kept. A follower that was away for longer
// reads everything anew.
const Retention = 90 * 24 * time.Hour

// numbering is how many events get their number in one transaction.
const numbering = 200

// Number gives the next numbers to all events that have none, in the order of
// their making, and returns how many. Any server may do it at any time: of two
// that try at once the database lets one win, and the other leaves it be.
func Number(ctx context.Context, db *ent.Client) (numbered int, err error) {
	ctx = viewer.AsSystem(ctx)
	for {
		n, err := numberSome(ctx, db)
		if storage.IsDuplicate(err) || errors.Is(err, errOutrun) {
			return numbered, nil
		}
		if err != nil {
			return numbered, err
		}
		numbered += n
		if n < numbering {
			return numbered, nil
		}
	}
}

func numberSome(ctx context.Context, db *ent.Client) (int, error) {
	some, err := db.OutboxEvent.Query().Where(outboxevent.SequenceIsNil()).Exist(ctx)
	if err != nil || !some {
		return 0, err
	}
	n := 0
	err = storage.Do(ctx, db, func(tx *ent.Tx) error {
		n = 0 // also when it is tried again
		head, err := Head(ctx, tx.Client())
		if err != nil {
			return err
		}
		waiting, err := tx.OutboxEvent.Query().Where(outboxevent.SequenceIsNil()).Order(outboxevent.ByID()).Limit(numbering).IDs(ctx)
		if err != nil || len(waiting) == 0 {
			return err
		}
		n, err = tx.OutboxEvent.Update().Where(outboxevent.IDIn(waiting...), outboxevent.SequenceIsNil()).
			Modify(func(u *sql.UpdateBuilder) { u.Set(outboxevent.FieldSequence, inOrder(waiting, head+1)) }).Save(ctx)
		if err == nil && n != len(waiting) {
			return errOutrun // a part would leave a gap
		}
		return err
	})
	return n, err
}

// errOutrun says that another server has just given some of the numbers.
var errOutrun = errors.New("outbox: another server gives the numbers")

// inOrder gives each id the next number, in one statement.
func inOrder(ids []ident.ID, first int64) sql.Querier {
	return sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString("CASE ").Ident(outboxevent.FieldID)
		for i, id := range ids {
			b.WriteString(" WHEN ").Arg(string(id)).WriteString(" THEN ").Arg(first + int64(i))
		}
		b.WriteString(" END")
	})
}

// Head returns the number of the newest event, 0 when there is none.
func Head(ctx context.Context, db *ent.Client) (int64, error) {
	return end(ctx, db, outboxevent.BySequence(sql.OrderDesc()))
}

// Oldest returns the number of the oldest event that is kept, 0 when there is
// none.
func Oldest(ctx context.Context, db *ent.Client) (int64, error) {
	return end(ctx, db, outboxevent.BySequence())
}

// end returns the number of the first event in an order.
func end(ctx context.Context, db *ent.Client, order outboxevent.OrderOption) (int64, error) {
	e, err := db.OutboxEvent.Query().Where(outboxevent.SequenceNotNil()).Order(order).First(viewer.AsSystem(ctx))
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return *e.Sequence, nil
}

// After returns up to limit events behind a number, oldest first.
func After(ctx context.Context, db *ent.Client, sequence int64, limit int) ([]*ent.OutboxEvent, error) {
	return db.OutboxEvent.Query().Where(outboxevent.SequenceGT(sequence)).Order(outboxevent.BySequence()).Limit(limit).All(viewer.AsSystem(ctx))
}

// Prune deletes events that are older than Retention, but never the newest:
// its number is where counting goes on. It stops at the first that is younger:
// the clocks of servers differ, and what is kept has no gaps.
func Prune(ctx context.Context, db *ent.Client, now time.Time) (int, error) {
	ctx = viewer.AsSystem(ctx)
	until, err := Head(ctx, db)
	if err != nil {
		return 0, err
	}
	young, err := db.OutboxEvent.Query().Where(outboxevent.SequenceNotNil(), outboxevent.CreatedAtGTE(now.Add(-Retention))).
		Order(outboxevent.BySequence()).First(ctx)
	switch {
	case err == nil:
		until = min(until, *young.Sequence)
	case !ent.IsNotFound(err):
		return 0, err
	}
	n := 0
	err = storage.Do(ctx, db, func(tx *ent.Tx) (err error) {
		n, err = tx.OutboxEvent.Delete().Where(outboxevent.SequenceNotNil(), outboxevent.SequenceLT(until)).Exec(ctx)
		return err
	})
	return n, err
}
