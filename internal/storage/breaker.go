package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// How a database is given up and taken back. A trial and the pause after it are
// together shorter than the second within which a database that is back is used.
const (
	silences  = 5                      // look-ups in a row that got no answer
	trialTime = 400 * time.Millisecond // in which a trial is answered
	pause     = 500 * time.Millisecond // between trials
)

// breaker turns statements away at once while the database does not answer. A
// database that hangs would else hold each request until its deadline, and with
// them every connection of the pool. Every so often one statement begins with a
// trial of its own, so that nobody's request is what is tried with.
//
// Only look-ups count: a change may wait for another one, of an answering
// database, as long as its deadline.
type breaker struct {
	circuit *gobreaker.TwoStepCircuitBreaker[any]
	trial   func(context.Context) error
}

func newBreaker(trial func(context.Context) error) *breaker {
	return &breaker{gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Timeout:     pause,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= silences },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case from == gobreaker.StateClosed:
				slog.Warn("the database does not answer; requests are turned away until it does")
			case to == gobreaker.StateClosed:
				slog.Info("the database answers again")
			}
		},
	}), trial}
}

// admit lets a statement through, or returns why not. heard is told what became
// of a look-up.
func (b *breaker) admit(ctx context.Context) (heard func(error), err error) {
	heard, err = b.circuit.Allow()
	if err == nil && b.circuit.State() == gobreaker.StateHalfOpen {
		trying, cancel := context.WithTimeout(context.WithoutCancel(ctx), trialTime) // who goes away spoils no trial
		err = b.trial(trying)
		cancel()
		heard(err)
		if err == nil {
			heard, err = b.circuit.Allow()
		}
	}
	if err != nil {
		return nil, unanswered(err)
	}
	return heard, nil
}

// lookUp runs a look-up and takes note of whether the database has answered. What
// somebody did not wait for says nothing.
func (b *breaker) lookUp(ctx context.Context, run func() error) error {
	heard, err := b.admit(ctx)
	if err != nil {
		return err
	}
	err = run()
	switch {
	case silent(err):
		heard(err)
	case !errors.Is(ctx.Err(), context.Canceled):
		heard(nil)
	}
	return err
}

// silent says whether an error is that the database has said nothing, or nothing
// but that it serves nobody.
func silent(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, driver.ErrBadConn) || away(err) || retryable(err)
}

func unanswered(err error) error {
	return problem.New(problem.Unavailable, "the database does not answer; try again in a moment").Because(err)
}

// Unanswered is what a look-up of one row is told that ran into a deadline: it
// asked for little, so it was the database that took long. Other errors it
// passes on.
func Unanswered(err error) error {
	if problem.All(err) == nil && errors.Is(err, context.DeadlineExceeded) {
		return unanswered(err)
	}
	return err
}
