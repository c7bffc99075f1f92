package demoidp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func TestPeopleOfEveryRealmSignIn(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		realm, person string
		want          claims
	}{
		{"uni-hannover.de", "lena", claims{
			Sub: "lena", Name: "Lena Beispiel", GivenName: "Lena", FamilyName: "Beispiel", Locale: "de",
			Email: "lena@uni-hannover.de.example", EmailVerified: true, Home: "uni-hannover.de",
			Affiliation: []string{"student@uni-hannover.de", "member@uni-hannover.de"},
			UniqueCode:  []string{"urn:schac:personalUniqueCode:int:esi:uni-hannover.de:demo-lena"},
			Assurance:   []string{"https://refeds.org/assurance", "https://refeds.org/assurance/IAP/medium"},
		}},
		{"vutbr.cz", "daria", claims{
			Sub: "daria", Name: "Daria Příklad <b>", GivenName: "Daria", FamilyName: "Příklad <b>", Locale: "cs",
			Email: "daria@vutbr.cz.example", EmailVerified: true, Home: "vutbr.cz",
			Affiliation: []string{"student@vutbr.cz"},
			UniqueCode:  []string{"urn:schac:personalUniqueCode:int:esi:vutbr.cz:demo-daria"},
		}},
	} {
		for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
			s := w.client(tt.realm)
			s.client.Endpoint.AuthStyle = style
			began := w.now().Truncate(time.Second)
			token, err := s.exchange(s.code(tt.person), s.verifier)
			if err != nil {
				t.Fatal(err)
			}
			id := s.idToken(token)
			if at := time.Unix(id.AuthTime, 0); at.Before(began) || at.After(w.now()) {
				t.Errorf("auth_time = %v", at)
			}
			if id.Acr != acrSingleFactor || !slices.Equal(id.Amr, []string{"user"}) {
				t.Errorf("acr = %s, amr = %v", id.Acr, id.Amr)
			}
			id.AuthTime, id.Acr, id.Amr, id.Nonce = 0, "", nil, ""
			if !reflect.DeepEqual(id, tt.want) {
				t.Errorf("ID token\n%+v, want\n%+v", id, tt.want)
			}

			info, err := s.provider.UserInfo(context.Background(), s.client.TokenSource(context.Background(), token))
			if err != nil {
				t.Fatal(err)
			}
			var got claims
			if err := info.Claims(&got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("userinfo\n%+v, want\n%+v", got, tt.want)
			}
		}
	}
}

