package testkit_test

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/storage/migrations"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func TestDatabaseIsMigratedAndEmptyEachTime(t *testing.T) {
	for _, round := range []string{"first", "second", "third"} {
		t.Run(round, func(t *testing.T) {
			db := testkit.Database(t)
			if err := migrations.Check(t.Context(), db.SQL, db.Dialect); err != nil {
				t.Error(err)
			}
			var n int
			if err := db.SQL.QueryRow("SELECT COUNT(*) FROM alliances").Scan(&n); err != nil || n != 0 {
				t.Errorf("%d alliances, %v, want none", n, err)
			}
			if _, err := db.SQL.Exec("INSERT INTO alliances (id, created_at, updated_at, slug, name, bounds, member_protections) VALUES (?, '2027-03-01 09:30:00', '2027-03-01 09:30:00', ?, '{}', '{}', '[]')",
				"all_00000000000000000000000000", round); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDatabasesOfOneTestAreApart(t *testing.T) {
	a, b := testkit.Database(t), testkit.Database(t)
	if _, err := a.SQL.Exec("CREATE TABLE marker (n int)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.SQL.Exec("DROP TABLE marker") })
	if _, err := b.SQL.Exec("SELECT COUNT(*) FROM marker"); err == nil {
		t.Error("the second database sees a table of the first")
	}
}

func TestDatabaseIsGuarded(t *testing.T) {
	db := testkit.Database(t)
	if _, err := db.Client.Alliance.Query().Count(context.Background()); err == nil || !strings.Contains(err.Error(), "viewer") {
		t.Errorf("a query without a viewer = %v, want the guard's refusal", err)
	}
}

func TestStatementsAreCounted(t *testing.T) {
	var n atomic.Int64
	var heard []string
	db := testkit.Database(t, testkit.CountStatements(&n), testkit.OnStatement(func(q string, _ any) { heard = append(heard, q) }))
	before := n.Load()
	if _, err := db.Client.Alliance.Query().Count(viewer.AsSystem(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := n.Load() - before; got != 1 || len(heard) == 0 || !strings.HasPrefix(heard[len(heard)-1], "SELECT COUNT") {
		t.Errorf("counted %d statements, heard %q, want one count", got, heard)
	}
}

func TestFreshHasNoTables(t *testing.T) {
	db := testkit.Open(t, testkit.Fresh(t))
	if _, err := db.SQL.Exec("SELECT COUNT(*) FROM alliances"); err == nil {
		t.Error("a fresh database has tables")
	}
}
