package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/ent/draw"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lot"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// lottery opens an offering whose seats are drawn, for which so many apply and are
// nominated.
func lottery(t *testing.T, seats, places, applicants int, in map[string]any) *queue {
	t.Helper()
	run := map[string]any{"admission": "AUTOMATIC", "waitlist": map[string]any{"places": places, "order": "DRAW", "offerHours": 48}}
	for field, value := range in {
		run[field] = value
	}
	q := newQueue(t, seats, run)
	for i := range applicants {
		q.joins("uni-a", q.c.homeOffice, fmt.Sprintf("L%02d", i))
	}
	return q
}

// draws lets the deadline go by.
func (q *queue) draws() {
	q.t.Helper()
	o := q.DB.Client.Offering.GetX(q.system(), ident.ID(q.run))
	q.SetClock(*o.DrawsAt)
	q.settles()
}

// byLot are the states of the applications in the order of the draw, each with its rank.
func (q *queue) byLot() []string {
	q.t.Helper()
	record, err := q.App.Journeys.Draw(q.system(), ident.ID(q.run))
	if err != nil {
		q.t.Fatal(err)
	}
	if checks := record.Verify(); !lot.Good(checks) {
		q.t.Errorf("the record: %v", checks)
	}
	apps := q.DB.Client.Application.Query().Where(application.OfferingID(ident.ID(q.run))).AllX(q.system())
	all := make([]string, len(record.Order))
	for _, a := range apps {
		i := slices.Index(record.Order, lot.Ticket(string(a.ID)))
		if i < 0 {
			continue
		}
		ranks, err := q.App.Journeys.Ranks(q.system(), []*ent.Application{a})
		if err != nil {
			q.t.Fatal(err)
		}
		all[i] = string(a.State)
		if ranks[0] != nil {
			all[i] += fmt.Sprint(" ", *ranks[0])
		}
	}
	return all
}

func TestADrawGivesSeatsAndPlacesInItsOrder(t *testing.T) {
	q := lottery(t, 2, 3, 8, nil)
	before := q.DB.Client.Draw.Query().Where(draw.OfferingID(ident.ID(q.run))).OnlyX(q.system())
	if before.Seed != nil || before.Sealed == nil {
		t.Errorf("before the draw the seed is %v, sealed %v", before.Seed, before.Sealed)
	}
	q.is("before", map[string]string{"L00": "NOMINATED", "L07": "NOMINATED"})
	q.c.hostOffice.IsRefused("gives a seat by hand", "CONFLICT", "admitApplication", map[string]any{"applicationId": q.apps["L00"]})
	if due := q.DB.Client.Application.GetX(q.system(), ident.ID(q.apps["L00"])).DueAt; due != nil {
		t.Errorf("somebody is waited for until %v", due)
	}
	o := q.DB.Client.Offering.GetX(q.system(), ident.ID(q.run))
	q.SetClock(o.DrawsAt.Add(-time.Microsecond))
	if err := storage.Do(q.system(), q.DB.Client, func(tx *ent.Tx) error { return catalogue.SettleTx(q.system(), tx, o.ID, q.Now()) }); err != nil {
		t.Fatal(err)
	}
	q.settles()
	q.is("an instant before", map[string]string{"L00": "NOMINATED"})

	q.draws()
	want := []string{"OFFERED", "OFFERED", "WAITLISTED 1", "WAITLISTED 2", "WAITLISTED 3", "REFUSED_BY_HOST", "REFUSED_BY_HOST", "REFUSED_BY_HOST"}
	if got := q.byLot(); !slices.Equal(got, want) {
		t.Errorf("drawn: %v", got)
	}
	q.agrees("drawn")
	after := q.DB.Client.Draw.Query().Where(draw.OfferingID(ident.ID(q.run))).OnlyX(q.system())
	if after.Sealed != nil || after.Seed == nil || after.Participants != 8 || after.Commitment != before.Commitment {
		t.Errorf("the draw: %v", after)
	}
	q.settles()
	if got := q.byLot(); !slices.Equal(got, want) {
		t.Errorf("settled again: %v", got)
	}
	q.later(48 * time.Hour) // nobody has answered: the seats go on
	if got := q.byLot(); !slices.Equal(got[:5], []string{"LAPSED", "LAPSED", "OFFERED", "OFFERED", "WAITLISTED 1"}) {
		t.Errorf("the offers ran out: %v", got)
	}
}

