// Command generate writes the next migration of each dialect: the statements
// that lead from what the stored files build to what ent's tables ask for.
//
//	go run ./internal/storage/migrations/generate [-fresh] NAME
//
// It runs at the root of the module and replays the stored files on empty
// scratch databases: a temporary file for SQLite and, for MySQL, a database
// of its own on the server that PEREGRINE_TEST_MYSQL names. Read the files
// before committing them. A table that ent no longer has is dropped by hand:
// no plan does it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

const folder = "internal/storage/migrations"

func main() {
	fresh := flag.Bool("fresh", false, "replace all stored files by one that builds everything; before the first release only")
	flag.Parse()
	if err := run(context.Background(), flag.Args(), *fresh); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

var wellNamed = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func run(ctx context.Context, args []string, fresh bool) error {
	if len(args) != 1 || !wellNamed.MatchString(args[0]) {
		return errors.New("give the migration one name of a-z, 0-9 and _, such as add_course_language")
	}
	version := time.Now().UTC().Format("20060102150405") // the same for both dialects
	for _, d := range []string{dialect.SQLite, dialect.MySQL} {
		if err := write(ctx, d, folderOf(d), version, args[0], fresh); err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
	}
	return nil
}

// folderOf returns where the files of a dialect are kept. ent calls SQLite
// "sqlite3".
func folderOf(d string) string {
	if d == dialect.SQLite {
		return filepath.Join(folder, "sqlite")
	}
	return filepath.Join(folder, "mysql")
}

// write plans in a copy of the folder, so that a plan that fails leaves the
// stored files as they are.
func write(ctx context.Context, d, path, version, name string, fresh bool) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	stored, err := migrate.NewLocalDir(path)
	if err != nil {
		return err
	}
	old, err := stored.Files()
	if err != nil {
		return err
	}
	if err := migrate.Validate(stored); err != nil && !fresh {
		return err
	}
	var next migrate.MemDir
	if !fresh && len(old) > 0 {
		if err := next.CopyFiles(old); err != nil {
			return err
		}
	}
	drv, done, err := scratch(ctx, d)
	if err != nil {
		return err
	}
	err = errors.Join(plan(ctx, drv, &next, version, name), done())
	if errors.Is(err, migrate.ErrNoPlan) {
		fmt.Println(path, "is up to date")
		return nil
	}
	if err != nil {
		return err
	}
	if fresh {
		for _, f := range old {
			if err := os.Remove(filepath.Join(path, f.Name())); err != nil {
				return err
			}
		}
	}
	made, err := next.Files()
	if err != nil {
		return err
	}
	for _, f := range made {
		if err := stored.WriteFile(f.Name(), f.Bytes()); err != nil {
			return err
		}
	}
	sum, err := stored.Checksum()
	if err != nil {
		return err
	}
	fmt.Println("wrote", filepath.Join(path, made[len(made)-1].Name()))
	return migrate.WriteSumFile(stored, sum)
}
