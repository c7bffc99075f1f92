package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Students may apply before everybody else, alumni after them; each window opens
// and closes to the very instant, for the viewer it is meant for.
func TestWindowsOpenPerAudience(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	plan := cohort(w.course(editor, "CS-1"), 50)
	plan["opensAt"], plan["closesAt"] = "2027-02-10T12:00:00", "2027-02-10T18:00:00"
	plan["windows"] = []map[string]any{
		{"audience": "ALUMNI", "opensAt": "2027-02-10T14:00:00", "closesAt": "2027-02-10T20:00:00"},
		{"audience": "STUDENTS", "opensAt": "2027-02-10T11:00:00", "closesAt": "2027-02-10T17:00:00"},
	}
	off := id(editor.Does("plans it", "createOffering", plan))
	editor.Does("publishes it", "publishOffering", map[string]any{"offeringId": off})
	const tick = time.Microsecond
	hour := func(h int) time.Time { return time.Date(2027, 2, 10, h-1, 0, 0, 0, time.UTC) } // Berlin is an hour ahead
	n := 0
	for _, tt := range []struct {
		kind          string
		opens, closes int // hours in Berlin
		audience      any
	}{{"student", 11, 17, "STUDENTS"}, {"alum", 14, 20, "ALUMNI"}, {"employee", 12, 18, nil}} {
		for _, moment := range []struct {
			now  time.Time
			want string
		}{
			{hour(tt.opens).Add(-tick), "OPENS_LATER"}, {hour(tt.opens), "OPEN"}, {hour(tt.closes).Add(-tick), "OPEN"}, {hour(tt.closes), "CLOSED"},
		} {
			w.SetClock(moment.now)
			n++
			who := w.person(fmt.Sprintf("P%d", n), "uni-a", tt.kind)
			data := who.Asks(
				"looks",
				`query($id: ID!) { offering(id: $id) { availability viewerWindow { audience opensAt closesAt opensAtLocal closesAtLocal } } }`,
				map[string]any{"id": off},
			)
			if got := at(data, "offering", "availability"); got != moment.want {
				t.Errorf("%s at %v: %v, want %s", tt.kind, moment.now, got, moment.want)
			}
			window := at(data, "offering", "viewerWindow")
			if at(window, "audience") != tt.audience || at(window, "opensAt") != hour(tt.opens).Format(time.RFC3339) ||
				at(window, "closesAtLocal") != fmt.Sprintf("2027-02-10T%d:00:00", tt.closes) {
				t.Errorf("%s sees the window %v", tt.kind, window)
			}
			input := map[string]any{"offeringId": off}
			if moment.want == "OPEN" {
				who.Does("applies", "submitApplication", input)
				continue
			}
			refusal := who.IsRefused("cannot apply", "CONFLICT", "submitApplication", input)
			if refusal["__typename"] != "DeadlineError" || refusal["opensAt"] != hour(tt.opens).Format(time.RFC3339) ||
				refusal["closesAt"] != hour(tt.closes).Format(time.RFC3339) {
				t.Errorf("%s is told %v", tt.kind, refusal)
			}
		}
	}
	w.SetClock(hour(13))
	w.Golden("windows.json", w.Nobody().Asks("looks", `query($id: ID!) { viewer { audiences } offering(id: $id) { availability opensAt closesAt timeZone
		viewerWindow { audience opensAt closesAt opensAtLocal closesAtLocal } windows { audience opensAt closesAt opensAtLocal closesAtLocal } } }`, map[string]any{"id": off}))
	w.SetClock(hour(17))
	w.person("Doppel", "uni-a", "student")
	several := w.person("Doppel", "uni-a", "alum") // the same account, with a second affiliation
	data := several.Asks("looks", `query($id: ID!) { viewer { audiences } offering(id: $id) { availability viewerWindow { audience } } }`, map[string]any{"id": off})
	if got := at(data, "offering"); at(got, "availability") != "OPEN" || at(got, "viewerWindow", "audience") != "ALUMNI" {
		t.Errorf("a student who is an alum, too, sees %v", data)
	}
}

