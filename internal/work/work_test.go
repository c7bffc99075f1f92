package work_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/workitem"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

func TestMain(m *testing.M) {
	if address := os.Getenv("WORK_TEST_DATABASE"); address != "" {
		hang(address)
	}
	os.Exit(testkit.Main(m))
}

// letter is the work of these tests.
type letter struct{ To string }

var letters = work.Kind[letter]{Name: "letter.send", Attempts: 3, AtOnce: 2}

// office is a database with servers that share it, and a clock.
type office struct {
	*testing.T
	db  *ent.Client
	ctx context.Context
	now atomic.Pointer[time.Time]
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, db: testkit.Database(t).Client, ctx: viewer.AsSystem(t.Context())}
	o.now.Store(new(time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)))
	return o
}

func (o *office) clock() time.Time      { return *o.now.Load() }
func (o *office) later(d time.Duration) { o.now.Store(new(o.clock().Add(d))) }

func (o *office) server(f work.Func[letter]) *work.Queue {
	return work.New(o.db, o.clock, letters.By(f))
}

func (o *office) enqueue(key, to string, due time.Time) {
	o.Helper()
	o.must(storage.Do(o.ctx, o.db, func(tx *ent.Tx) error { return letters.Enqueue(o.ctx, tx, key, letter{to}, due) }))
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) drains(q *work.Queue, want int) error {
	o.Helper()
	n, err := q.Drain(o.ctx, letters.Name)
	if n != want {
		o.Errorf("%d items are over, want %d: %v", n, want, err)
	}
	return err
}

// items says of each item its key, state, attempts and error.
func (o *office) items() string {
	o.Helper()
	all, err := work.List(o.ctx, o.db)
	o.must(err)
	var said []string
	for _, i := range all {
		said = append(said, strings.TrimSpace(fmt.Sprint(i.Key, " ", i.State, " ", i.Attempts, " ", i.Error)))
	}
	return strings.Join(said, ", ")
}

// An item is there if and only if its cause is, is done with its payload when it
// is due, not before, and is gone then.
func TestAnItemIsDoneWhenItIsDue(t *testing.T) {
	o := newOffice(t)
	undone := errors.New("undone")
	if err := storage.Do(o.ctx, o.db, func(tx *ent.Tx) error {
		o.must(letters.Enqueue(o.ctx, tx, "never", letter{"nobody"}, o.clock()))
		return undone
	}); !errors.Is(err, undone) {
		t.Fatal(err)
	}
	o.enqueue("a", "Ada", o.clock())
	o.enqueue("b", "Bela", o.clock().Add(time.Minute))
	var sent []string
	q := work.New(o.db, o.clock, work.Kind[letter]{Name: letters.Name}.By(func(_ context.Context, l *work.Lease, p letter) error {
		sent = append(sent, fmt.Sprint(l.Kind, " ", l.Key, " ", p.To, " ", l.Attempt))
		return nil
	}))
	o.must(o.drains(q, 1))
	o.later(time.Minute)
	o.must(o.drains(q, 1))
	if diff := cmp.Diff([]string{"letter.send a Ada 1", "letter.send b Bela 1"}, sent); diff != "" || o.items() != "" {
		t.Errorf("%s, left: %s", diff, o.items())
	}
	if _, err := q.Drain(o.ctx, "letter.burn"); err == nil {
		t.Error("work that nobody does was done")
	}
}

// There is one item of a kind and key: it is due anew while it waits.
func TestAKeyHasOneItem(t *testing.T) {
	o := newOffice(t)
	o.enqueue("a", "Ada", o.clock())
	o.enqueue("a", "Beth", o.clock().Add(time.Hour))
	var sent []string
	q := o.server(func(ctx context.Context, l *work.Lease, p letter) error {
		sent = append(sent, p.To)
		o.enqueue("a", "Cora", o.clock()) // goes on as it is
		return nil
	})
	o.must(o.drains(q, 0))
	o.must(q.Only(o.ctx, letters.Name, "a")) // also before it is due
	if !slices.Equal(sent, []string{"Beth"}) || o.items() != "" {
		t.Errorf("sent to %v, left: %s", sent, o.items())
	}
	o.enqueue("b", "Bela", o.clock())
	o.must(storage.Do(o.ctx, o.db, func(tx *ent.Tx) error { return letters.Drop(o.ctx, tx, "b") }))
	o.must(o.drains(q, 0))
}