// Who is nominated late comes after who was drawn, as first come, and the draw does
// not say they took part.
func TestWhoIsNominatedAfterADrawComesAfterIt(t *testing.T) {
	q := lottery(t, 2, 1, 2, nil)
	late := q.Learner("Late", "uni-a")
	q.who["Late"] = late
	q.apps["Late"] = id(late.Does("applies", "submitApplication", map[string]any{"offeringId": q.run}))
	q.draws()
	office := q.Staff("homeOffice2", "uni-a", viewer.MobilityOfficer)
	office.Does("nominates late", "nominateApplication", map[string]any{"applicationId": q.apps["Late"]})
	if got := q.byLot(); !slices.Equal(got, []string{"OFFERED", "OFFERED"}) {
		t.Errorf("drawn: %v", got)
	}
	q.is("late", map[string]string{"Late": "WAITLISTED 1"})
}

// A draw keeps to the quota of a partner: who is over it waits, though seats are free.
func TestADrawKeepsToQuotas(t *testing.T) {
	q := lottery(t, 3, 5, 0, map[string]any{})
	run := cohortOf("offeringId", q.run, 3)
	run["admission"], run["waitlist"] = "AUTOMATIC", map[string]any{"places": 5, "order": "DRAW", "offerHours": 48}
	run["quotas"] = []map[string]any{{"institutionId": q.Institution("uni-a"), "seats": 1}}
	q.c.editor.Does("sets a quota", "updateOffering", run)
	q.joins("uni-a", q.c.homeOffice, "A", "B", "C")
	q.draws()
	if got := q.byLot(); !slices.Equal(got, []string{"OFFERED", "WAITLISTED 1", "WAITLISTED 2"}) {
		t.Errorf("drawn: %v", got)
	}
	q.agrees("drawn")
}

func TestWhatADrawTakes(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	plan := func(change func(run, waitlist map[string]any)) map[string]any {
		run, waitlist := cohort(course, 2), map[string]any{"places": 0, "order": "DRAW", "drawsAt": "2027-03-05T12:00:00"}
		run["admission"], run["waitlist"] = "AUTOMATIC", waitlist
		change(run, waitlist)
		return run
	}
	for name, change := range map[string]func(run, waitlist map[string]any){
		"input admission":         func(run, _ map[string]any) { delete(run, "admission") },
		"input waitlist order":    func(run, waitlist map[string]any) { run["schedule"] = "ON_DEMAND"; delete(waitlist, "drawsAt") },
		"input waitlist drawsAt":  func(_, waitlist map[string]any) { waitlist["drawsAt"] = "2027-02-28T22:59:59" },
		"input waitlist drawsAt ": func(_, waitlist map[string]any) { waitlist["order"] = "FIRST_COME" },
		"input waitlist drawsAt  ": func(run, _ map[string]any) {
			run["windows"] = []map[string]any{{"audience": "ALUMNI", "opensAt": "2027-02-01T00:00:00", "closesAt": "2027-03-06T00:00:00"}}
		},
	} {
		refusal := c.editor.IsRefused(name, "INVALID", "createOffering", plan(change))
		if got := strings.Join(strings.Fields(fmt.Sprint(refusal["field"])), " "); got != "["+strings.TrimSpace(name)+"]" {
			t.Errorf("%q is refused at %s", name, got)
		}
	}
	run := id(c.editor.Does("plans", "createOffering", plan(func(_, _ map[string]any) {})))
	c.editor.Does("opens it", "publishOffering", map[string]any{"offeringId": run})
	change := plan(func(_, waitlist map[string]any) { waitlist["drawsAt"] = "2027-03-04T12:00:00" })
	delete(change, "courseId")
	change["offeringId"] = run
	c.editor.IsRefused("brings it forward", "CONFLICT", "updateOffering", change)
	change["waitlist"].(map[string]any)["drawsAt"] = "2027-03-06T12:00:00"
	c.editor.Does("puts it off", "updateOffering", change)

	ada := w.Learner("Ada", "uni-a")
	app := id(ada.Does("applies", "submitApplication", map[string]any{"offeringId": run}))
	const query = `query($id: ID!, $app: ID!) { application(id: $app) { drawTicket } offering(id: $id) { waitlist { places drawsAt } draw { commitment committedAt drawnAt seed participants recordUrl } } }`
	ask := func() map[string]any {
		return ada.Asks("looks at the draw", query, map[string]any{"id": run, "app": app})
	}
	before := ask()
	if got := at(before, "offering", "waitlist", "drawsAt"); got != "2027-03-06T11:00:00Z" {
		t.Errorf("it is drawn at %v", got)
	}
	if d := at(before, "offering", "draw").(map[string]any); d["seed"] != nil || d["drawnAt"] != nil || d["participants"] != 0.0 || d["commitment"] == nil {
		t.Errorf("before the draw: %v", d)
	}
	if got := at(before, "application", "drawTicket"); got != lot.Ticket(app) {
		t.Errorf("her ticket is %v", got)
	}
	status, body := w.get("/draws/" + run + ".json")
	if record, err := lot.Parse([]byte(body)); status != 200 || err != nil || record.Seed != "" || record.Commitment != at(before, "offering", "draw", "commitment") {
		t.Errorf("the record before: %d %s", status, body)
	}
	if status, page := w.get("/draws/" + run); status != 200 || !strings.Contains(page, fmt.Sprint(at(before, "offering", "draw", "commitment"))) {
		t.Errorf("the page before: %d", status)
	}
	c.homeOffice.Does("nominates her", "nominateApplication", map[string]any{"applicationId": app})
	w.SetClock(time.Date(2027, 3, 6, 11, 0, 0, 0, time.UTC))
	if _, err := w.App.Work.Drain(w.system(), "offering.settle"); err != nil {
		t.Fatal(err)
	}
	ada = w.Learner("Ada", "uni-a")
	after := ask()
	status, body = w.get("/draws/" + run + ".json")
	record, err := lot.Parse([]byte(body))
	if status != 200 || err != nil || !lot.Good(record.Verify()) || record.Seed != at(after, "offering", "draw", "seed") || !slices.Equal(record.Order, []string{lot.Ticket(app)}) {
		t.Errorf("the record after: %d %s", status, body)
	}
	if status, page := w.get("/draws/" + run); status != 200 || !strings.Contains(page, record.Seed) || !strings.Contains(page, record.Order[0]) {
		t.Errorf("the page after: %d %s", status, page)
	}
	for _, path := range []string{"/draws/off_06h328kej5xb9cdtccbecvm4hc", "/draws/off_06h328kej5xb9cdtccbecvm4hc.json", "/draws/nothing", "/draws/.json"} {
		if status, _ := w.get(path); status != 404 {
			t.Errorf("%s answers %d", path, status)
		}
	}
}

