package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// tender is a call with offerings of so many seats each, in its order.
func (w *World) tender(c cast, choices int, seats ...int) (call string, runs []string) {
	w.t.Helper()
	call = id(c.editor.Does("makes a call", "createCall", map[string]any{"institutionId": w.Institution("uni-b"), "title": english("Summer school"), "choices": choices}))
	for i, n := range seats {
		run := cohort(w.course(c.editor, fmt.Sprint(call[len(call)-6:], "-", i)), n)
		run["callId"], run["waitlist"] = call, map[string]any{"places": 5}
		planned := id(c.editor.Does("plans", "createOffering", run))
		c.editor.Does("opens it", "publishOffering", map[string]any{"offeringId": planned})
		runs = append(runs, planned)
	}
	return call, runs
}

func (a *Actor) chooses(run string, preference int) string {
	a.w.t.Helper()
	return id(a.Does("chooses", "submitApplication", map[string]any{"offeringId": run, "preference": preference}))
}

func (w *World) stateOf(app string) string {
	return string(w.DB.Client.Application.GetX(w.system(), ident.ID(app)).State)
}

func (w *World) does(kinds ...string) {
	w.t.Helper()
	for _, kind := range kinds {
		if _, err := w.App.Work.Drain(w.system(), kind); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Who gets a seat gives up the choices that they like less, whatever has become of
// them so far, and whoever waited there is next; those that they like more go on.
func TestASeatEndsTheChoicesBelowIt(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	_, runs := w.tender(c, 4, 1, 1, 1, 1)
	ada, eve := w.Learner("Ada", "uni-a"), w.Learner("Eve", "uni-a")
	var apps []string
	for i, run := range runs {
		apps = append(apps, ada.chooses(run, i+1))
	}
	next := eve.chooses(runs[2], 1)
	for _, app := range append(slices.Clone(apps[1:]), next) {
		c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	}
	c.hostOffice.Does("holds a seat", "admitConditionally", conditional(w, apps[2]))
	c.hostOffice.Does("lets her wait", "waitlistApplication", map[string]any{"applicationId": next})
	c.hostOffice.Does("admits her", "admitApplication", map[string]any{"applicationId": apps[1]})
	if got := w.stateOf(apps[2]); got != "CONDITIONAL" {
		t.Fatalf("before the work is done the third choice is %s", got)
	}
	w.does("application.choose")
	for i, want := range []string{"SUBMITTED", "ADMITTED", "WITHDRAWN", "WITHDRAWN"} {
		if got := w.stateOf(apps[i]); got != want {
			t.Errorf("choice %d is %s, want %s", i+1, got, want)
		}
	}
	if got := w.stateOf(next); got != "OFFERED" {
		t.Errorf("who waited for the third choice is %s", got)
	}
	got := ada.Asks("looks", `query($id: ID!) { application(id: $id) { reasonCode preference call { choices } } }`, map[string]any{"id": apps[2]})
	if at(got, "application", "reasonCode") != "SEAT_ELSEWHERE" || at(got, "application", "preference") != 3.0 || at(got, "application", "call", "choices") != 4.0 {
		t.Errorf("the third choice says %v", got)
	}
	for _, run := range runs {
		if faults := seatFaults(w, ident.ID(run)); len(faults) > 0 {
			t.Error(faults)
		}
	}
	// The first choice may still come through; what she has is hers until she leaves it.
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": apps[0]})
	c.hostOffice.Does("admits her", "admitApplication", map[string]any{"applicationId": apps[0]})
	w.does("application.choose")
	if got := w.stateOf(apps[1]); got != "ADMITTED" {
		t.Errorf("the second choice, in which she has a seat, is %s", got)
	}
}

func TestChoicesHaveDifferentPreferences(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	call, runs := w.tender(c, 2, 3, 3, 3)
	alone := w.offering(c.editor, w.course(c.editor, "ALONE"), 3)
	ada := w.Learner("Ada", "uni-a")
	for name, tt := range map[string]struct {
		code string
		in   map[string]any
	}{
		"without a preference": {"INVALID", map[string]any{"offeringId": runs[0]}},
		"with none there is":   {"INVALID", map[string]any{"offeringId": runs[0], "preference": 3}},
		"with zero":            {"INVALID", map[string]any{"offeringId": runs[0], "preference": 0}},
		"outside of a call":    {"INVALID", map[string]any{"offeringId": alone, "preference": 1}},
	} {
		if code, field := ada.refusal("submitApplication", tt.in); code != tt.code || field != "input.preference" {
			t.Errorf("%s: %s at %s", name, code, field)
		}
	}
	ada.Does("begins", "saveDraft", map[string]any{"offeringId": runs[0], "preference": 1})
	first := id(ada.Does("submits it", "submitApplication", map[string]any{"offeringId": runs[0], "fromDraft": true}))
	if code, field := ada.refusal("submitApplication", map[string]any{"offeringId": runs[1], "preference": 1}); code != "CONFLICT" || field != "input.preference" {
		t.Errorf("the same preference: %s at %s", code, field)
	}
	second := ada.chooses(runs[1], 2)
	c.editor.IsRefused("takes a choice away", "CONFLICT", "updateCall", map[string]any{"callId": call, "title": english("Summer"), "choices": 1})
	c.editor.Does("adds one", "updateCall", map[string]any{"callId": call, "title": english("Summer"), "choices": 3})
	third := ada.chooses(runs[2], 3)

	for name, order := range map[string][]string{"one is missing": {first, second}, "one twice": {first, second, second}} {
		if code, field := ada.refusal("reorderChoices", map[string]any{"callId": call, "applicationIds": order}); code != "INVALID" || field != "input.applicationIds" {
			t.Errorf("%s: %s at %s", name, code, field)
		}
	}
	w.Learner("Eve", "uni-a").IsRefused("orders those of others", "CONFLICT", "reorderChoices", map[string]any{"callId": call, "applicationIds": []string{first, second, third}})
	ada.Does("orders them", "reorderChoices", map[string]any{"callId": call, "applicationIds": []string{third, first, second}})
	for app, want := range map[string]int{third: 1, first: 2, second: 3} {
		if got := w.DB.Client.Application.GetX(w.system(), ident.ID(app)).Preference; got == nil || *got != want {
			t.Errorf("%s is choice %v, want %d", app, got, want)
		}
	}
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": third})
	c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": third})
	ada.IsRefused("orders too late", "CONFLICT", "reorderChoices", map[string]any{"callId": call, "applicationIds": []string{first, second, third}})
	w.does("application.choose")
	if first, second := w.stateOf(first), w.stateOf(second); first != "WITHDRAWN" || second != "WITHDRAWN" {
		t.Errorf("the others are %s and %s", first, second)
	}
	again := ada.chooses(runs[0], 2) // the preference is free again
	if w.stateOf(again) != "SUBMITTED" {
		t.Error("she cannot apply anew")
	}
}

func TestWhoMakesCalls(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	call, runs := w.tender(c, 2, 3)
	for _, bad := range []map[string]any{
		{"title": english("x"), "choices": 0}, {"title": english("x"), "choices": 21}, {"title": []any{}, "choices": 1},
	} {
		bad["institutionId"] = w.Institution("uni-b")
		c.editor.IsRefused("makes a bad one", "INVALID", "createCall", bad)
	}
	c.hostOffice.IsRefused("has no right", "FORBIDDEN", "createCall", map[string]any{"institutionId": w.Institution("uni-b"), "title": english("x"), "choices": 1})
	w.Staff("Editor of C", "uni-c", viewer.CourseEditor).IsRefused("changes another's", "FORBIDDEN", "updateCall", map[string]any{"callId": call, "title": english("x"), "choices": 1})
	change := cohortOf("offeringId", runs[0], 3)
	change["waitlist"] = map[string]any{"places": 5}
	if code, field := c.editor.refusal("updateOffering", change); code != "CONFLICT" || field != "input.callId" {
		t.Errorf("a published offering leaves its call: %s at %s", code, field)
	}
	got := w.Nobody().Asks("looks", `query($id: ID!, $at: ID!) { call(id: $id) { title { text } choices institution { id } offerings(first: 5) { nodes { id call { id } } } }
		calls(institutionId: $at) { totalCount nodes { id } } }`, map[string]any{"id": call, "at": w.Institution("uni-b")})
	if at(got, "call", "offerings", "nodes", 0, "id") != runs[0] || at(got, "call", "offerings", "nodes", 0, "call", "id") != call || at(got, "calls", "totalCount") != 1.0 {
		t.Errorf("the call is %v", got)
	}
}

// Home ranks those who wait for it; nobody else sees the ranks.
func TestHomeRanksItsApplicants(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	run := w.offering(c.editor, w.course(c.editor, "CS-1"), 3)
	var apps []string
	learners := map[string]*Actor{}
	for _, name := range []string{"A", "B", "C"} {
		learners[name] = w.Learner(name, "uni-a")
		apps = append(apps, id(learners[name].Does("applies", "submitApplication", map[string]any{"offeringId": run})))
	}
	other := id(w.Learner("D", "uni-c").Does("applies", "submitApplication", map[string]any{"offeringId": run}))
	here := w.Institution("uni-a")
	rank := func(ids ...string) map[string]any {
		return map[string]any{"offeringId": run, "homeId": here, "applicationIds": ids}
	}
	for name, tt := range map[string]struct {
		ids   []string
		field string
	}{"of another home": {[]string{apps[0], other}, "input.applicationIds.1"}, "twice": {[]string{apps[0], apps[0]}, "input.applicationIds.1"}} {
		if code, field := c.homeOffice.refusal("rankApplications", rank(tt.ids...)); code != "INVALID" || field != tt.field {
			t.Errorf("%s: %s at %s", name, code, field)
		}
	}
	c.homeOffice.Does("ranks", "rankApplications", rank(apps[2], apps[0], apps[1]))
	c.homeOffice.Does("ranks anew", "rankApplications", rank(apps[1], apps[2]))
	seen := func(a *Actor, app string) any {
		return at(a.Asks("looks", `query($id: ID!) { application(id: $id) { homeRank } }`, map[string]any{"id": app}), "application", "homeRank")
	}
	for i, want := range []any{nil, 1.0, 2.0} {
		if got := seen(c.homeOffice, apps[i]); got != want {
			t.Errorf("rank %d is %v, want %v", i, got, want)
		}
	}
	if got := seen(learners["B"], apps[1]); got != nil {
		t.Errorf("the learner sees the rank %v", got)
	}
	for _, a := range []*Actor{c.hostOffice, learners["A"], w.Staff("Office of C", "uni-c", viewer.MobilityOfficer)} {
		if code := a.codeOf("rankApplications", rank(apps[0])); code != "FORBIDDEN" {
			t.Errorf("%s ranks: %s", a.Name, code)
		}
	}
	c.homeOffice.Does("nominates the first", "nominateApplication", map[string]any{"applicationId": apps[1]})
	if got := seen(c.hostOffice, apps[1]); got != nil {
		t.Errorf("the host sees the rank %v", got)
	}
	c.homeOffice.IsRefused("ranks who is nominated", "INVALID", "rankApplications", rank(apps[1]))
	if n := w.DB.Client.Application.Query().Where(application.RankNotNil()).CountX(w.system()); n != 2 {
		t.Errorf("%d have a rank", n)
	}
	p := w.Program("uni-a", "sis", "application.nominate").Actor()
	p.Does("ranks as a program", "rankApplications", rank(apps[0], apps[2]))
}
