package oidcrp_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// begin goes to the provider and returns the address of its answer.
func (p *party) begin() string {
	p.t.Helper()
	start := p.get("/auth/start/uni-s?return_to=/account")
	to, err := start.Location()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range start.Cookies() {
		if c.MaxAge > 0 {
			p.cookies = append(p.cookies, c)
		}
	}
	return p.fake.back(to)
}

// R4: what is random in a request is fresh each time, and nothing twice.
func TestR4SecretsAreFreshAndApart(t *testing.T) {
	p := newParty(t)
	seen := map[string]bool{}
	for range 3 {
		to, err := p.get("/auth/start/uni-s").Location()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if v := to.Query().Get(name); v == "" || seen[v] {
				t.Errorf("%s is %q", name, v)
			} else {
				seen[v] = true
			}
		}
	}
}

func TestR4StateDies(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		want  oidcrp.Cause
	}{
		{"in time", 10*time.Minute - time.Second, ""},
		{"after ten minutes", 10 * time.Minute, oidcrp.Expired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParty(t)
			back := p.begin()
			p.now = p.now.Add(tt.after)
			if got := p.began(p.get(back)); got != (tt.want == "") || p.cause != tt.want {
				t.Errorf("got in: %t, cause %q", got, p.cause)
			}
			p.cause = ""
			if p.began(p.get(back)) || p.cause != oidcrp.StateUnknown {
				t.Errorf("the state works twice, cause %q", p.cause)
			}
		})
	}
}

func TestR5AnswerBelongsToBrowserAndProvider(t *testing.T) {
	p := newParty(t)
	p.db.Client.Provider.Create().SetKey("other").SetIssuer(p.fake.issuer() + "/").SetClientID("peregrine").SetClientSecretRef("test:").
		SetMode(provider.ModeDIRECT).SetState(provider.StateACTIVE).SetScopes([]string{"openid"}).SaveX(p.system())
	for name, change := range map[string]func(back string) string{
		"other browser":  func(back string) string { p.cookies = nil; return back },
		"other provider": func(back string) string { return strings.Replace(back, "/callback/uni-s", "/callback/other", 1) },
	} {
		// The other provider discovers as well as the first.
		p.fake.discovery = set(map[string]any{"issuer": p.fake.issuer()})
		back := change(p.begin())
		if strings.Contains(back, "/other") {
			p.fake.discovery = set(map[string]any{"issuer": p.fake.issuer() + "/"})
		}
		p.cause = ""
		if p.began(p.get(back)) || p.cause != oidcrp.StateUnknown {
			t.Errorf("%s: cause %q", name, p.cause)
		}
		if n := p.fake.called("/token"); n != 0 {
			t.Errorf("%s: the code was redeemed", name)
		}
	}
}

func TestR8UserinfoCannotSayHowSomebodySignedIn(t *testing.T) {
	p := newParty(t)
	p.fake.claims = set(map[string]any{"email": nil, "auth_time": nil})
	p.fake.userinfo = map[string]any{"sub": "s-1", "acr": "https://refeds.org/profile/mfa", "auth_time": 1, "email": "sam@uni-s.example"}
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	s := p.db.Client.Session.Query().OnlyX(p.system())
	if s.Acr != nil || s.AuthenticatedAt != nil {
		t.Errorf("userinfo set acr %v and time %s", s.Acr, s.AuthenticatedAt)
	}
	if got := p.db.Client.Profile.Query().OnlyX(p.system()); got.Email == nil || *got.Email != "sam@uni-s.example" {
		t.Errorf("the e-mail address that only userinfo says is %v", got.Email)
	}
}

// D16 builds on it: a sign-in at the provider long ago is not a fresh one here,
// nor is one at a time that it does not tell.
func TestTimeOfAuthenticationIsTheProviders(t *testing.T) {
	for name, tt := range map[string]struct {
		said  any
		known bool
		want  time.Duration // before now
	}{
		"long ago": {int64(-3 * time.Hour / time.Second), true, 3 * time.Hour}, "by a clock ahead": {int64(30), true, 0},
		"in the future": {int64(3600), false, 0}, "no number": {"yesterday", false, 0}, "absurd": {-1e300, false, 0}, "not told": {nil, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			said := tt.said
			if offset, ok := said.(int64); ok {
				said = p.now.Unix() + offset
			}
			p.fake.claims = set(map[string]any{"auth_time": said, "acr": "https://refeds.org/profile/mfa"})
			if !p.signIn() {
				t.Fatalf("refused: %s", p.cause)
			}
			s := p.db.Client.Session.Query().OnlyX(p.system())
			if (s.AuthenticatedAt != nil) != tt.known || tt.known && !s.AuthenticatedAt.Equal(p.now.Add(-tt.want)) || s.Acr == nil || *s.Acr != "https://refeds.org/profile/mfa" {
				t.Errorf("authenticated at %s with %v", s.AuthenticatedAt, s.Acr)
			}
		})
	}
}

