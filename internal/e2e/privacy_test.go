package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// applies has Ada apply and share these items with the host.
func (w *World) applies(c cast, shared ...string) string {
	w.t.Helper()
	off := w.offering(c.editor, w.course(c.editor, "CS-"+fmt.Sprint(time.Now().UnixNano())), 5)
	input := map[string]any{"offeringId": off, "motivation": "Because.", "sharedData": append([]string{}, shared...)}
	if len(shared) > 0 {
		input["consentVersion"] = vocab.CurrentConsent().Version
	}
	return id(c.ada.Does("applies", "submitApplication", input))
}

const readApplicant = `query Applicants($id: ID!) { application(id: $id) { motivation reason programme { id } learner { displayName givenName familyName email esi withheld } } }`

// disclosures are the notes about somebody, oldest first.
func (w *World) disclosures(of *Actor) []*ent.Disclosure {
	w.t.Helper()
	if err := w.App.Privacy.Write(w.system()); err != nil {
		w.t.Fatal(err)
	}
	all := w.DB.Client.Disclosure.Query().Where(disclosure.PersonID(of.ID)).AllX(w.system())
	slices.SortFunc(all, func(a, b *ent.Disclosure) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all
}

// disclosed returns a note about Ada.
func (w *World) disclosed(c cast) string {
	w.t.Helper()
	c.homeOffice.Asks("reads", readApplicant, map[string]any{"id": w.applies(c)})
	return string(w.disclosures(c.ada)[0].ID)
}

// What anybody sees of an applicant, at each stage and in each role: the fault
// was that any staff of either side saw all of it, at once and for ever.
func TestPersonalDataIsSeenByRoleAndStage(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	esi := "urn:schac:personalUniqueCode:int:esi:example:1"
	w.DB.Client.Profile.Update().Where(profile.PersonID(c.ada.ID)).SetEsi(esi).ExecX(w.system())
	app := w.applies(c, "EMAIL", "STUDENT_IDENTIFIER")
	homeTeacher, hostRecognition := w.Staff("Tim", "uni-a", viewer.Teacher), w.Staff("Rob", "uni-b", viewer.RecognitionOfficer)
	homeAdmin, hostAdmin := w.Staff("Hal", "uni-a", viewer.Administrator), w.Staff("Hod", "uni-b", viewer.Administrator)
	homeRegistrar := w.Staff("Reg", "uni-a", viewer.Registrar)
	sees := func(a *Actor) string {
		got := a.Asks("reads", readApplicant, map[string]any{"id": app})
		if got["application"] == nil {
			return "no application"
		}
		said := ""
		show := func(word string, value any) {
			if value != nil {
				said += word + " "
			}
		}
		application := got["application"].(map[string]any)
		learner := application["learner"].(map[string]any)
		show("name", learner["displayName"])
		show("email", learner["email"])
		show("esi", learner["esi"])
		show("why", application["motivation"])
		show("reason", application["reason"])
		if n := len(learner["withheld"].([]any)); n > 0 {
			said += fmt.Sprint("-", n)
		}
		return said
	}
	expect := func(stage string, want map[*Actor]string) {
		t.Helper()
		for a, want := range want {
			if got := sees(a); got != want {
				t.Errorf("%s, %s sees %q, want %q", stage, a.Name, got, want)
			}
		}
		for _, a := range []*Actor{homeTeacher, homeAdmin, hostRecognition, hostAdmin, c.editor, w.Learner("Bela", "uni-a")} {
			if got := sees(a); got != "no application" {
				t.Errorf("%s, %s sees %q", stage, a.Name, got)
			}
		}
	}
	const all, none = "name email esi why ", "-3"
	expect("applied", map[*Actor]string{
		c.ada: all, c.homeOffice: all, c.homeRecognition: "name -2", homeRegistrar: "name esi -1", c.hostOffice: none, c.teacher: none, c.hostRegistrar: none})
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	expect("nominated", map[*Actor]string{c.ada: all, c.homeOffice: all, c.hostOffice: all, c.teacher: none, c.hostRegistrar: none})
	c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": app})
	expect("seated", map[*Actor]string{c.ada: all, c.homeOffice: all, c.hostOffice: all, c.teacher: "name -2", c.hostRegistrar: "name -2"})
	c.ada.Does("leaves", "withdrawApplication", map[string]any{"applicationId": app, "reason": "Ill."})
	expect("ended", map[*Actor]string{
		c.ada: all + "reason ", c.homeOffice: "name reason -2", c.homeRecognition: none, homeRegistrar: none, c.hostOffice: "reason -3", c.teacher: none, c.hostRegistrar: none})
}

// Who has finished is known by name and result; nobody writes to them any more.
func TestARecordKeepsTheNameAlone(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	app := w.applies(c, "EMAIL")
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	seat := at(c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": app}), "enrolment", "id").(string)
	w.passed(c, seat)
	for _, a := range []*Actor{c.homeOffice, c.hostOffice} {
		got := a.Asks("reads", readApplicant, map[string]any{"id": app})["application"].(map[string]any)
		if name, email := at(got, "learner", "displayName"), at(got, "learner", "email"); name != "Ada Example" || email != nil || got["motivation"] != nil {
			t.Errorf("%s sees %v", a.Name, got)
		}
	}
}

// The host reads no more than what is shared, and consent takes the text that
// stands at present.
func TestHostSeesOnlyWhatIsShared(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	app := w.applies(c)
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	email := func() any {
		return at(c.hostOffice.Asks("reads", readApplicant, map[string]any{"id": app}), "application", "learner", "email")
	}
	if email() != nil {
		t.Error("the host reads what nobody shares")
	}
	item := map[string]any{"applicationId": app, "items": []string{"EMAIL"}, "consentVersion": vocab.CurrentConsent().Version}
	c.ada.IsRefused("agrees to another text", "CONFLICT", "giveConsent", map[string]any{"applicationId": app, "items": []string{"EMAIL"}, "consentVersion": "2001-01-01"})
	c.homeOffice.IsRefused("agrees for her", "FORBIDDEN", "giveConsent", item)
	c.ada.Does("shares her address", "giveConsent", item)
	if email() != "ada@uni-a.example" {
		t.Error("the host does not see what is shared")
	}
	withdrawal := map[string]any{"applicationId": app, "items": []string{"EMAIL"}}
	c.hostOffice.IsRefused("withdraws for her", "FORBIDDEN", "withdrawConsent", withdrawal)
	c.ada.IsRefused("withdraws her name", "INVALID", "withdrawConsent", map[string]any{"applicationId": app, "items": []string{"NAME"}})
	w.SetClock(w.Now().Add(30 * time.Minute))
	c.ada.Does("withdraws", "withdrawConsent", withdrawal)
	c.ada.Does("withdraws again", "withdrawConsent", withdrawal)
	if email() != nil {
		t.Error("the host sees what is no longer shared")
	}
	got := c.ada.Asks("looks", `query($id: ID!) { application(id: $id) { sharing { item version givenAt endedAt } } consentText { version text { text } items { item required purpose { text } } } }`, map[string]any{"id": app})
	shares := at(got, "application", "sharing").([]any)
	last := shares[len(shares)-1].(map[string]any)
	if len(shares) != 3 || last["item"] != "EMAIL" || last["endedAt"] == nil || last["version"] != at(got, "consentText", "version") {
		t.Errorf("what was shared is %v", shares)
	}
	off := w.offering(c.editor, w.course(c.editor, "CS-9"), 5)
	c.ada.IsRefused("shares without having read", "INVALID", "submitApplication", map[string]any{"offeringId": off, "sharedData": []string{"EMAIL"}})
	c.ada.IsRefused("agrees to a text that has changed", "CONFLICT", "submitApplication", map[string]any{"offeringId": off, "consentVersion": "2001-01-01"})
	c.ada.Does("withdraws the application", "withdrawApplication", map[string]any{"applicationId": app})
	c.ada.IsRefused("shares with nobody", "CONFLICT", "giveConsent", item)
}

// Each reading of a field of somebody else stands in the log, whatever field of
// Person the schema has, and whatever else is about a person.
func TestNoFieldOfAPersonIsReadWithoutANote(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	app := w.applies(c)
	w.DB.Client.Profile.Update().Where(profile.PersonID(c.ada.ID)).SetEsi("urn:schac:personalUniqueCode:int:esi:example:1").ExecX(w.system())
	_, enrolment := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	cred := id(c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)}))
	reads := map[string]string{
		"motivation": `query($id: ID!) { application(id: $id) { motivation } }`,
		"result":     `query($id: ID!) { application(id: $id) { id } enrolments(first: 5) { nodes { results { outcome } } } }`,
		"credential": `query($id: ID!) { application(id: $id) { id } credentials(first: 5) { nodes { state } } }`,
	}
	for _, f := range graph.Schema(&graph.Resolver{}).Schema().Types["Person"].Fields {
		if slices.Contains([]string{"id", "withheld", "erased", "__typename"}, f.Name) {
			continue
		}
		selection := f.Name
		if f.Type.Elem != nil {
			selection += " { id }"
		}
		reads[f.Name] = `query($id: ID!) { application(id: $id) { learner { ` + selection + ` } } }`
	}
	for name, query := range reads {
		w.disclosures(c.ada)
		w.DB.Client.Disclosure.Delete().ExecX(w.system())
		c.homeOffice.Asks("reads "+name, query, map[string]any{"id": app})
		if n := len(w.disclosures(c.ada)); n != 1 {
			t.Errorf("%s was read with %d notes", name, n)
		}
		c.ada.Asks("reads her own", query, map[string]any{"id": app})
		if n := len(w.disclosures(c.ada)); n != 1 {
			t.Errorf("reading one's own %s is noted", name)
		}
	}
	w.DB.Client.Disclosure.Delete().ExecX(w.system())
	p := w.Program("uni-a", "sis", "learner.read")
	p.Actor().Asks("reads", `query Sync($id: ID!) { credential(id: $id) { jwt learner { displayName } } }`, map[string]any{"id": cred})
	all := w.disclosures(c.ada)
	if len(all) == 0 || string(*all[0].ReaderID) != p.ID || all[0].Purpose != "Sync" || *all[0].InstitutionID != w.Institution("uni-a") {
		t.Errorf("of what the program read it says %v", all)
	}
}

