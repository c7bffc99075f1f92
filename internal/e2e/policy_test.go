package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A scope has one policy, also when several officers set it at once, and the
// last one holds as a whole.
func TestAScopeHasOnePolicy(t *testing.T) {
	w := NewWorld(t)
	at, partner := w.Institution("uni-a"), w.Institution("uni-b")
	officer := w.Staff("Mona", "uni-a", viewer.MobilityOfficer)
	var rivals sync.WaitGroup
	for n := range 3 { // as many as one person may ask at once
		rivals.Go(func() {
			if code := officer.codeOf("setAdmissionPolicy", map[string]any{"institutionId": at, "partnerId": partner, "homeDays": n + 1, "ectsPerTerm": "10"}); code != "done" {
				t.Errorf("rival %d: %s", n, code)
			}
		})
	}
	rivals.Wait()
	if n := w.DB.Client.AdmissionPolicy.Query().Where(admissionpolicy.InstitutionID(at)).CountX(w.system()); n != 1 {
		t.Fatalf("%d policies for one scope", n)
	}
	officer.Does("sets it anew", "setAdmissionPolicy", map[string]any{"institutionId": at, "partnerId": partner, "nomination": "IF_ELIGIBLE", "homeDays": 5})
	general := officer.Does("sets one for all", "setAdmissionPolicy", map[string]any{"institutionId": at, "hostDays": 30, "terms": []string{"09-01", "02-01"}})
	all, err := policy.ForAll(w.system(), w.DB.Client, []policy.Case{
		{InstitutionID: at, PartnerID: partner, Kind: course.KindCOURSE},
		{InstitutionID: at, PartnerID: w.Institution("uni-c"), Kind: course.KindCOURSE},
		{InstitutionID: partner, PartnerID: at, Kind: course.KindCOURSE},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := all[0]; r.HomeDays != 5 || r.ECTSPerTerm != nil || r.Nomination != admissionpolicy.NominationIF_ELIGIBLE {
		t.Errorf("for the partner: %+v", r)
	}
	if r := all[1]; r.HostDays != 30 || fmt.Sprint(r.Terms) != "[02-01 09-01]" {
		t.Errorf("for others: %+v", r)
	}
	if r := all[2]; fmt.Sprint(r) != fmt.Sprint(policy.Default()) {
		t.Errorf("without any: %+v", r)
	}
	remove := map[string]any{"policyId": id(general), "idempotencyKey": "once"}
	officer.Does("removes it", "removeAdmissionPolicy", remove)
	officer.Does("sends that again", "removeAdmissionPolicy", remove)
	rest, err := policy.For(w.system(), w.DB.Client, at, w.Institution("uni-c"), course.KindCOURSE)
	if err != nil || rest.HostDays != 14 {
		t.Errorf("after its removal: %+v, %v", rest, err)
	}
}

// Each bound names its field.
func TestBoundsOfAPolicy(t *testing.T) {
	w := NewWorld(t)
	at := w.Institution("uni-a")
	officer := w.Staff("Mona", "uni-a", viewer.MobilityOfficer)
	for field, values := range map[string][]any{
		"homeDays": {0, 181}, "hostDays": {0, 181}, "remindDays": {-1, 61}, "escalateDays": {-1, 91}, "ectsPerTerm": {"0.49", "60.5"},
		"nominationsPerOffering": {0, 100001}, "terms": {[]string{"02-29"}, []string{"10-01", "10-01"}}, "partnerId": {at},
	} {
		for _, value := range values {
			if code, named := officer.refusal("setAdmissionPolicy", map[string]any{"institutionId": at, field: value}); code != "INVALID" || named != "input."+field {
				t.Errorf("%s %v: %s at %q", field, value, code, named)
			}
		}
	}
	officer.IsRefused("for another", "FORBIDDEN", "setAdmissionPolicy", map[string]any{"institutionId": w.Institution("uni-b")})
	officer.IsRefused("with nobody", "NOT_FOUND", "setAdmissionPolicy", map[string]any{"institutionId": at, "partnerId": "ins_06h0hph4yvw3v2c0x5e4r7t9n8"})
	officer.Does("all at the edge", "setAdmissionPolicy", map[string]any{"institutionId": at, "homeDays": 180, "hostDays": 1, "remindDays": 60,
		"escalateDays": 90, "ectsPerTerm": "0.5", "nominationsPerOffering": 100000})
}

// Who may set a policy may remove it, and nobody else.
func TestWhoRemovesAPolicy(t *testing.T) {
	w := NewWorld(t)
	at := w.Institution("uni-a")
	set := w.Staff("Mona", "uni-a", viewer.MobilityOfficer).Does("sets one", "setAdmissionPolicy", map[string]any{"institutionId": at})
	remove := map[string]any{"policyId": id(set)}
	for _, held := range viewer.Roles {
		switch held {
		case viewer.MobilityOfficer, viewer.Administrator, viewer.AllianceAdministrator:
		case viewer.Auditor:
			w.Staff("Aura", "uni-c", held).IsRefused("removes it", "NOT_FOUND", "removeAdmissionPolicy", remove)
		default:
			w.Staff("S-"+string(held), "uni-a", held).IsRefused("removes it", "FORBIDDEN", "removeAdmissionPolicy", remove)
		}
	}
	w.Staff("Otto", "uni-b", viewer.Administrator).IsRefused("removes it", "NOT_FOUND", "removeAdmissionPolicy", remove)
	w.Learner("Ada", "uni-a").IsRefused("removes it", "NOT_FOUND", "removeAdmissionPolicy", remove)
}

// A home may nominate by itself, only whom nothing stands against, and no more
// learners or credits than it allows; what is over that waits for people.
func TestHomeNominatesByItsPolicy(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 9)
	officer := w.Staff("Mona", "uni-a", viewer.MobilityOfficer)
	policy := map[string]any{"institutionId": w.Institution("uni-a"), "partnerId": w.Institution("uni-b"), "nomination": "AUTOMATIC", "nominationsPerOffering": 2}
	officer.Does("sets it", "setAdmissionPolicy", policy)
	submit := func(name, offering string) (*Actor, string, string) {
		l := w.Learner(name, "uni-a")
		app := l.Does("applies", "submitApplication", map[string]any{"offeringId": offering})
		return l, id(app), fmt.Sprint(app["state"])
	}
	var apps []string
	for i, want := range []string{"NOMINATED", "NOMINATED", "SUBMITTED"} {
		_, app, state := submit(fmt.Sprintf("L%d", i), off)
		if apps = append(apps, app); state != want {
			t.Errorf("number %d is %s, want %s", i, state, want)
		}
	}
	officer.IsRefused("nominates one more", "CONFLICT", "nominateApplication", map[string]any{"applicationId": apps[2]})
	c.hostOffice.Does("refuses one", "refuseApplication", map[string]any{"applicationId": apps[0], "reason": "No."})
	officer.Does("nominates one more", "nominateApplication", map[string]any{"applicationId": apps[2]})

	policy["ectsPerTerm"] = "5" // as many as one of these courses has
	delete(policy, "nominationsPerOffering")
	officer.Does("allows one course a term", "setAdmissionPolicy", policy)
	second := w.offering(c.editor, w.course(c.editor, "CS-2"), 9)
	l, _, state := submit("Lea", off)
	if state != "NOMINATED" {
		t.Errorf("with 5 ECTS she is %s", state)
	}
	if got := l.IsRefused("applies for more", "CONFLICT", "submitApplication", map[string]any{"offeringId": second})["message"]; got !=
		"with this the learner would take 10 ECTS in the term from 2026-10-01, and home allows 5" {
		t.Errorf("she is told %q", got)
	}
}

// Who is asked to be reminded earlier than was planned is told nothing untrue: that
// it is over is told when it is.
func TestARemindersPolicyThatChangesTellsNothingEarly(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	officer := w.Staff("Mona", "uni-a", viewer.MobilityOfficer)
	set := func(remind int) {
		officer.Does("sets it", "setAdmissionPolicy", map[string]any{"institutionId": w.Institution("uni-a"), "homeDays": 10, "remindDays": remind, "escalateDays": 3})
	}
	set(2)
	app := id(c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": w.offering(c.editor, w.course(c.editor, "CS-1"), 5)}))
	due := *w.DB.Client.Application.GetX(w.system(), ident.ID(app)).DueAt
	set(5)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{{due.AddDate(0, 0, -2).Add(time.Hour), "[]"}, {due, "[application.overdue]"}} {
		w.SetClock(tt.at)
		if err := w.App.Journeys.Wake(w.system()); err != nil {
			t.Fatal(err)
		}
		w.does("application.wake")
		told := w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(ident.ID(app))).Order(auditentry.ByID()).Select(auditentry.FieldVerb).StringsX(w.system())[1:]
		if fmt.Sprint(told) != tt.want {
			t.Errorf("at %v it has told %v, want %s", tt.at, told, tt.want)
		}
	}
}

// An institution has at most 500 policies.
func TestPoliciesAreBounded(t *testing.T) {
	w := NewWorld(t)
	at := w.Institution("uni-a")
	var all []*ent.AdmissionPolicyCreate
	for i := range 500 {
		all = append(all, w.DB.Client.AdmissionPolicy.Create().SetInstitutionID(at).SetScopeKey(fmt.Sprint("scope ", i)).SetNomination("BY_HAND"))
	}
	w.DB.Client.AdmissionPolicy.CreateBulk(all...).ExecX(w.system())
	w.Staff("Mona", "uni-a", viewer.MobilityOfficer).IsRefused("sets one more", "LIMITED", "setAdmissionPolicy", map[string]any{"institutionId": at})
}

// Who decides late is reminded, told and passed over, each once, at the days of
// the policy in the zone of the institution.
func TestDecisionsAreDue(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	w.Staff("Mona", "uni-a", viewer.MobilityOfficer).Does("sets it", "setAdmissionPolicy",
		map[string]any{"institutionId": w.Institution("uni-a"), "homeDays": 10, "remindDays": 2, "escalateDays": 3})
	app := c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": w.offering(c.editor, w.course(c.editor, "CS-1"), 5)})
	row := w.DB.Client.Application.GetX(w.system(), ident.ID(id(app)))
	due := *row.DueAt
	if want := policy.Due(w.Now(), 10, "Europe/Berlin"); !due.Equal(want) && !due.Equal(policy.Due(w.Now(), 10, "Europe/Prague")) {
		t.Errorf("due at %v, want %v", due, want)
	}
	told := func(at time.Time) (all []string) {
		w.SetClock(at)
		if err := w.App.Journeys.Wake(w.system()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.App.Work.Drain(w.system(), "application.wake"); err != nil {
			t.Fatal(err)
		}
		return w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(row.ID)).Order(auditentry.ByID()).Select(auditentry.FieldVerb).StringsX(w.system())[1:]
	}
	day := 24 * time.Hour
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{due.Add(-2*day - time.Second), "[]"}, {due.Add(-2 * day), "[application.remind]"}, {due.Add(-time.Second), "[application.remind]"},
		{due, "[application.remind application.overdue]"}, {due.Add(3*day - time.Second), "[application.remind application.overdue]"},
		{due.Add(3 * day), "[application.remind application.overdue application.escalate]"},
		{due.Add(30 * day), "[application.remind application.overdue application.escalate]"},
	} {
		if got := fmt.Sprint(told(tt.at)); got != tt.want {
			t.Errorf("at %v it has told %s, want %s", tt.at, got, tt.want)
		}
	}
}
