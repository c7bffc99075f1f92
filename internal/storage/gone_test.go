package storage_test

import (
	"context"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
)

// Whoever closes a page while the database still works at it is no fault,
// whatever words the database has for it.
func TestWhoGoesAwayIsNoFault(t *testing.T) {
	db := testkit.Database(t)
	long := map[string]string{dialect.MySQL: "SELECT SLEEP(20)",
		dialect.SQLite: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"}[db.Dialect]
	for what, read := range map[string]func(context.Context) error{
		"a statement": func(ctx context.Context) error {
			var n int
			return db.SQL.QueryRowContext(ctx, long).Scan(&n)
		},
		"a transaction": func(ctx context.Context) error {
			return storage.Do(ctx, db.Client, func(tx *ent.Tx) error {
				<-ctx.Done()
				_, err := tx.Alliance.Query().All(ctx)
				return err
			})
		},
		"a transaction at its end": func(ctx context.Context) error {
			return storage.Do(ctx, db.Client, func(*ent.Tx) error {
				<-ctx.Done()
				return nil
			})
		},
		"before it begins": func(ctx context.Context) error {
			<-ctx.Done()
			_, err := db.Client.Alliance.Query().All(ctx)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(system(t))
		time.AfterFunc(50*time.Millisecond, cancel)
		err := read(ctx)
		if err == nil && what == "a transaction at its end" {
			continue // it came in before its caller had gone
		}
		if all, fault := storage.Problems(err); err == nil || fault || all[0].Code != problem.Unavailable {
			t.Errorf("%s: %T %v, a fault: %t", what, err, err, fault)
		}
	}
}