// However many servers there are, each item is done once.
func TestServersShareTheWork(t *testing.T) {
	o := newOffice(t)
	const n = 40
	for i := range n {
		o.enqueue(fmt.Sprint(i), "x", o.clock())
	}
	var mu sync.Mutex
	sent := map[string]int{}
	var servers sync.WaitGroup
	for range 4 {
		servers.Go(func() {
			_, err := o.server(func(_ context.Context, l *work.Lease, _ letter) error {
				mu.Lock()
				defer mu.Unlock()
				sent[l.Key]++
				return nil
			}).Drain(o.ctx, letters.Name)
			if err != nil {
				t.Error(err)
			}
		})
	}
	servers.Wait()
	for key, times := range sent {
		if times != 1 {
			t.Errorf("%s was done %d times", key, times)
		}
	}
	if len(sent) != n || o.items() != "" {
		t.Errorf("%d were done, left: %s", len(sent), o.items())
	}
}

// A server that was slow for longer than its lease changes nothing any more, and
// its handler is told to stop.
func TestAnItemIsOneServersAtATime(t *testing.T) {
	o := newOffice(t)
	o.enqueue("a", "Ada", o.clock())
	change := func(ctx context.Context, l *work.Lease) error {
		return storage.Do(ctx, o.db, func(tx *ent.Tx) error { return l.Hold(ctx, tx) })
	}
	var slowly func() error
	fast := o.server(func(ctx context.Context, l *work.Lease, _ letter) error {
		if err := slowly(); !errors.Is(err, work.ErrLost) { // while the item is there
			t.Errorf("the slow one changes what the fast one has: %v", err)
		}
		return change(ctx, l)
	})
	var renew func()
	slow := o.server(func(ctx context.Context, l *work.Lease, _ letter) error {
		slowly = func() error { return change(ctx, l) }
		o.later(59 * time.Second)
		o.must(o.drains(fast, 0)) // the lease lasts
		o.must(change(ctx, l))    // and is renewed
		o.later(59 * time.Second)
		o.must(o.drains(fast, 0))
		renew() // by itself as well
		o.later(59 * time.Second)
		o.must(o.drains(fast, 0))
		o.later(2 * time.Second)
		o.must(o.drains(fast, 1))
		if err := slowly(); !errors.Is(err, work.ErrLost) {
			t.Errorf("the slow one changes something: %v", err)
		}
		go renew() // which does not come back
		<-ctx.Done()
		return errors.New("late")
	})
	renew = slow.RenewBy()
	o.must(o.drains(slow, 1))
	if o.items() != "" {
		t.Errorf("left: %s", o.items())
	}
}

// What fails waits for longer each time and is given up in the end, until an
// operator has it tried again. Its error is kept as far as people may see it.
func TestWhatFailsIsTriedAgain(t *testing.T) {
	o := newOffice(t)
	o.enqueue("a", "Ada", o.clock())
	attempts := 0
	var fault error
	q := o.server(func(context.Context, *work.Lease, letter) error {
		attempts++
		return fault
	})
	fault = problem.New(problem.Invalid, "the address is wrong")
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, "a WAITING 1 the address is wrong"}, {9 * time.Second, "a WAITING 1 the address is wrong"},
		{time.Second, "a WAITING 2 the address is wrong"}, {19 * time.Second, "a WAITING 2 the address is wrong"},
		{time.Second, "a DEAD 3 the address is wrong"}, {24 * time.Hour, "a DEAD 3 the address is wrong"},
	} {
		o.later(step.after)
		_ = o.drains(q, 0)
		if got := o.items(); got != step.want {
			t.Errorf("after %s: %s, want %s", step.after, got, step.want)
		}
	}
	fault = errors.New("disk /secret/path on fire")
	o.must(work.Retry(o.ctx, o.db, letters.Name, "a", o.clock()))
	if err := o.drains(q, 0); err == nil || !strings.Contains(o.items(), "a WAITING 1 a fault of the server") {
		t.Errorf("%v: %s", err, o.items())
	}
	fault = nil
	o.must(work.Retry(o.ctx, o.db, letters.Name, "a", o.clock()))
	o.must(o.drains(q, 1))
	if attempts != 5 {
		t.Errorf("%d attempts", attempts)
	}
}

