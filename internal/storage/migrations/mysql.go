package migrations

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"regexp"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	"github.com/go-sql-driver/mysql"
)

// applyMySQL runs what is missing once it holds the lease.
func applyMySQL(ctx context.Context, db *sql.DB, dir migrate.Dir, now func() time.Time) (applied []string, err error) {
	err = withSession(ctx, db, func(ctx context.Context, c conn) error {
		h := &history{c, dialect.MySQL, dir, now}
		// Most starts find nothing to do. This also refuses a database of
		// somebody else before it gets tables of ours.
		if files, err := h.pending(ctx); err != nil || len(files) == 0 {
			return err
		}
		for _, create := range []string{createHistory, createLease} {
			if _, err := c.ExecContext(ctx, create); err != nil {
				return err
			}
		}
		return newLease(db).hold(ctx, c, func(ctx context.Context) (err error) {
			applied, err = h.run(ctx)
			return err
		})
	})
	return applied, err
}

// run executes the files that are pending now and returns the names of those
// that it completed.
func (h *history) run(ctx context.Context) (applied []string, err error) {
	files, err := h.pending(ctx)
	if err != nil {
		return nil, err
	}
	interrupted, err := h.interrupted(ctx)
	if err != nil {
		return nil, err
	}
	ex, err := h.executor(&resuming{conn: h.conn, first: interrupted})
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := ex.Execute(ctx, f); err != nil {
			return applied, err
		}
		applied = append(applied, f.Name())
	}
	return applied, nil
}

// interrupted says whether the last run ended without the server's refusal of
// a statement: its process was killed or lost its connection.
func (h *history) interrupted(ctx context.Context) (bool, error) {
	done, err := h.ReadRevisions(ctx)
	if err != nil || len(done) == 0 {
		return false, err
	}
	last := done[len(done)-1]
	return last.Applied < last.Total && last.Error == "", nil
}

// resuming forgives the first statement after an interruption that it had been
// executed already: it may have been, and not been recorded.
type resuming struct {
	conn
	first bool
}

func (r *resuming) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	result, err := r.conn.ExecContext(ctx, query, args...)
	if r.first && alreadyDone(query, err) {
		result, err = driver.RowsAffected(0), nil
	}
	r.first = false
	return result, err
}

// alreadyDone knows how the server refuses to do a thing twice: table 1050 and
// 1051, column 1060, index 1061, primary key 1068, foreign key 1826 (MySQL) and
// 1005 with errno 121 (MariaDB), and 1091 for dropping what is gone. Of what is
// renamed, the old name is gone, 1054, 1146 and 1176; rows that are inserted are
// there, 1062. Each statement is atomic: what exists is whole.
//
// An UPDATE or DELETE is not refused. It has to be such that its second run
// finds nothing to do.
func alreadyDone(query string, err error) bool {
	m, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return false
	}
	switch m.Number {
	case 1050, 1051, 1060, 1061, 1068, 1091, 1826:
		return true
	case 1005:
		return strings.Contains(m.Message, "errno: 121")
	case 1054, 1146, 1176:
		return renames.MatchString(query)
	case 1062:
		return inserts.MatchString(query)
	}
	return false
}

var (
	renames = regexp.MustCompile(`(?is)^\s*(RENAME\s+TABLE|ALTER\s+TABLE\s.*\s(RENAME|CHANGE)\s)`)
	inserts = regexp.MustCompile(`(?i)^\s*INSERT\s`)
)

// withSession calls fn with a connection of its own, which is closed
// afterwards because its settings must not reach other work.
func withSession(ctx context.Context, db *sql.DB, fn func(context.Context, conn) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Raw(func(any) error { return driver.ErrBadConn }) }()
	// A statement that waits for a table in use blocks all that come after it.
	// It gives up before the driver's read timeout of ten seconds does, which
	// would leave it waiting there, unseen.
	if _, err := c.ExecContext(ctx, "SET SESSION lock_wait_timeout = 8"); err != nil {
		return err
	}
	galera, err := isGalera(ctx, c)
	if err != nil {
		return err
	}
	if galera { // else a node may not have seen yet what another has migrated
		if _, err := c.ExecContext(ctx, "SET SESSION wsrep_sync_wait = 15"); err != nil {
			return err
		}
	}
	return fn(ctx, c)
}

func isGalera(ctx context.Context, c *sql.Conn) (bool, error) {
	var name, value string
	err := c.QueryRowContext(ctx, "SHOW VARIABLES LIKE 'wsrep_on'").Scan(&name, &value)
	if errors.Is(err, sql.ErrNoRows) { // MySQL
		return false, nil
	}
	return value == "ON", err
}