// Nothing reads a profile beside the one place, and that place not without a note.
func TestProfilesAreReadInOnePlace(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	w.applies(c)
	v, err := w.App.Learners.ViewerOf(t.Context(), c.homeOffice.ID)
	if err != nil {
		t.Fatal(err)
	}
	ctx := viewer.With(t.Context(), v)
	if n := w.DB.Client.Profile.Query().Where(profile.PersonID(c.ada.ID)).CountX(ctx); n != 0 {
		t.Error("staff read a profile as a row")
	}
	sights, err := w.App.Privacy.Sights(ctx, []ident.ID{c.ada.ID})
	if err != nil {
		t.Fatal(err)
	}
	name := func(p *ent.Profile) *string { return &p.GivenName }
	if _, err := sights[c.ada.ID].Read(ctx, vocab.FieldName, name); err == nil {
		t.Error("a name was read where nothing notes it")
	}
	if err := w.App.Privacy.Disclose(ctx, "test", func(ctx context.Context) {
		if got, err := sights[c.ada.ID].Read(ctx, vocab.FieldName, name); err != nil || *got != "Ada" {
			t.Errorf("read %v, %v", got, err)
		}
	}); err != nil {
		t.Error(err)
	}
}

// A page of applicants takes no statement a row, and none that writes; what was
// read is one row a learner, counted within the hour. The learner sees who has
// read what, why and how often, and nobody else does.
func TestReadingIsNotedOncePerOperation(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 9)
	learners := []*Actor{c.ada, w.Learner("Bela", "uni-a"), w.Learner("Cleo", "uni-a")}
	for _, l := range learners {
		l.Does("applies", "submitApplication", map[string]any{"offeringId": off})
	}
	const list = `query Worklist { applications { nodes { id learner { displayName email } } } }`
	cost := func(query string) int64 {
		w.Statements.Store(0)
		c.homeOffice.Asks("reads", query, nil)
		return w.Statements.Load()
	}
	cost(list) // the session is known from now on
	without, with := cost(`query Worklist { applications { nodes { id learner { id } } } }`), cost(list)
	if with != without+2 {
		t.Errorf("%d statements without personal data, %d with it", without, with)
	}
	for _, l := range learners {
		all := w.disclosures(l)
		if len(all) != 1 || all[0].Count != 2 || all[0].Purpose != "Worklist" || fmt.Sprint(all[0].Fields) != "[EMAIL NAME]" {
			t.Fatalf("%s: %v", l.Name, all)
		}
	}
	c.homeOffice.Asks("reads again", list, nil)
	if all := w.disclosures(c.ada); len(all) != 1 || all[0].Count != 3 {
		t.Errorf("within the hour: %v", all)
	}
	w.SetClock(w.Now().Add(30 * time.Minute))
	c.homeOffice.Asks("reads only the name", `query Worklist { applications { nodes { learner { displayName } } } }`, nil)
	w.disclosures(c.ada)
	seen := c.ada.Asks("looks who has read", `{ viewer { disclosures { totalCount nodes { id purpose count fields readerId role institution { acronym } applicationId } } } }`, nil)
	rows := at(seen, "viewer", "disclosures", "nodes").([]any)
	oldest := rows[len(rows)-1].(map[string]any)
	if len(rows) != 2 || at(oldest, "institution", "acronym") != "UA" || oldest["readerId"] != string(c.homeOffice.ID) || oldest["role"] != "MOBILITY_OFFICER" {
		t.Errorf("Ada sees %v", rows)
	}
	if others := c.homeOffice.Asks("looks too", `query($id: ID!) { node(id: $id) { id } viewer { disclosures { nodes { id } } } }`, map[string]any{"id": oldest["id"]}); others["node"] != nil || len(at(others, "viewer", "disclosures", "nodes").([]any)) > 0 {
		t.Errorf("the reader sees %v", others)
	}
}

