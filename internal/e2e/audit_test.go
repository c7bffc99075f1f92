package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// onRecord counts audit entries by their verbs and events by their types.
type onRecord struct{ audit, events map[string]int }

func (w *World) onRecord() onRecord {
	w.t.Helper()
	var rows []struct {
		Verb, Type string
		Count      int
	}
	r := onRecord{map[string]int{}, map[string]int{}}
	w.DB.Client.AuditEntry.Query().GroupBy(auditentry.FieldVerb).Aggregate(ent.Count()).ScanX(w.system(), &rows)
	for _, row := range rows {
		r.audit[row.Verb] = row.Count
	}
	rows = nil
	w.DB.Client.OutboxEvent.Query().GroupBy(outboxevent.FieldType).Aggregate(ent.Count()).ScanX(w.system(), &rows)
	for _, row := range rows {
		r.events[row.Type] = row.Count
	}
	return r
}

// since lists what came on record since before: the verbs of the audit entries
// and the types of the events, each as often as it came.
func (w *World) since(before onRecord) (audit, events string) {
	w.t.Helper()
	now := w.onRecord()
	more := func(before, now map[string]int) string {
		var words []string
		for _, word := range slices.Sorted(maps.Keys(now)) {
			words = append(words, slices.Repeat([]string{word}, now[word]-before[word])...)
		}
		return strings.Join(words, " ")
	}
	return more(before.audit, now.audit), more(before.events, now.events)
}

// asDeclared returns nil when a mutation has written the entry of its one verb,
// perhaps those of what the verb brings, and an event for each that tells
// somebody.
func asDeclared(mutation, audit, events string) error {
	verbs := map[string]*ledger.Verb{}
	own := ""
	noted := strings.Fields(audit)
	for _, v := range app.Verbs() {
		verbs[v.Name()] = v
		if (v.Mutation() == mutation || v.Many() == mutation) && slices.Contains(noted, v.Name()) {
			own = v.Name()
		}
	}
	if own == "" {
		return fmt.Errorf("%s wrote %q, and not what it is", mutation, audit)
	}
	i := slices.Index(noted, own)
	for _, name := range slices.Delete(slices.Clone(noted), i, i+1) {
		if !slices.Contains(verbs[own].Followers(), name) {
			return fmt.Errorf("%s, which is %s, also wrote %s", mutation, own, name)
		}
	}
	told := slices.DeleteFunc(noted, func(name string) bool { return verbs[name].Tells() == ledger.Nobody })
	if want := strings.Join(told, " "); events != want {
		return fmt.Errorf("%s wrote %q and told %q, want %q", mutation, audit, events, want)
	}
	return nil
}

// R80: each mutation writes the entry of its one verb, by who did it and in its
// own request, perhaps those of what the verb says that it brings, and for each
// that tells somebody its event; one that is refused writes nothing.
func TestEveryMutationIsOnRecord(t *testing.T) {
	s := newStage(t)
	for _, f := range schemaMutations(t) {
		act := s.play(f.Name)
		before := s.onRecord()
		got := act.by.Post(mutations[f.Name].document(f.Name), map[string]any{"input": act.input})
		if payload, _ := got.Data[f.Name].(map[string]any); payload == nil || len(payload["errors"].([]any)) > 0 {
			t.Errorf("%s: %s", f.Name, got.Raw)
			continue
		}
		audit, events := s.since(before)
		if err := asDeclared(f.Name, audit, events); err != nil {
			t.Error(err)
			continue
		}
		entries := s.DB.Client.AuditEntry.Query().Where(auditentry.RequestID(got.Header.Get("X-Request-Id"))).AllX(s.system())
		if len(entries) != len(strings.Fields(audit)) {
			t.Errorf("%s has %d entries of its request", f.Name, len(entries))
		}
		for _, e := range entries {
			if e.ActorID == nil || *e.ActorID != act.by.ID {
				t.Errorf("%s of %s is by %s %v", e.Verb, f.Name, e.ActorKind, e.ActorID)
			}
		}
		before = s.onRecord()
		s.Nobody().Post(mutations[f.Name].document(f.Name), map[string]any{"input": act.input})
		if audit, events := s.since(before); audit+events != "" {
			t.Errorf("%s was refused and wrote %q and told %q", f.Name, audit, events)
		}
	}
}

// What is refused for its state is on no record; what is done says from where to
// where, and at which institutions.
func TestWhatIsOnRecord(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 1)
	app := c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off})
	before := w.onRecord()
	c.ada.IsRefused("twice", "CONFLICT", "submitApplication", map[string]any{"offeringId": off})
	if audit, events := w.since(before); audit+events != "" {
		t.Errorf("a refusal wrote %q and told %q", audit, events)
	}
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": id(app)})
	entry := w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(ident.ID(id(app))), auditentry.Verb("application.nominate")).OnlyX(w.system())
	if entry.Details["from"] != "SUBMITTED" || entry.Details["to"] != "NOMINATED" || len(entry.Institutions) != 2 {
		t.Errorf("the entry is %+v", entry)
	}
}