// R3, R27: what is dropped and what is refused is on record, without what the
// provider said.
func TestR27DropsAndRefusalsAreOnRecord(t *testing.T) {
	p := newParty(t)
	p.fake.claims = set(map[string]any{"eduperson_scoped_affiliation": []string{"staff@uni-x.example", "student@uni-s.example@x", "student@uni-s.example"}})
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	if e := p.db.Client.AuditEntry.Query().Where(auditentry.Verb("person.sign_in")).OnlyX(p.system()); e.Details["dropped_affiliations"] != "2" {
		t.Errorf("the record says %v", e.Details)
	}
	if a := p.db.Client.Affiliation.Query().OnlyX(p.system()); a.Kind != affiliation.KindSTUDENT {
		t.Errorf("the affiliation is %s", a.Kind)
	}
	p.fake.claims = set(map[string]any{"schac_home_organization": "uni-x.example"})
	if p.signIn() {
		t.Fatal("somebody got in")
	}
	e := p.db.Client.AuditEntry.Query().Where(auditentry.Verb("sign_in.refused")).OnlyX(p.system())
	if len(e.Details) != 2 || e.Details["purpose"] != "SIGN_IN" || e.Details["cause"] != "foreign_home" || e.ObjectID.Kind() != ident.Provider {
		t.Errorf("the record says %v of %s", e.Details, e.ObjectID)
	}
}

// R10: a new key works at once, and a provider that names 100 unknown ones is
// asked for its keys ten times at most.
func TestR10RotationAndUnknownKeys(t *testing.T) {
	p := newParty(t)
	for range 2 {
		if !p.signIn() {
			t.Fatalf("refused: %s", p.cause)
		}
	}
	if n := p.fake.called("/keys"); n != 1 {
		t.Errorf("two sign-ins fetched the keys %d times", n)
	}
	p.fake.kid = func() string { return "k2" }
	p.fake.keys = func(s *gojose.JSONWebKeySet) { s.Keys[0].KeyID = "k2" }
	if !p.signIn() {
		t.Errorf("the new key does not work: %s", p.cause)
	}
	i := 0
	p.fake.kid = func() string { i++; return fmt.Sprint("random-", i) }
	for range 100 {
		if p.signIn() {
			t.Fatal("somebody got in")
		}
	}
	if n := p.fake.called("/keys"); n > 10 {
		t.Errorf("the keys were fetched %d times", n)
	}
	p.fake.kid = func() string { return "k3" }
	p.fake.keys = func(s *gojose.JSONWebKeySet) { s.Keys[0].KeyID = "k3" }
	p.now = p.now.Add(30 * time.Second)
	if !p.signIn() {
		t.Errorf("30 s later the next new key does not work: %s", p.cause)
	}
	p.now = p.now.Add(time.Hour)
	p.fake.keys = func(s *gojose.JSONWebKeySet) { s.Keys[0].KeyID = "k4" } // k3 is withdrawn
	if p.signIn() {
		t.Error("a withdrawn key still works an hour later")
	}
}

// R12: what was discovered serves on while discovery fails, for a day; the
// provider is asked again after the moment for which a failure is remembered.
func TestR12DiscoveryOutage(t *testing.T) {
	p := newParty(t)
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	const path = "/.well-known/openid-configuration"
	p.fake.wellKnown = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	p.now = p.now.Add(time.Hour)
	for _, step := range []struct {
		after time.Duration
		asked int
	}{{0, 2}, {4 * time.Second, 2}, {time.Second, 3}} {
		p.now = p.now.Add(step.after)
		if !p.signIn() {
			t.Fatalf("refused: %s", p.cause)
		}
		if n := p.fake.called(path); n != step.asked {
			t.Errorf("after %s the provider was asked %d times, want %d", step.after, n, step.asked)
		}
	}
	p.now = p.now.Add(24 * time.Hour)
	if p.signIn() || p.cause != oidcrp.ProviderDown {
		t.Errorf("a day later: %q", p.cause)
	}
	p.fake.wellKnown = nil
	p.now = p.now.Add(5 * time.Second)
	if !p.signIn() {
		t.Errorf("the provider is back, and: %s", p.cause)
	}
}