// Getting on, being stopped, and a database that is away are no failures. A panic
// is one, and the server goes on.
func TestWhatCountsAsAnAttempt(t *testing.T) {
	o := newOffice(t)
	ctx, stop := context.WithCancel(o.ctx)
	for name, tt := range map[string]struct {
		handle work.Func[letter]
		want   string
	}{
		"away":  {func(context.Context, *work.Lease, letter) error { return problem.New(problem.Unavailable, "away") }, "WAITING 0"},
		"panic": {func(context.Context, *work.Lease, letter) error { panic("a bug") }, "WAITING 1 a fault"},
		"gets on": {func(ctx context.Context, l *work.Lease, _ letter) error {
			o.must(storage.Do(ctx, o.db, func(tx *ent.Tx) error { return l.Progress(ctx, tx, 3, 10) }))
			if item := o.db.WorkItem.Query().Where(workitem.Key("gets on")).OnlyX(o.ctx); item.Done != 3 || item.Total != 10 {
				t.Errorf("%d of %d", item.Done, item.Total)
			}
			return errors.New("later")
		}, "WAITING 1 a fault"},
		"stopped": {func(ctx context.Context, _ *work.Lease, _ letter) error {
			stop()
			return ctx.Err()
		}, "WAITING 0"},
	} {
		o.enqueue(name, "x", o.clock())
		with := o.ctx
		if name == "stopped" {
			with = ctx
		}
		_, _ = o.server(tt.handle).Drain(with, letters.Name)
		if got := o.items(); !strings.HasPrefix(got, name+" "+tt.want) {
			t.Errorf("%s: %s", name, got)
		}
		o.must(work.Drop(o.ctx, o.db, letters.Name, name, o.clock()))
	}
}

// The last change of an item ends it in its own transaction, and operators keep
// their hands off what a server works on.
func TestOperatorsLeaveRunningWorkAlone(t *testing.T) {
	o := newOffice(t)
	o.enqueue("a", "Ada", o.clock())
	q := o.server(func(ctx context.Context, l *work.Lease, _ letter) error {
		for what, err := range map[string]error{"retried": work.Retry(o.ctx, o.db, letters.Name, "a", o.clock()), "dropped": work.Drop(o.ctx, o.db, letters.Name, "a", o.clock())} {
			if !errors.Is(err, problem.Is(problem.Conflict)) {
				t.Errorf("it is %s: %v", what, err)
			}
		}
		return storage.Do(ctx, o.db, func(tx *ent.Tx) error { return l.Done(ctx, tx) })
	})
	o.must(o.drains(q, 1))
	if err := work.Retry(o.ctx, o.db, letters.Name, "a", o.clock()); !errors.Is(err, problem.Is(problem.NotFound)) {
		t.Error(err)
	}
}

// A server that is killed leaves its lease behind, and another one goes on from
// what was committed.
func TestKilledWorkGoesOn(t *testing.T) {
	address := testkit.Migrated(t)
	db := testkit.Open(t, address).Client
	ctx := viewer.AsSystem(t.Context())
	if err := storage.Do(ctx, db, func(tx *ent.Tx) error {
		return letters.Enqueue(ctx, tx, "a", letter{"Ada"}, time.Now().Add(-time.Second))
	}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "WORK_TEST_DATABASE="+address)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has the item
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	item := db.WorkItem.Query().OnlyX(ctx)
	if item.State != workitem.StateRUNNING || item.Done != 7 {
		t.Fatalf("it left %s, %d done", item.State, item.Done)
	}
	done := 0
	q := work.New(db, func() time.Time { return time.Now().Add(2 * time.Minute) }, letters.By(func(_ context.Context, l *work.Lease, _ letter) error {
		done = l.Attempt
		return nil
	}))
	if n, err := q.Drain(ctx, letters.Name); n != 1 || err != nil || done != 2 {
		t.Errorf("%d, %v, at attempt %d", n, err, done)
	}
}

// hang is a server that takes an item, gets on a little, says so and hangs.
func hang(address string) {
	db, err := storage.Open(address, storage.Options{Guard: authz.Guard})
	if err != nil {
		panic(err)
	}
	ctx := viewer.AsSystem(context.Background())
	work.New(db.Client, time.Now, letters.By(func(ctx context.Context, l *work.Lease, _ letter) error {
		if err := storage.Do(ctx, db.Client, func(tx *ent.Tx) error { return l.Progress(ctx, tx, 7, 10) }); err != nil {
			return err
		}
		fmt.Print("x")
		<-ctx.Done()
		return nil
	})).Run(ctx)
}
