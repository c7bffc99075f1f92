package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// How far this machine's clock may be from the database's: beyond the first a
// warning says so, beyond the second the server is not ready. What ends by time,
// such as a deadline or a role, ends here as much earlier or later than at other
// servers.
const (
	warnOfClock = time.Second
	clockIsOff  = 10 * time.Second
)

// clock remembers how far this machine's clock was from the database's.
type clock struct {
	db    *storage.DB
	now   func() time.Time
	ahead atomic.Int64 // nanoseconds
}

// compare asks the database for the time. As a job it has never more to do.
func (c *clock) compare(ctx context.Context) (int, error) {
	ahead, err := c.db.Ahead(ctx, c.now)
	if err != nil {
		return 0, err
	}
	c.ahead.Store(int64(ahead))
	if ahead.Abs() > warnOfClock {
		slog.WarnContext(ctx, "the clock of this machine differs from that of the database", "ahead", ahead.Round(time.Millisecond))
	}
	return 0, nil
}

// ready returns nil while the database answers and the clocks agree.
func (c *clock) ready(ctx context.Context) error {
	if err := c.db.Ping(ctx); err != nil {
		return err
	}
	if time.Duration(c.ahead.Load()).Abs() > clockIsOff {
		return problem.New(problem.Unavailable, "the clock of this machine differs from that of the database")
	}
	return nil
}
