package migrations_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/storage/migrations"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func now() time.Time { return time.Date(2027, 3, 1, 9, 30, 0, 0, time.UTC) }

// fresh opens an empty database.
func fresh(t *testing.T) *storage.DB {
	t.Helper()
	return testkit.Open(t, testkit.Fresh(t))
}

// embedded returns the files of the dialect under test and their names.
func embedded(t *testing.T) (migrate.Dir, []string) {
	t.Helper()
	dir, err := migrations.Embedded(testkit.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	files, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return dir, names
}

// folder makes a folder of migrations with checksums; contents are named
// 1.sql, 2.sql and so on.
func folder(t *testing.T, contents ...string) migrate.Dir {
	t.Helper()
	var files []migrate.File
	for i, c := range contents {
		files = append(files, migrate.NewLocalFile(string(rune('1'+i))+".sql", []byte(c)))
	}
	var dir migrate.MemDir
	if err := dir.CopyFiles(files); err != nil {
		t.Fatal(err)
	}
	return &dir
}

func exec(t *testing.T, db *storage.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.SQL.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func number(t *testing.T, db *storage.DB, query string) (n int) {
	t.Helper()
	if err := db.SQL.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// tables counts all tables.
func tables(t *testing.T, db *storage.DB) int {
	t.Helper()
	if db.Dialect == dialect.SQLite {
		return number(t, db, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'")
	}
	return number(t, db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()")
}

func only(t *testing.T, d string) {
	t.Helper()
	if testkit.Dialect() != d {
		t.Skipf("tests how %s behaves; this run is on %s", d, testkit.Dialect())
	}
}

func TestApplyBuildsTheSchemaOnce(t *testing.T) {
	ctx, db := t.Context(), fresh(t)
	_, names := embedded(t)

	err := migrations.Check(ctx, db.SQL, db.Dialect)
	if !errors.Is(err, migrations.ErrBehind) || !strings.Contains(err.Error(), "peregrine migrate") {
		t.Errorf("Check of an empty database = %v, want ErrBehind and what to run", err)
	}
	if n := tables(t, db); n != 0 {
		t.Errorf("Check made %d tables", n)
	}
	if got, err := migrations.Pending(ctx, db.SQL, db.Dialect); err != nil || !slices.Equal(got, names) {
		t.Errorf("Pending of an empty database = %v, %v, want %v", got, err, names)
	}
	if got, err := migrations.Apply(ctx, db.SQL, db.Dialect, now); err != nil || !slices.Equal(got, names) {
		t.Fatalf("Apply = %v, %v, want %v", got, err, names)
	}
	if err := migrations.Check(ctx, db.SQL, db.Dialect); err != nil {
		t.Errorf("Check after Apply = %v", err)
	}
	if got, err := migrations.Apply(ctx, db.SQL, db.Dialect, now); err != nil || len(got) != 0 {
		t.Errorf("second Apply = %v, %v, want nothing", got, err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM schema_revisions WHERE body LIKE '%2027-03-01T09:30:00Z%'"); n != len(names) {
		t.Errorf("%d records bear the time of the given clock, want %d", n, len(names))
	}
}

func TestOneOfSixStartersApplies(t *testing.T) {
	address := testkit.Fresh(t)
	_, names := embedded(t)
	var wg sync.WaitGroup
	applied, errs := make([][]string, 6), make([]error, 6)
	for i := range 6 {
		db := testkit.Open(t, address)
		wg.Go(func() { applied[i], errs[i] = migrations.Apply(t.Context(), db.SQL, db.Dialect, now) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := slices.Concat(applied...); !slices.Equal(got, names) {
		t.Errorf("applied in total: %v, want %v", got, names)
	}
	db := testkit.Open(t, address)
	if err := migrations.Check(t.Context(), db.SQL, db.Dialect); err != nil {
		t.Error(err)
	}
}

func TestFlippedByteIsRefusedBeforeAnythingRuns(t *testing.T) {
	db := fresh(t)
	dir, names := embedded(t)
	for _, name := range append(names, migrate.HashFileName) {
		files, err := dir.Files()
		if err != nil {
			t.Fatal(err)
		}
		var flipped migrate.MemDir
		if err := flipped.CopyFiles(files); err != nil {
			t.Fatal(err)
		}
		f, err := flipped.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		var content bytes.Buffer
		if _, err := content.ReadFrom(f); err != nil {
			t.Fatal(err)
		}
		content.Bytes()[content.Len()/2] ^= 1
		if err := flipped.WriteFile(name, content.Bytes()); err != nil {
			t.Fatal(err)
		}
		if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, &flipped); !errors.Is(err, migrations.ErrChanged) {
			t.Errorf("%s with a flipped byte: Apply = %v, want ErrChanged", name, err)
		}
		if n := tables(t, db); n != 0 {
			t.Errorf("%s with a flipped byte: %d tables were made", name, n)
		}
	}
}

func TestStrangeDatabaseIsRefused(t *testing.T) {
	applied := func(t *testing.T, db *storage.DB) {
		if _, err := migrations.Apply(t.Context(), db.SQL, db.Dialect, now); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		what    string
		prepare func(*testing.T, *storage.DB)
		want    error
	}{
		{"newer than the program", func(t *testing.T, db *storage.DB) {
			applied(t, db)
			exec(t, db, `INSERT INTO schema_revisions (version, body) VALUES ('99991231235959', '{"applied":1,"total":1}')`)
		}, migrations.ErrNewer},
		{"built by a migration that is gone", func(t *testing.T, db *storage.DB) {
			applied(t, db)
			exec(t, db, `INSERT INTO schema_revisions (version, body) VALUES ('00000000000001', '{"applied":1,"total":1}')`)
		}, migrations.ErrChanged},
		{"built by other files of the same names", func(t *testing.T, db *storage.DB) {
			applied(t, db)
			exec(t, db, `UPDATE schema_revisions SET body = REPLACE(body, '"hash":"', '"hash":"x')`)
		}, migrations.ErrChanged},
		{"somebody else's", func(t *testing.T, db *storage.DB) {
			exec(t, db, "CREATE TABLE wp_posts (id int)")
		}, migrations.ErrForeign},
	} {
		t.Run(tt.what, func(t *testing.T) {
			db := fresh(t)
			tt.prepare(t, db)
			before := tables(t, db)
			if err := migrations.Check(t.Context(), db.SQL, db.Dialect); !errors.Is(err, tt.want) {
				t.Errorf("Check = %v, want %v", err, tt.want)
			}
			if _, err := migrations.Apply(t.Context(), db.SQL, db.Dialect, now); !errors.Is(err, tt.want) {
				t.Errorf("Apply = %v, want %v", err, tt.want)
			}
			if after := tables(t, db); after != before {
				t.Errorf("Apply went from %d to %d tables", before, after)
			}
		})
	}
}

func TestUnknownDialectIsRefused(t *testing.T) {
	db := fresh(t)
	for _, d := range []string{"", "postgres"} {
		if _, err := migrations.Apply(t.Context(), db.SQL, d, now); err == nil {
			t.Errorf("Apply with the dialect %q succeeded", d)
		}
	}
}

func TestLaterMigrationsAreAppliedInOrder(t *testing.T) {
	ctx, db := t.Context(), fresh(t)
	first := "CREATE TABLE a (n int NOT NULL);\n"
	then := "ALTER TABLE a ADD COLUMN m int NULL;\n"
	if _, err := migrations.ApplyDir(ctx, db.SQL, db.Dialect, now, folder(t, first)); err != nil {
		t.Fatal(err)
	}
	dir := folder(t, first, then, "INSERT INTO a (n, m) VALUES (1, 2);\n")
	if err := migrations.CheckDir(ctx, db.SQL, db.Dialect, dir); !errors.Is(err, migrations.ErrBehind) {
		t.Errorf("Check = %v, want ErrBehind", err)
	}
	applied, err := migrations.ApplyDir(ctx, db.SQL, db.Dialect, now, dir)
	if err != nil || !slices.Equal(applied, []string{"2.sql", "3.sql"}) {
		t.Fatalf("Apply = %v, %v", applied, err)
	}
	if n := number(t, db, "SELECT SUM(m) FROM a"); n != 2 {
		t.Errorf("sum = %d, want 2", n)
	}
}

func TestCancelledStarterAppliesNothing(t *testing.T) {
	db := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := migrations.Apply(ctx, db.SQL, db.Dialect, now); !errors.Is(err, context.Canceled) {
		t.Errorf("Apply = %v, want context.Canceled", err)
	}
	if n := tables(t, db); n != 0 {
		t.Errorf("%d tables were made", n)
	}
}

// A program of the version before goes on writing while servers are replaced one
// by one: it does not know a new column, so that needs a default or may be null.
func TestNewColumnsNeedNoValue(t *testing.T) {
	dir, _ := embedded(t)
	if found := demanding(t, dir); len(found) > 0 {
		t.Errorf("an older program could not write beside %v", found)
	}
}

func TestAColumnThatDemandsAValueIsNoticed(t *testing.T) {
	first := "CREATE TABLE a (n int NOT NULL);\n"
	for statement, noticed := range map[string]bool{
		"ALTER TABLE `a` ADD COLUMN `m` int NOT NULL;":                               true,
		"alter table a add column m varchar(3) not null, add column k int null;":     true,
		"ALTER TABLE `a` ADD COLUMN `k` int NULL, ADD COLUMN `m` bool NOT NULL;":     true,
		"ALTER TABLE `a` ADD COLUMN `m` int NOT NULL DEFAULT 0;":                     false,
		"ALTER TABLE `a` ADD COLUMN `m` int NULL;":                                   false,
		"CREATE TABLE b (n int NOT NULL);":                                           false,
		"ALTER TABLE `a` ADD CONSTRAINT `c` FOREIGN KEY (`n`) REFERENCES `b` (`n`);": false,
	} {
		if got := len(demanding(t, folder(t, first, statement+"\n"))) > 0; got != noticed {
			t.Errorf("%s is noticed: %t", statement, got)
		}
	}
}

var newColumn = regexp.MustCompile(`(?i)ADD\s+COLUMN\s[^,;]*NOT\s+NULL[^,;]*`)

// demanding lists the new columns of later files that need a value.
func demanding(t *testing.T, dir migrate.Dir) (found []string) {
	t.Helper()
	files, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files[1:] {
		for _, column := range newColumn.FindAllString(string(f.Bytes()), -1) {
			if !strings.Contains(strings.ToUpper(column), "DEFAULT") {
				found = append(found, column)
			}
		}
	}
	return found
}