func TestNamesAndEmailFollowTheScopes(t *testing.T) {
	s := newWorld(t).client("uni-hannover.de")
	s.client.Scopes = []string{"openid"}
	token, err := s.exchange(s.code("lena"), s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	if c := s.idToken(token); c.Name != "" || c.Email != "" || c.Home != "uni-hannover.de" {
		t.Errorf("with openid alone: %+v", c)
	}
}

func TestDiscoveryAnnouncesOnlyWhatIsServed(t *testing.T) {
	w := newWorld(t)
	var got map[string]any
	if err := w.client("vutbr.cz").provider.Claims(&got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"issuer":                                         w.base + "/vutbr.cz",
		"response_types_supported":                       []any{"code"},
		"grant_types_supported":                          []any{"authorization_code"},
		"code_challenge_methods_supported":               []any{"S256"},
		"token_endpoint_auth_methods_supported":          []any{"client_secret_basic", "client_secret_post"},
		"id_token_signing_alg_values_supported":          []any{"RS256"},
		"acr_values_supported":                           []any{acrSingleFactor, acrMultiFactor},
		"authorization_response_iss_parameter_supported": true,
		"introspection_endpoint":                         nil,
		"revocation_endpoint":                            nil,
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
}

func TestEveryRealmHasItsOwnKey(t *testing.T) {
	w := newWorld(t)
	keys := map[string]string{}
	for _, r := range testRealms {
		_, body := w.get(w.base + "/" + r.Key + "/keys")
		var set struct {
			Keys []map[string]string `json:"keys"`
		}
		if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) != 1 {
			t.Fatalf("%s: %v in %s", r.Key, err, body)
		}
		if _, private := set.Keys[0]["d"]; private {
			t.Fatal("the private key is published")
		}
		keys[set.Keys[0]["n"]] = r.Key
	}
	if len(keys) != len(testRealms) {
		t.Errorf("%d keys for %d realms", len(keys), len(testRealms))
	}
}

func TestTokenOfOneRealmMeansNothingInAnother(t *testing.T) {
	w := newWorld(t)
	a, b := w.client("uni-hannover.de"), w.client("vutbr.cz")
	token, err := a.exchange(a.code("lena"), a.verifier)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.provider.UserInfo(context.Background(), oauth2.StaticTokenSource(token)); err == nil {
		t.Error("userinfo of another realm answered")
	}
	if _, err := b.provider.Verifier(&oidc.Config{ClientID: testClient, SkipIssuerCheck: true}).
		Verify(context.Background(), token.Extra("id_token").(string)); err == nil {
		t.Error("the ID token verifies with the key of another realm")
	}
	b.client.RedirectURL = a.client.RedirectURL
	_, err = b.exchange(a.code("lena"), a.verifier)
	wantRefused(t, err, "invalid_grant")
}

func TestCodeNeedsItsVerifier(t *testing.T) {
	s := newWorld(t).client("uni-hannover.de")
	s.client.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	code := s.code("lena")
	_, err := s.exchange(code, oauth2.GenerateVerifier())
	wantRefused(t, err, "invalid_grant")
	_, err = s.exchange(code, s.verifier) // the wrong try has spent it
	wantRefused(t, err, "invalid_grant")
	_, err = s.client.Exchange(context.Background(), s.code("lena"))
	wantRefused(t, err, "invalid_request")
}

func TestCodeNeedsTheClientsSecret(t *testing.T) {
	s := newWorld(t).client("uni-hannover.de")
	s.client.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	s.client.ClientSecret = "wrong"
	_, err := s.exchange(s.code("lena"), s.verifier)
	wantRefused(t, err, "invalid_client")
}

func TestReplayedCodeTakesTheTokenBack(t *testing.T) {
	s := newWorld(t).client("uni-hannover.de")
	s.client.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	code := s.code("lena")
	token, err := s.exchange(code, s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.provider.UserInfo(context.Background(), oauth2.StaticTokenSource(token)); err != nil {
		t.Fatal(err)
	}
	_, err = s.exchange(code, s.verifier)
	wantRefused(t, err, "invalid_grant")
	if _, err := s.provider.UserInfo(context.Background(), oauth2.StaticTokenSource(token)); err == nil {
		t.Error("the token outlived the replay of its code")
	}
}

func TestDoubleClickGivesOneToken(t *testing.T) {
	s := newWorld(t).client("uni-hannover.de")
	s.client.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	request, _ := s.login()
	first, second := s.pick(request, "lena").Get("code"), s.pick(request, "lena").Get("code")
	if _, err := s.exchange(second, s.verifier); err != nil {
		t.Fatal(err)
	}
	_, err := s.exchange(first, s.verifier)
	wantRefused(t, err, "invalid_grant")
}

func TestCodesRequestsAndTokensExpire(t *testing.T) {
	w := newWorld(t)
	s := w.client("uni-hannover.de")
	s.client.Endpoint.AuthStyle = oauth2.AuthStyleInHeader

	request, _ := s.login()
	w.wait(requestTTL - time.Second)
	code := s.pick(request, "lena").Get("code")
	w.wait(codeTTL)
	_, err := s.exchange(code, s.verifier)
	wantRefused(t, err, "invalid_grant")

	res, body := w.get(w.base + "/uni-hannover.de/login?request=" + request)
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, english.Say("stopped.expired")) {
		t.Errorf("old request: %s\n%s", res.Status, body)
	}

	token, err := s.exchange(s.code("lena"), s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	w.wait(tokenTTL)
	if _, err := s.provider.UserInfo(context.Background(), oauth2.StaticTokenSource(token)); err == nil {
		t.Error("an old access token still works")
	}
}

func TestUnregisteredRedirectIsNeverFollowed(t *testing.T) {
	s := newWorld(t).client("uni-hannover.de")
	for _, to := range []string{
		"http://localhost:8080/auth/callback/vutbr.cz", // that of another realm
		"http://localhost:8080/auth/callback/uni-hannover.de/",
		"http://localhost:8081/auth/callback/uni-hannover.de",
		"https://evil.example/",
		"",
	} {
		s.client.RedirectURL = to
		res, body := s.ask()
		if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" || !strings.Contains(body, english.Say("stopped.request")) {
			t.Errorf("redirect_uri %q: %s to %q", to, res.Status, res.Header.Get("Location"))
		}
	}
	s = newWorld(t).client("uni-hannover.de")
	s.client.ClientID = "somebody-else"
	if res, _ := s.ask(); res.StatusCode != http.StatusBadRequest {
		t.Errorf("unknown client: %s", res.Status)
	}
}

func TestFaultsGoBackToTheClient(t *testing.T) {
	for name, tt := range map[string]struct {
		param oauth2.AuthCodeOption
		want  string
	}{
		"no PKCE":        {oauth2.SetAuthURLParam("code_challenge", ""), "invalid_request"},
		"plain PKCE":     {oauth2.SetAuthURLParam("code_challenge_method", "plain"), "invalid_request"},
		"default PKCE":   {oauth2.SetAuthURLParam("code_challenge_method", ""), "invalid_request"},
		"implicit":       {oauth2.SetAuthURLParam("response_type", "id_token token"), "unauthorized_client"},
		"form_post":      {oauth2.SetAuthURLParam("response_mode", "form_post"), "invalid_request"},
		"no openid":      {oauth2.SetAuthURLParam("scope", "profile"), "invalid_scope"},
		"silent":         {oauth2.SetAuthURLParam("prompt", "none"), "login_required"},
		"request object": {oauth2.SetAuthURLParam("request", "e30.e30."), "request_not_supported"},
		"bad hint":       {oauth2.SetAuthURLParam("id_token_hint", "nonsense"), "login_required"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWorld(t).client("uni-hannover.de")
			res, body := s.ask(tt.param)
			if got := s.back(res, body); got.Get("error") != tt.want || got.Has("code") {
				t.Errorf("error = %q (%s), want %s", got.Get("error"), got.Get("error_description"), tt.want)
			}
		})
	}
}

