package work

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/workitem"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Queue is the work of one server.
type Queue struct {
	db       *ent.Client
	clock    func() time.Time
	handlers []Handler
	after    func(time.Duration) <-chan time.Time // of the renewing of leases
}

// New returns the queue of a server that can do the items of these handlers.
func New(db *ent.Client, now func() time.Time, handlers ...Handler) *Queue {
	return &Queue{db, now, handlers, time.After}
}

func (q *Queue) now() time.Time { return vocab.Now(q.clock) }

// How often a server looks for items of a kind, and how long one that failed
// waits: firstWait, and twice as long after each further failure.
const (
	look        = time.Second
	firstWait   = 10 * time.Second
	longestWait = time.Hour
)

// Run does what is due, on behalf of the system, until ctx ends. One follower
// of each kind looks for items, however many are done at once.
func (q *Queue) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, h := range q.handlers {
		running.Go(func() { q.follow(viewer.AsSystem(ctx), h) })
	}
	running.Wait()
}

func (q *Queue) follow(ctx context.Context, h Handler) {
	var doing sync.WaitGroup
	defer doing.Wait()
	hands := make(chan struct{}, h.kind.AtOnce)
	for {
		select {
		case hands <- struct{}{}:
		case <-ctx.Done():
			return
		}
		l, err := q.lease(ctx, h, workitem.DueAtLTE(q.now()))
		if err == nil && l != nil {
			doing.Go(func() {
				defer func() { <-hands }()
				_, _ = q.work(ctx, h, l) // the item says what failed
			})
			continue
		}
		if <-hands; err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "no work can be had", "kind", h.kind.Name, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(look + mathrand.N(look/10)): // servers drift apart
		}
	}
}

// Drain does the items of a kind that are due, and returns how many are over. An
// item that fails is tried again later and holds up no other; its error is
// returned in the end.
func (q *Queue) Drain(ctx context.Context, kind string) (int, error) {
	ctx = viewer.AsSystem(ctx)
	h, err := q.handler(kind)
	if err != nil {
		return 0, err
	}
	due, err := q.db.WorkItem.Query().Where(workitem.Kind(kind), q.free(workitem.DueAtLTE(q.now()))).Order(workitem.ByDueAt(), workitem.ByID()).IDs(ctx)
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	group.SetLimit(h.kind.AtOnce)
	over, faults := make([]bool, len(due)), make([]error, len(due))
	for i, id := range due {
		group.Go(func() error {
			over[i], faults[i] = q.step(ctx, h, workitem.ID(id))
			return nil
		})
	}
	_ = group.Wait()
	n := 0
	for _, o := range over {
		if o {
			n++
		}
	}
	return n, errors.Join(faults...)
}

// Only does one item now, also before it is due, unless another server does.
func (q *Queue) Only(ctx context.Context, kind, key string) error {
	h, err := q.handler(kind)
	if err != nil {
		return err
	}
	_, err = q.step(viewer.AsSystem(ctx), h, workitem.Key(key))
	return err
}

func (q *Queue) handler(kind string) (Handler, error) {
	if i := slices.IndexFunc(q.handlers, func(h Handler) bool { return h.kind.Name == kind }); i >= 0 {
		return q.handlers[i], nil
	}
	return Handler{}, fmt.Errorf("work: nobody does %q", kind)
}

// step leases one item of those that are free and fit, and does it.
func (q *Queue) step(ctx context.Context, h Handler, fit predicate.WorkItem) (over bool, err error) {
	l, err := q.lease(ctx, h, fit)
	if err != nil || l == nil {
		return false, err
	}
	return q.work(ctx, h, l)
}

// work does an item. It says whether the item is over, and returns why not.
func (q *Queue) work(ctx context.Context, h Handler, l *Lease) (over bool, err error) {
	err = q.do(ctx, h, l)
	if errors.Is(err, ErrLost) {
		return true, nil // who has it now goes on
	}
	if err == nil {
		err = storage.Do(ctx, q.db, func(tx *ent.Tx) error { return l.Done(ctx, tx) })
		if errors.Is(err, ErrLost) { // done in its own transaction
			err = nil
		}
		return err == nil, err
	}
	return false, errors.Join(err, q.failed(context.WithoutCancel(ctx), h, l, err, ctx.Err() != nil))
}

