package e2e

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/internal/testkit"
)

// line is where those who run a race wait for each other: before the first
// statement that writes. What they decide on before it they all decide on
// before any of them has changed it.
type line struct {
	missing sync.WaitGroup
	all     chan struct{}
	met     atomic.Int32 // how many stood there together
}

// runner is one who runs.
type runner struct {
	line *line
	once sync.Once
}

// patience is for how long a runner waits for those who do not come: they were
// refused before they wrote anything.
const patience = 50 * time.Millisecond

func newLine(runners int) *line {
	l := &line{all: make(chan struct{})}
	l.missing.Add(runners)
	go func() { l.missing.Wait(); close(l.all) }()
	return l
}

// in is the actor as a runner; outside of a race they stay who they are.
func (a *Actor) in(r *runner) *Actor {
	copied := *a
	copied.as = r
	return &copied
}

// in marks what happens on behalf of the runner; outside of a race nothing.
func (r *runner) in(ctx context.Context) context.Context {
	if r == nil {
		return ctx
	}
	return context.WithValue(ctx, running{}, r)
}

type running struct{}

func (r *runner) start() {
	r.once.Do(func() {
		r.line.missing.Done()
		select {
		case <-r.line.all:
			r.line.met.Add(1)
		case <-time.After(patience):
		}
	})
}

// finish lets nobody wait any longer for one who never wrote.
func (r *runner) finish() { r.once.Do(r.line.missing.Done) }

// atOnce runs all at once. SQLite has one writer at a time, who would wait at
// the line for those who wait for it; there they only start together. It returns
// what became of each, and whether all met at the line.
func atOnce(all ...func(*runner) string) (outcomes []string, met bool) {
	outcomes = make([]string, len(all))
	if testkit.Dialect() == dialect.SQLite {
		together(len(all), func(i int) { outcomes[i] = all[i](nil) })
		return outcomes, true
	}
	l := newLine(len(all))
	together(len(all), func(i int) {
		r := &runner{line: l}
		defer r.finish()
		outcomes[i] = all[i](r)
	})
	return outcomes, int(l.met.Load()) == len(all)
}