// Local times decide in their zone: one that the clock skips is refused, of one
// that it repeats the first is meant, and the hour of a day differs over a year.
func TestDeadlinesKeepToSummerTime(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	plan := cohort(w.course(editor, "CS-1"), 5)
	plan["opensAt"], plan["closesAt"] = "2027-03-28T02:30:00", "2027-10-31T02:30:00"
	plan["startsOn"], plan["endsOn"] = "2027-03-28", "2027-12-31"
	plan["sessions"] = []map[string]any{{"startsAt": "2027-03-28T02:00:00", "endsAt": "2027-03-28T04:00:00"}}
	if got := editor.refusedAt("opens it in a gap", "createOffering", plan); fmt.Sprint(got) != "[opensAt sessions.0.startsAt]" {
		t.Errorf("refused at %v", got)
	}
	plan["opensAt"] = "2027-03-28T03:00:00"
	plan["sessions"] = []map[string]any{
		{"startsAt": "2027-12-01T10:00:00", "endsAt": "2027-12-01T12:00:00", "title": []map[string]any{{"language": "en", "text": "Winter"}}},
		{"startsAt": "2027-07-01T10:00:00", "endsAt": "2027-07-01T12:00:00", "place": []map[string]any{{"language": "en", "text": "Garden"}}},
		{"startsAt": "2027-03-28T01:00:00", "endsAt": "2027-03-28T03:00:00"},
	}
	off := id(editor.Does("plans it", "createOffering", plan))
	w.Golden("summertime.json", editor.Asks("looks", `query($id: ID!) { offering(id: $id) { opensAt opensAtLocal closesAt closesAtLocal
		sessions { startsAt endsAt startsAtLocal endsAtLocal title { text } place { text } } waitlist { places } } }`, map[string]any{"id": off}))
}

// All contradictions of an offering are told at once, each with its field.
func TestContradictionsAreToldAtOnce(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	plan := cohort(w.course(editor, "CS-1"), 5)
	plan["closesAt"], plan["endsOn"], plan["feeCents"] = "2027-01-31T00:00:00", "2027-03-01", -1
	plan["windows"] = []map[string]any{
		{"audience": "STUDENTS", "opensAt": "2027-02-02T00:00:00"},
		{"audience": "STUDENTS", "opensAt": "2027-02-02T00:00:00", "closesAt": "2027-02-01T00:00:00"},
	}
	plan["quotas"] = []map[string]any{{"institutionId": w.Institution("uni-a"), "seats": 6}, {"institutionId": w.Institution("uni-a"), "seats": 1}}
	plan["waitlist"] = map[string]any{"places": -1, "order": "DRAW", "offerHours": 0}
	plan["sessions"] = []map[string]any{{"startsAt": "2027-04-01T12:00:00", "endsAt": "2027-04-01T10:00:00"}}
	w.Golden("contradictions.json", editor.Tries("contradicts herself", "createOffering", plan)["errors"])
	plan = cohort(plan["courseId"].(string), 5)
	plan["quotas"] = []map[string]any{{"institutionId": w.Institution("uni-b"), "seats": 1}, {"institutionId": "ins_06h0hph4yvw3v2c0x5e4r7t9n8", "seats": 1}}
	if got := editor.refusedAt("names partners that are none", "createOffering", plan); fmt.Sprint(got) != "[quotas.0.institutionId quotas.1.institutionId]" {
		t.Errorf("refused at %v", got)
	}
	if n := w.DB.Client.Offering.Query().CountX(w.system()); n != 0 {
		t.Errorf("%d offerings were made", n)
	}
}

