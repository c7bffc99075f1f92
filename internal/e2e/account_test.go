package e2e

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/session"
	authsession "github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The account page shows the whole of a journey, to its person and nobody else.
func TestAccountShowsTheJourney(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	w.rule(c, course)
	cred, _ := w.certified(c, w.offering(c.editor, course, 5))
	c.ada.Does("asks for recognition", "requestRecognition", map[string]any{"credentialId": cred})
	of := func(a *Actor) string {
		t.Helper()
		page := w.browse(http.MethodGet, "/account", nil, w.cookie(a))
		if page.Code != http.StatusOK {
			t.Fatalf("%s gets %d", a.Name, page.Code)
		}
		return page.Body.String()
	}
	w.sealAll()
	page, others := of(c.ada), of(w.Learner("Bob", "uni-a"))
	_, done, _ := strings.Cut(page, `<h2 id="done">`)
	for _, words := range []string{"verb.application.submit", "verb.application.nominate", "verb.application.admit", "verb.result.confirm", "verb.credential.issue", "verb.recognition.request"} {
		if said := html.EscapeString(lang.Say(language.English, words)); strings.HasPrefix(said, "verb.") || !strings.Contains(done, said) || strings.Contains(others, said) {
			t.Errorf("what was done does not say %q of her, or of somebody else:\n%s", said, done)
		}
	}
	if early := lang.Say(language.English, "verb.result.record"); strings.Contains(done, early) {
		t.Error("she reads of a result before it is confirmed")
	}
	title, link := "Compilers CS-1", `href="/v/`
	if n := strings.Count(page, title); n != 3 { // applied for, certified, recognised
		t.Errorf("the course is named %d times, want 3:\n%s", n, page)
	}
	if !strings.Contains(page, link) || !strings.Contains(page, "Ada") {
		t.Error("the credential or the name is missing")
	}
	for _, secret := range []string{title, link, "Ada"} {
		if strings.Contains(others, secret) {
			t.Errorf("somebody else reads %q", secret)
		}
	}
	if page := of(c.editor); !strings.Contains(page, "Edda") || !strings.Contains(page, w.DB.Client.Institution.GetX(w.system(), w.Institution("uni-b")).Name["en"]) {
		t.Errorf("the place of a role is missing:\n%s", page)
	}
	if to := w.browse(http.MethodGet, "/account", nil, nil); to.Code != http.StatusSeeOther {
		t.Errorf("nobody gets %d", to.Code)
	}
}

var shownSecret = regexp.MustCompile(`<pre><code>([A-Za-z0-9_-]{43})</code></pre>`)

// A person lends a token by a form, sees it once with a command that works, finds
// it in the list under its name, and ends it.
func TestATokenIsLentByAForm(t *testing.T) {
	w := NewWorld(t)
	ada, bela := w.Learner("Ada", "uni-a"), w.Learner("Bela", "uni-a")
	cookie := w.cookie(ada)
	lent := w.browse(http.MethodPost, "/account/tokens", url.Values{"name": {" laptop "}, "minutes": {"15"}}, cookie)
	found := shownSecret.FindStringSubmatch(lent.Body.String())
	if lent.Code != http.StatusOK || found == nil || lent.Header().Get("Cache-Control") != "no-store" || lent.Header().Get("Location") != "" {
		t.Fatalf("%d %v\n%s", lent.Code, lent.Header(), lent.Body)
	}
	command := html.UnescapeString(lent.Body.String())
	const query = `{"query":"{ viewer { person { displayName } } }"}`
	if want := "curl -H 'Authorization: Bearer " + found[1] + "' \\\n  -H 'Content-Type: application/json' \\\n  -d '" + query + "' \\\n  " + base + "/graphql"; !strings.Contains(command, want) {
		t.Errorf("the command is not %s in\n%s", want, command)
	}
	ask := func() *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, base+"/graphql", strings.NewReader(query))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+found[1])
		rec := httptest.NewRecorder()
		w.App.Handler.ServeHTTP(rec, r)
		return rec
	}
	if got := ask(); !strings.Contains(got.Body.String(), "Ada") {
		t.Errorf("the command gets %d %s", got.Code, got.Body)
	}
	row := w.DB.Client.Session.Query().Where(session.PersonID(ada.ID)).Order(session.ByID(sql.OrderDesc())).FirstX(w.system())
	if vocab.OrZero(row.Name) != "laptop" || !row.ExpiresAt.Equal(w.Now().Add(15*time.Minute)) {
		t.Errorf("it is %v", row)
	}
	end := "/account/sessions/" + string(row.ID) + "/end"
	if page := w.browse(http.MethodGet, "/account", nil, cookie).Body.String(); !strings.Contains(page, "<bdi>laptop</bdi>") || !strings.Contains(page, end) || strings.Contains(page, found[1]) {
		t.Errorf("the list:\n%s", page)
	}
	if got := w.browse(http.MethodPost, end, nil, w.cookie(bela)); got.Code != http.StatusNotFound {
		t.Errorf("somebody else ends it: %d", got.Code)
	}
	if got := w.browse(http.MethodPost, end, nil, cookie); got.Code != http.StatusSeeOther {
		t.Errorf("it is ended: %d", got.Code)
	}
	if got := ask(); got.Code != http.StatusUnauthorized {
		t.Errorf("the ended token gets %d", got.Code)
	}
	for what, form := range map[string]url.Values{
		"no name": {"minutes": {"15"}}, "blank": {"name": {" "}, "minutes": {"15"}}, "long": {"name": {strings.Repeat("x", 61)}, "minutes": {"15"}},
		"too long a life": {"name": {"x"}, "minutes": {"600"}}, "none": {"name": {"x"}},
	} {
		got := w.browse(http.MethodPost, "/account/tokens", form, cookie)
		if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), `aria-invalid="true"`) || shownSecret.MatchString(got.Body.String()) {
			t.Errorf("%s: %d", what, got.Code)
		}
	}
	if got := w.browse(http.MethodPost, "/account/tokens", url.Values{"name": {"x"}, "minutes": {"15"}}, nil); got.Code != http.StatusUnauthorized {
		t.Errorf("nobody gets %d", got.Code)
	}
}