func TestPersonOfAnotherRealmCannotBeChosen(t *testing.T) {
	w := newWorld(t)
	a, b := w.client("uni-hannover.de"), w.client("vutbr.cz")
	request, page := b.login()
	if strings.Contains(page, "Lena") {
		t.Error("the page offers a person of another realm")
	}
	for _, form := range []struct {
		at     *signIn
		person string
	}{{b, "lena"}, {a, "lena"}, {a, "daria"}, {b, ""}} {
		res, _ := w.post(w.base+"/"+form.at.realm+"/login", url.Values{"request": {request}, "person": {form.person}})
		if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("%q at %s: %s", form.person, form.at.realm, res.Status)
		}
	}
	if b.pick(request, "daria").Get("code") == "" {
		t.Error("wrong tries have spoilt the request")
	}
}

func TestLevelIsTheFirstKnownOneAskedFor(t *testing.T) {
	w := newWorld(t)
	for asked, want := range map[string]string{
		acrMultiFactor:                         acrMultiFactor,
		"https://example.org/x":                acrSingleFactor,
		"urn:other " + acrMultiFactor:          acrMultiFactor,
		acrSingleFactor + " " + acrMultiFactor: acrSingleFactor,
	} {
		s := w.client("uni-hannover.de")
		token, err := s.exchange(
			s.code("reinhard", oauth2.SetAuthURLParam("acr_values", asked), oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0")),
			s.verifier,
		)
		if err != nil {
			t.Fatal(err)
		}
		c := s.idToken(token)
		if c.Acr != want || slices.Contains(c.Amr, "mfa") != (want == acrMultiFactor) {
			t.Errorf("acr_values %q: acr = %s, amr = %v", asked, c.Acr, c.Amr)
		}
	}
}

func TestHintLeavesOnlyThatPerson(t *testing.T) {
	w := newWorld(t)
	s := w.client("uni-hannover.de")
	token, err := s.exchange(s.code("editha"), s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	hint := oauth2.SetAuthURLParam("id_token_hint", token.Extra("id_token").(string))
	request, page := s.login(hint)
	if !strings.Contains(page, "Editha") || strings.Contains(page, "Lena") {
		t.Error("the page offers somebody else, or not the person of the hint")
	}
	if res, _ := w.post(w.base+"/uni-hannover.de/login", url.Values{"request": {request}, "person": {"lena"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("somebody else was chosen: %s", res.Status)
	}
	if s.pick(request, "editha").Get("code") == "" {
		t.Error("no code for the person of the hint")
	}
}

func TestSignInCanBeStopped(t *testing.T) {
	w := newWorld(t)
	s := w.client("uni-hannover.de")
	request, _ := s.login()
	res, body := w.post(w.base+"/uni-hannover.de/login", url.Values{"request": {request}, "cancel": {"1"}})
	if got := s.back(res, body); got.Get("error") != "access_denied" || got.Has("code") {
		t.Errorf("way back = %v", got)
	}
	if res, _ := w.post(w.base+"/uni-hannover.de/login", url.Values{"request": {request}, "person": {"lena"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a stopped request goes on: %s", res.Status)
	}
}

func TestSignOutForgetsTokensAndLeadsBack(t *testing.T) {
	w := newWorld(t)
	s := w.client("uni-hannover.de")
	token, err := s.exchange(s.code("lena"), s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	exit := w.base + "/uni-hannover.de/end_session?"
	query := url.Values{"id_token_hint": {token.Extra("id_token").(string)}, "post_logout_redirect_uri": {"https://evil.example/"}}
	if res, _ := w.get(exit + query.Encode()); res.StatusCode != http.StatusBadRequest {
		t.Errorf("unregistered address after sign-out: %s", res.Status)
	}
	query.Set("post_logout_redirect_uri", afterExit)
	query.Set("state", "bye")
	if res, _ := w.get(exit + query.Encode()); res.Header.Get("Location") != afterExit+"?state=bye" {
		t.Errorf("sign-out: %s to %q", res.Status, res.Header.Get("Location"))
	}
	if _, err := s.provider.UserInfo(context.Background(), oauth2.StaticTokenSource(token)); err == nil {
		t.Error("the token outlived the sign-out")
	}
	res, _ := w.get(w.base + "/uni-hannover.de/end_session")
	if res, body := w.get(res.Header.Get("Location")); res.StatusCode != http.StatusOK || !strings.Contains(body, english.Say("signed_out.title")) {
		t.Errorf("sign-out without an address: %s\n%s", res.Status, body)
	}
}

func TestOtherGrantsAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, grant := range []string{"refresh_token", "client_credentials", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange"} {
		res, body := w.post(w.base+"/vutbr.cz/token", url.Values{"grant_type": {grant}, "client_id": {testClient}, "client_secret": {testSecret}})
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "unsupported_grant_type") {
			t.Errorf("%s: %s %s", grant, res.Status, body)
		}
	}
}

func TestOnlyLoopbackHTTPIsServed(t *testing.T) {
	config := Config{Realms: testRealms, ClientID: "c", ClientSecret: "s", RedirectURIs: func(string) []string { return []string{afterLogin} }}
	for address, ok := range map[string]bool{
		"http://localhost:8090":             true,
		"http://localhost:8090/":            true,
		"http://127.0.0.1:8090":             true,
		"http://127.9.9.9":                  true,
		"http://[::1]:8090":                 true,
		"https://localhost:8090":            false,
		"http://idp.example.org":            false,
		"http://localhost.example.org:8090": false,
		"http://0.0.0.0:8090":               false,
		"http://[::]:8090":                  false,
		"http://192.168.1.10:8090":          false,
		"http://169.254.169.254":            false,
		"http://localhost@evil.example":     false,
		"http://user@localhost":             false,
		"http://localhost:8090/sub":         false,
		"http://localhost:8090?x=1":         false,
		"localhost:8090":                    false,
		"":                                  false,
	} {
		config.BaseURL = address
		if h, err := New(config); (err == nil) != ok || (h != nil) != ok {
			t.Errorf("New(%q) = %v", address, err)
		}
	}
}

func TestIncompleteConfigurationIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"no realm":            func(c *Config) { c.Realms = nil },
		"no client":           func(c *Config) { c.ClientID = "" },
		"no secret":           func(c *Config) { c.ClientSecret = "" },
		"no redirects":        func(c *Config) { c.RedirectURIs = nil },
		"empty redirects":     func(c *Config) { c.RedirectURIs = func(string) []string { return nil } },
		"realm twice":         func(c *Config) { c.Realms = append(c.Realms, c.Realms[0]) },
		"key with a slash":    func(c *Config) { c.Realms[0].Key = "a/b" },
		"upper case domain":   func(c *Config) { c.Realms[0].Domain = "Uni.example" },
		"unknown language":    func(c *Config) { c.Realms[0].Language = "??" },
		"nobody":              func(c *Config) { c.Realms[0].People = nil },
		"subject with colon":  func(c *Config) { c.Realms[0].People[0].Subject = "a:b" },
		"subject twice":       func(c *Config) { c.Realms[0].People[1].Subject = "lena" },
		"nameless":            func(c *Config) { c.Realms[0].People[0].GivenName, c.Realms[0].People[0].FamilyName = "", "" },
		"unknown affiliation": func(c *Config) { c.Realms[0].People[0].Affiliations = []string{"student@uni-hannover.de"} },
	} {
		t.Run(name, func(t *testing.T) {
			realms := slices.Clone(testRealms)
			realms[0].People = slices.Clone(realms[0].People)
			c := Config{BaseURL: "http://localhost", Realms: realms, ClientID: "c", ClientSecret: "s", RedirectURIs: func(string) []string { return []string{afterLogin} }}
			if _, err := New(c); err != nil {
				t.Fatal(err)
			}
			spoil(&c)
			if _, err := New(c); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestForeignHostAndHugeRequestsAreTurnedAway(t *testing.T) {
	w := newWorld(t)
	req, _ := http.NewRequest(http.MethodGet, w.base+"/", nil)
	req.Host = "rebound.example"
	if res, _ := w.do(req); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("foreign host: %s", res.Status)
	}
	if res, _ := w.client("vutbr.cz").ask(oauth2.SetAuthURLParam("login_hint", strings.Repeat("x", maxInput))); res.StatusCode != http.StatusRequestURITooLong {
		t.Errorf("long query: %s", res.Status)
	}
	if res, _ := w.post(w.base+"/vutbr.cz/authorize", url.Values{"state": {strings.Repeat("x", maxInput)}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("large body: %s", res.Status)
	}
	if res, _ := w.get(w.base + "/unknown.example/keys"); res.StatusCode != http.StatusNotFound {
		t.Errorf("unknown realm: %s", res.Status)
	}
}

func TestAuthorizeTakesPost(t *testing.T) {
	s := newWorld(t).client("vutbr.cz")
	address, err := url.Parse(s.client.AuthCodeURL(s.state, oauth2.S256ChallengeOption(s.verifier)))
	if err != nil {
		t.Fatal(err)
	}
	res, body := s.post(s.base+"/vutbr.cz/authorize", address.Query())
	if res.StatusCode != http.StatusSeeOther || !strings.Contains(res.Header.Get("Location"), "/vutbr.cz/login?request=") {
		t.Errorf("authorize by POST: %s to %q\n%s", res.Status, res.Header.Get("Location"), body)
	}
}
