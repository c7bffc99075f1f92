package oidcrp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/authn"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// party is a relying party before a fake provider that may speak for
// uni-s.example.
type party struct {
	t       *testing.T
	fake    *fake
	other   *fake // that of uni-x.example, once it is registered
	db      *storage.DB
	mux     *http.ServeMux
	rp      *oidcrp.Handlers
	now     time.Time
	log     *bytes.Buffer
	cause   oidcrp.Cause
	wayBack string // that a failure was told
	cookies []*http.Cookie
	session ident.ID // of the browser's viewer

	alliance ident.ID
	homes    map[string]ident.ID
}

func newParty(t *testing.T) *party {
	t.Helper()
	p := &party{t: t, db: testkit.Database(t), now: time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	clock := func() time.Time { return p.now }
	p.fake, p.other = newFake(t, clock), newFake(t, clock)
	s := &institution.Service{DB: p.db.Client, Now: clock}
	a, err := s.Found(p.system(), institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Bounds: institution.DefaultBounds})
	if err != nil {
		t.Fatal(err)
	}
	homes := map[string]ident.ID{}
	for _, domain := range []string{"uni-s.example", "uni-x.example"} {
		inst, err := s.Admit(p.system(), institution.Admission{AllianceID: a.ID, Part: membership.PartMEMBER, Details: institution.Details{
			SCHAC: domain, Name: vocab.Text{"en": domain}, Acronym: "U", Country: "DE", Town: vocab.Text{"en": "Town"}, Zone: "Europe/Berlin"}})
		if err != nil {
			t.Fatal(err)
		}
		homes[domain] = inst.ID
	}
	p.alliance, p.homes = a.ID, homes
	if _, err := (&registry.Service{DB: p.db.Client, Now: clock, AllowHTTP: []string{host(p.fake.issuer())}}).Register(p.system(), registry.Proposal{Key: "uni-s", Issuer: p.fake.issuer(), ClientID: "peregrine",
		ClientSecretRef: new("test:"), Mode: provider.ModeDIRECT, Scopes: []string{"openid"}, Homes: []registry.Home{{Domain: "uni-s.example", InstitutionID: homes["uni-s.example"]}}}); err != nil {
		t.Fatal(err)
	}
	p.serve(host(p.fake.issuer()), host(p.other.issuer()))
	return p
}

// serve begins the relying party anew, which may talk to providers of this
// machine at the addresses.
func (p *party) serve(allowed ...string) {
	p.t.Helper()
	clock := func() time.Time { return p.now }
	kek, err := keyring.ParseKEK(strings.Repeat("7f", 32))
	if err != nil {
		p.t.Fatal(err)
	}
	p.mux = http.NewServeMux()
	p.rp = oidcrp.New(oidcrp.Options{
		DB: p.db.Client, Now: clock, KEK: kek, BaseURL: "http://localhost:8080", Secrets: map[string]string{"test:": "secret"}, Log: slog.New(slog.NewTextHandler(p.log, nil)),
		Sessions: session.New(p.db.Client, clock, kek), Learners: &learner.Service{DB: p.db.Client, Now: clock}, Cookie: authn.NewCookie("http://localhost:8080"), AllowTo: allowed,
	}).Handlers(func(w http.ResponseWriter, _ *http.Request, cause oidcrp.Cause, returnTo string) {
		p.cause, p.wayBack = cause, returnTo
		w.WriteHeader(http.StatusTeapot)
	})
	p.rp.Routes(p.mux)
}

func (p *party) system() context.Context {
	return viewer.With(p.t.Context(), &viewer.Viewer{Kind: viewer.System})
}

// get asks as the browser does, with its cookies.
func (p *party) get(address string) *http.Response {
	p.t.Helper()
	return p.ask(http.MethodGet, address, p.cookies)
}

