package audit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/auditreader"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

var (
	book  ledger.Book
	step  = book.Declare("test.step", "", ledger.Nobody)
	early = book.Declare("test.early", "", ledger.Host)
)

// record writes n entries, each in a transaction of its own.
func record(ctx context.Context, t *testing.T, db *ent.Client, n int, of ledger.Thing) {
	t.Helper()
	for i := range n {
		of.ID = ident.New(ident.Course)
		if err := storage.Do(ctx, db, func(tx *ent.Tx) error { return ledger.Note(ctx, tx, step, of.With("n", fmt.Sprint(i))) }); err != nil {
			t.Fatal(err)
		}
	}
}

func chain(t *testing.T, opts ...testkit.Option) (*storage.DB, *audit.Chain, context.Context) {
	t.Helper()
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	kek, err := keyring.ParseKEK(base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	db := testkit.Database(t, opts...)
	return db, audit.New(db.Client, time.Now, kek, "https://exchange.example"), viewer.AsSystem(t.Context())
}

// sealed is a chain of ten entries, with a checkpoint after the eighth. The first
// is that of the key which signs it.
func sealed(t *testing.T) (*storage.DB, *audit.Chain, context.Context) {
	t.Helper()
	db, c, ctx := chain(t)
	if err := c.Keys.Open(ctx); err != nil {
		t.Fatal(err)
	}
	of := ledger.Thing{Home: ident.New(ident.Institution), Person: ident.New(ident.Person)}
	record(ctx, t, db.Client, 7, of)
	does(ctx, t, c.Seal, 8)
	does(ctx, t, c.Checkpoint, 1)
	record(ctx, t, db.Client, 2, of)
	does(ctx, t, c.Seal, 2)
	return db, c, ctx
}

func does(ctx context.Context, t *testing.T, job func(context.Context) (int, error), want int) {
	t.Helper()
	if got, err := job(ctx); err != nil || got != want {
		t.Fatalf("%d were done, %v; want %d", got, err, want)
	}
}

func verdict(ctx context.Context, t *testing.T, c *audit.Chain, kept ...audit.Checkpoint) *audit.Verdict {
	t.Helper()
	v, err := c.Verify(ctx, kept...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func run(t *testing.T, db *storage.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.SQL.ExecContext(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
}

// R81: a chain that nobody has touched is whole, also after a checkpoint.
func TestR81WholeChainVerifies(t *testing.T) {
	_, c, ctx := sealed(t)
	if v := verdict(ctx, t, c); len(v.Faults) > 0 || v.Sealed != 10 || v.Waiting != 0 || v.Checkpoints != 1 {
		t.Errorf("%+v", v)
	}
	does(ctx, t, c.Checkpoint, 0) // the last was a moment ago
	c.Now = func() time.Time { return time.Now().Add(time.Hour) }
	does(ctx, t, c.Checkpoint, 1)
	c.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	does(ctx, t, c.Checkpoint, 0) // says so already
	if newest, err := c.Published(ctx); err != nil || newest.Sequence != 10 {
		t.Errorf("%+v, %v", newest, err)
	}
}

// R81: whatever somebody with the database in their hands does to what was
// sealed is found, and at which entry.
func TestR81TamperingIsFound(t *testing.T) {
	for name, tt := range map[string]struct {
		at     string
		attack []string
	}{
		"change a verb":        {"entry 3 ", []string{"UPDATE audit_entries SET verb = 'test.other' WHERE sequence = 3"}},
		"change a moment":      {"entry 3 ", []string{"UPDATE audit_entries SET created_at = '2001-01-01 00:00:00' WHERE sequence = 3"}},
		"change an actor":      {"entry 3 ", []string{"UPDATE audit_entries SET actor_id = 'cli_06h0hph4yvw3v2c0x5e4r7t9n8' WHERE sequence = 3"}},
		"change the kind":      {"entry 3 ", []string{"UPDATE audit_entries SET actor_kind = 'PERSON' WHERE sequence = 3"}},
		"change a session":     {"entry 3 ", []string{"UPDATE audit_entries SET session_id = 'ses_06h0hph4yvw3v2c0x5e4r7t9n8' WHERE sequence = 3"}},
		"change the thing":     {"entry 3 ", []string{"UPDATE audit_entries SET object_id = 'crs_06h0hph4yvw3v2c0x5e4r7t9n8' WHERE sequence = 3"}},
		"change the person":    {"entry 3 ", []string{"UPDATE audit_entries SET person_id = NULL WHERE sequence = 3"}},
		"change the places":    {"entry 3 ", []string{"UPDATE audit_entries SET institutions = '[]' WHERE sequence = 3"}},
		"change the request":   {"entry 3 ", []string{"UPDATE audit_entries SET request_id = 'x' WHERE sequence = 3"}},
		"change the details":   {"entry 3 ", []string{`UPDATE audit_entries SET details = '{"n":"99"}' WHERE sequence = 3`}},
		"change the first":     {"entry 1 ", []string{"UPDATE audit_entries SET verb = 'test.other' WHERE sequence = 1"}},
		"change the last":      {"entry 10 ", []string{"UPDATE audit_entries SET verb = 'test.other' WHERE sequence = 10"}},
		"give another's hash":  {"entry 8 ", []string{"UPDATE audit_entries SET hash = '" + strings.Repeat("0", 64) + "' WHERE sequence = 8"}},
		"delete one":           {"entry 4 ", []string{remove + "= 4)", "DELETE FROM audit_entries WHERE sequence = 4"}},
		"delete the first":     {"entry 1 ", []string{remove + "= 1)", "DELETE FROM audit_entries WHERE sequence = 1"}},
		"delete and close up":  {"entry 4 ", []string{remove + "= 4)", "DELETE FROM audit_entries WHERE sequence = 4", move(5, 4), move(6, 5), move(7, 6), move(8, 7), move(9, 8), move(10, 9)}},
		"swap two":             {"entry 5 ", []string{move(5, 99), move(6, 5), move(99, 6)}},
		"insert in between":    {"entry 9 ", []string{move(10, 11), move(9, 10), insert("evil.step", 9)}},
		"insert at the end":    {"entry 11 ", []string{insert("evil.step", 11)}},
		"unseal one":           {"entry 5 ", []string{"UPDATE audit_entries SET sequence = NULL WHERE sequence = 5"}},
		"cut off the end":      {"entry 8,", []string{remove + "> 6)", "DELETE FROM audit_entries WHERE sequence > 6"}},
		"delete all":           {"entry 8,", []string{"DELETE FROM audit_readers", "DELETE FROM audit_entries"}},
		"forge a checkpoint":   {"entry 8 ", []string{"UPDATE audit_checkpoints SET jwt = REPLACE(jwt, '.', '.A')"}},
		"hide from a reader":   {"entry 3 ", []string{remove + "= 3)"}},
		"show somebody else's": {"entry 3 ", []string{"UPDATE audit_readers SET reader_id = 'per_06h0hph4yvw3v2c0x5e4r7t9n8' WHERE entry_id = (SELECT id FROM audit_entries WHERE sequence = 3) AND reader_id LIKE 'per%'"}},
	} {
		t.Run(name, func(t *testing.T) {
			db, c, ctx := sealed(t)
			run(t, db, tt.attack...)
			if v := verdict(ctx, t, c); len(v.Faults) == 0 || !strings.Contains(v.Faults[0], tt.at) {
				t.Errorf("%q was found, want something of %q", v.Faults, tt.at)
			}
		})
	}
}

const remove = "DELETE FROM audit_readers WHERE entry_id IN (SELECT id FROM audit_entries WHERE sequence "

func move(from, to int) string {
	return fmt.Sprintf("UPDATE audit_entries SET sequence = %d WHERE sequence = %d", to, from)
}

func insert(verb string, sequence int) string {
	return fmt.Sprintf("INSERT INTO audit_entries (id, created_at, actor_kind, verb, object_id, institutions, details, request_id, sequence, hash) "+
		"VALUES ('aud_06h0hph4yvw3v2c0x5e4r7t9n8', '2027-01-01 00:00:00', 'SYSTEM', '%s', 'crs_06h0hph4yvw3v2c0x5e4r7t9n8', '[]', '{}', '', %d, '%s')",
		verb, sequence, strings.Repeat("a", 64))
}

// R81: who cuts off the end together with its checkpoints, or computes the whole
// chain anew and signs it with a new key, is found by a copy of a checkpoint that
// somebody else has kept as a file.
func TestR81KeptCheckpointFindsWhatTheDatabaseHides(t *testing.T) {
	for name, attack := range map[string][]string{
		"truncated": {"DELETE FROM audit_checkpoints", remove + "> 6)", "DELETE FROM audit_entries WHERE sequence > 6"},
		"rewritten": {"DELETE FROM audit_checkpoints", "DELETE FROM server_keys", "DELETE FROM audit_readers", "DELETE FROM audit_entries WHERE sequence = 2",
			"UPDATE audit_entries SET sequence = NULL, hash = NULL"},
	} {
		t.Run(name, func(t *testing.T) {
			db, c, ctx := sealed(t)
			newest, err := c.Published(ctx)
			if err != nil {
				t.Fatal(err)
			}
			file, err := json.Marshal(newest)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := audit.ParseCheckpoint(file)
			if err != nil || kept.Sequence != 8 {
				t.Fatalf("%+v, %v", kept, err)
			}
			if v := verdict(ctx, t, c, kept); len(v.Faults) > 0 || v.Checkpoints != 2 {
				t.Errorf("%+v", v)
			}
			run(t, db, attack...)
			for _, job := range []func(context.Context) (int, error){c.Seal, c.Checkpoint, c.Seal} {
				if _, err := job(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if v := verdict(ctx, t, c); len(v.Faults) > 0 {
				t.Errorf("by itself the forgery is perfect: %+v", v)
			}
			if v := verdict(ctx, t, c, kept); len(v.Faults) != 1 || !strings.Contains(v.Faults[0], "entry 8") {
				t.Errorf("the copy finds %+v", v)
			}
			kept.Token = strings.Replace(kept.Token, ".", ".A", 1)
			if v := verdict(ctx, t, c, kept); len(v.Faults) != 1 || !strings.Contains(v.Faults[0], "not signed") {
				t.Errorf("of a copy that was changed: %+v", v)
			}
		})
	}
	if _, err := audit.ParseCheckpoint([]byte("{}")); err == nil {
		t.Error("any file is a checkpoint")
	}
}

// A server that has just started signs what nobody has sealed yet.
func TestCheckpointSealsFirst(t *testing.T) {
	db, c, ctx := chain(t)
	record(ctx, t, db.Client, 2, ledger.Thing{})
	does(ctx, t, c.Checkpoint, 1)
	if newest, err := c.Published(ctx); err != nil || newest.Sequence != 2 {
		t.Errorf("%+v, %v", newest, err)
	}
}

// There is no checkpoint of nothing.
func TestThereIsNoCheckpointOfNothing(t *testing.T) {
	_, c, ctx := chain(t)
	does(ctx, t, c.Checkpoint, 0)
	if _, err := c.Published(ctx); problem.All(err) == nil || problem.All(err)[0].Code != problem.NotFound {
		t.Errorf("Published = %v", err)
	}
}

// R82: servers that seal at once, while others write and roll back, leave one
// chain without gaps, and whoever writes never waits for it.
func TestR82ManySealersMakeOneChain(t *testing.T) {
	db, c, ctx := sealed(t)
	rolledBack := errors.New("rolled back")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { record(ctx, t, db.Client, 60, ledger.Thing{Host: ident.New(ident.Institution)}) })
		all.Go(func() {
			for range 10 {
				if err := storage.Do(ctx, db.Client, func(tx *ent.Tx) error {
					return errors.Join(ledger.Note(ctx, tx, step, ledger.Thing{ID: ident.New(ident.Course)}), rolledBack)
				}); !errors.Is(err, rolledBack) {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 10 {
				if _, err := c.Seal(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if _, err := c.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if v := verdict(ctx, t, c); len(v.Faults) > 0 || v.Sealed != 250 || v.Waiting != 0 {
		t.Errorf("%+v", v)
	}
	if n := db.Client.AuditReader.Query().CountX(ctx); n != 9*2+240 {
		t.Errorf("%d readers", n)
	}
}

// R82: an entry whose transaction commits after younger ones were sealed follows
// them, and the chain stays whole. On SQLite there is one writer at a time.
func TestR82LateCommitFollows(t *testing.T) {
	if testkit.Dialect() == dialect.SQLite {
		t.Skip("SQLite has one writer at a time: no transaction commits late")
	}
	db, c, ctx := chain(t)
	of := ledger.Thing{ID: ident.New(ident.Offering)}
	if err := storage.Do(ctx, db.Client, func(tx *ent.Tx) error {
		if err := ledger.Note(ctx, tx, step, of); err != nil {
			return err
		}
		record(ctx, t, db.Client, 3, ledger.Thing{})
		does(ctx, t, c.Seal, 3) // does not wait for the one under way
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	does(ctx, t, c.Seal, 1)
	late := db.Client.AuditEntry.Query().Where(auditentry.ObjectID(of.ID)).OnlyX(ctx)
	if v := verdict(ctx, t, c); len(v.Faults) > 0 || *late.Sequence != 4 {
		t.Errorf("%+v, %d", v, *late.Sequence)
	}
}

// R82: more than a minute behind is worth a warning.
func TestR82LagIsAWarning(t *testing.T) {
	db, c, ctx := chain(t)
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	defer slog.SetDefault(before)
	record(ctx, t, db.Client, 1, ledger.Thing{})
	does(ctx, t, c.Watch, 0)
	if said.Len() > 0 {
		t.Errorf("a young entry: %s", said.String())
	}
	c.Now = func() time.Time { return time.Now().Add(audit.MaxLag + time.Second) }
	does(ctx, t, c.Watch, 0)
	if !strings.Contains(said.String(), "level=WARN") || !strings.Contains(said.String(), "behind") {
		t.Errorf("an old one: %q", said.String())
	}
	does(ctx, t, c.Seal, 1)
	if lag, err := c.Lag(ctx); lag != 0 || err != nil {
		t.Errorf("once sealed: %s, %v", lag, err)
	}
}

// R83: no code path changes or deletes an entry, not even that of the system; a
// seal is given once. An entry names people by id alone, so the chain verifies
// also when nothing is left of a person.
func TestR83EntriesStayAsTheyAre(t *testing.T) {
	db, c, ctx := sealed(t)
	person := db.Client.Person.Create().SaveX(ctx)
	record(viewer.With(ctx, &viewer.Viewer{Kind: viewer.Person, PersonID: person.ID}), t, db.Client, 1, ledger.Thing{Person: person.ID})
	waiting := db.Client.AuditEntry.Query().Where(auditentry.SequenceIsNil()).OnlyX(ctx)
	some := db.Client.AuditEntry.Query().Where(auditentry.Sequence(3)).OnlyX(ctx)
	change := func(m *ent.AuditEntryUpdate, name string, value ent.Value) error {
		if err := m.Mutation().SetField(name, value); err != nil {
			t.Fatal(err)
		}
		return m.Exec(ctx)
	}
	for name, err := range map[string]error{
		"one is deleted":      db.Client.AuditEntry.DeleteOne(some).Exec(ctx),
		"all are deleted":     second(db.Client.AuditEntry.Delete().Exec(ctx)),
		"the verb changes":    change(db.Client.AuditEntry.Update(), auditentry.FieldVerb, "test.other"),
		"the actor changes":   change(db.Client.AuditEntry.Update().Where(auditentry.ID(waiting.ID)), auditentry.FieldActorID, person.ID),
		"the details change":  change(db.Client.AuditEntry.Update(), auditentry.FieldDetails, map[string]string{}),
		"the person is taken": db.Client.AuditEntry.Update().ClearPersonID().Exec(ctx),
	} {
		if err == nil {
			t.Errorf("%s", name)
		}
	}
	if err := change(db.Client.AuditEntry.Update().Where(auditentry.ID(some.ID)), auditentry.FieldHash, strings.Repeat("0", 64)); err != nil {
		t.Error(err) // no row is that of an entry without a seal
	}
	does(ctx, t, c.Seal, 1)
	if err := db.Client.Person.DeleteOneID(person.ID).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if v := verdict(ctx, t, c); len(v.Faults) > 0 || v.Sealed != 11 {
		t.Errorf("%+v", v)
	}
}

func second[T any](_ T, err error) error { return err }

// Who reads an entry is who acted, whom it concerns and the places that it
// names; what only the host hears is not the person's yet.
func TestReadersOfAnEntry(t *testing.T) {
	db, c, ctx := chain(t)
	home, host, learner, officer := ident.New(ident.Institution), ident.New(ident.Institution), ident.New(ident.Person), ident.New(ident.Person)
	act := viewer.With(ctx, &viewer.Viewer{Kind: viewer.Person, PersonID: officer})
	of := ledger.Thing{ID: ident.New(ident.Result), Home: home, Host: host, Person: learner, At: []ident.ID{host}}
	for verb, want := range map[*ledger.Verb]int{step: 4, early: 3} {
		if err := storage.Do(act, db.Client, func(tx *ent.Tx) error { return ledger.Note(act, tx, verb, of) }); err != nil {
			t.Fatal(err)
		}
		does(ctx, t, c.Seal, 1)
		e := db.Client.AuditEntry.Query().Where(auditentry.Verb(verb.Name())).OnlyX(ctx)
		all := db.Client.AuditReader.Query().Where(auditreader.EntryID(e.ID))
		if n := all.Clone().CountX(ctx); n != want {
			t.Errorf("%d read %s", n, verb.Name())
		}
		if got := all.Clone().Where(auditreader.ReaderID(learner)).ExistX(ctx); got != (verb == step) {
			t.Errorf("the learner reads %s: %t", verb.Name(), got)
		}
	}
}
