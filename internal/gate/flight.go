package gate

import (
	"context"
	"sync"
)

// flights runs one execution for all who want the same answer at a time. It
// differs from golang.org/x/sync/singleflight in what the turnstile needs: an
// execution goes on while anybody waits for it, whoever began it, and when the
// last one goes away it is ended, and that one waits until it has.
type flights struct {
	mu      sync.Mutex
	running map[answerKey]*flight
}

type flight struct {
	waiting int // guarded by flights.mu
	cancel  context.CancelFunc
	done    chan struct{}
	outcome outcome // once done is closed
}

// do returns the outcome of the run that is under way for key, or of run, which
// gets the values of values in a context that ends when nobody waits any more.
// leads says whether it was run. landed is false when gone was closed first.
func (f *flights) do(gone <-chan struct{}, values context.Context, key answerKey, run func(context.Context) outcome) (out outcome, leads, landed bool) {
	f.mu.Lock()
	fl, found := f.running[key]
	if !found {
		fl = f.begin(values, key, run)
	}
	fl.waiting++
	f.mu.Unlock()

	select {
	case <-fl.done:
		return fl.outcome, !found, true
	case <-gone:
	}
	if f.leave(key, fl) {
		<-fl.done
		return fl.outcome, !found, true
	}
	return outcome{}, !found, false
}

// begin starts a run. The caller holds f.mu.
func (f *flights) begin(values context.Context, key answerKey, run func(context.Context) outcome) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(values))
	fl := &flight{cancel: cancel, done: make(chan struct{})}
	if f.running == nil {
		f.running = map[answerKey]*flight{}
	}
	f.running[key] = fl
	go func() {
		defer f.land(key, fl)
		fl.outcome = run(ctx)
	}()
	return fl
}

// leave takes one who waited away, and reports whether that was the last, whose
// leaving ends the run. Whoever asks next begins anew.
func (f *flights) leave(key answerKey, fl *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiting--; fl.waiting > 0 {
		return false
	}
	f.remove(key, fl)
	fl.cancel()
	return true
}

func (f *flights) land(key answerKey, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remove(key, fl)
	fl.cancel()
	close(fl.done)
}

// remove leaves alone what has begun in the place of fl.
func (f *flights) remove(key answerKey, fl *flight) {
	if f.running[key] == fl {
		delete(f.running, key)
	}
}
