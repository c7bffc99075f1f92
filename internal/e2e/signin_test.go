package e2e

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/demoidp"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// browser is a person's browser before a whole server with a real provider.
type browser struct {
	t      *testing.T
	client *http.Client
	base   string
}

// withProvider starts the server and a real OpenID provider with one student of
// a fourth university, which may assert domain.
func (w *World) withProvider(domain string) (*browser, string) {
	w.t.Helper()
	idp := httptest.NewUnstartedServer(nil)
	idp.Start()
	w.t.Cleanup(idp.Close)
	idpURL := strings.Replace(idp.URL, "127.0.0.1", "localhost", 1)
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	w.t.Cleanup(server.Close)
	base := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)

	handler, err := demoidp.New(demoidp.Config{
		BaseURL: idpURL, ClientID: "peregrine", ClientSecret: "secret-of-the-test",
		Realms: []demoidp.Realm{{Key: "uni-d.example", Domain: "uni-d.example", Name: "University D", Language: "en", People: []demoidp.Person{
			{Subject: "dora", GivenName: "Dora", FamilyName: "Example", Email: "dora@uni-d.example", Affiliations: []string{"student"}, Label: "student"}}}},
		RedirectURIs:           func(realm string) []string { return []string{base + "/auth/callback/" + realm} },
		PostLogoutRedirectURIs: []string{base + "/"}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	idp.Config.Handler = handler
	s := w.institutionService()
	inst, err := s.Admit(w.system(), institution.Admission{AllianceID: w.alliance, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: domain, Name: vocab.Text{"en": "University D"}, Acronym: "UD", Country: "FR", Town: vocab.Text{"en": "Town"},
		Website: "https://uni-d.example", Domains: []string{domain}, Zone: "Europe/Paris"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.register("uni-d.example", idpURL+"/uni-d.example", registry.Home{Domain: domain, InstitutionID: inst.ID})
	parts := w.parts
	parts.Config.BaseURL = base
	parts.Now = time.Now // the provider's tokens are dated by the machine's clock
	parts.Secrets = map[string]string{"test:": "secret-of-the-test"}
	parts.Config.Providers = []string{strings.TrimPrefix(idpURL, "http://")}
	a, err := app.New(parts)
	if err != nil {
		w.t.Fatal(err)
	}
	server.Config.Handler = a.Handler
	return newBrowser(w.t, base), base
}

func newBrowser(t *testing.T, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, client: &http.Client{Jar: jar}}
}

// get loads a page as a browser does and returns its address, status and text.
func (b *browser) get(address string) (*url.URL, int, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	return b.do(r)
}

func (b *browser) post(address string, form url.Values) (*url.URL, int, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	return b.do(r)
}

func (b *browser) do(r *http.Request) (*url.URL, int, string) {
	b.t.Helper()
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.Request.URL, answer.StatusCode, string(body)
}

var (
	action = regexp.MustCompile(`<form[^>]*action="([^"]*)"`)
	hidden = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]*)"[^>]*value="([^"]*)"`)
	choose = regexp.MustCompile(`<button[^>]*name="([^"]*)"[^>]*value="([^"]*)"`)
)

// signIn goes from the chooser to the provider, picks the only person there and
// returns to where it wanted to go.
func (b *browser) signIn(returnTo string) (*url.URL, int, string) {
	b.t.Helper()
	at, status, page := b.get(b.base + "/auth/start/uni-d.example?return_to=" + url.QueryEscape(returnTo))
	if status != http.StatusOK || at.Path == "/auth/start/uni-d.example" {
		b.t.Fatalf("%s %d %s", at, status, page)
	}
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], m[2])
	}
	m := choose.FindStringSubmatch(page)
	if m == nil {
		b.t.Fatalf("nobody to choose on %s: %s", at, page)
	}
	form.Set(m[1], m[2])
	target, err := at.Parse(action.FindStringSubmatch(page)[1])
	if err != nil {
		b.t.Fatal(err)
	}
	return b.post(target.String(), form)
}

func (b *browser) whoAmI() string {
	b.t.Helper()
	r, err := http.NewRequest(
		http.MethodPost,
		b.base+"/graphql",
		strings.NewReader(`{"query":"{ viewer { kind person { displayName affiliations { kind institution { schac } } } } }"}`),
	)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	_, _, body := b.do(r)
	return body
}

// Somebody chooses their university, signs in there, comes back to where they
// wanted to go, is known to the API, lends a token to a program, and signs out.
func TestSignInWithTheHomeInstitution(t *testing.T) {
	w := NewWorld(t)
	b, base := w.withProvider("uni-d.example")
	if _, status, page := b.get(base + "/signin?q=UNIV%C3%8BRSITY+d"); status != http.StatusOK || !strings.Contains(page, "/auth/start/uni-d.example") ||
		strings.Contains(page, "/auth/start/uni-a.example") {
		t.Errorf("the chooser answers %d %s", status, page)
	}
	at, status, _ := b.signIn("/account?lang=de")
	if status != http.StatusOK || at.Path != "/account" || at.Query().Get("lang") != "de" {
		t.Fatalf("came back to %s with %d", at, status)
	}
	const known = `{"data":{"viewer":{"kind":"PERSON","person":{"displayName":"Dora Example","affiliations":[{"kind":"STUDENT","institution":{"schac":"uni-d.example"}}]}}}`
	if got := b.whoAmI(); !strings.HasPrefix(got, known) {
		t.Errorf("the API knows %s", got)
	}
	_, status, body := b.post(base+"/auth/bearer", nil)
	var lent struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &lent); err != nil || status != http.StatusOK || lent.Token == "" {
		t.Fatalf("lending answers %d %s", status, body)
	}
	program := newBrowser(t, base)
	program.client.Transport = bearer(lent.Token)
	if got := program.whoAmI(); !strings.HasPrefix(got, known) {
		t.Errorf("the program is %s", got)
	}
	if _, status, _ := b.post(base+"/auth/logout", nil); status != http.StatusOK {
		t.Errorf("signing out answers %d", status)
	}
	for name, who := range map[string]*browser{"the browser": b, "the program": program} {
		if got := who.whoAmI(); strings.Contains(got, "Dora") {
			t.Errorf("%s is still signed in: %s", name, got)
		}
	}
}

type bearer string

func (token bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(r)
}

// The setting alone lets people sign in at a provider of plain http; without it
// nobody is sent there.
func TestProvidersOfDevelopmentAreASetting(t *testing.T) {
	w := NewWorld(t)
	b, base := w.withProvider("uni-d.example")
	if at, status, page := b.signIn("/account"); status != http.StatusOK || at.String() != base+"/account" {
		t.Errorf("came to %s with %d: %s", at, status, page)
	}
	w.parts.Secrets = map[string]string{"test:": "secret-of-the-test"}
	without, err := app.New(w.parts)
	if err != nil {
		t.Fatal(err)
	}
	if got := asked(without.Handler, "192.0.2.1", http.MethodGet, "/auth/start/uni-d.example"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("without the setting: %d %s", got.Code, got.Header().Get("Location"))
	}
}

// R2, R3: a provider that speaks for a home that is not registered for it gets
// nobody in, and the page says so.
func TestProviderSpeaksOnlyForItsHomes(t *testing.T) {
	w := NewWorld(t)
	b, _ := w.withProvider("uni-e.example") // the provider asserts uni-d.example
	at, status, page := b.signIn("/account")
	if status != http.StatusForbidden || at.Path != "/auth/failed" {
		t.Errorf("came to %s with %d: %s", at, status, page)
	}
	if got := b.whoAmI(); !strings.Contains(got, "ANONYMOUS") {
		t.Errorf("the API knows %s", got)
	}
	if n := w.DB.Client.Person.Query().CountX(w.system()); n != 0 {
		t.Errorf("%d people were made", n)
	}
}

// R4, R5: the answer of a provider works once, and only in the browser that
// asked for it.
func TestAnswerOfProviderWorksOnceInItsBrowser(t *testing.T) {
	w := NewWorld(t)
	b, base := w.withProvider("uni-d.example")
	var answers []*url.URL
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/auth/callback/") {
			answers = append(answers, r.URL)
			return http.ErrUseLastResponse
		}
		return nil
	}
	b.signIn("/")
	if len(answers) != 1 {
		t.Fatalf("%d answers came back", len(answers))
	}
	thief := newBrowser(t, base)
	if _, status, _ := thief.get(answers[0].String()); status != http.StatusBadRequest {
		t.Errorf("another browser gets %d", status)
	}
	if _, status, _ := b.get(answers[0].String()); status != http.StatusBadRequest {
		t.Errorf("the stolen answer still works: %d", status)
	}
	for _, got := range []string{b.whoAmI(), thief.whoAmI()} {
		if !strings.Contains(got, "ANONYMOUS") {
			t.Errorf("somebody got in: %s", got)
		}
	}
}

// A request of another site is refused, whatever it carries; so is a form.
func TestR46OtherSitesCannotAct(t *testing.T) {
	w := NewWorld(t)
	for name, set := range map[string]func(*http.Request){
		"cross-site fetch": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"foreign origin":   func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"form":             func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"text":             func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		r := httptest.NewRequest(http.MethodPost, base+"/graphql", strings.NewReader(`{"query":"{ viewer { kind } }"}`))
		r.Header.Set("Content-Type", "application/json")
		set(r)
		rec := httptest.NewRecorder()
		w.App.Handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusForbidden && rec.Code != http.StatusUnsupportedMediaType {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	r := httptest.NewRequest(http.MethodGet, base+"/graphql?query=%7Bviewer%7Bkind%7D%7D", nil)
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	if rec.Code != http.StatusForbidden {
		t.Errorf("a GET without the client's name: %d %s", rec.Code, rec.Body)
	}
}

// A browser lends as many tokens as its person asks for, and none of them
// touches the browser's own session.
func TestBrowserLendsSeveralTokens(t *testing.T) {
	w := NewWorld(t)
	ada := w.Learner("Ada", "uni-a")
	browser, err := w.DB.Client.Session.Query().Where(session.PersonID(ada.ID), session.KindEQ(session.KindBROWSER)).Only(w.system())
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := w.App.Sessions.Lend(w.system(), browser.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{ada.token, second} {
		if got := (&Actor{w: w, Name: "Ada", token: token}).Asks("who am I", `{ viewer { person { id } } }`, nil); at(got, "viewer", "person", "id") != string(ada.ID) {
			t.Errorf("a lent token is %v", got)
		}
	}
	if after := w.DB.Client.Session.GetX(w.system(), browser.ID); after.ParentID != nil {
		t.Errorf("the browser's session belongs to %s", *after.ParentID)
	}
}