// follow posts a form of the account and returns the page to which that leads.
func (w *World) follow(path string, cookie *http.Cookie) string {
	w.t.Helper()
	did := w.browse(http.MethodPost, path, nil, cookie)
	if did.Code != http.StatusSeeOther || did.Header().Get("Location") != "/account" {
		w.t.Fatalf("%s: %d %v\n%s", path, did.Code, did.Header(), did.Body)
	}
	r := httptest.NewRequest(http.MethodGet, base+"/account", nil)
	r.AddCookie(cookie)
	for _, c := range did.Result().Cookies() {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	if !strings.Contains(strings.Join(rec.Header().Values("Set-Cookie"), "\n"), "peregrine-said=; Path=/; Max-Age=0") {
		w.t.Errorf("it would be said again: %v", rec.Header().Values("Set-Cookie"))
	}
	return rec.Body.String()
}

// All other sessions end at once, this one goes on, and the page says so.
func TestAllOtherSessionsEndOnThePage(t *testing.T) {
	w := NewWorld(t)
	ada := w.Learner("Ada", "uni-a")
	here, there := w.cookie(ada), w.cookie(ada)
	if page := w.follow("/account/sessions/end-others", here); !strings.Contains(page, "All your other sessions have ended.") {
		t.Errorf("the page:\n%s", page)
	}
	if got := w.browse(http.MethodGet, "/account", nil, there); got.Code != http.StatusSeeOther {
		t.Errorf("the other one gets %d", got.Code)
	}
	if page := w.follow("/account/sessions/end-others", here); !strings.Contains(page, "You had no other session.") {
		t.Errorf("once more:\n%s", page)
	}
}

// An account is named by its institution and unlinked after a question; where a
// second factor is needed the answer leads to it and back.
func TestAnAccountIsUnlinkedOnThePage(t *testing.T) {
	w := NewWorld(t)
	ada := w.Staff("Ada", "uni-a", viewer.Administrator)
	cookie := w.cookie(ada)
	first := w.DB.Client.Identity.Query().Where(identity.PersonID(ada.ID)).OnlyX(w.system())
	unlink := func(id ident.ID) string { return "/account/accounts/" + string(id) + "/unlink" }
	if got := w.browse(http.MethodPost, unlink(first.ID), nil, cookie); got.Code != http.StatusConflict || !strings.Contains(got.Body.String(), `role="alert"`) {
		t.Errorf("the last account: %d\n%s", got.Code, got.Body)
	}
	second := w.DB.Client.Identity.Create().SetPersonID(ada.ID).SetProviderID(first.ProviderID).SetIssuer("https://second.example/idp").SetSubject("ada2").
		SetDigest(strings.Repeat("a", 64)).SaveX(w.system())
	page := w.browse(http.MethodGet, "/account", nil, cookie)
	name := w.DB.Client.Institution.GetX(w.system(), w.Institution("uni-a")).Name["en"]
	if body := page.Body.String(); !strings.Contains(body, "<strong>"+name+"</strong>") || !strings.Contains(body, unlink(second.ID)) ||
		strings.Contains(body, unlink(first.ID)) || !strings.Contains(body, "second.example") || strings.Contains(body, "second.example/idp") {
		t.Errorf("the accounts:\n%s", body)
	}
	if csp := page.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self'") {
		t.Errorf("the account is under %q", csp)
	}
	if got := w.browse(http.MethodGet, unlink(second.ID), nil, cookie); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), name) {
		t.Errorf("the question: %d\n%s", got.Code, got.Body)
	}
	if got := w.browse(http.MethodGet, unlink(second.ID), nil, w.cookie(w.Learner("Bela", "uni-a"))); got.Code != http.StatusNotFound {
		t.Errorf("somebody else gets %d", got.Code)
	}
	ada.Does("asks for a second factor", "updateInstitution", map[string]any{"institutionId": w.Institution("uni-a"), "stepUp": "REQUIRED"})
	got := w.browse(http.MethodPost, unlink(second.ID), nil, cookie)
	if to := `href="/auth/step-up?return_to=` + url.QueryEscape(unlink(second.ID)) + `"`; got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), to) {
		t.Errorf("without a second factor: %d, no %s in\n%s", got.Code, to, got.Body)
	}
	if body := w.browse(http.MethodGet, "/account", nil, cookie).Body.String(); !strings.Contains(body, `href="/auth/step-up?return_to=/account"`) {
		t.Errorf("no step-up is offered:\n%s", body)
	}
	strong, err := w.App.Sessions.Start(w.system(), first, authsession.Proof{AuthenticatedAt: new(w.Now()), ACR: authz.MultiFactor})
	if err != nil {
		t.Fatal(err)
	}
	cookie.Value = strong
	if page := w.follow(unlink(second.ID), cookie); !strings.Contains(page, "The account is unlinked") || strings.Contains(page, "second.example") ||
		strings.Contains(page, `href="/auth/step-up`) {
		t.Errorf("after it:\n%s", page)
	}
}
