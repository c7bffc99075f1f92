package demoidp

import (
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	testClient = "peregrine"
	testSecret = "s3cret with a space & more"
	afterLogin = "http://localhost:8080/auth/callback/"
	afterExit  = "http://localhost:8080/signed-out"
)

var testRealms = []Realm{{
	Key: "uni-hannover.de", Domain: "uni-hannover.de", Name: "Leibniz Universität Hannover", Language: "de",
	People: []Person{
		{
			Subject: "lena", GivenName: "Lena", FamilyName: "Beispiel", Email: "lena@uni-hannover.de.example",
			Affiliations: []string{"student", "member"},
			ESI:          "urn:schac:personalUniqueCode:int:esi:uni-hannover.de:demo-lena",
			Assurance:    []string{"https://refeds.org/assurance", "https://refeds.org/assurance/IAP/medium"},
			Label:        "student of mechanical engineering",
		},
		{Subject: "editha", GivenName: "Editha", FamilyName: "Beispiel", Email: "editha@uni-hannover.de.example", Affiliations: []string{"faculty"}, Label: "course editor and teacher"},
		{Subject: "reinhard", GivenName: "Reinhard", FamilyName: "Beispiel", Affiliations: []string{"staff"}, Label: "registrar and administrator"},
		{Subject: "irene", GivenName: "Irene", FamilyName: "Beispiel", Affiliations: []string{"staff"}, Label: "mobility and recognition officer"},
	},
}, {
	Key: "vutbr.cz", Domain: "vutbr.cz", Name: "Vysoké učení technické v Brně", Language: "cs",
	People: []Person{{
		Subject: "daria", GivenName: "Daria", FamilyName: "Příklad <b>", Email: "daria@vutbr.cz.example", Affiliations: []string{"student"},
		ESI: "urn:schac:personalUniqueCode:int:esi:vutbr.cz:demo-daria", Label: "student of information technology",
	}},
}}

// world is a provider on a loopback port, a clock that the test moves, and a
// browser that follows no redirect by itself.
type world struct {
	t       *testing.T
	base    string
	browser *http.Client

	mu    sync.Mutex
	ahead time.Duration
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, browser: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	server := httptest.NewUnstartedServer(nil) // listens, so that the address is known
	w.base = "http://" + server.Listener.Addr().String()
	handler, err := New(Config{
		BaseURL: w.base, Realms: testRealms, ClientID: testClient, ClientSecret: testSecret,
		RedirectURIs:           func(key string) []string { return []string{afterLogin + key} },
		PostLogoutRedirectURIs: []string{afterExit},
		Now:                    w.now,
		Logger:                 slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
	return w
}

// now runs with the machine's clock, by which the library dates tokens.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().UTC().Add(w.ahead).Truncate(time.Microsecond)
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

// do sends a request and reads the whole answer.
func (w *world) do(req *http.Request) (*http.Response, string) {
	w.t.Helper()
	res, err := w.browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res, string(body)
}

func (w *world) get(address string) (*http.Response, string) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do(req)
}

func (w *world) post(address string, form url.Values) (*http.Response, string) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(req)
}

// signIn is one run of the code flow as a client sees it.
type signIn struct {
	*world
	realm    string
	provider *oidc.Provider
	client   oauth2.Config
	verifier string
	state    string
	nonce    string
}

func (w *world) client(realm string) *signIn {
	w.t.Helper()
	provider, err := oidc.NewProvider(context.Background(), w.base+"/"+realm)
	if err != nil {
		w.t.Fatal(err)
	}
	return &signIn{
		world: w, realm: realm, provider: provider, verifier: oauth2.GenerateVerifier(), state: "state-" + realm, nonce: "nonce-" + realm,
		client: oauth2.Config{
			ClientID: testClient, ClientSecret: testSecret, Endpoint: provider.Endpoint(), RedirectURL: afterLogin + realm,
			Scopes: []string{"openid", "profile", "email", "schac_home_organization"},
		},
	}
}

