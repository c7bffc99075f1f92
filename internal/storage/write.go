package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// How long Write keeps trying. Two tries are not enough: eight were needed for
// the unluckiest of a hundred rivals.
const (
	maxTries  = 10
	maxTrying = 5 * time.Second
)

// Set fills a column that may be empty: with the value, or with nothing when there
// is none. to and clear are those of a mutation.
func Set[T any](value *T, to func(T), clear func()) {
	if value == nil {
		clear()
		return
	}
	to(*value)
}

// Hold makes everybody else who would change a row, or hold it, wait until the
// transaction is over, on this server and on every node of a cluster: it writes
// the moment of the row's last change. It comes first; what is read afterwards
// stays as it is. An entity without such a moment cannot be held, and does not
// compile here: an update that sets nothing locks nothing.
func Hold[U interface {
	SetUpdatedAt(time.Time) U
	Exec(context.Context) error
}](ctx context.Context, row U) error {
	return row.SetUpdatedAt(vocab.Now(time.Now)).Exec(ctx)
}

// held is what ent generates for rows that can be held: their client, and its
// update.
type held[T any, P ~func(*sql.Selector), U any] interface {
	Update() U
	Get(context.Context, ident.ID) (T, error)
}

// Held holds a row and returns it as it stands then.
func Held[T any, P ~func(*sql.Selector), U interface {
	Where(...P) U
	SetUpdatedAt(time.Time) U
	Exec(context.Context) error
}](ctx context.Context, rows held[T, P, U], id ident.ID) (none T, err error) {
	if err := Hold(ctx, rows.Update().Where(P(sql.FieldEQ("id", id)))); err != nil {
		return none, err
	}
	return rows.Get(ctx, id)
}