func (p *party) ask(method, address string, cookies []*http.Cookie) *http.Response {
	r := httptest.NewRequest(method, address, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	who := &viewer.Viewer{Kind: viewer.Anonymous}
	if p.session != "" {
		who = &viewer.Viewer{Kind: viewer.Person, SessionID: p.session, PersonID: p.db.Client.Session.GetX(p.system(), p.session).PersonID}
	}
	p.mux.ServeHTTP(w, r.WithContext(viewer.With(r.Context(), who)))
	return w.Result()
}

// signIn goes to the provider and back, and says whether a session began.
func (p *party) signIn() bool {
	p.t.Helper()
	p.cause = ""
	start := p.get("/auth/start/uni-s?return_to=/account")
	if start.StatusCode != http.StatusSeeOther {
		return false
	}
	p.cookies = start.Cookies()
	to, err := start.Location()
	if err != nil {
		p.t.Fatal(err)
	}
	q := to.Query()
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) != 43 || len(q.Get("nonce")) != 43 {
		p.t.Errorf("the request to the provider is %s", to)
	}
	return p.began(p.get(p.fake.back(to)))
}

func (p *party) began(answer *http.Response) bool {
	for _, c := range answer.Cookies() {
		if c.Name == "peregrine-session" && c.Value != "" {
			return answer.StatusCode == http.StatusSeeOther
		}
	}
	return false
}

func TestGoodProviderGetsItsPeopleIn(t *testing.T) {
	p := newParty(t)
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	if !p.signIn() {
		t.Fatalf("refused the second time: %s", p.cause)
	}
	if n := p.db.Client.Person.Query().CountX(p.system()); n != 1 {
		t.Errorf("one person became %d", n)
	}
	a := p.db.Client.Affiliation.Query().OnlyX(p.system())
	if a.Kind != affiliation.KindSTUDENT {
		t.Errorf("the affiliation is %s", a.Kind)
	}
}

