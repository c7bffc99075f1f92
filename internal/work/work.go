// Package work does later what no request waits for: on any server, once, and
// again until it has succeeded.
//
// An item is stored in the transaction that causes it, so it exists if and only
// if its cause does:
//
//	WAITING → RUNNING
//	RUNNING → WAITING, DEAD
//	DEAD → WAITING
//
// A server leases an item that is due, renews the lease while it works, and
// deletes the item when it is done. Another server takes over what is RUNNING
// once the lease has ended: after a crash, a kill or a power cut. What an item
// changes, it changes in transactions that hold the lease (Lease.Hold), so two
// servers never do the same piece twice, however slow one of them was.
//
// An item that fails waits for longer each time, and is DEAD after its last
// attempt: an operator looks at it, and has it tried again or drops it
// (peregrine work). Being stopped, and a database that is away, count as no
// attempt.
//
// River, the library for this in Go, needs PostgreSQL; those for MySQL bring a
// broker or tables of their own beside the transaction. So it is written here.
package work

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/workitem"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

var states = lifecycle.New("piece of work", lifecycle.Next[workitem.State]{
	workitem.StateWAITING: {workitem.StateRUNNING},
	workitem.StateRUNNING: {workitem.StateWAITING, workitem.StateDEAD},
	workitem.StateDEAD:    {workitem.StateWAITING},
})

// Kind is a kind of work, whose items say what there is to do with a P.
type Kind[P any] struct {
	Name     string
	Attempts int           // until an item is DEAD; 0: 10
	Lease    time.Duration // how long a server is waited for that says nothing; 0: a minute
	AtOnce   int           // on one server; 0: 1
}

// Handler does the items of a kind.
type Handler struct {
	kind   Kind[json.RawMessage]
	handle func(context.Context, *Lease, json.RawMessage) error
}

// Func does one item. When it returns nil the item is done.
type Func[P any] func(context.Context, *Lease, P) error

// By returns the handler that does items by f.
func (k Kind[P]) By(f Func[P]) Handler {
	h := Handler{kind: Kind[json.RawMessage]{
		Name: k.Name, Attempts: cmp.Or(k.Attempts, 10), Lease: cmp.Or(k.Lease, time.Minute), AtOnce: max(k.AtOnce, 1),
	}}
	h.handle = func(ctx context.Context, l *Lease, raw json.RawMessage) error {
		var payload P
		if err := json.Unmarshal(raw, &payload); err != nil {
			return fmt.Errorf("work: payload of %s %s: %w", l.Kind, l.Key, err)
		}
		return f(ctx, l, payload)
	}
	return h
}

// Enqueue stores an item that is due at a moment. There is one item of a kind and
// key: one that waits, or is dead, is due anew and starts over; one that runs
// goes on as it is.
func (k Kind[P]) Enqueue(ctx context.Context, tx *ent.Tx, key string, payload P, due time.Time) error {
	ctx = viewer.AsSystem(ctx)
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("work: payload of %s %s: %w", k.Name, key, err)
	}
	err = tx.WorkItem.Create().SetKind(k.Name).SetKey(key).SetPayload(raw).SetState(workitem.StateWAITING).SetDueAt(due).Exec(ctx)
	if !storage.IsDuplicate(err) {
		return err
	}
	anew := func() *ent.WorkItemUpdate {
		return tx.WorkItem.Update().Where(workitem.Kind(k.Name), workitem.Key(key)).SetPayload(raw).SetDueAt(due).SetAttempts(0).SetError("")
	}
	if err := anew().Where(workitem.StateEQ(workitem.StateWAITING)).Exec(ctx); err != nil {
		return err
	}
	_, err = storage.MoveAll(ctx, states, workitem.StateDEAD, workitem.StateWAITING, anew())
	return err
}

// Drop takes an item away that has nothing left to do, whoever works on it. It is
// nil when there is none.
func (k Kind[P]) Drop(ctx context.Context, tx *ent.Tx, key string) error {
	_, err := tx.WorkItem.Delete().Where(workitem.Kind(k.Name), workitem.Key(key)).Exec(viewer.AsSystem(ctx))
	return err
}

// ErrLost says that an item is no longer this server's: its lease ran out and
// another one took it, or it was dropped.
var ErrLost = errors.New("work: the item is somebody else's now")

// Lease is an item that this server works on.
type Lease struct {
	Kind, Key string
	Attempt   int // 1 for the first since it last got on

	queue *Queue
	row   *ent.WorkItem
	span  time.Duration
}

// mine is an update of the item while it is this server's.
func (l *Lease) mine(db *ent.WorkItemClient) *ent.WorkItemUpdate {
	return db.Update().Where(workitem.ID(l.row.ID), workitem.Worker(l.row.Worker))
}

func (l *Lease) until() time.Time { return l.queue.now().Add(l.span) }

// held turns the number of rows that an update of mine changed into ErrLost.
func held(n int, err error) error {
	if err == nil && n != 1 {
		return ErrLost
	}
	return err
}

// Hold renews the lease and keeps the item to this server until the transaction
// is over, or returns ErrLost.
func (l *Lease) Hold(ctx context.Context, tx *ent.Tx) error {
	return held(l.mine(tx.WorkItem).SetLeasedUntil(l.until()).Save(viewer.AsSystem(ctx)))
}

// Progress is Hold for a transaction that gets on: so much is done of a total,
// or of 0 when that is not known. Attempts are counted anew.
func (l *Lease) Progress(ctx context.Context, tx *ent.Tx, done, total int) error {
	l.Attempt = 1
	return held(l.mine(tx.WorkItem).SetLeasedUntil(l.until()).SetDone(done).SetTotal(total).SetAttempts(1).SetError("").Save(viewer.AsSystem(ctx)))
}

// Done ends the item in the transaction that does the last of it, or returns
// ErrLost.
func (l *Lease) Done(ctx context.Context, tx *ent.Tx) error {
	return held(tx.WorkItem.Delete().Where(workitem.ID(l.row.ID), workitem.Worker(l.row.Worker)).Exec(viewer.AsSystem(ctx)))
}
