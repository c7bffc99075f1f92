package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// queue is an offering with learners who want its seats.
type queue struct {
	*World
	c    cast
	run  string
	apps map[string]string // by the name of the learner
	who  map[string]*Actor
}

// newQueue opens an offering of so many seats, with what else in has.
func newQueue(t *testing.T, seats int, in map[string]any) *queue {
	t.Helper()
	w := NewWorld(t)
	q := &queue{World: w, c: w.cast(), apps: map[string]string{}, who: map[string]*Actor{}}
	run := cohort(w.course(q.c.editor, "CS-1"), seats)
	for field, value := range in {
		run[field] = value
	}
	q.run = id(q.c.editor.Does("plans", "createOffering", run))
	q.c.editor.Does("opens it", "publishOffering", map[string]any{"offeringId": q.run})
	return q
}

// joins has learners of a partner apply and their home nominate them.
func (q *queue) joins(uni string, office *Actor, names ...string) {
	q.t.Helper()
	for _, name := range names {
		q.who[name] = q.Learner(name, uni)
		q.apps[name] = id(q.who[name].Does("applies", "submitApplication", map[string]any{"offeringId": q.run}))
		office.Does("nominates", "nominateApplication", map[string]any{"applicationId": q.apps[name]})
	}
}

// host has the host do the same with each.
func (q *queue) host(mutation string, names ...string) {
	q.t.Helper()
	for _, name := range names {
		q.c.hostOffice.Does(mutation, mutation, map[string]any{"applicationId": q.apps[name]})
	}
}

// learner has somebody do something with their own application.
func (q *queue) learner(name, mutation string) {
	q.t.Helper()
	q.who[name].Does(mutation, mutation, map[string]any{"applicationId": q.apps[name]})
}

// comesBack signs somebody in again whose session has run out.
func (q *queue) comesBack(name string) { q.who[name] = q.Learner(name, "uni-a") }

// later lets time go by, and the server do what it does then.
func (q *queue) later(d time.Duration) {
	q.t.Helper()
	q.SetClock(q.Now().Add(d))
	q.settles()
}

func (q *queue) settles() {
	q.t.Helper()
	if err := q.App.Journeys.Wake(q.system()); err != nil {
		q.t.Fatal(err)
	}
	for _, kind := range []string{"application.wake", "offering.settle"} {
		if _, err := q.App.Work.Drain(q.system(), kind); err != nil {
			q.t.Fatal(err)
		}
	}
	if err := q.App.Discovery.Follow(q.system()); err != nil {
		q.t.Fatal(err)
	}
}

// is checks in which state each is, with the rank of who waits.
func (q *queue) is(when string, want map[string]string) {
	q.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		app := q.DB.Client.Application.GetX(q.system(), ident.ID(q.apps[name]))
		ranks, err := q.App.Journeys.Ranks(q.system(), []*ent.Application{app})
		if err != nil {
			q.t.Fatal(err)
		}
		state := string(app.State)
		if ranks[0] != nil {
			state += fmt.Sprintf(" %d", *ranks[0])
		}
		if state != want[name] {
			q.t.Errorf("%s: %s is %s, want %s", when, name, state, want[name])
		}
	}
	q.agrees(when)
}

// agrees checks that what is counted is what is there: seats, places, reserved
// seats, ranks and the history of every application.
func (q *queue) agrees(when string) {
	q.t.Helper()
	if faults := seatFaults(q.World, ident.ID(q.run)); len(faults) > 0 {
		q.t.Errorf("%s: %v", when, faults)
	}
}

