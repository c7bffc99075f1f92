package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
	"github.com/peregrine-exchange/peregrine/ent/erasure"
	"github.com/peregrine-exchange/peregrine/ent/migrate"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// form sends a form, as a page does.
func (a *Actor) form(path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, base+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	return a.answered(r)
}

func (a *Actor) page(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, base+path, nil)
	r.Header.Set("Accept", "text/html")
	return a.answered(r)
}

func (a *Actor) answered(r *http.Request) *httptest.ResponseRecorder {
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	rec := httptest.NewRecorder()
	a.w.App.Handler.ServeHTTP(rec, r)
	return rec
}

// erasing returns an erasure that Ada has asked for.
func (w *World) erasing(c cast) string {
	w.t.Helper()
	if open := w.DB.Client.Erasure.Query().Where(erasure.PersonID(c.ada.ID), erasure.StateEQ(erasure.StateWAITING)).AllX(w.system()); len(open) > 0 {
		return string(open[0].ID)
	}
	c.ada.proves(authz.MultiFactor)
	made := id(c.ada.Does("asks to be erased", "requestErasure", map[string]any{}))
	c.ada.proves("https://refeds.org/profile/sfa")
	return made
}

// remembered returns an erasure that Ada has taken back.
func (w *World) remembered(c cast) string {
	w.t.Helper()
	e := w.erasing(c)
	c.ada.Does("takes it back", "cancelErasure", map[string]any{"erasureId": e})
	return e
}

// begin lets the time of waiting pass and does what then is due.
func (w *World) begin(want int) {
	w.t.Helper()
	w.SetClock(w.Now().Add(73 * time.Hour))
	if n, err := w.App.Work.Drain(w.system(), "person.erase"); err != nil || n != want {
		w.t.Fatalf("%d erasures: %v", n, err)
	}
}

// R84: a copy holds all that the inventory says, as its schema says; it takes a
// second factor, is a file, and is its person's alone.
func TestR84CopyOfAllThatIsStored(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	_, enrolment := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	c.homeOffice.Asks("reads", `{ applications { nodes { learner { email } } } }`, nil)
	if got := c.ada.form("/account/data", "format=json"); got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), "/auth/step-up") || strings.Contains(got.Body.String(), `"personId"`) {
		t.Fatalf("by one factor: %d %s", got.Code, got.Body)
	}
	if got := w.Nobody().form("/account/data", "format=json"); got.Code != http.StatusUnauthorized {
		t.Errorf("nobody gets %d", got.Code)
	}
	c.ada.proves(authz.MultiFactor)
	got := c.ada.form("/account/data", "format=json")
	if got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Disposition"), "attachment") || got.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", got.Code, got.Header())
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	published := w.Nobody().page(privacy.SchemaPath)
	schema, err := jsonschema.UnmarshalJSON(published.Body)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	if err := compiler.MustCompile("schema.json").Validate(value); err != nil {
		t.Errorf("the copy is not as its schema says: %v", err)
	}
	var all privacy.Export
	if err := json.Unmarshal(got.Body.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"profiles", "identities", "affiliations", "sessions", "applications", "enrolments", "results", "credentials", "disclosures", "audit_entries"} {
		if len(all.Data[table]) == 0 {
			t.Errorf("the copy has no %s", table)
		}
	}
	if all.PersonID != c.ada.ID || all.Data["profiles"][0]["email"] != "ada@uni-a.example" || strings.Contains(got.Body.String(), "Hugo") {
		t.Errorf("the copy is %v", all.Data["profiles"])
	}
	for _, language := range []string{"en", "de"} {
		r := httptest.NewRequest(http.MethodPost, base+"/account/data", strings.NewReader("format=html"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Language", language)
		if page := c.ada.answered(r); page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `lang="`+language+`"`) || !strings.Contains(page.Body.String(), "ada@uni-a.example") ||
			!strings.HasPrefix(page.Header().Get("Content-Disposition"), "attachment") || !strings.Contains(page.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("to read: %d %v", page.Code, page.Header())
		}
	}
	if n := w.DB.Client.AuditEntry.Query().Where(auditentry.Verb("person.export")).CountX(w.system()); n != 3 {
		t.Errorf("%d copies are on record", n)
	}
}

// columnsWith lists the columns in which a text stands, as table.column.
func (w *World) columnsWith(text string) map[string]int {
	w.t.Helper()
	all := map[string]int{}
	for _, table := range migrate.Tables {
		for _, column := range table.Columns {
			var n int
			query := fmt.Sprintf("SELECT COUNT(*) FROM `%s` WHERE `%s` LIKE ?", table.Name, column.Name)
			if err := w.DB.SQL.QueryRow(query, "%"+text+"%").Scan(&n); err != nil {
				w.t.Fatal(err)
			}
			if n > 0 {
				all[table.Name+"."+column.Name] = n
			}
		}
	}
	return all
}