// A code is shown to the token endpoint once, with the secret in one place.
func TestTokenEndpointIsAskedOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		announced any
		basic     bool
	}{
		"nothing announced": {nil, true}, "both": {[]string{"client_secret_post", "client_secret_basic"}, true}, "post only": {[]string{"client_secret_post"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			p.fake.discovery = set(map[string]any{"token_endpoint_auth_methods_supported": tt.announced})
			var header, form []string
			p.fake.token = func(w http.ResponseWriter, r *http.Request) {
				_, inHeader, _ := r.BasicAuth()
				header, form = append(header, inHeader), append(form, r.FormValue("client_secret"))
				w.WriteHeader(http.StatusUnauthorized)
			}
			if p.signIn() {
				t.Fatal("somebody got in")
			}
			want := [2]string{"secret", ""}
			if !tt.basic {
				want = [2]string{"", "secret"}
			}
			if len(header) != 1 || header[0] != want[0] || form[0] != want[1] {
				t.Errorf("secrets in the header %q, in the form %q", header, form)
			}
		})
	}
}

// R15: a new sign-in ends the session that the browser had.
func TestR15OldSessionDies(t *testing.T) {
	p := newParty(t)
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	old := p.db.Client.Session.Query().OnlyX(p.system())
	p.session = old.ID
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	if got := p.db.Client.Session.GetX(p.system(), old.ID); got.EndedAt == nil {
		t.Error("the old session lives")
	}
	if n := p.db.Client.Session.Query().Where(session.EndedAtIsNil()).CountX(p.system()); n != 1 {
		t.Errorf("%d sessions live", n)
	}
}

// R17: the session here ends before the browser goes to the provider, with the
// ID token that it gave as a hint.
func TestR17Logout(t *testing.T) {
	p := newParty(t)
	p.fake.discovery = set(map[string]any{"end_session_endpoint": "https://idp.uni-s.example/bye?a=b"})
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	s := p.db.Client.Session.Query().OnlyX(p.system())
	p.session = s.ID
	answer := p.ask(http.MethodPost, "/auth/logout", p.cookies)
	to, err := answer.Location()
	if err != nil {
		t.Fatal(err)
	}
	hint := to.Query().Get("id_token_hint")
	if body, err := base64.RawURLEncoding.DecodeString(strings.Split(hint+"..", ".")[1]); err != nil || !strings.Contains(string(body), `"sub":"s-1"`) {
		t.Errorf("the hint is %q", hint)
	}
	if stored := s.IDToken; stored == nil || strings.Contains(*stored, hint) || strings.Contains(*stored, "eyJ") {
		t.Error("the ID token is stored in the clear")
	}
	if want := (url.Values{"a": {"b"}, "id_token_hint": {hint}, "client_id": {"peregrine"}, "post_logout_redirect_uri": {"http://localhost:8080/"}}); answer.StatusCode != http.StatusSeeOther ||
		to.Host != "idp.uni-s.example" ||
		to.Query().Encode() != want.Encode() {
		t.Errorf("%d to %s", answer.StatusCode, to)
	}
	if p.db.Client.Session.GetX(p.system(), s.ID).EndedAt == nil {
		t.Error("the session lives")
	}
}

