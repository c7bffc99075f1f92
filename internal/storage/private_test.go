package storage_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// The files of SQLite are for their owner alone: new ones, and old ones that
// others could read.
func TestFilesOfSQLiteAreForTheirOwner(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x.db")
	open := func() *storage.DB {
		t.Helper()
		db, err := storage.Open("sqlite:"+path, storage.Options{Guard: authz.Guard})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if _, err := db.SQL.Exec("CREATE TABLE IF NOT EXISTS t (n int)"); err != nil {
			t.Fatal(err)
		}
		return db
	}
	private := func(when string) {
		t.Helper()
		for _, end := range []string{"", "-wal", "-shm"} {
			if info, err := os.Stat(path + end); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s is %v, %v", when, end, info, err)
			}
		}
	}
	open()
	private("new")
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+end, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	db := open()
	private("opened again")
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	// What is no file keeps its mode.
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if other, err := storage.Open("sqlite:"+folder, storage.Options{Guard: authz.Guard}); err == nil {
		_ = other.Close()
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != fs.FileMode(0o755) {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
}