// R85: who asks to be erased, by a second factor, is erased once the time of
// waiting is over, and nothing but an identifier is left of them: no column of any
// table names them, their credential is verified as before, and their account is
// that of somebody new.
func TestR85ErasureLeavesAnIdentifier(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	_, enrolment := w.enrolled(c, off)
	cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	open := w.offering(c.editor, w.course(c.editor, "CS-2"), 5)
	app := id(c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": open, "motivation": "Because Ada likes it.", "sharedData": []string{"EMAIL"},
		"consentVersion": vocab.CurrentConsent().Version}))
	c.ada.added(ident.ID(app))
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": app})
	c.homeOffice.Asks("reads", `{ applications { nodes { learner { email } } } }`, nil)
	w.disclosures(c.ada)

	c.ada.IsRefused("asks by one factor", "STEP_UP_REQUIRED", "requestErasure", map[string]any{})
	if page := c.ada.page("/account/erase").Body.String(); !strings.Contains(page, "GDPR") {
		t.Errorf("the preview says %s", page)
	}
	kept := at(c.ada.Asks("looks what stays", `{ viewer { keptAfterErasure { basis { text } data count until } } }`, nil), "viewer", "keptAfterErasure").([]any)
	if len(kept) < 3 {
		t.Errorf("of what stays it says %v", kept)
	}
	first := w.erasing(c)
	c.ada.proves(authz.MultiFactor)
	c.ada.IsRefused("asks twice", "CONFLICT", "requestErasure", map[string]any{})
	c.homeOffice.IsRefused("takes it back for her", "NOT_FOUND", "cancelErasure", map[string]any{"erasureId": first})
	c.ada.Does("takes it back", "cancelErasure", map[string]any{"erasureId": first})
	w.begin(0)

	ada := w.Learner("Ada", "uni-a")
	ada.proves(authz.MultiFactor)
	second := id(ada.Does("asks again", "requestErasure", map[string]any{}))
	w.begin(1)
	gone := w.DB.Client.Person.GetX(w.system(), c.ada.ID)
	if e := w.DB.Client.Erasure.Query().Where(erasure.StateEQ(erasure.StateDONE)).OnlyX(w.system()); string(e.ID) != second || e.Done != e.Total || gone.ErasedAt == nil {
		t.Errorf("the erasure is %v, the person %v", e, gone)
	}
	for _, text := range []string{"Ada Example", "ada@uni-a.example", "Because Ada likes it", "\"Ada\""} {
		for column := range w.columnsWith(text) {
			if column != "credentials.award" && column != "credentials.jwt" {
				t.Errorf("%q stands in %s", text, column)
			}
		}
	}
	if n := w.DB.Client.Session.Query().Where(session.PersonID(c.ada.ID)).CountX(w.system()); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	w.nothingLeft("an erasure", 0)
	if answer := ada.Post(`{ viewer { kind } }`, nil); len(answer.Errors) == 0 {
		t.Errorf("the token still works: %s", answer.Raw)
	}
	seen := w.Learner("Ingo", "uni-b").Asks("looks", `query($id: ID!) { application(id: $id) { state learner { id erased displayName email } offering { seatsFree } } }`, map[string]any{"id": app})
	if at(seen, "application", "state") != "WITHDRAWN" || at(seen, "application", "learner", "erased") != true || at(seen, "application", "learner", "displayName") != nil || at(seen, "application", "offering", "seatsFree") != 5.0 {
		t.Errorf("the host sees %v", seen)
	}
	url := cred["verificationUrl"].(string)
	if page := w.Nobody().page(strings.TrimPrefix(url, base)); page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Ada Example") {
		t.Errorf("the credential: %d", page.Code)
	}
	if again := w.Learner("Ada", "uni-a"); again.ID == c.ada.ID {
		t.Error("the account is still hers")
	}
	if n := w.DB.Client.AuditEntry.Query().Where(auditentry.Verb("person.erase")).CountX(w.system()); n != 1 {
		t.Errorf("%d erasures are on record", n)
	}
}