// ask is the authorization request.
func (s *signIn) ask(extra ...oauth2.AuthCodeOption) (*http.Response, string) {
	s.t.Helper()
	return s.get(s.client.AuthCodeURL(s.state, append([]oauth2.AuthCodeOption{oidc.Nonce(s.nonce), oauth2.S256ChallengeOption(s.verifier)}, extra...)...))
}

var hiddenRequest = regexp.MustCompile(`name="request" value="([^"]+)"`)

// login goes to the sign-in page and returns what it hides and shows.
func (s *signIn) login(extra ...oauth2.AuthCodeOption) (request, page string) {
	s.t.Helper()
	res, _ := s.ask(extra...)
	if res.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("authorize: %s", res.Status)
	}
	res, page = s.get(res.Header.Get("Location"))
	found := hiddenRequest.FindStringSubmatch(page)
	if res.StatusCode != http.StatusOK || found == nil {
		s.t.Fatalf("sign-in page: %s\n%s", res.Status, page)
	}
	return html.UnescapeString(found[1]), page
}

// pick chooses a person on the page and returns the query of the way back.
func (s *signIn) pick(request, person string) url.Values {
	s.t.Helper()
	res, body := s.post(s.base+"/"+s.realm+"/login", url.Values{"request": {request}, "person": {person}})
	return s.back(res, body)
}

// back checks that an answer leads to the client and returns its query.
func (s *signIn) back(res *http.Response, body string) url.Values {
	s.t.Helper()
	address, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(address.String(), s.client.RedirectURL+"?") {
		s.t.Fatalf("not back at the client: %s %s %v\n%s", res.Status, address, err, body)
	}
	query := address.Query()
	if query.Get("state") != s.state || query.Get("iss") != s.base+"/"+s.realm {
		s.t.Errorf("way back has state %q and iss %q", query.Get("state"), query.Get("iss"))
	}
	return query
}

// code runs up to the code for a person.
func (s *signIn) code(person string, extra ...oauth2.AuthCodeOption) string {
	s.t.Helper()
	request, _ := s.login(extra...)
	code := s.pick(request, person).Get("code")
	if code == "" {
		s.t.Fatal("no code")
	}
	return code
}

func (s *signIn) exchange(code, verifier string) (*oauth2.Token, error) {
	return s.client.Exchange(context.Background(), code, oauth2.VerifierOption(verifier))
}

// claims of the academic and standard kind, as a client reads them.
type claims struct {
	Sub, Name, Email, Locale, Nonce, Acr string
	GivenName                            string `json:"given_name"`
	FamilyName                           string `json:"family_name"`
	EmailVerified                        bool   `json:"email_verified"`
	Amr                                  []string
	AuthTime                             int64    `json:"auth_time"`
	Home                                 string   `json:"schac_home_organization"`
	Affiliation                          []string `json:"eduperson_scoped_affiliation"`
	UniqueCode                           []string `json:"schac_personal_unique_code"`
	Assurance                            []string `json:"eduperson_assurance"`
}

// idToken verifies the ID token of a token answer.
func (s *signIn) idToken(token *oauth2.Token) claims {
	s.t.Helper()
	raw, _ := token.Extra("id_token").(string)
	verified, err := s.provider.Verifier(&oidc.Config{ClientID: testClient}).Verify(context.Background(), raw)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := verified.VerifyAccessToken(token.AccessToken); err != nil {
		s.t.Error(err)
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		s.t.Fatal(err)
	}
	if !slices.Equal(verified.Audience, []string{testClient}) || c.Nonce != s.nonce {
		s.t.Errorf("ID token for %v with nonce %q", verified.Audience, c.Nonce)
	}
	return c
}

// wantRefused checks that the token endpoint refused with an OAuth error code.
func wantRefused(t *testing.T, err error, code string) {
	t.Helper()
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || refused.ErrorCode != code {
		t.Errorf("error = %v, want %s", err, code)
	}
}