func TestWhoWaitsIsOfferedASeatInTurn(t *testing.T) {
	q := newQueue(t, 2, map[string]any{"waitlist": map[string]any{"places": 3, "offerHours": 48}})
	q.joins("uni-a", q.c.homeOffice, "A", "B", "C", "D", "E", "F")
	q.host("admitApplication", "A", "B")
	q.c.hostOffice.IsRefused("has no seat", "CONFLICT", "admitApplication", map[string]any{"applicationId": q.apps["C"]})
	q.host("waitlistApplication", "C", "D", "E")
	if refusal := q.c.hostOffice.IsRefused("has no place", "CONFLICT", "waitlistApplication", map[string]any{"applicationId": q.apps["F"]}); refusal["seats"] != 3.0 {
		t.Errorf("without a place: %v", refusal)
	}
	q.is("full", map[string]string{"A": "ADMITTED", "B": "ADMITTED", "C": "WAITLISTED 1", "D": "WAITLISTED 2", "E": "WAITLISTED 3", "F": "NOMINATED"})

	q.learner("D", "withdrawApplication")
	q.is("one in the middle left", map[string]string{"C": "WAITLISTED 1", "D": "WITHDRAWN", "E": "WAITLISTED 2"})
	q.learner("A", "withdrawApplication")
	q.is("a seat came free", map[string]string{"A": "WITHDRAWN", "C": "OFFERED", "E": "WAITLISTED 1"})
	q.c.hostOffice.IsRefused("gives it to another one", "CONFLICT", "admitApplication", map[string]any{"applicationId": q.apps["F"]})
	q.learner("C", "declineSeat")
	q.is("declined", map[string]string{"C": "DECLINED", "E": "OFFERED"})
	q.host("waitlistApplication", "F")

	q.later(48*time.Hour - time.Second)
	q.is("a second before the end", map[string]string{"E": "OFFERED", "F": "WAITLISTED 1"})
	q.SetClock(q.Now().Add(time.Second))
	q.comesBack("E")
	q.who["E"].IsRefused("accepts too late", "CONFLICT", "acceptSeat", map[string]any{"applicationId": q.apps["E"]})
	q.settles()
	q.is("run out", map[string]string{"E": "LAPSED", "F": "OFFERED"})
	q.comesBack("F")
	q.learner("F", "acceptSeat")
	q.is("accepted", map[string]string{"B": "ADMITTED", "F": "ADMITTED"})
	if got := q.who["E"].codeOf("acceptSeat", map[string]any{"applicationId": q.apps["E"]}); got != "CONFLICT" {
		t.Errorf("an offer that has lapsed is %s", got)
	}
}

func TestMoreSeatsAreOfferedAndFewerThanTakenRefused(t *testing.T) {
	q := newQueue(t, 1, map[string]any{"waitlist": map[string]any{"places": 5}})
	q.joins("uni-a", q.c.homeOffice, "A", "B", "C", "D")
	q.host("admitApplication", "A")
	q.host("waitlistApplication", "B", "C", "D")
	run := cohortOf("offeringId", q.run, 3)
	run["waitlist"] = map[string]any{"places": 5}
	q.c.editor.Does("adds seats", "updateOffering", run)
	q.settles()
	q.is("raised", map[string]string{"A": "ADMITTED", "B": "OFFERED", "C": "OFFERED", "D": "WAITLISTED 1"})
	run["seats"] = 2
	q.c.editor.IsRefused("takes them back", "CONFLICT", "updateOffering", run)
	run["seats"] = 3
	run["waitlist"] = map[string]any{"places": 0}
	q.c.editor.IsRefused("ends the waitlist", "CONFLICT", "updateOffering", run)
}

// Who belongs to a partner whose seats are used up is passed over, and keeps the
// place.
func TestAQuotaThatIsUsedUpIsPassedOver(t *testing.T) {
	q := newQueue(t, 2, map[string]any{"waitlist": map[string]any{"places": 5}})
	run := cohortOf("offeringId", q.run, 2)
	run["waitlist"] = map[string]any{"places": 5}
	run["quotas"] = []map[string]any{{"institutionId": q.Institution("uni-a"), "seats": 1}}
	q.c.editor.Does("sets a quota", "updateOffering", run)
	others := q.Staff("Office of C", "uni-c", viewer.MobilityOfficer)
	q.joins("uni-a", q.c.homeOffice, "A", "B")
	q.joins("uni-c", others, "X", "Y")
	q.host("admitApplication", "A", "X")
	q.host("waitlistApplication", "B", "Y")
	q.learner("X", "withdrawApplication")
	q.is("one of another partner left", map[string]string{"B": "WAITLISTED 1", "Y": "OFFERED"})
	q.learner("A", "withdrawApplication")
	q.is("one of the partner left", map[string]string{"B": "OFFERED"})
}