// R85: a server that dies in between leaves nothing half done, and a backup that
// is put back does not bring anybody back.
func TestR85ErasureGoesOnAndComesBack(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	w.erasing(c)
	// As a server left it that has died after the person had left.
	w.DB.Client.Erasure.Update().SetState(erasure.StateRUNNING).SetDone(1).ExecX(w.system())
	w.begin(1)
	if w.DB.Client.Person.GetX(w.system(), c.ada.ID).ErasedAt == nil {
		t.Fatal("it does not go on")
	}
	journal := map[string]bool{}
	if err := w.App.Privacy.Journal(w.system(), func(digest string, _ time.Time) error { journal[digest] = true; return nil }); err != nil || !journal[privacy.Digest(c.ada.ID)] || len(journal) != 1 {
		t.Fatalf("the journal says %v: %v", journal, err)
	}
	// The backup is older.
	w.DB.Client.Erasure.Delete().ExecX(w.system())
	w.DB.Client.Person.Update().Where(person.ID(c.ada.ID)).ClearErasedAt().ExecX(w.system())
	w.DB.Client.Profile.Create().SetPersonID(c.ada.ID).SetGivenName("Zzyzx").SetFamilyName("Example").SetLanguage("en").ExecX(w.system())
	if n, err := w.App.Privacy.Replay(w.system(), journal); n != 1 || err != nil {
		t.Fatalf("%d come back: %v", n, err)
	}
	if n, err := w.App.Work.Drain(w.system(), "person.erase"); n != 1 || err != nil {
		t.Fatalf("%d erased: %v", n, err)
	}
	if got := w.columnsWith("Zzyzx"); len(got) != 0 {
		t.Errorf("she stands in %v", got)
	}
}

// Somebody has to be left to administer a place: when it is asked for, and when
// it begins.
func TestTheLastAdministratorIsNotErased(t *testing.T) {
	w := NewWorld(t)
	admin, other := w.Staff("Adam", "uni-b", viewer.Administrator), w.Staff("Otto", "uni-b", viewer.Administrator)
	admin.proves(authz.MultiFactor)
	admin.Does("asks while there is another", "requestErasure", map[string]any{})
	last := w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(other.ID)).OnlyX(w.system())
	other.Does("leaves", "endRole", map[string]any{"roleGrantId": last.ID, "reason": "Moving on."})
	w.begin(1)
	e := w.DB.Client.Erasure.Query().OnlyX(w.system())
	if e.State != erasure.StateREFUSED || e.Reason == nil || w.DB.Client.Person.GetX(w.system(), admin.ID).ErasedAt != nil {
		t.Errorf("the erasure of the last one is %v", e)
	}
	again := w.Staff("Adam", "uni-b")
	again.proves(authz.MultiFactor)
	again.IsRefused("asks as the last one", "CONFLICT", "requestErasure", map[string]any{})
}

// R86: each class of data goes when its time is over, and not before.
func TestR86DataIsKeptNoLongerThanNeeded(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	app := w.applies(c)
	c.homeOffice.Asks("reads", readApplicant, map[string]any{"id": app})
	w.disclosures(c.ada)
	c.ada.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": app, "reason": "Ill."})
	bela := w.Learner("Bela", "uni-a")
	enforce := func(months int) {
		t.Helper()
		w.SetClock(w.Now().AddDate(0, months, 1))
		if _, err := w.App.Privacy.Enforce(w.system()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.App.Work.Drain(w.system(), "person.erase"); err != nil {
			t.Fatal(err)
		}
	}
	erased := func(a *Actor) bool { return w.DB.Client.Person.GetX(w.system(), a.ID).ErasedAt != nil }
	notes := func() int {
		return w.DB.Client.Disclosure.Query().Where(disclosure.PersonID(c.ada.ID)).CountX(w.system())
	}
	enforce(11)
	if a := w.DB.Client.Application.Query().OnlyX(w.system()); a.Motivation == nil || notes() != 1 || erased(bela) {
		t.Errorf("after 11 months: %v, %d notes", a, notes())
	}
	enforce(2)
	if a := w.DB.Client.Application.Query().OnlyX(w.system()); a.Motivation != nil || a.Reason != nil || notes() != 1 || erased(bela) {
		t.Errorf("after 13 months: %v, %d notes", a, notes())
	}
	enforce(12)
	if notes() != 0 || !erased(bela) || erased(c.ada) || erased(c.homeOffice) {
		t.Errorf("after 25 months: %d notes; erased are Bela %t, Ada %t, Hugo %t", notes(), erased(bela), erased(c.ada), erased(c.homeOffice))
	}
	enforce(100)
	if !erased(c.ada) || erased(c.homeOffice) {
		t.Errorf("after ten years: erased are Ada %t, Hugo %t", erased(c.ada), erased(c.homeOffice))
	}
}
