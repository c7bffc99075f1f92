package storage_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/go-sql-driver/mysql"

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
	ctx := system(t)
	for what, ask := range map[string]func() error{
		"a transaction": func() error { return storage.Do(ctx, db.Client, func(*ent.Tx) error { return nil }) },
		"a query":       func() error { _, err := db.Client.Alliance.Query().All(ctx); return err },
		"a count":       func() error { _, err := db.Client.Alliance.Query().Count(ctx); return err },
		"a change":      func() error { return db.Client.Alliance.Update().SetWebsite("x").Exec(ctx) },
		"a deletion":    func() error { _, err := db.Client.Alliance.Delete().Exec(ctx); return err },
	} {
		err := ask()
		var p *problem.Error
		if !errors.As(err, &p) || p.Code != problem.Unavailable || p.Cause() == nil {
			t.Errorf("%s: %v", what, err)
		}
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

// A deadlock is tried again also when it was made a problem inside the
// transaction, by whoever looked something up there.
func TestADeadlockUnderAProblemIsTriedAgain(t *testing.T) {
	db := testkit.Database(t)
	for what, wrap := range map[string]func(error) error{
		"as it is":     func(err error) error { return err },
		"classified":   storage.Classify,
		"of a look-up": func(err error) error { return storage.Found(err, "course", "input", "courseId") },
		"joined":       func(err error) error { return problem.Join(err) },
	} {
		tries := 0
		err := storage.Do(system(t), db.Client, func(*ent.Tx) error {
			if tries++; tries == 1 {
				return wrap(&mysql.MySQLError{Number: 1213, Message: "deadlock"})
			}
			return nil
		})
		if err != nil || tries != 2 {
			t.Errorf("%s: %d tries, %v", what, tries, err)
		}
	}
}

// What a server says that has no room or that was told to stop is UNAVAILABLE;
// what it says of a statement that is wrong is a fault of ours.
func TestWhatIsUnavailable(t *testing.T) {
	for _, number := range []uint16{1040, 1053, 1129, 1203, 1205, 1213, 1226, 1317, 1927, 1969, 3024} {
		if err := storage.Classify(&mysql.MySQLError{Number: number}); !errors.Is(err, problem.Is(problem.Unavailable)) {
			t.Errorf("%d is %v", number, err)
		}
	}
	for _, number := range []uint16{1054, 1062, 1064, 1366, 1406, 1452} {
		if err := storage.Classify(&mysql.MySQLError{Number: number}); errors.Is(err, problem.Is(problem.Unavailable)) {
			t.Errorf("%d is UNAVAILABLE", number)
		}
	}
}

// Whoever writes a row first and reads afterwards reads what the one before has
// committed, also when something was read before the wait.
func TestWhatIsReadAfterALockIsCurrent(t *testing.T) {
	db := testkit.Database(t)
	ctx := system(t)
	a, err := storage.Write(ctx, db.Client, func(tx *ent.Tx) (*ent.Alliance, error) { return alliance(ctx, tx, "one") })
	if err != nil {
		t.Fatal(err)
	}
	rename := func(tx *ent.Tx, to string) error {
		return tx.Alliance.UpdateOneID(a.ID).SetName(vocab.Text{"en": to}).Exec(ctx)
	}
	began, done := make(chan struct{}), make(chan error)
	first := func() {
		done <- storage.Do(ctx, db.Client, func(tx *ent.Tx) error {
			if err := rename(tx, "by the first"); err != nil {
				return err
			}
			close(began)
			time.Sleep(50 * time.Millisecond) // the other reads, then waits
			return nil
		})
	}
	var early, late string
	if err := storage.Do(ctx, db.Client, func(tx *ent.Tx) error {
		if early == "" && db.Dialect == dialect.MySQL { // SQLite's one writer lets nobody begin meanwhile
			go first()
			<-began
		}
		got, err := tx.Alliance.Get(ctx, a.ID)
		if err != nil {
			return err
		}
		early = got.Name["en"]
		if err := tx.Alliance.UpdateOneID(a.ID).SetWebsite("https://second.example").Exec(ctx); err != nil {
			return err
		}
		if got, err = tx.Alliance.Get(ctx, a.ID); err != nil {
			return err
		}
		late = got.Name["en"]
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if db.Dialect != dialect.MySQL {
		go first()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{dialect.MySQL: "by the first", dialect.SQLite: "one"}[db.Dialect]; early != "one" || late != want {
		t.Errorf("read %q before the lock and %q after it, want %q", early, late, want)
	}
}

// Each face shows the same of an error, and only a fault is one.
func TestWhatCallersSeeOfAnError(t *testing.T) {
	db := testkit.Database(t)
	_, missing := db.Client.Alliance.Get(system(t), "all_06h0hph4yvw3v2c0x5e4r7t9n8")
	for what, tt := range map[string]struct {
		err   error
		code  problem.Code
		fault bool
	}{
		"a problem":              {problem.New(problem.Conflict, "this draft is %s"), problem.Conflict, false},
		"what is not there":      {missing, problem.NotFound, false},
		"somebody who has gone":  {context.Canceled, problem.Unavailable, false},
		"what took too long":     {fmt.Errorf("reading: %w", context.DeadlineExceeded), problem.Unavailable, false},
		"anything else":          {errors.New("a slip"), problem.Internal, true},
		"a fault behind another": {fmt.Errorf("x: %w", errors.New("a slip")), problem.Internal, true},
	} {
		if all, fault := storage.Problems(tt.err); len(all) != 1 || all[0].Code != tt.code || fault != tt.fault {
			t.Errorf("%s: %v, a fault: %t", what, all, fault)
		}
	}
}

// A server that answers and takes no changes says why, with what is to be done.
func TestAServerThatTakesNoChanges(t *testing.T) {
	for _, tt := range []struct {
		number  uint16
		message string
		want    string // a part of what is told; empty: nothing of the kind
	}{
		{1021, "", "full"}, {1114, "", "full"}, {1030, `Got error 28 "No space left on device" from storage engine InnoDB`, "full"},
		{1026, "Error writing file 'x' (Errcode: 28)", "full"}, {3, "Error writing file 'x' (Errcode: 28)", "full"},
		{1030, "Got error 128 from storage engine", ""}, {1026, "Error writing file 'x28' (Errcode: 5)", ""},
		{1290, "", "read-only"}, {1792, "", "read-only"}, {1836, "", "read-only"}, {1064, "28", ""},
	} {
		err := storage.Classify(&mysql.MySQLError{Number: tt.number, Message: tt.message})
		var p *problem.Error
		told := errors.As(err, &p)
		if told != (tt.want != "") || told && (p.Code != problem.Unavailable || !strings.Contains(p.Error(), tt.want) || p.Detail() == nil) {
			t.Errorf("%d %s: %v", tt.number, tt.message, err)
		}
	}
}

// A full disk and a database that was made read-only are told as that, by
// changes of every kind, while reading goes on; and when the cause is gone the
// next change is stored and nothing is told any more.
func TestAFullDiskIsToldAsOne(t *testing.T) {
	db := testkit.Database(t)
	if db.Dialect != dialect.SQLite {
		t.Skip("the setting of a server is that of all its databases")
	}
	ctx := system(t)
	n := 0
	found := func() error {
		return storage.Do(ctx, db.Client, func(tx *ent.Tx) error {
			n++
			_, err := tx.Alliance.Create().SetSlug(fmt.Sprint("a", n)).SetName(vocab.Text{"en": strings.Repeat("x", 5000)}).SetBounds(nil).Save(ctx)
			return err
		})
	}
	if err := found(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ what, begin, end string }{
		{"full", "PRAGMA max_page_count(1)", "PRAGMA max_page_count(1073741823)"}, // never less than there are
		{"read-only", "PRAGMA query_only(1)", "PRAGMA query_only(0)"},
	} {
		if _, err := db.SQL.Exec(tt.begin); err != nil {
			t.Fatal(err)
		}
		changes := map[string]func() error{"a transaction": found}
		if tt.what == "read-only" {
			changes["a change alone"] = func() error { return db.Client.Alliance.Update().SetWebsite("x").Exec(ctx) }
		}
		for what, change := range changes {
			var err error
			for range 5 { // a free page may be left
				if err = change(); err != nil {
					break
				}
			}
			var p *problem.Error
			if !errors.As(err, &p) || p.Code != problem.Unavailable || !strings.Contains(p.Error(), tt.what) || p.Detail() != problem.RetryAfter(60) {
				t.Errorf("%s, %s: %v", tt.what, what, err)
			}
		}
		if refused := db.Refuses(); refused == nil || !strings.Contains(refused.Error(), tt.what) {
			t.Errorf("%s: changes are refused for %v", tt.what, refused)
		}
		if _, err := db.Client.Alliance.Query().Count(ctx); err != nil {
			t.Errorf("%s: reading: %v", tt.what, err)
		}
		if tt.what == "full" { // no transaction begins where nothing can be written
			if err := storage.Do(ctx, db.Client, func(tx *ent.Tx) error { _, err := tx.Alliance.Query().Count(ctx); return err }); err != nil || db.Refuses() == nil {
				t.Errorf("reading in a transaction: %v, and changes are refused for %v", err, db.Refuses())
			}
		}
		if _, err := db.SQL.Exec(tt.end); err != nil {
			t.Fatal(err)
		}
		if err := found(); err != nil || db.Refuses() != nil {
			t.Errorf("no longer %s: %v, %v", tt.what, err, db.Refuses())
		}
	}
}

// What a context ended while the database worked is told as that, whatever the
// driver calls it.
func TestAStatementThatADeadlineEndsSaysSo(t *testing.T) {
	db := testkit.Database(t)
	if db.Dialect != dialect.SQLite {
		t.Skip("the query is SQLite's")
	}
	if err := storage.Do(system(t), db.Client, func(tx *ent.Tx) error { _, err := alliance(system(t), tx, "one"); return err }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(system(t), 50*time.Millisecond)
	defer cancel()
	const long = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT COUNT(*) FROM n) > 0"
	_, err := db.Client.Alliance.Query().Where(func(s *entsql.Selector) { s.Where(entsql.ExprP(long)) }).Count(ctx)
	if err = storage.Unanswered(err); !errors.Is(err, problem.Is(problem.Unavailable)) {
		t.Errorf("%v", err)
	}
}
