// Package storage opens the database and runs transactions on it. It is the
// only place that makes an ent client, and so the only place that must not
// forget the guard, and the only place that knows SQLite from MySQL.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// DB is an open database.
type DB struct {
	Client  *ent.Client
	Dialect string // dialect.SQLite or dialect.MySQL
	SQL     *sql.DB
	readers *sql.DB // of SQLite; else the same as SQL
	trial   func(context.Context) error
	writing writing
}

// Options change how Open works.
type Options struct {
	// Guard installs row visibility on the client. There is no default: a
	// client without a guard shows every row to everybody.
	Guard func(*ent.Client)
	// Unsafe gives up durability for speed, in tests only.
	Unsafe bool
	// Patient waits without end for an answer of MySQL, for migrations whose
	// statements may take long.
	Patient bool
	// OnStatement hears every statement with its arguments before it runs, for
	// tests that count.
	OnStatement func(ctx context.Context, query string, args any)
}

// Open opens the database at address: "sqlite:PATH", whose folder is made when
// it is missing and whose files only their owner reads, or "mysql://user:password@host:port/name" for MariaDB and
// MySQL. It runs no migration and does not wait for a server to answer.
//
// Transactions on MySQL are READ COMMITTED. Under its default, REPEATABLE READ,
// the first read of a transaction fixes what all later ones see: who reads a
// row, waits for a lock and then decides, decides on what was true before the
// wait. So a verb first holds the row that it decides on (Hold), and what it
// reads afterwards is what the one before it left. On SQLite there is one
// writer, and a transaction is that writer from its beginning.
func Open(address string, o Options) (*DB, error) {
	if o.Guard == nil {
		return nil, errors.New("storage: opening a database without a guard")
	}
	scheme, rest, _ := strings.Cut(address, ":")
	var db *DB
	var drv dialect.Driver
	var err error
	switch scheme {
	case "sqlite":
		db, drv, err = openSQLite(rest, o.Unsafe)
	case "mysql":
		db, drv, err = openMySQL(address, o.Patient)
	default:
		return nil, fmt.Errorf("storage: the database address begins with sqlite: or mysql://, not %q", scheme)
	}
	if err != nil {
		return nil, err
	}
	hear := o.OnStatement
	if hear == nil {
		hear = func(context.Context, string, any) {}
	}
	trial := "SELECT 1"
	db.writing = writing{new(atomic.Pointer[problem.Error]), db.asksReadOnly}
	if db.Dialect == dialect.SQLite {
		trial = "SELECT COUNT(*) FROM sqlite_master"                      // which reads the file
		db.writing.readOnly = func(context.Context) bool { return false } // it says so itself
	}
	db.trial = func(ctx context.Context) error {
		hear(ctx, trial, nil)
		var n int
		return db.readers.QueryRowContext(ctx, trial).Scan(&n)
	}
	db.Client = ent.NewClient(ent.Driver(told{statements{drv, hear, db.writing}, drv, newBreaker(db.trial)}))
	o.Guard(db.Client)
	return db, nil
}

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.trial(ctx) }

// Refuses returns why the database took no change when it was given the last one:
// a problem, or nil. What people have read waits to be noted, and is tried again
// every second, so that this does not stay when the cause is gone.
func (db *DB) Refuses() *problem.Error { return db.writing.refused.Load() }

// asksReadOnly asks a MySQL server whether it takes changes.
func (db *DB) asksReadOnly(ctx context.Context) (is bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return db.SQL.QueryRowContext(ctx, "SELECT @@global.read_only").Scan(&is) == nil && is
}

// Has says whether the database has a table, as one has that was migrated
// before: what is asked ahead of a migration meets an empty one as well.
func (db *DB) Has(ctx context.Context, table string) (found bool, err error) {
	query := "SELECT COUNT(*) > 0 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
	if db.Dialect == dialect.SQLite {
		query = "SELECT COUNT(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = ?"
	}
	err = db.SQL.QueryRowContext(ctx, query, table).Scan(&found)
	return found, classify(err)
}