// Each line is an attack or a fault that must not get anybody in, and the
// cause that the page tells. The numbers are those of the security requirements.
func TestProvidersThatMisbehave(t *testing.T) {
	hour := time.Hour
	for _, tt := range []struct {
		name   string
		break_ func(*fake)
		want   oidcrp.Cause
	}{
		{"R2 foreign home", func(f *fake) { f.claims = set(map[string]any{"schac_home_organization": "uni-x.example"}) }, oidcrp.ForeignHome},
		{"R2 home below its own", func(f *fake) { f.claims = set(map[string]any{"schac_home_organization": "x.uni-s.example"}) }, oidcrp.ForeignHome},
		{"R2 home of a look-alike", func(f *fake) { f.claims = set(map[string]any{"schac_home_organization": "unı-s.example"}) }, oidcrp.ForeignHome},
		{"R2 two homes", func(f *fake) {
			f.claims = set(map[string]any{"schac_home_organization": []string{"uni-s.example", "uni-x.example"}})
		}, oidcrp.ForeignHome},
		{"R6 answer of another issuer", func(f *fake) { f.answer = func(q url.Values) { q.Set("iss", "https://evil.example") } }, oidcrp.Misconfigured},
		{"R6 announced issuer missing", func(f *fake) { f.answer = func(q url.Values) { q.Del("iss") } }, oidcrp.Misconfigured},
		{"R4 unknown state", func(f *fake) { f.answer = func(q url.Values) { q.Set("state", strings.Repeat("A", 43)) } }, oidcrp.StateUnknown},
		{"R7 other issuer in token", func(f *fake) { f.claims = set(map[string]any{"iss": "https://evil.example"}) }, oidcrp.Misconfigured},
		{"R7 other audience", func(f *fake) { f.claims = set(map[string]any{"aud": "another"}) }, oidcrp.Misconfigured},
		{"R7 second audience", func(f *fake) { f.claims = set(map[string]any{"aud": []string{"peregrine", "another"}}) }, oidcrp.Misconfigured},
		{"R7 other party", func(f *fake) { f.claims = set(map[string]any{"azp": "another"}) }, oidcrp.Misconfigured},
		{"R7 other nonce", func(f *fake) { f.claims = set(map[string]any{"nonce": "n"}) }, oidcrp.Misconfigured},
		{"R7 no nonce", func(f *fake) { f.claims = set(map[string]any{"nonce": nil}) }, oidcrp.Misconfigured},
		{"R7 expired", func(f *fake) { f.claims = set(map[string]any{"exp": f.now().Add(-hour).Unix()}) }, oidcrp.Misconfigured},
		{"R7 issued long ago", func(f *fake) { f.claims = set(map[string]any{"iat": f.now().Add(-hour).Unix()}) }, oidcrp.Misconfigured},
		{"R7 issued in the future", func(f *fake) { f.claims = set(map[string]any{"iat": f.now().Add(hour).Unix()}) }, oidcrp.Misconfigured},
		{"R7 no subject", func(f *fake) { f.claims = set(map[string]any{"sub": ""}) }, oidcrp.Misconfigured},
		{"R7 hash of another access token", func(f *fake) { f.claims = set(map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}) }, oidcrp.Misconfigured},
		{"R7 not valid yet", func(f *fake) { f.claims = set(map[string]any{"nbf": f.now().Add(2 * time.Minute).Unix()}) }, oidcrp.Misconfigured},
		{"R7 expired beyond the skew", func(f *fake) { f.claims = set(map[string]any{"exp": f.now().Add(-2 * time.Minute).Unix()}) }, oidcrp.Misconfigured},
		{"R7 subject of 256 bytes", func(f *fake) { f.claims = set(map[string]any{"sub": strings.Repeat("s", 256)}) }, oidcrp.Misconfigured},
		{"R9 key below 2048 bits", func(f *fake) { f.key = weakKey(f.t) }, oidcrp.Misconfigured},
		{"R9 key for encryption", func(f *fake) { f.keys = func(s *gojose.JSONWebKeySet) { s.Keys[0].Use = "enc" } }, oidcrp.Misconfigured},
		{"R9 private key in public", func(f *fake) { f.keys = func(s *gojose.JSONWebKeySet) { s.Keys[0].Key = f.key } }, oidcrp.Misconfigured},
		{"R9 more than 50 keys", func(f *fake) {
			f.keys = func(s *gojose.JSONWebKeySet) { s.Keys = slices.Repeat(s.Keys, 51) }
		}, oidcrp.Misconfigured},
		{"R9 key in the header", func(f *fake) { f.sign = func(c map[string]any) string { return signedByHeader(f, c) } }, oidcrp.Misconfigured},
		{"R9 algorithm none", func(f *fake) { f.sign = unsigned }, oidcrp.Misconfigured},
		{"R9 HMAC with the public key", func(f *fake) {
			f.sign = func(c map[string]any) string { return f.signed(c, f.key.N.Bytes(), gojose.HS256) }
		}, oidcrp.Misconfigured},
		{"R8 userinfo of another", func(f *fake) {
			f.claims = set(map[string]any{"schac_home_organization": nil})
			f.userinfo = map[string]any{"sub": "s-2", "schac_home_organization": "uni-s.example"}
		}, oidcrp.Misconfigured},
		{"R24 reserved test account", func(f *fake) { f.claims = set(map[string]any{"email": "Test@MyAcademicID.org"}) }, oidcrp.RefusedAccount},
		{"R24 reserved among many names", func(f *fake) {
			f.claims = set(map[string]any{"edu_person_principal_names": []string{"a@uni-s.example", "test@erasmus.eduteams.org"}})
		}, oidcrp.RefusedAccount},
		{"cancelled", func(f *fake) {
			f.answer = func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }
		}, oidcrp.Cancelled},
		{"R13 error", func(f *fake) { f.answer = func(q url.Values) { q.Del("code"); q.Set("error", "server_error") } }, oidcrp.ProviderDown},
		{"R13 token endpoint fails", func(f *fake) {
			f.token = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, oidcrp.ProviderDown},
		{"R11 token endpoint redirects", func(f *fake) {
			f.token = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://evil.example/token", http.StatusTemporaryRedirect)
			}
		}, oidcrp.ProviderDown},
		{"R11 endless discovery", func(f *fake) {
			f.wellKnown = func(w http.ResponseWriter, _ *http.Request) {
				for range 64 {
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						return
					}
				}
			}
		}, oidcrp.ProviderDown},
		{"R19 discovery of another issuer", func(f *fake) { f.discovery = set(map[string]any{"issuer": "https://evil.example"}) }, oidcrp.ProviderDown},
		{"R11 sign-in page by plain http", func(f *fake) { f.discovery = set(map[string]any{"authorization_endpoint": "http://evil.example/"}) }, oidcrp.ProviderDown},
		{"R11 sign-in page that is a script", func(f *fake) { f.discovery = set(map[string]any{"authorization_endpoint": "javascript:alert(1)"}) }, oidcrp.ProviderDown},
		{"R11 keys by plain http", func(f *fake) { f.discovery = set(map[string]any{"jwks_uri": "http://evil.example/"}) }, oidcrp.ProviderDown},
		{"R11 no token endpoint", func(f *fake) { f.discovery = set(map[string]any{"token_endpoint": nil}) }, oidcrp.ProviderDown},
		{"R13 userinfo fails", func(f *fake) {
			f.claims = set(map[string]any{"schac_home_organization": nil})
			f.discovery = set(map[string]any{"userinfo_endpoint": f.issuer() + "/nothing"})
		}, oidcrp.ProviderDown},
		{"R11 token endpoint inside the network", func(f *fake) {
			f.discovery = set(map[string]any{"token_endpoint": "http://127.0.0.1:1/token"})
		}, oidcrp.ProviderDown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParty(t)
			tt.break_(p.fake)
			if p.signIn() {
				t.Error("somebody got in")
			}
			if p.cause != tt.want {
				t.Errorf("the page tells %q, want %q", p.cause, tt.want)
			}
			if n := p.db.Client.Session.Query().CountX(p.system()); n != 0 {
				t.Errorf("%d sessions began", n)
			}
		})
	}
}

func weakKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signedByHeader signs with a key of the attacker's that the header carries.
func signedByHeader(f *fake, c map[string]any) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Error(err)
		return ""
	}
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: gojose.ES256, Key: key}, &gojose.SignerOptions{EmbedJWK: true})
	if err != nil {
		f.t.Error(err)
		return ""
	}
	body, _ := json.Marshal(c)
	jws, err := signer.Sign(body)
	if err != nil {
		f.t.Error(err)
		return ""
	}
	token, _ := jws.CompactSerialize()
	return token
}

func unsigned(c map[string]any) string {
	body, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(body) + "."
}

// Faults that are no attack do not lock anybody out: a clock that is a little
// off, claims as one text, in other spellings, or only in userinfo; foreign
// affiliations are dropped, not believed.
func TestProvidersThatDiffer(t *testing.T) {
	for _, tt := range []struct {
		name string
		vary func(*fake)
		want affiliation.Kind
	}{
		{"R7 clock 20 s ahead", func(f *fake) { f.claims = set(map[string]any{"iat": f.now().Add(20 * time.Second).Unix()}) }, affiliation.KindSTUDENT},
		{"R7 expired 20 s ago by our clock", func(f *fake) { f.claims = set(map[string]any{"exp": f.now().Add(-20 * time.Second).Unix()}) }, affiliation.KindSTUDENT},
		{"R7 valid 20 s from now by our clock", func(f *fake) { f.claims = set(map[string]any{"nbf": f.now().Add(20 * time.Second).Unix()}) }, affiliation.KindSTUDENT},
		{"R7 right hash of the access token", func(f *fake) {
			sum := sha256.Sum256([]byte("at"))
			f.claims = set(map[string]any{"at_hash": base64.RawURLEncoding.EncodeToString(sum[:16])})
		}, affiliation.KindSTUDENT},
		{"R9 keys of unknown kinds beside", func(f *fake) {
			f.keys = func(s *gojose.JSONWebKeySet) {
				s.Keys = append(s.Keys, gojose.JSONWebKey{Key: []byte("shared secret"), KeyID: "k1"})
			}
		}, affiliation.KindSTUDENT},
		{"R22 one affiliation 10000 times", func(f *fake) {
			f.claims = set(map[string]any{"eduperson_scoped_affiliation": slices.Repeat([]string{"staff@uni-s.example"}, 10000)})
		}, affiliation.KindSTAFF},
		{"one text", func(f *fake) { f.claims = set(map[string]any{"eduperson_scoped_affiliation": "staff@uni-s.example"}) }, affiliation.KindSTAFF},
		{"no home named by a provider with one", func(f *fake) { f.claims = set(map[string]any{"schac_home_organization": nil}) }, affiliation.KindSTUDENT},
		{"only in userinfo", func(f *fake) {
			f.claims = set(map[string]any{"schac_home_organization": nil, "eduperson_scoped_affiliation": nil})
			f.userinfo = map[string]any{"sub": "s-1", "schac_home_organization": "uni-s.example", "eduperson_scoped_affiliation": "faculty@uni-s.example"}
		}, affiliation.KindFACULTY},
		{"R3 foreign affiliation", func(f *fake) {
			f.claims = set(map[string]any{"eduperson_scoped_affiliation": []string{"faculty@uni-x.example", "student@x.uni-s.example", "student@uni-s.example", "dean@uni-s.example"}})
		}, affiliation.KindSTUDENT},
		{"R22 claims of odd types", func(f *fake) {
			f.claims = set(map[string]any{"given_name": 7, "family_name": []any{map[string]any{}}, "email": "a\x00\u202eb", "locale": "☃"})
		}, affiliation.KindSTUDENT},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParty(t)
			tt.vary(p.fake)
			if !p.signIn() {
				t.Fatalf("refused: %s", p.cause)
			}
			if a := p.db.Client.Affiliation.Query().OnlyX(p.system()); a.Kind != tt.want {
				t.Errorf("the affiliation is %s, want %s", a.Kind, tt.want)
			}
		})
	}
}