// Seats that are kept for a partner are nobody else's until the very moment at
// which that ends.
func TestReservedSeatsAreKept(t *testing.T) {
	until := "2027-02-20T12:00:00"
	q := newQueue(t, 3, map[string]any{"waitlist": map[string]any{"places": 5}})
	run := cohortOf("offeringId", q.run, 3)
	run["waitlist"] = map[string]any{"places": 5}
	run["quotas"] = []map[string]any{{"institutionId": q.Institution("uni-a"), "seats": 2, "reservedUntil": until}}
	if got := q.c.editor.Does("keeps two seats", "updateOffering", run); at(got, "seatsFree") != 3.0 {
		t.Errorf("the offering is %v", got)
	}
	others := q.Staff("Office of C", "uni-c", viewer.MobilityOfficer)
	q.joins("uni-c", others, "X", "Y", "Z")
	q.host("admitApplication", "X")
	q.c.hostOffice.IsRefused("gives a kept seat away", "CONFLICT", "admitApplication", map[string]any{"applicationId": q.apps["Y"]})
	q.host("waitlistApplication", "Y", "Z")
	q.joins("uni-a", q.c.homeOffice, "A")
	q.host("admitApplication", "A")
	q.agrees("the partner has one")
	q.learner("A", "withdrawApplication")
	q.is("it came back and is kept", map[string]string{"Y": "WAITLISTED 1"})
	end := time.Date(2027, 2, 20, 11, 0, 0, 0, time.UTC)
	q.SetClock(end.Add(-time.Second))
	q.settles()
	q.is("a second before", map[string]string{"Y": "WAITLISTED 1", "Z": "WAITLISTED 2"})
	q.SetClock(end)
	q.settles()
	q.is("released", map[string]string{"X": "ADMITTED", "Y": "OFFERED", "Z": "OFFERED"})
}

func TestAConditionIsMetOrLapses(t *testing.T) {
	q := newQueue(t, 2, nil)
	q.joins("uni-a", q.c.homeOffice, "A", "B", "C")
	for _, name := range []string{"A", "B"} {
		got := q.c.hostOffice.Does("admits", "admitConditionally", conditional(q.World, q.apps[name]))
		if got["condition"] != "Hand in the certificate." || got["dueAt"] == nil {
			t.Errorf("admitted with %v", got)
		}
	}
	q.c.hostOffice.IsRefused("has no third seat", "CONFLICT", "admitApplication", map[string]any{"applicationId": q.apps["C"]})
	q.c.hostOffice.IsRefused("admits as if there were no condition", "CONFLICT", "admitApplication", map[string]any{"applicationId": q.apps["A"]})
	q.host("fulfilCondition", "A")
	q.later(7 * 24 * time.Hour)
	q.is("due", map[string]string{"A": "ADMITTED", "B": "LAPSED", "C": "NOMINATED"})
	q.c.hostOffice = q.Staff("Ilse", "uni-b", viewer.MobilityOfficer)
	q.host("admitApplication", "C")
	for what, due := range map[string]time.Time{"past": q.Now(), "far": q.Now().Add(367 * 24 * time.Hour)} {
		in := conditional(q.World, q.apps["B"])
		in["dueAt"] = due.Format(time.RFC3339)
		if _, field := q.c.hostOffice.refusal("admitConditionally", in); field != "input.dueAt" {
			t.Errorf("%s is refused at %s", what, field)
		}
	}
}

// Where the order gives the seats, who is nominated first has one, the next wait,
// and then there is none.
func TestTheOrderGivesSeats(t *testing.T) {
	q := newQueue(t, 1, map[string]any{"waitlist": map[string]any{"places": 1}, "admission": "AUTOMATIC"})
	q.who["L"] = q.Learner("L", "uni-a")
	late := id(q.who["L"].Does("applies", "submitApplication", map[string]any{"offeringId": q.run}))
	q.joins("uni-a", q.c.homeOffice, "A", "B")
	q.apps["L"] = late
	q.is("in order of nomination", map[string]string{"A": "ADMITTED", "B": "WAITLISTED 1", "L": "SUBMITTED"})
	q.Learner("M", "uni-a").IsRefused("finds no place", "CONFLICT", "submitApplication", map[string]any{"offeringId": q.run})
	q.c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": late})
	q.is("nothing is left", map[string]string{"L": "REFUSED_BY_HOST"})
	q.learner("A", "withdrawApplication")
	q.learner("B", "acceptSeat")
	q.is("moved up", map[string]string{"B": "ADMITTED"})
}