// left are the items whose server is gone, and free those that nobody works on.
func (q *Queue) left() predicate.WorkItem {
	return workitem.And(workitem.StateEQ(workitem.StateRUNNING), workitem.LeasedUntilLT(q.now()))
}

func (q *Queue) free(fit predicate.WorkItem) predicate.WorkItem {
	return workitem.And(workitem.Or(workitem.StateEQ(workitem.StateWAITING), q.left()), fit)
}

// lease takes the item that has been due for longest; nil when there is none.
func (q *Queue) lease(ctx context.Context, h Handler, fit predicate.WorkItem) (*Lease, error) {
	for {
		id, err := q.db.WorkItem.Query().Where(workitem.Kind(h.kind.Name), q.free(fit)).Order(workitem.ByDueAt(), workitem.ByID()).FirstID(ctx)
		if ent.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var n int
		worker := rand.Text()
		if err := storage.Do(ctx, q.db, func(tx *ent.Tx) error {
			take := func() *ent.WorkItemUpdate {
				return tx.WorkItem.Update().Where(workitem.ID(id)).SetWorker(worker).SetLeasedUntil(q.now().Add(h.kind.Lease)).AddAttempts(1)
			}
			n, err = storage.MoveAll(ctx, states, workitem.StateWAITING, workitem.StateRUNNING, take())
			if err == nil && n == 0 {
				n, err = take().Where(q.left()).Save(ctx)
			}
			return err
		}); err != nil {
			return nil, err
		}
		if n != 1 { // another server was faster
			continue
		}
		row, err := q.db.WorkItem.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		return &Lease{Kind: row.Kind, Key: row.Key, Attempt: row.Attempts, queue: q, row: row, span: h.kind.Lease}, nil
	}
}

// do runs the handler while the lease is renewed, and turns its panic into an
// error: the server goes on. Once the lease is lost the handler's context ends.
func (q *Queue) do(ctx context.Context, h Handler, l *Lease) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { l.renew(ctx, stop) })
	defer renewing.Wait()
	defer stop(nil)
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("work: panic: %v\n%s", fault, debug.Stack())
		}
		if errors.Is(context.Cause(ctx), ErrLost) {
			err = ErrLost
		}
	}()
	return h.handle(ctx, l, l.row.Payload)
}

// renew keeps the lease until ctx ends. A database that is away for a moment
// costs nothing while the lease lasts.
func (l *Lease) renew(ctx context.Context, stop context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.queue.after(l.span / 3):
		}
		err := storage.Do(ctx, l.queue.db, func(tx *ent.Tx) error { return l.Hold(ctx, tx) })
		if errors.Is(err, ErrLost) {
			stop(ErrLost)
			return
		}
	}
}

// failed puts an item back, or gives it up after its last attempt. Being stopped
// and a database that is away count as no attempt.
func (q *Queue) failed(ctx context.Context, h Handler, l *Lease, why error, stopped bool) error {
	var p *problem.Error
	text := "a fault of the server; the log names it with the identifier of this item"
	if all := problem.All(why); all != nil {
		p, text = all[0], vocab.Clean(500, all[0].Error())
	}
	blameless := stopped || errors.Is(why, problem.Is(problem.Unavailable))
	log := slog.With("item", l.row.ID, "kind", l.Kind, "key", l.Key, "attempt", l.Attempt)
	to, due := workitem.StateWAITING, q.now()
	switch {
	case blameless:
	case l.Attempt >= h.kind.Attempts:
		to = workitem.StateDEAD
		log.ErrorContext(ctx, "work is given up", "err", why)
	default:
		due = due.Add(Backoff(l.Attempt, firstWait, longestWait))
		if p == nil {
			log.ErrorContext(ctx, "work failed", "err", why)
		} else {
			log.WarnContext(ctx, "work failed", "err", why)
		}
	}
	return storage.Do(ctx, q.db, func(tx *ent.Tx) error {
		put := l.mine(tx.WorkItem).SetDueAt(due).SetError(text).SetWorker("").ClearLeasedUntil()
		if blameless {
			put.AddAttempts(-1).SetError("")
		}
		_, err := storage.MoveAll(ctx, states, workitem.StateRUNNING, to, put)
		return err
	})
}

// Backoff is how long something is left alone after so many failures in a row:
// first, and twice as long after each further one, longest at most.
func Backoff(failures int, first, longest time.Duration) time.Duration {
	wait := first
	for range failures - 1 {
		if wait *= 2; wait >= longest {
			return longest
		}
	}
	return wait
}