// A draft of an offering may change in every way; a published one only in ways
// that its learners can bear.
func TestOfferingChangesWithinWhatLearnersCanBear(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	off := id(c.editor.Does("plans it", "createOffering", cohort(course, 5)))
	update := func(change func(map[string]any)) map[string]any {
		in := cohortOf("offeringId", off, 5)
		in["quotas"] = []map[string]any{{"institutionId": w.Institution("uni-a"), "seats": 3}}
		if change != nil {
			change(in)
		}
		return in
	}
	events := func() (told []string) {
		for _, e := range w.DB.Client.OutboxEvent.Query().Where(outboxevent.Type("offering.edit")).Order(outboxevent.ByID()).AllX(w.system()) {
			told = append(told, string(e.Audience))
		}
		return told
	}
	got := c.editor.Does("changes the draft", "updateOffering", update(func(in map[string]any) {
		in["schedule"], in["language"], in["timeZone"], in["seats"] = "ON_DEMAND", "de", "Europe/Prague", 9
		in["closesAt"], in["startsOn"], in["endsOn"] = nil, nil, nil
	}))
	if got["language"] != "de" || got["seats"] != 9.0 || got["closesAt"] != nil || got["endsOn"] != nil || at(got, "quotas", 0, "seats") != 3.0 {
		t.Errorf("the draft became %v", got)
	}
	c.editor.Does("changes her mind", "updateOffering", update(nil))
	c.editor.Does("publishes it", "publishOffering", map[string]any{"offeringId": off})
	for i := range 2 {
		c.ada = w.Learner(fmt.Sprintf("L%d", i), "uni-a")
		w.enrolled(c, off)
	}

	forbidden := update(func(in map[string]any) {
		in["schedule"], in["language"], in["mode"], in["feeCents"], in["feeCurrency"], in["seats"] = "ON_DEMAND", "de", "BLENDED", 100, "CZK", 1
		in["closesAt"], in["waitlist"] = "2027-02-20T00:00:00", map[string]any{"places": 3, "order": "DRAW"}
		in["quotas"], in["windows"] = nil, []map[string]any{{"audience": "STUDENTS", "opensAt": "2027-02-01T00:00:00", "closesAt": "2027-02-15T00:00:00"}}
	})
	w.Golden("published-offering.json", c.editor.Tries("changes too much", "updateOffering", forbidden)["errors"])
	if got := c.editor.refusedAt("takes seats away from a partner", "updateOffering", update(func(in map[string]any) {
		in["quotas"] = []map[string]any{{"institutionId": w.Institution("uni-a"), "seats": 1}}
	})); fmt.Sprint(got) != "[quotas.0.seats]" {
		t.Errorf("refused at %v", got)
	}

	got = c.editor.Does("extends it", "updateOffering", update(func(in map[string]any) {
		in["closesAt"], in["endsOn"], in["seats"] = "2027-03-05T23:00:00", "2027-07-31", 2
		in["windows"] = []map[string]any{{"audience": "ALUMNI", "opensAt": "2027-02-01T00:00:00", "closesAt": "2027-03-10T00:00:00"}}
		in["sessions"] = []map[string]any{{"startsAt": "2027-04-01T10:00:00", "endsAt": "2027-04-01T12:00:00"}}
		in["quotas"] = []map[string]any{{"institutionId": w.Institution("uni-a"), "seats": 2}, {"institutionId": w.Institution("uni-c"), "seats": 1}}
		in["place"], in["funding"] = []map[string]any{{"language": "en", "text": "Hall"}}, []map[string]any{{"language": "en", "text": "Nobody"}}
	}))
	want := fmt.Sprintf("map[availability:FULL closesAt:2027-03-05T22:00:00Z endsOn:2027-07-31 id:%s language:en "+
		"quotas:[map[institution:map[id:%s] seats:2 seatsFree:0] map[institution:map[id:%s] seats:1 seatsFree:1]] "+
		"seats:2 seatsFree:0 sessions:[map[startsAt:2027-04-01T08:00:00Z]] state:PUBLISHED windows:[map[audience:ALUMNI closesAt:2027-03-09T23:00:00Z]]]",
		off, w.Institution("uni-a"), w.Institution("uni-c"))
	// The editor, a member of staff, has the general window, in which no seat is free.
	if fmt.Sprint(got) != want {
		t.Errorf("the offering became\n%v, want\n%s", got, want)
	}
	if told := events(); !slices.Equal(told, []string{"PARTIES", "PARTIES", "PUBLIC"}) {
		t.Errorf("changes are told to %v", told)
	}

	w.SetClock(time.Date(2027, 3, 5, 22, 0, 0, 0, time.UTC)) // closed, so it may be opened again
	c.editor = w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	got = c.editor.Does("opens it again", "updateOffering", update(func(in map[string]any) {
		in["opensAt"], in["closesAt"] = "2027-04-01T00:00:00", "2027-04-02T00:00:00"
		in["windows"] = []map[string]any{{"audience": "ALUMNI", "opensAt": "2027-02-01T00:00:00", "closesAt": "2027-03-10T00:00:00"}}
	}))
	if got["availability"] != "OPENS_LATER" || len(got["quotas"].([]any)) != 1 {
		t.Errorf("opened again as %v", got)
	}
	c.editor.Does("calls it off", "cancelOffering", map[string]any{"offeringId": off})
	if refusal := c.editor.IsRefused("cannot change it any more", "CONFLICT", "updateOffering", update(nil)); refusal["from"] != "CANCELLED" {
		t.Errorf("refused with %v", refusal)
	}
}