// Everybody who applied for an offering that is called off is moved to a stated
// end, with the reason and what is proposed instead.
func TestACancelledOfferingMovesEverybody(t *testing.T) {
	q := newQueue(t, 2, map[string]any{"waitlist": map[string]any{"places": 3}})
	q.joins("uni-a", q.c.homeOffice, "A", "B", "C", "D", "E")
	q.host("admitApplication", "A", "B")
	q.host("waitlistApplication", "C", "D")
	q.learner("B", "withdrawApplication")
	q.who["S"] = q.Learner("S", "uni-a")
	q.apps["S"] = id(q.who["S"].Does("applies", "submitApplication", map[string]any{"offeringId": q.run}))
	other := q.offering(q.c.editor, q.course(q.c.editor, "CS-2"), 5)
	in := map[string]any{"offeringId": q.run, "reason": "The teacher is ill.", "insteadId": q.run}
	q.c.editor.IsRefused("proposes the same", "INVALID", "cancelOffering", in)
	in["insteadId"] = other
	q.c.editor.Does("calls it off", "cancelOffering", in)
	q.who["C"].IsRefused("accepts a seat that is none", "CONFLICT", "acceptSeat", map[string]any{"applicationId": q.apps["C"]})
	q.settles()
	want := map[string]string{"B": "WITHDRAWN"}
	for _, name := range []string{"A", "C", "D", "E", "S"} {
		want[name] = "CANCELLED"
	}
	q.is("called off", want)
	got := q.who["A"].Asks("looks", `query($id: ID!) { application(id: $id) { reason reasonCode enrolment { state endedAt } offering { state cancelledBecause instead { id } seatsFree } } }`,
		map[string]any{"id": q.apps["A"]})
	if at(got, "application", "reason") != "The teacher is ill." || at(got, "application", "reasonCode") != "OFFERING_CANCELLED" ||
		at(got, "application", "enrolment", "state") != "CANCELLED" || at(got, "application", "offering", "instead", "id") != other ||
		at(got, "application", "offering", "cancelledBecause") != "The teacher is ill." || at(got, "application", "offering", "seatsFree") != 2.0 {
		t.Errorf("she reads %v", got)
	}
}

