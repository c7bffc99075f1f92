package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

// stored returns a copy of the files of a dialect.
func stored(t *testing.T, d string) *migrate.MemDir {
	t.Helper()
	local, err := migrate.NewLocalDir(filepath.Join("..", filepath.Base(folderOf(d))))
	if err != nil {
		t.Fatal(err)
	}
	files, err := local.Files()
	if err != nil {
		t.Fatal(err)
	}
	var dir migrate.MemDir
	if err := dir.CopyFiles(files); err != nil {
		t.Fatal(err)
	}
	return &dir
}

// planned plans on a scratch database and returns the file, or "" when there
// is nothing to do.
func planned(t *testing.T, d string, dir *migrate.MemDir) string {
	t.Helper()
	drv, done, err := scratch(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := done(); err != nil {
			t.Error(err)
		}
	}()
	err = plan(t.Context(), drv, dir, "99991231235959", "drift")
	if errors.Is(err, migrate.ErrNoPlan) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	return string(files[len(files)-1].Bytes())
}

func eachDialect(t *testing.T, fn func(t *testing.T, d string)) {
	for _, d := range []string{dialect.SQLite, dialect.MySQL} {
		t.Run(d, func(t *testing.T) {
			if d == dialect.MySQL && os.Getenv("PEREGRINE_TEST_MYSQL") == "" {
				t.Skip("PEREGRINE_TEST_MYSQL names no server")
			}
			fn(t, d)
		})
	}
}

func TestMigrationsBuildWhatEntAsksFor(t *testing.T) {
	eachDialect(t, func(t *testing.T, d string) {
		if missing := planned(t, d, stored(t, d)); missing != "" {
			t.Errorf("ent/schema has changed since the last migration; run make migration NAME=…. It would do:\n%s", missing)
		}
	})
}

func TestPlanLeadsFromTheStoredFilesToEntsTables(t *testing.T) {
	eachDialect(t, func(t *testing.T, d string) {
		dir := stored(t, d)
		files, err := dir.Files()
		if err != nil {
			t.Fatal(err)
		}
		strange := migrate.NewLocalFile("88880101000000_strange.sql", []byte("ALTER TABLE persons ADD COLUMN shoe_size int NULL;\n"))
		if err := dir.CopyFiles(append(files, strange)); err != nil {
			t.Fatal(err)
		}
		if planned(t, d, dir) == "" {
			t.Fatal("a column that ent does not know was not noticed")
		}
		if again := planned(t, d, dir); again != "" {
			t.Errorf("after the plan there is more to do:\n%s", again)
		}
	})
}
