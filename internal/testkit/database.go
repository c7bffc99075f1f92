// Package testkit owns what tests of several packages share: databases that are
// migrated, guarded and empty, on SQLite or, when PEREGRINE_TEST_MYSQL names a
// server, on MySQL.
package testkit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/storage/migrations"
)

// Option changes what Database returns.
type Option func(*storage.Options)

// OnStatement has every SQL statement heard before it runs, also those of
// transactions that are repeated.
func OnStatement(hear func(query string, args any)) Option {
	return OnStatementOf(func(_ context.Context, query string, args any) { hear(query, args) })
}

// OnStatementOf has every SQL statement heard before it runs, with the context
// of whoever asks for it. A listener that waits holds the statement back.
func OnStatementOf(hear func(ctx context.Context, query string, args any)) Option {
	return func(o *storage.Options) {
		before := o.OnStatement
		o.OnStatement = func(ctx context.Context, query string, args any) {
			if before != nil {
				before(ctx, query, args)
			}
			hear(ctx, query, args)
		}
	}
}

// CountStatements adds one to n for every SQL statement.
func CountStatements(n *atomic.Int64) Option {
	return OnStatement(func(string, any) { n.Add(1) })
}

// Dialect returns the dialect that this test process runs on: dialect.SQLite,
// or dialect.MySQL when PEREGRINE_TEST_MYSQL is set.
func Dialect() string {
	if os.Getenv("PEREGRINE_TEST_MYSQL") == "" {
		return dialect.SQLite
	}
	return dialect.MySQL
}

// Database returns an empty database with the current schema, guarded as in
// production. It is closed when the test ends.
func Database(tb testing.TB, opts ...Option) *storage.DB {
	tb.Helper()
	return Open(tb, Migrated(tb), opts...)
}

// Open opens the database at address once more, as another instance of the
// server would. It is closed when the test ends.
func Open(tb testing.TB, address string, opts ...Option) *storage.DB {
	tb.Helper()
	o := storage.Options{Guard: authz.Guard, Unsafe: true}
	for _, opt := range opts {
		opt(&o)
	}
	db, err := storage.Open(address, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("closing the database: %v", err)
		}
	})
	return db
}

// Migrated returns the address of an empty database with the current schema.
func Migrated(tb testing.TB) string {
	tb.Helper()
	if Dialect() == dialect.MySQL {
		return takeSchema(tb)
	}
	image, err := template()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "peregrine.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		tb.Fatal(err)
	}
	return "sqlite:" + path
}

// Fresh returns the address of a database without any table.
func Fresh(tb testing.TB) string {
	tb.Helper()
	if Dialect() == dialect.SQLite {
		return "sqlite:" + filepath.Join(tb.TempDir(), "fresh.db")
	}
	name, err := createSchema()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := dropSchema(name); err != nil {
			tb.Error(err)
		}
	})
	return addressOf(name)
}

// Main runs the tests of a package and drops the MySQL databases that they
// shared. Without it every test makes and drops a database of its own, which
// takes longer:
//
//	func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
func Main(m *testing.M) int {
	shared.Store(true)
	code := m.Run()
	idle.Lock()
	defer idle.Unlock()
	for _, name := range idle.names {
		if err := dropSchema(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

// template returns the file of a migrated SQLite database.
var template = sync.OnceValues(func() (image []byte, err error) {
	folder, err := os.MkdirTemp("", "peregrine-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "template.db")
	if err := migrateAt("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closing the last connection has put everything into this file
})

var (
	shared atomic.Bool // whether Main will drop the databases

	// idle are the databases that are migrated, empty and in no test's hands.
	idle struct {
		sync.Mutex
		names []string
	}
)

// takeSchema returns the address of a migrated database on the MySQL server,
// which goes back to the idle ones when the test ends.
func takeSchema(tb testing.TB) string {
	tb.Helper()
	name, err := idleOrNew()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if !shared.Load() {
			if err := dropSchema(name); err != nil {
				tb.Error(err)
			}
			return
		}
		if err := emptySchema(name); err != nil {
			tb.Errorf("emptying a database: %v", err)
			return // it stays behind rather than spoil another test
		}
		idle.Lock()
		defer idle.Unlock()
		idle.names = append(idle.names, name)
	})
	return addressOf(name)
}

func idleOrNew() (string, error) {
	idle.Lock()
	if n := len(idle.names); n > 0 {
		defer idle.Unlock()
		name := idle.names[n-1]
		idle.names = idle.names[:n-1]
		return name, nil
	}
	idle.Unlock()
	name, err := createSchema()
	if err != nil {
		return "", err
	}
	if err := migrateAt(addressOf(name)); err != nil {
		return "", errors.Join(err, dropSchema(name))
	}
	return name, nil
}

func createSchema() (string, error) {
	name := fmt.Sprintf("peregrine_test_%d_%08x", os.Getpid(), rand.Uint32())
	return name, onServer("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
}

func dropSchema(name string) error { return onServer("DROP DATABASE " + name) }

func onServer(statement string) error {
	return with("information_schema", func(db *storage.DB) error {
		_, err := db.SQL.Exec(statement)
		return err
	})
}

// emptySchema deletes all rows but the record of the migrations.
func emptySchema(name string) error {
	return with(name, func(db *storage.DB) error {
		db.SQL.SetMaxOpenConns(1) // the setting is the connection's
		if _, err := db.SQL.Exec("SET SESSION foreign_key_checks = 0"); err != nil {
			return err
		}
		tables, err := tablesOf(db)
		if err != nil {
			return err
		}
		for _, t := range slices.DeleteFunc(tables, func(t string) bool { return strings.HasPrefix(t, "schema_") }) {
			for some := true; some; { // no statement may take long
				done, err := db.SQL.Exec("DELETE FROM `" + t + "` LIMIT 20000")
				if err != nil {
					return err
				}
				n, err := done.RowsAffected()
				if err != nil {
					return err
				}
				some = n == 20000
			}
		}
		return nil
	})
}

func tablesOf(db *storage.DB) ([]string, error) {
	rows, err := db.SQL.Query("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, rows.Err()
}

// with opens a database of the MySQL server for fn. Nobody reads its rows
// through ent, hence no guard.
func with(name string, fn func(*storage.DB) error) error {
	return at(addressOf(name), fn)
}

func at(address string, fn func(*storage.DB) error) error {
	db, err := storage.Open(address, storage.Options{Guard: func(*ent.Client) {}, Unsafe: true})
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

func migrateAt(address string) error {
	return at(address, func(db *storage.DB) error {
		_, err := migrations.Apply(context.Background(), db.SQL, db.Dialect, time.Now)
		return err
	})
}

// addressOf returns the address of a database on the MySQL server.
func addressOf(name string) string {
	u, err := url.Parse(os.Getenv("PEREGRINE_TEST_MYSQL"))
	if err != nil {
		panic(fmt.Sprintf("PEREGRINE_TEST_MYSQL is not an address: %v", err))
	}
	return u.JoinPath(name).String()
}