// What was decided about an older version is refused, and names the present one.
func TestAStaleDecisionIsRefused(t *testing.T) {
	q := newQueue(t, 2, nil)
	q.joins("uni-a", q.c.homeOffice, "A", "B")
	refusal := q.c.hostOffice.IsRefused("decides about what was", "CONFLICT", "admitApplication", map[string]any{"applicationId": q.apps["A"], "expectedVersion": 1})
	if refusal["__typename"] != "VersionError" || refusal["version"] != 2.0 || fmt.Sprint(refusal["field"]) != "[input expectedVersion]" {
		t.Errorf("refused with %v", refusal)
	}
	q.c.hostOffice.Does("decides about what is", "admitApplication", map[string]any{"applicationId": q.apps["A"], "expectedVersion": 2})

	got := q.c.hostOffice.Asks("decides about many", `mutation($input: DecideApplicationsInput!) { many: decideApplications(input: $input) { outcomes { applicationId application { state }
		errors { code field } } errors { code field } } }`, map[string]any{"input": map[string]any{"idempotencyKey": "k", "items": []map[string]any{
		{"applicationId": q.apps["A"], "decision": "ADMIT"},
		{"applicationId": q.apps["B"], "decision": "REFUSE"},
		{"applicationId": q.apps["B"], "decision": "REFUSE", "reason": "No.", "reasonCode": "LANGUAGE_LEVEL", "expectedVersion": 2},
		{"applicationId": "app_06h0hph4yvw3v2c0x5e4r7t9n8", "decision": "ADMIT"},
		{"applicationId": q.apps["B"], "decision": "ADMIT", "reason": "Why not?"},
	}}})
	var told []string
	for _, o := range at(got, "many", "outcomes").([]any) {
		told = append(told, fmt.Sprintf("%v%v", at(o, "application"), at(o, "errors")))
	}
	want := []string{
		"<nil>[map[code:CONFLICT field:[]]]", "<nil>[map[code:INVALID field:[input items 1 reason]]]", "map[state:REFUSED_BY_HOST][]",
		"<nil>[map[code:NOT_FOUND field:[input items 3 applicationId]]]", "<nil>[map[code:INVALID field:[input items 4 reason]]]",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// The history tells every step to both sides and the learner, and why to those who
// see why.
func TestHistoryIsComplete(t *testing.T) {
	q := newQueue(t, 1, map[string]any{"waitlist": map[string]any{"places": 1}})
	q.joins("uni-a", q.c.homeOffice, "A", "B")
	q.host("admitApplication", "A")
	q.host("waitlistApplication", "B")
	q.who["A"].Does("leaves", "withdrawApplication", map[string]any{"applicationId": q.apps["A"], "reason": "Ill.", "reasonCode": "PLANS_CHANGED"})
	q.learner("B", "acceptSeat")
	history := func(by *Actor, name string) (all []string) {
		got := by.Asks("looks", `query($id: ID!) { application(id: $id) { version history { number verb from to side reasonCode reason } } }`, map[string]any{"id": q.apps[name]})
		for _, s := range at(got, "application", "history").([]any) {
			all = append(all, fmt.Sprintf("%v %v: %v to %v by %v, %v, %v", at(s, "number"), at(s, "verb"), at(s, "from"), at(s, "to"), at(s, "side"), at(s, "reasonCode"), at(s, "reason")))
		}
		return all
	}
	want := []string{
		"1 application.submit: <nil> to SUBMITTED by LEARNER, <nil>, <nil>", "2 application.nominate: SUBMITTED to NOMINATED by HOME, <nil>, <nil>",
		"3 application.waitlist: NOMINATED to WAITLISTED by HOST, <nil>, <nil>", "4 application.offer_seat: WAITLISTED to OFFERED by SYSTEM, <nil>, <nil>",
		"5 application.accept_seat: OFFERED to ADMITTED by LEARNER, <nil>, <nil>",
	}
	for _, by := range []*Actor{q.who["B"], q.c.homeOffice, q.c.hostOffice} {
		if got := history(by, "B"); !slices.Equal(got, want) {
			t.Errorf("%s reads %q", by.Name, got)
		}
	}
	for by, last := range map[*Actor]string{q.c.hostOffice: "PLANS_CHANGED, Ill.", q.who["A"]: "PLANS_CHANGED, Ill.", q.c.teacher: "PLANS_CHANGED, <nil>"} {
		all := history(by, "A")
		if want := "4 application.withdraw: ADMITTED to WITHDRAWN by LEARNER, " + last; len(all) != 4 || all[3] != want {
			t.Errorf("%s reads %q, want %q", by.Name, all, want)
		}
	}
}

// seatFaults says where what is counted of an offering is not what is there.
func seatFaults(w *World, run ident.ID) (faults []string) {
	ctx, db := w.system(), w.DB.Client
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	o := db.Offering.GetX(ctx, run)
	held := []application.State{application.StateOFFERED, application.StateCONDITIONAL, application.StateADMITTED}
	seats := db.Application.Query().Where(application.OfferingID(run), application.StateIn(held...)).AllX(ctx)
	waiting := db.Application.Query().Where(application.OfferingID(run), application.StateEQ(application.StateWAITLISTED)).AllX(ctx)
	kept := 0
	for _, q := range db.SeatQuota.Query().AllX(ctx) {
		if q.OfferingID != run {
			continue
		}
		kept += q.Kept
		taken := 0
		for _, a := range seats {
			if a.HomeID == q.HomeID {
				taken++
			}
		}
		if q.SeatsTaken != taken || q.SeatsTaken > q.Seats || q.Kept < 0 || q.Kept > 0 && q.Kept != q.Seats-q.SeatsTaken {
			fault("quota of %s: %d of %d taken and %d kept, %d are there", q.HomeID, q.SeatsTaken, q.Seats, q.Kept, taken)
		}
	}
	if o.SeatsTaken != len(seats) || o.SeatsReserved != kept || o.SeatsTaken+o.SeatsReserved > o.Seats {
		fault("%d of %d seats are taken and %d reserved, %d and %d are there", o.SeatsTaken, o.Seats, o.SeatsReserved, len(seats), kept)
	}
	if o.Waiting != len(waiting) || o.Waiting > o.WaitlistPlaces {
		fault("%d of %d wait, %d are there", o.Waiting, o.WaitlistPlaces, len(waiting))
	}
	if o.State == offering.StatePUBLISHED {
		places := map[int]bool{}
		for _, a := range waiting {
			if a.Place == nil || places[*a.Place] {
				fault("%s waits at the place %v", a.ID, a.Place)
			} else {
				places[*a.Place] = true
			}
		}
	}
	for _, a := range db.Application.Query().Where(application.OfferingID(run)).AllX(ctx) {
		steps := db.ApplicationStep.Query().Where(applicationstep.ApplicationID(a.ID)).Order(applicationstep.ByNumber()).AllX(ctx)
		before := ""
		for i, s := range steps {
			if s.Number != i+1 || s.From != before {
				fault("step %d of %s is %d, from %s after %s", i+1, a.ID, s.Number, s.From, before)
			}
			before = s.To
		}
		if len(steps) != a.Version || before != string(a.State) {
			fault("%s is %s of version %d, with %d steps to %s", a.ID, a.State, a.Version, len(steps), before)
		}
	}
	return faults
}

// Two servers on one database: seats that become free at the same moment, by
// learners who leave, by more capacity and by work that both find, are each offered
// once, to who is next.
func TestTwoServersOfferEachSeatOnce(t *testing.T) {
	q := newQueue(t, 4, map[string]any{"waitlist": map[string]any{"places": 12, "offerHours": 48}})
	seated, waiting := []string{"A", "B", "C", "D"}, []string{"E", "F", "G", "H", "I", "J", "K", "L", "M"}
	q.joins("uni-a", q.c.homeOffice, append(slices.Clone(seated), waiting...)...)
	q.host("admitApplication", seated...)
	q.host("waitlistApplication", waiting...)
	second, err := app.New(q.parts)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := &World{t: t, App: second}
	var all []func()
	for i, name := range seated {
		leaves := *q.who[name]
		if i%2 == 0 {
			leaves.w = elsewhere
		}
		all = append(all, func() { leaves.Does("leaves", "withdrawApplication", map[string]any{"applicationId": q.apps[name]}) })
	}
	more := cohortOf("offeringId", q.run, 6)
	more["waitlist"] = map[string]any{"places": 12, "offerHours": 48}
	all = append(all, func() { q.c.editor.Does("adds seats", "updateOffering", more) })
	for _, server := range []*app.App{q.App, second, q.App, second} {
		all = append(all, func() {
			if _, err := server.Work.Drain(q.system(), "offering.settle"); err != nil {
				t.Error(err)
			}
		})
	}
	together(len(all), func(i int) { all[i]() })
	q.settles() // what was found by nobody before
	want := map[string]string{}
	for i, name := range waiting {
		want[name] = "OFFERED"
		if i >= 6 {
			want[name] = fmt.Sprint("WAITLISTED ", i-5)
		}
	}
	q.is("six seats came free", want)
	for _, name := range waiting[:6] {
		offers := q.DB.Client.ApplicationStep.Query().
			Where(applicationstep.ApplicationID(ident.ID(q.apps[name])), applicationstep.To(string(application.StateOFFERED))).CountX(q.system())
		if offers != 1 {
			t.Errorf("%s was offered a seat %d times", name, offers)
		}
	}
}

// Thirty learners apply at once where home and host leave it to the order: seats are
// exactly filled, the waitlist has no gap and is in the order in which the
// transactions committed, and nobody is lost.
func TestARushIsServedInOrder(t *testing.T) {
	const learners, seats, places = 30, 10, 20
	q := newQueue(t, seats, map[string]any{"admission": "AUTOMATIC", "waitlist": map[string]any{"places": places}})
	q.Staff("Mona", "uni-a", viewer.MobilityOfficer).Does("lets everybody go", "setAdmissionPolicy",
		map[string]any{"institutionId": q.Institution("uni-a"), "nomination": "AUTOMATIC"})
	var who []*Actor
	for i := range learners {
		who = append(who, q.Learner(fmt.Sprint("L", i), "uni-a"))
	}
	apps := make([]string, learners)
	together(learners, func(i int) {
		apps[i] = id(who[i].Does("applies", "submitApplication", map[string]any{"offeringId": q.run}))
	})
	states := map[application.State]int{}
	for _, a := range q.DB.Client.Application.Query().AllX(q.system()) {
		states[a.State]++
	}
	if len(states) != 2 || states[application.StateADMITTED] != seats || states[application.StateWAITLISTED] != places {
		t.Errorf("of %d learners %v", learners, states)
	}
	q.agrees("after the rush")
	waiting := q.DB.Client.Application.Query().Where(application.StateEQ(application.StateWAITLISTED)).Order(application.ByPlace()).AllX(q.system())
	last := ident.ID("")
	for i, a := range waiting {
		step := q.DB.Client.ApplicationStep.Query().Where(applicationstep.ApplicationID(a.ID), applicationstep.To(string(application.StateWAITLISTED))).OnlyX(q.system())
		if *a.Place != i+1 || step.ID < last {
			t.Errorf("place %d is the %dth", *a.Place, i+1)
		}
		last = step.ID
	}
}
