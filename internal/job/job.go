// Package job runs work that nobody waits for: it finishes what a crash left
// half done and clears what has expired.
package job

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Job is periodic work. It is safe to run on several servers at once: what it
// changes, it changes conditionally.
type Job struct {
	Name  string
	Every time.Duration
	Run   func(context.Context) (done int, err error)
}

// RunAll runs every job at once and then periodically, on behalf of the system,
// until ctx ends. A job that fails or panics is logged and tried again at its
// next turn.
func RunAll(ctx context.Context, jobs []Job) {
	ctx = viewer.With(ctx, &viewer.Viewer{Kind: viewer.System})
	var running sync.WaitGroup
	for _, j := range jobs {
		running.Go(func() { j.loop(ctx) })
	}
	running.Wait()
}

func (j Job) loop(ctx context.Context) {
	for {
		n, err := j.once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			slog.ErrorContext(ctx, "job failed", "job", j.Name, "err", err)
		case n > 0:
			slog.InfoContext(ctx, "job done", "job", j.Name, "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(j.Every + rand.N(j.Every/10+1)): // servers drift apart
		}
	}
}

// once runs the job and turns its panic into an error: the server goes on.
func (j Job) once(ctx context.Context) (done int, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("job: panic: %v\n%s", fault, debug.Stack())
		}
	}()
	return j.Run(ctx)
}
