package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// The programs of both sides do the whole of it, in bulk, with the scopes that it
// takes and no more; sent again it has no further effect; lists and the change feed
// tell them what has moved, and the history who did it.
func TestProgramsDecideInBulk(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	run := w.offering(c.editor, w.course(c.editor, "CS-1"), 2)
	began := time.Now().UTC() // of rows, whose clock is that of the machine
	var apps []string
	for _, name := range []string{"A", "B", "C"} {
		apps = append(apps, id(w.Learner(name, "uni-a").Does("applies", "submitApplication", map[string]any{"offeringId": run})))
	}
	registered := w.Program("uni-a", "mobility", "application.nominate", "learner.read")
	sends, decides := registered.Actor(), w.Program("uni-b", "admission", "application.decide", "learner.read").Actor()
	const feed = `query($after: String!) { changes(after: $after, first: 100) { nodes { event objectId } cursor } }`
	const many = `mutation($input: DecideApplicationsInput!) { all: decideApplications(input: $input) { outcomes { application { id state } errors { code ... on PermissionError { right } ... on CapacityError { seats } } } errors { code } } }`
	cursor := at(sends.Asks("begins to follow", `{ changesCursor }`, nil), "changesCursor").(string)
	decide := func(a *Actor, key, decision string, more map[string]any, ids ...string) (all []string) {
		t.Helper()
		var items []map[string]any
		for _, one := range ids {
			item := map[string]any{"applicationId": one, "decision": decision}
			for k, v := range more {
				item[k] = v
			}
			items = append(items, item)
		}
		got := a.Asks("decides", many, map[string]any{"input": map[string]any{"items": items, "idempotencyKey": key}})
		for _, o := range at(got, "all", "outcomes").([]any) {
			if app, ok := at(o, "application").(map[string]any); ok {
				all = append(all, app["state"].(string))
				continue
			}
			all = append(all, fmt.Sprint(at(o, "errors", 0, "code"), " ", at(o, "errors", 0, "right"), " ", at(o, "errors", 0, "seats")))
		}
		return all
	}
	if got := decide(decides, "x", "NOMINATE", nil, apps...); !slices.Equal(got, []string{"FORBIDDEN application.nominate <nil>", "FORBIDDEN application.nominate <nil>", "FORBIDDEN application.nominate <nil>"}) {
		t.Errorf("the host's program nominates: %v", got)
	}
	for range 2 {
		if got := decide(sends, "send", "NOMINATE", nil, apps...); !slices.Equal(got, []string{"NOMINATED", "NOMINATED", "NOMINATED"}) {
			t.Errorf("the home's program nominates: %v", got)
		}
	}
	for range 2 {
		if got := decide(decides, "seats", "ADMIT", nil, apps...); !slices.Equal(got, []string{"ADMITTED", "ADMITTED", "CONFLICT <nil> 2"}) {
			t.Errorf("the host's program admits: %v", got)
		}
	}
	if got := decide(decides, "no", "REFUSE", map[string]any{"reason": "Full.", "reasonCode": "NO_SEAT"}, apps[2]); !slices.Equal(got, []string{"REFUSED_BY_HOST"}) {
		t.Errorf("the host's program refuses: %v", got)
	}
	steps := w.DB.Client.ApplicationStep.Query().Where(applicationstep.ApplicationID(ident.ID(apps[0]))).Order(applicationstep.ByNumber()).AllX(w.system())
	if len(steps) != 3 || steps[1].ClientID == nil || string(*steps[1].ClientID) != registered.ID || steps[1].Side != applicationstep.SideHOME || steps[2].Side != applicationstep.SideHOST {
		t.Errorf("the history is %v", steps)
	}
	list := func(a *Actor, since time.Time) (n int) {
		got := a.Asks("lists", `query($since: DateTime!) { applications(first: 10, filter: { updatedSince: $since }) { nodes { id state } } }`, map[string]any{"since": since.Format(time.RFC3339Nano)})
		return len(at(got, "applications", "nodes").([]any))
	}
	if n := list(sends, began); n != 3 {
		t.Errorf("home's program lists %d", n)
	}
	if n := list(decides, time.Now().Add(time.Hour)); n != 0 {
		t.Errorf("%d have changed in an hour from now", n)
	}
	if err := w.App.Discovery.Follow(w.system()); err != nil { // as a server does by itself
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, n := range at(sends.Asks("follows", feed, map[string]any{"after": cursor}), "changes", "nodes").([]any) {
		seen[fmt.Sprint(at(n, "event"))]++
	}
	if seen["application.nominate"] != 3 || seen["application.admit"] != 2 || seen["application.refuse"] != 1 {
		t.Errorf("the change feed tells home's program %v", seen)
	}
}