// A server that stops anywhere leaves what another one goes on with: the draw is
// held once, and its order is the same whoever gives the seats.
func TestADrawGoesOnWhereItWas(t *testing.T) {
	const learners = 130 // more than one transaction moves
	q := lottery(t, 3, 120, 1, nil)
	q.clones("L00", learners-1)
	want := append(slices.Repeat([]string{"OFFERED"}, 3), make([]string, learners-3)...)
	for i := 3; i < learners; i++ {
		want[i] = "REFUSED_BY_HOST"
		if i < 123 {
			want[i] = fmt.Sprint("WAITLISTED ", i-2)
		}
	}
	// It stops in the first transaction of learners, and in the second one.
	moves := 0
	stop := errors.New("the server stopped")
	q.DB.Client.Application.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if moves++; moves == 50 || moves == 50+100+10 {
				return nil, stop
			}
			return next.Mutate(ctx, m)
		})
	})
	o := q.DB.Client.Offering.GetX(q.system(), ident.ID(q.run))
	q.SetClock(*o.DrawsAt)
	seed := ""
	for range 3 {
		if _, err := q.App.Work.Drain(q.system(), "offering.settle"); err != nil && !errors.Is(err, stop) {
			t.Fatal(err)
		}
		d := q.DB.Client.Draw.Query().Where(draw.OfferingID(o.ID)).OnlyX(q.system())
		if seed = cmp.Or(seed, *d.Seed); seed != *d.Seed || d.Participants != learners {
			t.Errorf("drawn again: %v", d)
		}
		q.SetClock(q.Now().Add(time.Hour)) // what failed is tried again later
	}
	if moves != 50+100+10+30 {
		t.Fatalf("it did not stop twice: %d moves", moves)
	}
	if got := q.byLot(); !slices.Equal(got, want) {
		t.Errorf("gone on: %v", got)
	}
	q.agrees("gone on")
}

// clones copies the application of a learner for others of the same home.
func (q *queue) clones(name string, n int) {
	q.t.Helper()
	app := q.DB.Client.Application.GetX(q.system(), ident.ID(q.apps[name]))
	for i := range n {
		other := q.DB.Client.Person.Create().SaveX(q.system())
		copied := q.DB.Client.Application.Create().SetLearnerID(other.ID).SetOfferingID(app.OfferingID).SetHomeID(app.HomeID).SetHostID(app.HostID).
			SetState(app.State).SetVersion(app.Version).SetLiveKey(fmt.Sprint("clone ", i)).SetSubmittedAt(app.SubmittedAt).SetNominatedAt(*app.NominatedAt).SaveX(q.system())
		for _, s := range q.DB.Client.ApplicationStep.Query().Where(applicationstep.ApplicationID(app.ID)).AllX(q.system()) {
			q.DB.Client.ApplicationStep.Create().SetApplicationID(copied.ID).SetLearnerID(other.ID).SetNumber(s.Number).SetVerb(s.Verb).SetFrom(s.From).SetTo(s.To).
				SetSide(s.Side).SetAt(s.At).ExecX(q.system())
		}
	}
}

// get asks for an address as somebody who has not signed in.
func (w *World) get(path string) (status int, body string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept", "text/html")
	answer := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(answer, r)
	return answer.Code, answer.Body.String()
}