// Ahead is by how much this machine's clock is ahead of the database's, which
// all servers share. SQLite has the clock of this machine.
func (db *DB) Ahead(ctx context.Context, now func() time.Time) (time.Duration, error) {
	if db.Dialect == dialect.SQLite {
		return 0, nil
	}
	var there time.Time
	asked := now()
	if err := db.SQL.QueryRowContext(ctx, "SELECT UTC_TIMESTAMP(6)").Scan(&there); err != nil {
		return 0, classify(err)
	}
	answered := now()
	return asked.Add(answered.Sub(asked) / 2).Sub(there), nil
}

// Close closes all connections.
func (db *DB) Close() error {
	err := db.SQL.Close()
	if db.readers != db.SQL {
		err = errors.Join(err, db.readers.Close())
	}
	return err
}

// openSQLite opens two pools: one writer, because SQLite has one, and readers
// that never wait for it.
func openSQLite(path string, unsafe bool) (*DB, dialect.Driver, error) {
	if path == "" {
		return nil, nil, errors.New("storage: sqlite: needs a path")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, fmt.Errorf("storage: %w", err)
	}
	if err := private(path); err != nil {
		return nil, nil, fmt.Errorf("storage: %w", err)
	}
	synchronous := "synchronous(FULL)" // NORMAL may lose acknowledged commits when power fails
	if unsafe {
		synchronous = "synchronous(OFF)"
	}
	parameters := url.Values{
		"_pragma":      {"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)", synchronous},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
		"_txlock":      {"immediate"}, // a deferred read-then-write is refused whatever the timeout
	}
	name := func() string { return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + parameters.Encode() }
	writer, err := sql.Open("sqlite", name())
	if err != nil {
		return nil, nil, fmt.Errorf("storage: %w", err)
	}
	writer.SetMaxOpenConns(1)
	parameters.Del("_txlock")
	parameters.Add("_pragma", "query_only(1)")
	readers, err := sql.Open("sqlite", name())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("storage: %w", err), writer.Close())
	}
	readers.SetMaxOpenConns(8)
	readers.SetMaxIdleConns(8)
	drv := split{entsql.OpenDB(dialect.SQLite, writer), entsql.OpenDB(dialect.SQLite, readers)}
	return &DB{Dialect: dialect.SQLite, SQL: writer, readers: readers}, drv, nil
}

// private makes the file of the database for its owner alone, which SQLite would
// leave to the umask; the files beside it get the mode of this one. It holds the
// data of people. Files that others can read, as older servers made them, are
// closed to them. Opening one to ask would drop the locks of whoever has it open
// in this process, so only a new one is opened.
//
// Source: sqlite.org/howtocorrupt.html, section 2.2.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		info, err := os.Stat(path + end)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0) {
			continue
		}
		if err == nil {
			err = os.Chmod(path+end, info.Mode().Perm()&0o700)
		}
		if errors.Is(err, fs.ErrNotExist) { // gone with the last connection
			continue
		}
		if err != nil {
			return fmt.Errorf("others can read %s, and this program may not forbid it; run it as the owner of the file, or take their right away: %w", path+end, err)
		}
	}
	return nil
}

// split sends reads to the readers and all else to the writer.
type split struct {
	*entsql.Driver
	readers *entsql.Driver
}

func (s split) Query(ctx context.Context, query string, args, v any) error {
	if strings.HasPrefix(query, "SELECT") {
		return s.readers.Query(ctx, query, args, v)
	}
	return s.Driver.Query(ctx, query, args, v) // INSERT … RETURNING
}

// pool bounds of MySQL. Work returns to a recovered server within connLifetime.
const (
	maxConns     = 32
	connLifetime = 2 * time.Minute
)

func openMySQL(address string, patient bool) (*DB, dialect.Driver, error) {
	c, err := connector(address, patient)
	if err != nil {
		return nil, nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxLifetime(connLifetime)
	return &DB{Dialect: dialect.MySQL, SQL: db, readers: db}, entsql.OpenDB(dialect.MySQL, db), nil
}
