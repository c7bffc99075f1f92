package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// switched is a database that can be stopped: what is asked then gets no answer
// before its context ends.
type switched struct {
	stopped bool
	asked   int
	trials  int
}

func (s *switched) ask(ctx context.Context) error {
	s.asked++
	if !s.stopped {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *switched) try(ctx context.Context) error {
	s.trials++
	return s.ask(ctx)
}

// patiently looks something up with the deadline of a request, and returns how
// long that took.
func (s *switched) patiently(b *breaker) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	began := time.Now()
	err := b.lookUp(ctx, func() error { return s.ask(ctx) })
	return time.Since(began), err
}

// A database that hangs is given up after several look-ups in a row, is tried
// again every so often by nobody's request, and is used within a second.
func TestADatabaseThatHangsIsGivenUpAndTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &switched{stopped: true}
		b := newBreaker(db.try)
		for i := range silences {
			if took, err := db.patiently(b); took != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("look-up %d: %v after %v", i, err, took)
			}
		}
		db.asked = 0
		if took, err := db.patiently(b); took != 0 || db.asked != 0 || !errors.Is(err, problem.Is(problem.Unavailable)) {
			t.Errorf("given up: %v after %v, asked %d times", err, took, db.asked)
		}
		if _, err := b.admit(t.Context()); !errors.Is(err, problem.Is(problem.Unavailable)) {
			t.Errorf("a change is told %v", err)
		}
		for range 100 { // ten seconds
			time.Sleep(100 * time.Millisecond)
			if took, err := db.patiently(b); took > trialTime || err == nil {
				t.Fatalf("still stopped: %v after %v", err, took)
			}
		}
		if db.trials < 8 || db.asked != db.trials {
			t.Errorf("%d trials, asked %d times", db.trials, db.asked)
		}
		db.stopped = false
		back := time.Now()
		for {
			if _, err := db.patiently(b); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(back); took > time.Second {
			t.Errorf("used again after %v", took)
		}
	})
}

// Of all who come while it is tried again, one tries and the others are told at
// once; and when that one goes away, the trial is of use all the same.
func TestOneTrialAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, back := &switched{stopped: true}, make(chan struct{})
		b := newBreaker(func(ctx context.Context) error {
			db.trials++
			select {
			case <-back:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		for range silences {
			_, _ = db.patiently(b)
		}
		time.Sleep(2 * pause)
		leaving, leave := context.WithCancel(context.Background())
		go func() { _ = b.lookUp(leaving, func() error { return nil }) }()
		synctest.Wait()
		leave()
		synctest.Wait()
		for range 20 {
			if took, err := db.patiently(b); took != 0 || err == nil {
				t.Fatalf("%v after %v", err, took)
			}
		}
		if db.trials != 1 {
			t.Errorf("%d trials", db.trials)
		}
		close(back)
		synctest.Wait()
		if _, err := b.admit(t.Context()); err != nil {
			t.Errorf("it answers, and is still given up: %v", err)
		}
	})
}

// What a database says is no silence, nor is a request that somebody did not wait
// for; and one answer in between is enough to go on.
func TestWhatCountsAsSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone, leave := context.WithCancel(context.Background())
		leave()
		for what, tt := range map[string]struct {
			ctx   context.Context
			err   error
			given bool
		}{
			"a deadline":     {t.Context(), context.DeadlineExceeded, true},
			"no connection":  {t.Context(), driver.ErrBadConn, true},
			"a refusal":      {t.Context(), errors.New("a slip"), false},
			"a full disk":    {t.Context(), problem.New(problem.Unavailable, "this took too long and was stopped; ask for less at once"), false},
			"who goes away":  {gone, context.Canceled, false},
			"nothing at all": {t.Context(), nil, false},
		} {
			b := newBreaker(func(context.Context) error { return nil })
			for range 2 * silences {
				_ = b.lookUp(tt.ctx, func() error { return tt.err })
			}
			if _, err := b.admit(t.Context()); (err != nil) != tt.given {
				t.Errorf("%s: given up: %v", what, err)
			}
		}
		b := newBreaker(func(context.Context) error { return nil })
		for i := range 10 * silences {
			err := context.DeadlineExceeded
			if i%silences == 0 {
				err = nil
			}
			_ = b.lookUp(t.Context(), func() error { return err })
		}
		if _, err := b.admit(t.Context()); err != nil {
			t.Errorf("a database that answers one in five is given up: %v", err)
		}
	})
}