// R12: a provider that is down is not asked again at every sign-in.
func TestOutageIsRememberedForAMoment(t *testing.T) {
	p := newParty(t)
	asked := 0
	p.fake.wellKnown = func(w http.ResponseWriter, _ *http.Request) { asked++; w.WriteHeader(http.StatusBadGateway) }
	for range 5 {
		if p.signIn() || p.cause != oidcrp.ProviderDown {
			t.Fatalf("the page tells %q", p.cause)
		}
	}
	if asked != 1 {
		t.Errorf("the provider was asked %d times", asked)
	}
}

// R14: return_to leads to a path of this origin only.
func TestReturnLeadsHome(t *testing.T) {
	for in, want := range map[string]string{
		"/account": "/account", "/explorer/?a=b#c": "/explorer/?a=b#c", "": "/", "account": "/",
		"//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/", "/\t/evil.example": "/", "/%0d%0aSet-Cookie:x": "/%0d%0aSet-Cookie:x",
		"/" + strings.Repeat("a", 2000): "/", "javascript:alert(1)": "/", "/..//evil.example": "/..//evil.example",
	} {
		if got := oidcrp.SafePath(in); got != want {
			t.Errorf("SafePath(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSafePath(f *testing.F) {
	for _, s := range []string{"/", "//x", "/\\x", "/a?b=c"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://exchange.example/auth/callback/x")
	f.Fuzz(func(t *testing.T, s string) {
		to, err := base.Parse(oidcrp.SafePath(s))
		if err != nil || to.Host != "exchange.example" || to.Scheme != "https" {
			t.Errorf("SafePath(%q) leads to %v", s, to)
		}
	})
}
