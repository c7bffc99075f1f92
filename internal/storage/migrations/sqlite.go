package migrations

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// applySQLite runs all that is missing in one transaction. The write lock is
// what other starters wait for, for as long as ctx allows.
func applySQLite(ctx context.Context, db *sql.DB, dir migrate.Dir, now func() time.Time) ([]string, error) {
	for {
		applied, err := applyOnce(ctx, db, dir, now)
		if e, ok := errors.AsType[*driver.Error](err); !ok || e.Code()&0xff != codes.SQLITE_BUSY || ctx.Err() != nil {
			return applied, err
		}
	}
}

func applyOnce(ctx context.Context, db *sql.DB, dir migrate.Dir, now func() time.Time) (applied []string, err error) {
	// Most starts find nothing to do, and should not wait for a writer.
	if files, err := (&history{db, dialect.SQLite, dir, now}).pending(ctx); err != nil || len(files) == 0 {
		return nil, err
	}
	// OpenTx switches foreign keys off around the transaction, because a table
	// is rebuilt by dropping it, and compares violations before the commit. It
	// has to switch them on again also when ctx has ended.
	tx, err := atlas.OpenTx(context.WithoutCancel(ctx), db, nil)
	if err != nil {
		return nil, errors.Join(err, foreignKeysOn(ctx, db))
	}
	defer func() {
		if err != nil {
			applied = nil
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if _, err := tx.ExecContext(ctx, createHistory); err != nil {
		return nil, err
	}
	h := &history{tx.Tx, dialect.SQLite, dir, now}
	files, err := h.pending(ctx) // another starter may have been faster
	if err != nil {
		return nil, err
	}
	ex, err := h.executor(tx.Tx)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := ex.Execute(ctx, f); err != nil {
			return nil, err
		}
		applied = append(applied, f.Name())
	}
	return applied, tx.Commit()
}

// foreignKeysOn undoes what OpenTx leaves behind when it cannot begin: the one
// connection of the pool would enforce no foreign key for the rest of its life.
func foreignKeysOn(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := db.ExecContext(ctx, "PRAGMA foreign_keys = on")
	return err
}