// R16: who is a student no longer says so, keeps their record, and applies no
// more as one.
func TestR16AlumniKeepTheirRecord(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	_, enrolment := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	account := w.DB.Client.Identity.Query().Where(identity.PersonID(c.ada.ID)).OnlyX(w.system())
	w.SetClock(w.Now().Add(time.Minute))
	if _, err := w.App.Learners.SignIn(w.system(), learner.Assertion{ProviderID: account.ProviderID, Issuer: account.Issuer, Subject: account.Subject,
		GivenName: "Ada", FamilyName: "Example", InstitutionID: w.Institution("uni-a"), Affiliations: []string{"alum"}}); err != nil {
		t.Fatal(err)
	}
	got := c.ada.Asks("looks", `{ viewer { person { affiliations { kind lapsed } } credentials(first: 1) { totalCount } applications(first: 1) { totalCount } } }`, nil)
	want := `[{"kind":"STUDENT","lapsed":true},{"kind":"ALUM","lapsed":false}]`
	if said, _ := json.Marshal(at(got, "viewer", "person", "affiliations")); string(said) != want {
		t.Errorf("she is %s", said)
	}
	if at(got, "viewer", "credentials", "totalCount") != 1.0 || at(got, "viewer", "applications", "totalCount") != 1.0 {
		t.Errorf("her record is %v", got)
	}
	if page := c.ada.page("/account").Body.String(); !strings.Contains(page, "ended on") {
		t.Error("the account does not say that it has ended")
	}
}
