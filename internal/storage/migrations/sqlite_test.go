package migrations_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/internal/storage/migrations"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
)

func TestFailedMigrationLeavesNoTraceOnSQLite(t *testing.T) {
	only(t, dialect.SQLite)
	db := fresh(t)
	applied, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now,
		folder(t, "CREATE TABLE a (n int);\n", "CREATE TABLE b (n int);\nCREATE TABLE a (n int);\n"))
	if err == nil || len(applied) != 0 {
		t.Fatalf("Apply = %v, %v, want an error and nothing applied", applied, err)
	}
	if n := tables(t, db); n != 0 {
		t.Errorf("%d tables stayed", n)
	}
	if n := number(t, db, "PRAGMA foreign_keys"); n != 1 {
		t.Error("foreign keys are off")
	}
}

func TestRebuiltTableKeepsItsChildrenOnSQLite(t *testing.T) {
	only(t, dialect.SQLite)
	ctx, db := t.Context(), fresh(t)
	first := "CREATE TABLE parent (id int PRIMARY KEY);\n" +
		"CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent (id) ON DELETE CASCADE);\n" +
		"INSERT INTO parent VALUES (1);\nINSERT INTO child VALUES (7, 1);\n"
	if _, err := migrations.ApplyDir(ctx, db.SQL, db.Dialect, now, folder(t, first)); err != nil {
		t.Fatal(err)
	}
	rebuild := "CREATE TABLE new_parent (id int PRIMARY KEY, name text NOT NULL DEFAULT '');\n" +
		"INSERT INTO new_parent (id) SELECT id FROM parent;\nDROP TABLE parent;\nALTER TABLE new_parent RENAME TO parent;\n"
	if _, err := migrations.ApplyDir(ctx, db.SQL, db.Dialect, now, folder(t, first, rebuild)); err != nil {
		t.Fatal(err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM child"); n != 1 {
		t.Errorf("%d children, want 1", n)
	}
	orphan := folder(t, first, rebuild, "DELETE FROM parent;\n")
	if _, err := migrations.ApplyDir(ctx, db.SQL, db.Dialect, now, orphan); err == nil {
		t.Error("a migration that leaves a child without its parent was applied")
	}
	if _, err := db.SQL.Exec("INSERT INTO child VALUES (8, 99)"); err == nil {
		t.Error("foreign keys are no longer enforced")
	}
}

func TestStarterWaitsForAnotherWriterOnSQLite(t *testing.T) {
	only(t, dialect.SQLite)
	address := testkit.Fresh(t)
	writer, db := testkit.Open(t, address), testkit.Open(t, address)
	exec(t, db, "PRAGMA busy_timeout = 1")
	_, names := embedded(t)
	tx, err := writer.SQL.Begin() // takes the write lock
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if applied, err := migrations.Apply(ctx, db.SQL, db.Dialect, now); err == nil || len(applied) != 0 {
		t.Errorf("Apply beside a writer = %v, %v, want an error", applied, err)
	}
	if n := number(t, db, "PRAGMA foreign_keys"); n != 1 {
		t.Error("foreign keys stayed off")
	}

	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if applied, err := migrations.Apply(t.Context(), db.SQL, db.Dialect, now); err != nil || !slices.Equal(applied, names) {
		t.Errorf("Apply afterwards = %v, %v", applied, err)
	}
}
