package storage_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func system(t *testing.T) context.Context {
	return viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
}

func alliance(ctx context.Context, tx *ent.Tx, slug string) (*ent.Alliance, error) {
	return tx.Alliance.Create().SetSlug(slug).SetName(vocab.Text{"en": slug}).SetBounds(nil).Save(ctx)
}

// What fails or panics leaves nothing behind, and the next one works.
func TestWriteIsWholeOrNothing(t *testing.T) {
	db := testkit.Database(t)
	ctx := system(t)
	wanted := errors.New("refused")
	_, err := storage.Write(ctx, db.Client, func(tx *ent.Tx) (*ent.Alliance, error) {
		if _, err := alliance(ctx, tx, "half"); err != nil {
			return nil, err
		}
		return nil, wanted
	})
	if !errors.Is(err, wanted) {
		t.Errorf("Write = %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = storage.Write(ctx, db.Client, func(tx *ent.Tx) (*ent.Alliance, error) {
			_, _ = alliance(ctx, tx, "panicked")
			panic("a bug")
		})
	}()
	made, err := storage.Write(ctx, db.Client, func(tx *ent.Tx) (*ent.Alliance, error) { return alliance(ctx, tx, "whole") })
	if err != nil {
		t.Fatal(err)
	}
	all := db.Client.Alliance.Query().AllX(ctx)
	if len(all) != 1 || all[0].ID != made.ID || all[0].Slug != "whole" {
		t.Errorf("there are %v", all)
	}
}

// Both databases say alike that a value is taken, keep microseconds, and tell
// names apart that differ in capitals only.
func TestDatabasesAgree(t *testing.T) {
	db := testkit.Database(t)
	ctx := system(t)
	save := func(slug string) error {
		return storage.Do(ctx, db.Client, func(tx *ent.Tx) error { _, err := alliance(ctx, tx, slug); return err })
	}
	if err := save("one"); err != nil {
		t.Fatal(err)
	}
	if err := save("one"); !storage.IsDuplicate(err) {
		t.Errorf("the same slug twice: %v", err)
	}
	if err := save("ONE"); err != nil {
		t.Errorf("another slug: %v", err)
	}
	moment := vocab.Now(func() time.Time { return time.Date(2027, 2, 10, 9, 0, 0, 123_456_789, time.FixedZone("", 3600)) })
	p := db.Client.Person.Create().SetSignedInAt(moment).SaveX(ctx)
	if got := db.Client.Person.GetX(ctx, p.ID).SignedInAt; !got.Equal(moment) || got.Nanosecond() != 123_456_000 {
		t.Errorf("%v was stored as %v", moment, got)
	}
}

// A database that cannot be reached is UNAVAILABLE, with a cause for the log
// and none for the caller.
func TestAwayIsUnavailable(t *testing.T) {
	db, err := storage.Open("mysql://nobody:topsecret@127.0.0.1:1/none", storage.Options{Guard: func(*ent.Client) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = storage.Do(system(t), db.Client, func(*ent.Tx) error { return nil })
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != problem.Unavailable || p.Cause() == nil {
		t.Errorf("Do = %v", err)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, address := range []string{"", "postgres://x/y", "sqlite:", "mysql://host/name", "mysql://user:pw@host:3306/", "mysql:user"} {
		if db, err := storage.Open(address, storage.Options{Guard: func(*ent.Client) {}}); err == nil {
			t.Errorf("%q was opened", address)
			_ = db.Close()
		}
	}
	if _, err := storage.Open("sqlite:"+t.TempDir()+"/x.db", storage.Options{}); err == nil {
		t.Error("a database was opened without a guard")
	}
}