// Staff list offerings by state; nobody else sees drafts, whatever they ask for.
func TestOfferingsByState(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	draft := id(c.editor.Does("plans one", "createOffering", cohort(course, 5)))
	published := w.offering(c.editor, course, 5)
	for _, tt := range []struct {
		who    *Actor
		states string
		want   []string
	}{
		{c.editor, "DRAFT", []string{draft}}, {c.editor, "PUBLISHED", []string{published}}, {c.editor, "DRAFT, PUBLISHED", []string{published, draft}},
		{c.ada, "DRAFT", nil}, {c.ada, "DRAFT, PUBLISHED", []string{published}}, {w.Nobody(), "CANCELLED", nil},
	} {
		data := tt.who.Asks("lists", `{ offerings(filter: { states: [`+tt.states+`] }) { nodes { id } } }`, nil)
		var got []string
		for _, n := range at(data, "offerings", "nodes").([]any) {
			got = append(got, at(n, "id").(string))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s lists %s: %v, want %v", tt.who.Name, tt.states, got, tt.want)
		}
	}
}

// Forty applicants of one partner, ten seats, five of them at most for this
// partner, all admitted at once: five get one, on every database, and both
// counters agree with the rows. Another partner's learners have the rest.
func TestQuotaOfFiveForFortyRivals(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	plan := cohort(w.course(c.editor, "CS-1"), 10)
	plan["quotas"] = []map[string]any{{"institutionId": w.Institution("uni-a"), "seats": 5}}
	off := id(c.editor.Does("plans it", "createOffering", plan))
	c.editor.Does("publishes it", "publishOffering", map[string]any{"offeringId": off})
	others := w.Staff("Olena", "uni-c", "MOBILITY_OFFICER")
	nominated := func(name, uni string, office *Actor) string {
		app := id(w.Learner(name, uni).Does("applies", "submitApplication", map[string]any{"offeringId": off}))
		office.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
		return app
	}
	apps := make([]string, 40)
	for i := range apps {
		apps[i] = nominated(fmt.Sprintf("L%d", i), "uni-a", c.homeOffice)
	}
	officers := make([]*Actor, 12)
	for i := range officers {
		officers[i] = w.Staff(fmt.Sprintf("O%d", i), "uni-b", "MOBILITY_OFFICER")
	}
	answers := make([]map[string]any, len(apps))
	together(len(apps), func(i int) {
		answers[i] = officers[i%len(officers)].Tries("admits", "admitApplication", map[string]any{"applicationId": apps[i]})
	})
	admitted := ""
	won := 0
	for i, a := range answers {
		if a["application"] != nil {
			won++
			admitted = apps[i]
			continue
		}
		if refusal := at(a, "errors", 0).(map[string]any); refusal["__typename"] != "CapacityError" || refusal["seats"] != 5.0 {
			t.Errorf("a loser is told %v", refusal)
		}
	}
	agree := func(what string, home, all int) {
		t.Helper()
		ctx, db := w.system(), w.DB.Client
		rows := db.Application.Query().Where(application.StateEQ(application.StateADMITTED), application.HomeID(w.Institution("uni-a"))).CountX(ctx)
		quota := db.SeatQuota.Query().Where(seatquota.OfferingID(ident.ID(off)), seatquota.HomeID(w.Institution("uni-a"))).OnlyX(ctx).SeatsTaken
		seats := db.Offering.Query().Where(offering.ID(ident.ID(off))).OnlyX(ctx).SeatsTaken
		if rows != home || quota != home || seats != all {
			t.Errorf("%s: %d applications, quota %d, seats %d; want %d, %d, %d", what, rows, quota, seats, home, home, all)
		}
	}
	if won != 5 {
		t.Errorf("%d were admitted, want 5", won)
	}
	agree("after the race", 5, 5)
	other := nominated("Vira", "uni-c", others)
	c.hostOffice.Does("admits her of another partner", "admitApplication", map[string]any{"applicationId": other})
	agree("with another partner", 5, 6)

	// A seat that is given back is the partner's again.
	rival := apps[slices.IndexFunc(answers, func(a map[string]any) bool { return a["application"] == nil })]
	app := w.DB.Client.Application.GetX(w.system(), ident.ID(admitted))
	winner := &Actor{w: w, Name: "the winner"}
	for i := range apps {
		if apps[i] == string(app.ID) {
			winner = w.Learner(fmt.Sprintf("L%d", i), "uni-a")
		}
	}
	winner.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": admitted})
	agree("given back", 4, 5)
	c.hostOffice.Does("admits another", "admitApplication", map[string]any{"applicationId": rival})
	agree("given to another", 5, 6)
}