// Write runs fn in one transaction and returns what fn returned, unwrapped, so
// that its edges can be read once the transaction is over. It rolls back when
// fn fails or panics, and runs fn again, at most ten times or five seconds,
// when the database chose the transaction as the victim of a deadlock. So fn
// touches nothing but tx: it signs nothing and sends nothing.
//
// When the outcome of the commit is unknown, the caller gets UNAVAILABLE and
// repeats with the same idempotency key.
func Write[T interface{ Unwrap() T }](ctx context.Context, c *ent.Client, fn func(*ent.Tx) (T, error)) (v T, err error) {
	err = Do(ctx, c, func(tx *ent.Tx) error {
		v, err = fn(tx)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return v.Unwrap(), nil
}

// Do is Write for changes that return no entity.
func Do(ctx context.Context, c *ent.Client, fn func(*ent.Tx) error) error {
	began := time.Now()
	for try := 1; ; try++ {
		err := once(ctx, c, fn)
		if err == nil || !retryable(err) || try == maxTries || time.Since(began) > maxTrying {
			return classify(err)
		}
		select {
		case <-ctx.Done():
			return classify(ctx.Err())
		case <-time.After(rand.N(min(5*time.Millisecond<<try, 320*time.Millisecond))):
		}
	}
}

func once(ctx context.Context, c *ent.Client, fn func(*ent.Tx) error) (err error) {
	tx, err := c.Tx(ctx)
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed { // also when fn panics
			_ = tx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		if ctx.Err() != nil { // it was rolled back for that, which the driver need not say
			err = errors.Join(err, ctx.Err())
		}
		return fmt.Errorf("committing: %w", err)
	}
	committed = true
	return nil
}

// retryable says whether the database has undone the transaction and asks for
// another try: deadlock 1213, lock wait 1205, changed record 1020, and what a
// Galera node says while it leaves, 1047 and 1180; SQLITE_BUSY and LOCKED.
func retryable(err error) bool {
	server, lite := numbers(err)
	return slices.Contains([]uint16{1213, 1205, 1020, 1047, 1180}, server) || slices.Contains([]int{sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}, lite&0xff)
}

// numbers are those by which MySQL and SQLite name a fault, 0 when it is none of
// theirs; their texts are never searched. The low byte of SQLite's is its class.
func numbers(err error) (server uint16, lite int) {
	if m, ok := errors.AsType[*mysql.MySQLError](err); ok {
		server = m.Number
	}
	if s, ok := errors.AsType[*sqlite.Error](err); ok {
		lite = s.Code()
	}
	return server, lite
}

// classify turns what a driver says about a database that is away, full or too
// busy into an UNAVAILABLE problem. Other errors it returns as they are.
func classify(err error) error {
	if _, told := errors.AsType[*problem.Error](err); told || !away(err) && !retryable(err) && unwritable(err) == nil {
		return err
	}
	if p := unwritable(err); p != nil {
		return p
	}
	return unanswered(err)
}

// interrupted is how SQLite ends a statement that its context has ended.
const interrupted = sqlite3.SQLITE_INTERRUPT

// mending is in how many seconds it makes sense to try a change again that the
// database refuses: somebody has to do something first.
const mending = problem.RetryAfter(60)

// unwritable is the problem of a database that answers and takes no changes, with
// what its operator does, or nil. The server's numbers are those of a full disk
// and a full table; 3, 1026 and 1030 report an error of the system, of which 28
// is that there is no space (ENOSPC), and only their text has its number.
//
// Source: mariadb.com/kb/en/mariadb-error-code-reference; sqlite.org/rescode.html.
func unwritable(err error) *problem.Error {
	server, lite := numbers(err)
	switch {
	case server == 1021 || server == 1114 || lite&0xff == sqlite3.SQLITE_FULL,
		(server == 3 || server == 1026 || server == 1030) && noSpace.MatchString(err.Error()):
		return problem.New(problem.Unavailable,
			"the disk of the database is full: nothing can be changed, and all can be read; its operator makes room, and changes work again without a restart").
			With(mending).Because(err)
	case server == 1290 || server == 1792 || server == 1836 || lite&0xff == sqlite3.SQLITE_READONLY:
		return readOnly(err)
	}
	return nil
}

var noSpace = regexp.MustCompile(`\b28\b`)

func readOnly(err error) *problem.Error {
	return problem.New(problem.Unavailable,
		"the database is read-only: nothing can be changed, and all can be read; its operator makes it writable, and changes work again without a restart").
		With(mending).Because(err)
}

func away(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) {
		return true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	server, lite := numbers(err)
	switch server {
	case 1040, 1203, 1226, 1129, // no connection left, of the server or of the user
		1053, 1077, 1078, 1079, // shutdown
		1317, 1927, 1969, 3024: // ended by an operator or by the server's limit of time
		return true
	}
	return slices.Contains([]int{sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}, lite&0xff)
}

// IsDuplicate says whether a row with the same unique value exists.
func IsDuplicate(err error) bool {
	server, lite := numbers(err)
	return server == 1062 || lite == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// IfTaken returns taken, unless it is nil, in the place of an error that says that
// a row with the same unique value exists. Other errors it passes on.
func IfTaken(err, taken error) error {
	if taken != nil && IsDuplicate(err) {
		return taken
	}
	return err
}

// Found turns the error of looking up what an input field refers to into a
// NOT_FOUND problem at that field. Other errors it passes on.
func Found(err error, what string, field ...string) error {
	if ent.IsNotFound(err) {
		return problem.Missing(what).At(field...)
	}
	return err
}

// Problems returns what a caller may see of an error, and whether it is a fault,
// of which the caller sees no more than that and the log has to hold the rest.
// It is the one place that decides so, for every face.
func Problems(err error) (all []*problem.Error, fault bool) {
	if all := problem.All(err); all != nil {
		return all, false
	}
	switch {
	case ent.IsNotFound(err):
		return []*problem.Error{problem.New(problem.NotFound, "there is no such thing, or it is not visible to you")}, false
	case errors.Is(err, context.DeadlineExceeded):
		return []*problem.Error{problem.New(problem.Unavailable, "this took too long and was stopped; ask for less at once")}, false
	case errors.Is(err, context.Canceled):
		return []*problem.Error{problem.New(problem.Unavailable, "the request was cancelled")}, false
	}
	return []*problem.Error{problem.New(problem.Internal, "a fault of the server; the request id names it")}, true
}
