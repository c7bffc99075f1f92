package ledger_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Who hears of a change is what its verb declares, and the entry is for both
// sides whoever hears.
func TestAChangeIsToldAsItsVerbDeclares(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	home, host, person, other := ident.New(ident.Institution), ident.New(ident.Institution), ident.New(ident.Person), ident.New(ident.Institution)
	var book ledger.Book
	for _, tt := range []struct {
		tells  ledger.Audience
		public bool
		want   string // audience, home, host, person
	}{
		{ledger.Nobody, true, ""},
		{ledger.Host, true, "PUBLIC host"},
		{ledger.Host, false, "PARTIES host"},
		{ledger.Parties, true, "PARTIES home host person"},
		{ledger.Everybody, false, "PUBLIC home host person"},
		{ledger.Onlookers, false, "PARTIES home host person"},
		{ledger.Onlookers, true, "PUBLIC home host person"},
	} {
		verb := book.Declare("thing.change", "", tt.tells).Says("from", "to")
		thing := ledger.Thing{ID: ident.New(ident.Application), Home: home, Host: host, Person: person, At: []ident.ID{other, home}, Public: tt.public,
			Payload: vocab.Payload{From: "A", To: "B"}}.With("kid", "1")
		if err := storage.Do(ctx, db, func(tx *ent.Tx) error { return ledger.Note(ctx, tx, verb, thing) }); err != nil {
			t.Fatal(err)
		}
		entry := db.AuditEntry.Query().Where(auditentry.ObjectID(thing.ID)).OnlyX(ctx)
		if diff := cmp.Diff(map[string]string{"from": "A", "to": "B", "kid": "1"}, entry.Details); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]ident.ID{home, host, other}, entry.Institutions); diff != "" {
			t.Error(diff)
		}
		got := ""
		for _, e := range db.OutboxEvent.Query().Where(outboxevent.ObjectID(thing.ID)).AllX(ctx) {
			told := []string{string(e.Audience)}
			for name, id := range map[string]*ident.ID{"home": e.HomeID, "host": e.HostID, "person": e.PersonID} {
				if id != nil {
					told = append(told, name)
				}
			}
			slices.Sort(told[1:])
			got += strings.Join(told, " ")
			if e.Version != 1 || e.Payload.From != "A" || e.Payload.To != "B" {
				t.Errorf("the event says %+v", e)
			}
		}
		if got != tt.want {
			t.Errorf("%v, public %t, is told %q, want %q", tt.tells, tt.public, got, tt.want)
		}
	}
}

// A payload says what was declared, and a verb whom it tells: what does not is a
// fault, and nothing is written.
func TestWhatIsNotDeclaredIsNotWritten(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	var book ledger.Book
	for name, verb := range map[string]*ledger.Verb{
		"the payload":  book.Declare("thing.say", "", ledger.Everybody).Says("to"),
		"the audience": book.Declare("thing.tell", "", 0).Says("from", "to"),
	} {
		thing := ledger.Thing{ID: ident.New(ident.Course), Payload: vocab.Payload{From: "A", To: "B"}}
		if err := storage.Do(ctx, db, func(tx *ent.Tx) error { return ledger.Note(ctx, tx, verb, thing) }); err == nil {
			t.Errorf("%s is not declared, and was written", name)
		}
	}
	if n := db.AuditEntry.Query().CountX(ctx) + db.OutboxEvent.Query().CountX(ctx); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}

// Of many changes each has its entry and its event, also beyond what one
// statement writes; one that is only told has the event alone.
func TestManyChangesAtOnce(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	verb := new(ledger.Book).Declare("course.edit", "", ledger.Everybody)
	var all []ledger.Change
	for range 450 {
		all = append(all, ledger.Change{Verb: verb, Thing: ledger.Thing{ID: ident.New(ident.Course)}})
	}
	collecting, events := ledger.Collect(ctx)
	err := storage.Do(ctx, db, func(tx *ent.Tx) error {
		if err := ledger.NoteAll(collecting, tx, all...); err != nil {
			return err
		}
		return ledger.TellAll(collecting, tx, all[:3]...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if entries, told := db.AuditEntry.Query().CountX(ctx), db.OutboxEvent.Query().CountX(ctx); entries != 450 || told != 453 {
		t.Errorf("%d entries and %d events", entries, told)
	}
	if n := len(events.Take()); n != 453 || len(events.Take()) != 0 {
		t.Errorf("%d events were collected", n)
	}
}