// A quota that is set while seats are taken counts these, and one that is
// removed binds nobody.
func TestQuotaCountsWhoIsThere(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	w.enrolled(c, off)
	c.ada = w.Learner("Bela", "uni-a")
	withdrawn, _ := w.enrolled(c, off)
	quota := func(seats int) map[string]any {
		in := cohortOf("offeringId", off, 5)
		in["quotas"] = []map[string]any{{"institutionId": w.Institution("uni-a"), "seats": seats}}
		return in
	}
	if got := c.editor.Does("sets a quota", "updateOffering", quota(2)); at(got, "quotas", 0, "seatsFree") != 0.0 {
		t.Errorf("the quota is %v", got["quotas"])
	}
	c.ada.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": withdrawn})
	app := w.Learner("Dora", "uni-a").Does("applies", "submitApplication", map[string]any{"offeringId": off})
	c.ada = w.Learner("Cyril", "uni-a")
	w.enrolled(c, off)
	if refusal := w.Learner("Emil", "uni-a").IsRefused("applies", "CONFLICT", "submitApplication", map[string]any{"offeringId": off}); refusal["seats"] != 2.0 {
		t.Errorf("without a seat of the quota he is told %v", refusal)
	}
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": id(app)})
	c.hostOffice.IsRefused("has no seat for the partner", "CONFLICT", "admitApplication", map[string]any{"applicationId": id(app)})
	c.editor.Does("removes the quota", "updateOffering", cohortOf("offeringId", off, 5))
	c.hostOffice.Does("admits her", "admitApplication", map[string]any{"applicationId": id(app)})
}