// R23, R95: an answer that repeats the secret, or is long or odd, reaches no
// log as it is.
func TestR23ProvidersWordsInTheLog(t *testing.T) {
	p := newParty(t)
	p.fake.token = func(w http.ResponseWriter, r *http.Request) {
		_, secret, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"invalid_client","error_description":"bad secret %s, code %s"}`, secret, r.FormValue("code"))
	}
	p.signIn()
	line := p.log.String()
	if !strings.Contains(line, "400 invalid_client") || strings.Contains(line, "bad secret") || strings.Contains(line, "c-") {
		t.Errorf("the log says %s", line)
	}
	p.log.Reset()
	p.fake.answer = func(q url.Values) {
		q.Del("code")
		q.Set("error", "x\nlevel=ERROR msg=forged \u202e"+strings.Repeat("y", 5000))
	}
	p.signIn()
	if line := p.log.String(); strings.Count(line, "\n") != 1 || len(line) > 1000 || strings.Contains(line, "\u202e") {
		t.Errorf("the log says %s", line)
	}
}

// R25: many sign-ins at once do not mix, and the first of one person makes one.
func TestR25ParallelSignIns(t *testing.T) {
	p := newParty(t)
	p.fake.claims = nil
	var backs []string
	var cookies [][]*http.Cookie
	for range 20 {
		p.cookies = nil
		backs = append(backs, p.begin())
		cookies = append(cookies, p.cookies)
	}
	got := make([]bool, len(backs))
	var wg sync.WaitGroup
	for i := range backs {
		wg.Go(func() { got[i] = p.began(p.ask(http.MethodGet, backs[i], cookies[i])) })
	}
	wg.Wait()
	for i, ok := range got {
		if !ok {
			t.Errorf("sign-in %d was refused", i)
		}
	}
	if n := p.db.Client.Person.Query().CountX(p.system()); n != 1 {
		t.Errorf("one person became %d", n)
	}
	if n := p.db.Client.Session.Query().CountX(p.system()); n != 20 {
		t.Errorf("%d sessions began", n)
	}
}

// R25: two tabs work side by side; the cookies of a browser stay few.
func TestR25TabsOfOneBrowser(t *testing.T) {
	p := newParty(t)
	first, second := p.begin(), p.begin()
	if !p.began(p.get(first)) || !p.began(p.get(second)) {
		t.Errorf("a tab was refused: %s", p.cause)
	}
	for range 5 {
		p.begin()
	}
	removed := 0
	for _, c := range p.get("/auth/start/uni-s").Cookies() {
		if c.MaxAge < 0 {
			removed++
		}
	}
	if removed != len(p.cookies)-4 {
		t.Errorf("of %d sign-ins under way %d were forgotten", len(p.cookies), removed)
	}
}

// R26: answers of sign-in stay out of caches and referrers.
func TestR26Answers(t *testing.T) {
	p := newParty(t)
	back := p.begin()
	for name, answer := range map[string]*http.Response{
		"start": p.get("/auth/start/uni-s"), "unknown": p.get("/auth/start/nobody"), "callback": p.get(back), "again": p.get(back),
		"logout": p.ask(http.MethodPost, "/auth/logout", nil),
	} {
		if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", name, answer.Header)
		}
	}
}

// A secret that a reference does not lead to is never replaced by an empty one.
func TestClientSecretsByReference(t *testing.T) {
	file := t.TempDir() + "/secret"
	writeFile(t, file, "secret\n")
	empty := t.TempDir() + "/empty"
	writeFile(t, empty, "\n")
	t.Setenv("PEREGRINE_TEST_SECRET", "secret")
	for ref, want := range map[string]bool{
		"file:" + file: true, "env:PEREGRINE_TEST_SECRET": true, "file:" + empty: false, "file:" + file + "-gone": false,
		"env:PEREGRINE_TEST_NO_SECRET": false, "secret": false, "test:": true,
	} {
		p := newParty(t)
		p.db.Client.Provider.Update().SetClientSecretRef(ref).ExecX(p.system())
		if got := p.signIn(); got != want || !want && p.cause != oidcrp.Misconfigured {
			t.Errorf("%s: got in: %t, cause %q", ref, got, p.cause)
		}
	}
}

// R11: with a host that is not in the list of exceptions, not even discovery
// reaches this machine.
func TestR11NothingInsideIsCalled(t *testing.T) {
	p := newParty(t)
	called := false
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer inside.Close()
	inside.Config.ErrorLog = nil
	p.serve() // nothing is allowed
	for _, issuer := range []string{inside.URL, p.fake.issuer(), strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), "https://[::ffff:127.0.0.1]:1"} {
		p.db.Client.Provider.Update().SetIssuer(issuer).ExecX(p.system())
		if p.signIn() || p.cause != oidcrp.ProviderDown {
			t.Errorf("%s: cause %q", issuer, p.cause)
		}
		if !strings.Contains(p.log.String(), "prohibited IP address") && !strings.Contains(p.log.String(), "https only") {
			t.Errorf("%s: %s", issuer, p.log)
		}
		p.log.Reset()
	}
	if called || p.fake.called("/.well-known/openid-configuration") != 0 {
		t.Error("a server inside was called")
	}
}
