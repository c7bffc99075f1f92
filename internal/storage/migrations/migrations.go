// Package migrations owns the SQL files that build the database, a folder per
// dialect, and runs them. `make migration NAME=…` writes the files
// (generate/); what is here only applies them, exactly once and in order.
//
// What has run is kept in the table schema_revisions. On SQLite everything
// happens in one transaction: a migration that fails leaves no trace. MySQL
// commits each statement by itself, so there a run that was cut short goes on
// with the statement it had reached, and a lease lets one starter of many
// migrate while the others wait.
//
// Every folder has checksums in atlas.sum. Nothing runs when a file does not
// match them, or when the database was built by other files.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

//go:embed mysql sqlite
var files embed.FS

// What can be wrong between this program and a database.
var (
	ErrBehind  = errors.New("the database schema is older than this program; run \"peregrine migrate\"")
	ErrNewer   = errors.New("the database schema is newer than this program; use the program that made it, or a later one")
	ErrChanged = errors.New("a migration is not what it was")
	ErrForeign = errors.New("the database has tables and no record of migrations; name one that is empty")
)

// Apply runs the migrations that are missing and returns the names of the
// files that it completed. It waits, until ctx ends, while another program
// migrates the same database. now stamps the record.
//
// db is the pool of storage.DB.SQL: of one connection on SQLite, of two or
// more on MySQL.
func Apply(ctx context.Context, db *sql.DB, d string, now func() time.Time) ([]string, error) {
	dir, err := embedded(d)
	if err != nil {
		return nil, err
	}
	return apply(ctx, db, d, now, dir)
}

// Pending returns the names of the files that Apply would run.
func Pending(ctx context.Context, db *sql.DB, d string) ([]string, error) {
	dir, err := embedded(d)
	if err != nil {
		return nil, err
	}
	return pending(ctx, db, d, dir)
}

// Check returns nil when the database is as this program needs it. It changes
// nothing.
func Check(ctx context.Context, db *sql.DB, d string) error {
	dir, err := embedded(d)
	if err != nil {
		return err
	}
	return check(ctx, db, d, dir)
}

func apply(ctx context.Context, db *sql.DB, d string, now func() time.Time, dir migrate.Dir) (applied []string, err error) {
	if err := valid(dir); err != nil {
		return nil, err
	}
	if d == dialect.SQLite {
		applied, err = applySQLite(ctx, db, dir, now)
	} else {
		applied, err = applyMySQL(ctx, db, dir, now)
	}
	if err != nil {
		return applied, fmt.Errorf("migrations: %w", err)
	}
	return applied, nil
}

func pending(ctx context.Context, db *sql.DB, d string, dir migrate.Dir) ([]string, error) {
	if err := valid(dir); err != nil {
		return nil, err
	}
	var missing []migrate.File
	look := func(ctx context.Context, c conn) (err error) {
		missing, err = (&history{conn: c, dialect: d, dir: dir}).pending(ctx)
		return err
	}
	var err error
	if d == dialect.SQLite {
		err = look(ctx, db)
	} else {
		err = withSession(ctx, db, look)
	}
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	names := make([]string, len(missing))
	for i, f := range missing {
		names[i] = f.Name()
	}
	return names, nil
}

func check(ctx context.Context, db *sql.DB, d string, dir migrate.Dir) error {
	missing, err := pending(ctx, db, d, dir)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("migrations: %w: %d to run, the first is %s", ErrBehind, len(missing), missing[0])
	}
	return nil
}

// valid compares the files with their checksums.
func valid(dir migrate.Dir) error {
	if err := migrate.Validate(dir); err != nil {
		return fmt.Errorf("migrations: %w: %w", ErrChanged, err)
	}
	return nil
}

// embedded returns the files of a dialect.
func embedded(d string) (migrate.Dir, error) {
	folder := map[string]string{dialect.SQLite: "sqlite", dialect.MySQL: "mysql"}[d]
	entries, err := files.ReadDir(folder)
	if err != nil || folder == "" {
		return nil, fmt.Errorf("migrations: there are none for the dialect %q", d)
	}
	var dir migrate.MemDir
	for _, e := range entries {
		content, err := fs.ReadFile(files, path.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("migrations: %w", err)
		}
		if err := dir.WriteFile(e.Name(), content); err != nil {
			return nil, fmt.Errorf("migrations: %w", err)
		}
	}
	return &dir, nil
}
