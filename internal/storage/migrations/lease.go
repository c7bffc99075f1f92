package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"
)

// The lease is a row, because named locks of MySQL do not hold across the
// nodes of a Galera cluster. It lives by the server's clock, which all
// starters share, and outlives a killed holder by at most leaseLength.
const (
	leaseLength = time.Minute
	renewEvery  = 15 * time.Second
	askEvery    = 200 * time.Millisecond
)

const createLease = "CREATE TABLE IF NOT EXISTS " + leaseTable + " (id int NOT NULL PRIMARY KEY, owner char(36) NOT NULL, expires_at datetime(6) NOT NULL)"

// until is when a lease ends that is taken or renewed now.
var until = fmt.Sprintf("UTC_TIMESTAMP(6) + INTERVAL %d SECOND", int(leaseLength.Seconds()))

var errLost = errors.New("the lease on the database's schema went to another starter")

type lease struct {
	db    *sql.DB
	owner string
}

func newLease(db *sql.DB) *lease { return &lease{db, uuid.NewString()} }

// hold calls fn while it holds the lease, for which it waits until ctx ends.
// The context of fn ends with errLost when the lease cannot be kept.
func (l *lease) hold(ctx context.Context, c conn, fn func(context.Context) error) error {
	for {
		got, err := l.take(ctx, c)
		if err != nil {
			return err
		}
		if got {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for another starter that migrates the database: %w", ctx.Err())
		case <-time.After(askEvery):
		}
	}
	defer l.release(ctx)
	ctx, cancel := context.WithCancelCause(ctx)
	renewing := make(chan struct{})
	go func() {
		defer close(renewing)
		l.keep(ctx, cancel)
	}()
	err := fn(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errLost) {
		err = errors.Join(cause, err)
	}
	cancel(nil)
	<-renewing
	return err
}

// take says whether it got the lease: it was free, or had run out.
func (l *lease) take(ctx context.Context, c conn) (bool, error) {
	for _, query := range []string{
		"UPDATE " + leaseTable + " SET owner = ?, expires_at = " + until + " WHERE id = 1 AND expires_at < UTC_TIMESTAMP(6)",
		"INSERT IGNORE INTO " + leaseTable + " (owner, id, expires_at) VALUES (?, 1, " + until + ")",
	} {
		result, err := c.ExecContext(ctx, query, l.owner)
		if m, ok := errors.AsType[*mysql.MySQLError](err); ok && m.Number == 1213 {
			return false, nil // on Galera two nodes took it at once, and this one lost
		}
		if err != nil {
			return false, err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err == nil, err
		}
	}
	return false, nil
}

// keep renews the lease until ctx ends. A renewal may fail, as three fit into
// the length of a lease. A lease that is another's, or may be by the time of
// the next renewal, is lost.
func (l *lease) keep(ctx context.Context, lost context.CancelCauseFunc) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for renewed := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asked := time.Now()
		err := l.renew(ctx)
		if err == nil {
			renewed = asked
			continue
		}
		if errors.Is(err, errLost) || time.Since(renewed) > leaseLength-renewEvery {
			lost(errLost)
			return
		}
	}
}

// renew prolongs the lease, or returns errLost when it is no longer held. It
// gives up in time for the next renewal: the pool of a migration waits without
// end, and a server that hangs must not hide that the lease runs out.
func (l *lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	result, err := l.db.ExecContext(ctx, "UPDATE "+leaseTable+" SET expires_at = "+until+" WHERE id = 1 AND owner = ?", l.owner)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errLost
}

// release lets the next starter in at once. When it fails the lease runs out.
func (l *lease) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = l.db.ExecContext(ctx, "DELETE FROM "+leaseTable+" WHERE id = 1 AND owner = ?", l.owner)
}
