package work

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/workitem"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// maxListed bounds List.
const maxListed = 500

// List returns items for operators, those that are given up first, then what has
// been due for longest: at most 500.
func List(ctx context.Context, db *ent.Client) ([]*ent.WorkItem, error) {
	dead, err := db.WorkItem.Query().Where(workitem.StateEQ(workitem.StateDEAD)).Order(workitem.ByDueAt(), workitem.ByID()).Limit(maxListed).All(ctx)
	if err != nil {
		return nil, err
	}
	rest, err := db.WorkItem.Query().Where(workitem.StateNEQ(workitem.StateDEAD)).Order(workitem.ByDueAt(), workitem.ByID()).Limit(maxListed - len(dead)).All(ctx)
	return append(dead, rest...), err
}

// Retry makes an item due now, with all its attempts before it. It returns a
// NOT_FOUND problem when there is none, and a CONFLICT problem while a server
// works on it.
func Retry(ctx context.Context, db *ent.Client, kind, key string, now time.Time) error {
	return change(ctx, db, kind, key, now, func(tx *ent.Tx, item *ent.WorkItem) error {
		anew := tx.WorkItem.Update().Where(workitem.ID(item.ID)).SetDueAt(vocab.Stored(now)).SetAttempts(0)
		if item.State == workitem.StateDEAD {
			return storage.Move(ctx, states, item.ID, item.State, workitem.StateWAITING, anew)
		}
		return anew.Exec(ctx)
	})
}

// Drop takes an item away for good, as Retry does otherwise.
func Drop(ctx context.Context, db *ent.Client, kind, key string, now time.Time) error {
	return change(ctx, db, kind, key, now, func(tx *ent.Tx, item *ent.WorkItem) error {
		return tx.WorkItem.DeleteOne(item).Exec(ctx)
	})
}

func change(ctx context.Context, db *ent.Client, kind, key string, now time.Time, fn func(*ent.Tx, *ent.WorkItem) error) error {
	return storage.Do(ctx, db, func(tx *ent.Tx) error {
		item, err := tx.WorkItem.Query().Where(workitem.Kind(kind), workitem.Key(key)).Only(ctx)
		if err != nil {
			return storage.Found(err, "piece of work")
		}
		if item.State == workitem.StateRUNNING && item.LeasedUntil.After(now) {
			return problem.New(problem.Conflict, "a server works on this now; stop it, or wait for its lease to end at %s", item.LeasedUntil.UTC().Format(time.RFC3339))
		}
		return fn(tx, item)
	})
}
