package oidcrp_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	row "github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// signedIn signs in and goes on as that session.
func (p *party) signedIn() *ent.Session {
	p.t.Helper()
	if !p.signIn() {
		p.t.Fatalf("refused: %s", p.cause)
	}
	return p.goOn()
}

// goOn makes the newest session that lives that of the browser.
func (p *party) goOn() *ent.Session {
	p.t.Helper()
	s := p.db.Client.Session.Query().Where(row.EndedAtIsNil()).Order(ent.Desc(row.FieldID)).FirstX(p.system())
	p.session = s.ID
	return s
}

// journey follows an answer that leads to a provider, and comes back.
func (p *party) journey(answer *http.Response, f *fake) (asked url.Values, back *http.Response) {
	p.t.Helper()
	p.cause = ""
	to, err := answer.Location()
	if err != nil {
		p.t.Fatalf("%d: %v", answer.StatusCode, err)
	}
	p.cookies = answer.Cookies()
	return to.Query(), p.get(f.back(to))
}

// proves makes the provider say how and when the person has proved themselves.
func proves(acr any, at time.Time) func(map[string]any) {
	return set(map[string]any{"acr": acr, "auth_time": at.Unix()})
}

// R19: a step-up asks for the second factor and for a fresh proof, and gives a
// new session that has it.
func TestR19StepUp(t *testing.T) {
	p := newParty(t)
	old := p.signedIn()
	p.fake.claims = proves(authz.MultiFactor, p.now)
	_, back := p.journey(p.get("/auth/step-up?return_to=/account"), p.fake)
	if !p.began(back) || back.Header.Get("Location") != "/account" {
		t.Fatalf("%d to %s: %s", back.StatusCode, back.Header.Get("Location"), p.cause)
	}
	now := p.goOn()
	if now.ID == old.ID || now.Acr == nil || now.AuthenticatedAt == nil || !authz.SteppedUp(*now.Acr, *now.AuthenticatedAt, p.now) {
		t.Errorf("the session is %v", now)
	}
	if p.db.Client.Session.GetX(p.system(), old.ID).EndedAt == nil {
		t.Error("the old session lives") // R15
	}
	if n := p.db.Client.AuditEntry.Query().Where(auditentry.Verb("session.start")).CountX(p.system()); n != 2 {
		t.Errorf("%d starts are on record", n)
	}
}

// R19: a step-up is asked for in a way that the provider has to act on, as far
// as it says what it understands: it would answer a wish from the sign-in of a
// moment ago.
func TestR19StepUpIsDemanded(t *testing.T) {
	demand := `{"id_token":{"acr":{"essential":true,"values":["` + authz.MultiFactor + `"]}}}`
	for _, tt := range []struct {
		name             string
		claims, registry bool
		want             [3]string // claims, acr_values, prompt
	}{
		{"by the claims parameter", true, false, [3]string{demand, "", ""}},
		{"and as the registry says", true, true, [3]string{demand, "", "login"}},
		{"where the parameter is not known", false, false, [3]string{"", authz.MultiFactor, "login"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParty(t)
			p.fake.discovery = set(map[string]any{"claims_parameter_supported": tt.claims})
			p.db.Client.Provider.Update().SetPromptLogin(tt.registry).ExecX(p.system())
			p.signedIn()
			p.fake.claims = proves(authz.MultiFactor, p.now)
			asked, back := p.journey(p.get("/auth/step-up"), p.fake)
			if got := [3]string{asked.Get("claims"), asked.Get("acr_values"), asked.Get("prompt")}; got != tt.want || asked.Get("max_age") != "60" || !p.began(back) {
				t.Errorf("asked for %v: %q", asked, p.cause)
			}
		})
	}
	p := newParty(t)
	p.db.Client.Provider.Update().SetPromptLogin(true).ExecX(p.system())
	if asked, _ := p.journey(p.get("/auth/start/uni-s"), p.fake); asked.Has("prompt") || asked.Has("max_age") || asked.Has("claims") {
		t.Errorf("a sign-in asks for %v", asked)
	}
}

// R19: what is no step-up is refused, and the session stays what it was.
func TestR19WeakerAnswersAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		turn  func(*party)
		cause oidcrp.Cause
	}{
		{"no level", func(p *party) { p.fake.claims = proves(nil, p.now) }, oidcrp.TooWeak},
		{"single factor", func(p *party) { p.fake.claims = proves("https://refeds.org/profile/sfa", p.now) }, oidcrp.TooWeak},
		{"a level of its own", func(p *party) { p.fake.claims = proves("mfa", p.now) }, oidcrp.TooWeak},
		{"no time", func(p *party) { p.fake.claims = set(map[string]any{"acr": authz.MultiFactor, "auth_time": nil}) }, oidcrp.NotFresh},
		{"stale", func(p *party) { p.fake.claims = proves(authz.MultiFactor, p.now.Add(-31*time.Minute)) }, oidcrp.NotFresh},
		{"time to come", func(p *party) { p.fake.claims = proves(authz.MultiFactor, p.now.Add(time.Hour)) }, oidcrp.NotFresh},
		{"another account", func(p *party) {
			p.fake.claims = set(map[string]any{"acr": authz.MultiFactor, "auth_time": p.now.Unix(), "sub": "s-2"})
		}, oidcrp.OtherAccount},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParty(t)
			old := p.signedIn()
			tt.turn(p)
			if _, back := p.journey(p.get("/auth/step-up"), p.fake); p.began(back) || p.cause != tt.cause {
				t.Errorf("the page tells %q, want %q", p.cause, tt.cause)
			}
			if s := p.db.Client.Session.Query().OnlyX(p.system()); s.ID != old.ID || s.EndedAt != nil {
				t.Errorf("the session is %v", s)
			}
			if e := p.db.Client.AuditEntry.Query().Where(auditentry.Verb("sign_in.refused")).OnlyX(p.system()); e.Details["cause"] != string(tt.cause) { // R27
				t.Errorf("the record says %v", e.Details)
			}
		})
	}
}

// R19: a step-up of a session that is over, or of nobody, goes nowhere.
func TestR19StepUpNeedsItsSession(t *testing.T) {
	p := newParty(t)
	if p.get("/auth/step-up"); p.cause != oidcrp.SignedOut {
		t.Errorf("nobody is told %q", p.cause)
	}
	p.signedIn()
	start := p.get("/auth/step-up")
	p.session = ""
	p.fake.claims = proves(authz.MultiFactor, p.now)
	if _, back := p.journey(start, p.fake); p.began(back) || p.cause != oidcrp.SignedOut {
		t.Errorf("the page tells %q", p.cause)
	}
}

// R19: a provider that calls the second factor otherwise is asked by its word,
// and understood.
func TestR19ProvidersOwnLevel(t *testing.T) {
	p := newParty(t)
	p.db.Client.Provider.Update().SetAcrValues(map[string]string{authz.MultiFactor: "urn:two"}).ExecX(p.system())
	p.signedIn()
	p.fake.claims = proves("urn:two", p.now)
	asked, back := p.journey(p.get("/auth/step-up"), p.fake)
	if asked.Get("acr_values") != "urn:two" || !p.began(back) || *p.goOn().Acr != authz.MultiFactor {
		t.Errorf("asked for %s: %q", asked.Get("acr_values"), p.cause)
	}
}

// second registers another provider, for uni-x.example.
func (p *party) second() *fake {
	p.t.Helper()
	f := p.other
	s := &registry.Service{DB: p.db.Client, Now: func() time.Time { return p.now }, AllowHTTP: []string{host(f.issuer())}}
	if _, err := s.Register(p.system(), registry.Proposal{Key: "uni-x", Issuer: f.issuer(), ClientID: "peregrine",
		ClientSecretRef: new("test:"), Mode: provider.ModeDIRECT, Scopes: []string{"openid"}, Homes: []registry.Home{{Domain: "uni-x.example", InstitutionID: p.homes["uni-x.example"]}}}); err != nil {
		p.t.Fatal(err)
	}
	f.claims = set(map[string]any{"sub": "x-1", "schac_home_organization": "uni-x.example", "eduperson_scoped_affiliation": "staff@uni-x.example", "auth_time": p.now.Unix()})
	return f
}

// page handles LinkPath as the site does.
func (p *party) linkPage() {
	p.mux.HandleFunc("POST "+oidcrp.LinkPath, func(w http.ResponseWriter, r *http.Request) {
		if answer := r.FormValue("confirm"); answer != "" {
			p.rp.ConfirmLink(w, r, answer == "yes")
			return
		}
		p.rp.BeginLink(w, r, r.FormValue("key"))
	})
}

func (p *party) post(address string) *http.Response {
	return p.ask(http.MethodPost, address, p.cookies)
}

// R20: a second account is linked from a running session, once it has been
// proved and confirmed; the session goes on under another secret.
func TestR20Linking(t *testing.T) {
	p := newParty(t)
	p.linkPage()
	f := p.second()
	old := p.signedIn()
	_, back := p.journey(p.post("/auth/link?key=uni-x"), f)
	if back.Header.Get("Location") != oidcrp.LinkPath {
		t.Fatalf("%d to %s: %s", back.StatusCode, back.Header.Get("Location"), p.cause)
	}
	if n := p.db.Client.Identity.Query().CountX(p.system()); n != 1 {
		t.Fatal("linked before it was confirmed")
	}
	p.cookies = back.Cookies()
	if done := p.post("/auth/link?confirm=yes"); !p.began(done) {
		t.Fatalf("%d: %s", done.StatusCode, p.cause)
	}
	if p.goOn().ID == old.ID || p.db.Client.Session.GetX(p.system(), old.ID).EndedAt == nil {
		t.Error("the session has its old secret") // R15
	}
	if e := p.db.Client.AuditEntry.Query().Where(auditentry.Verb("identity.link")).OnlyX(p.system()); *e.ActorID != old.PersonID {
		t.Errorf("the record says %v", e)
	}
	if p.post("/auth/link?confirm=yes"); p.cause != oidcrp.Expired {
		t.Errorf("confirmed twice: %q", p.cause)
	}
	p.session = ""
	_, back = p.journey(p.get("/auth/start/uni-x"), f)
	if !p.began(back) || p.goOn().PersonID != old.PersonID {
		t.Errorf("the linked account is somebody else: %s", p.cause)
	}
	if profile := p.db.Client.Profile.Query().OnlyX(p.system()); *profile.Email != "sam@uni-s.example" {
		t.Errorf("the profile says %v", profile)
	}
}

// R20: nothing is linked that is not fresh, confirmed by the person of the
// session, and nobody's yet.
func TestR20LinkingIsRefused(t *testing.T) {
	waits := func(p *party, f *fake) *http.Response {
		_, back := p.journey(p.post("/auth/link?key=uni-x"), f)
		p.cookies = back.Cookies()
		return back
	}
	for _, tt := range []struct {
		name string
		try  func(p *party, f *fake)
		want oidcrp.Cause
	}{
		{"nobody has signed in", func(p *party, _ *fake) { p.session = ""; p.post("/auth/link?key=uni-x") }, oidcrp.SignedOut},
		{"the second proof is stale", func(p *party, f *fake) {
			claims := f.claims
			f.claims = func(c map[string]any) { claims(c); c["auth_time"] = p.now.Add(-6 * time.Minute).Unix() }
			waits(p, f)
		}, oidcrp.NotFresh},
		{"the second proof has no time", func(p *party, f *fake) {
			claims := f.claims
			f.claims = func(c map[string]any) { claims(c); delete(c, "auth_time") }
			waits(p, f)
		}, oidcrp.NotFresh},
		{"the account is another person's", func(p *party, f *fake) {
			if _, err := p.rp.Learners.SignIn(p.system(), learner.Assertion{ProviderID: p.db.Client.Provider.Query().Where(provider.Key("uni-x")).OnlyX(p.system()).ID,
				Issuer: f.issuer(), Subject: "x-1", InstitutionID: p.homes["uni-x.example"]}); err != nil {
				p.t.Fatal(err)
			}
			waits(p, f)
		}, oidcrp.AccountTaken},
		{"the account becomes another person's meanwhile", func(p *party, f *fake) {
			waits(p, f)
			if _, err := p.rp.Learners.SignIn(p.system(), learner.Assertion{ProviderID: p.db.Client.Provider.Query().Where(provider.Key("uni-x")).OnlyX(p.system()).ID,
				Issuer: f.issuer(), Subject: "x-1", InstitutionID: p.homes["uni-x.example"]}); err != nil {
				p.t.Fatal(err)
			}
			p.post("/auth/link?confirm=yes")
		}, oidcrp.AccountTaken},
		{"confirmed too late", func(p *party, f *fake) {
			waits(p, f)
			p.now = p.now.Add(5 * time.Minute)
			p.post("/auth/link?confirm=yes")
		}, oidcrp.Expired},
		{"confirmed by another session", func(p *party, f *fake) {
			waits(p, f)
			cookies := p.cookies
			p.session = ""
			p.fake.claims = set(map[string]any{"sub": "s-9"})
			p.signedIn()
			p.cookies = cookies
			p.post("/auth/link?confirm=yes")
		}, oidcrp.Expired},
		{"declined", func(p *party, f *fake) { waits(p, f); p.post("/auth/link?confirm=no") }, ""},
		{"the name of what waits is no state", func(p *party, f *fake) {
			waits(p, f)
			p.get("/auth/callback/uni-x?code=c&state=" + p.cookies[len(p.cookies)-1].Value + "&iss=" + url.QueryEscape(f.issuer()))
		}, oidcrp.StateUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParty(t)
			p.linkPage()
			f := p.second()
			mine := p.signedIn()
			tt.try(p, f)
			if p.cause != tt.want {
				t.Errorf("the page tells %q, want %q", p.cause, tt.want)
			}
			if n := p.db.Client.Identity.Query().Where(identity.PersonID(mine.PersonID)).CountX(p.system()); n != 1 {
				t.Errorf("the person has %d accounts", n)
			}
		})
	}
}

// R20: who has not proved themselves lately does so first.
func TestR20StaleSessionRenewsFirst(t *testing.T) {
	p := newParty(t)
	p.linkPage()
	p.second()
	old := p.signedIn()
	p.now = p.now.Add(6 * time.Minute)
	p.fake.claims = proves(nil, p.now)
	asked, back := p.journey(p.post("/auth/link?key=uni-x"), p.fake)
	if asked.Get("max_age") == "" || !p.began(back) || back.Header.Get("Location") != oidcrp.LinkPath {
		t.Fatalf("%v: %d to %s: %s", asked, back.StatusCode, back.Header.Get("Location"), p.cause)
	}
	if now := p.goOn(); now.ID == old.ID || !now.AuthenticatedAt.Equal(p.now.Truncate(time.Second)) {
		t.Errorf("the session is %v", now)
	}
}

// R20: an account is unlinked by its person, but for the last one and the one
// that the session began with.
func TestR20Unlinking(t *testing.T) {
	p := newParty(t)
	mine := p.signedIn()
	person := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: mine.PersonID, SessionID: mine.ID})
	refused := func(ctx context.Context, id ident.ID, code problem.Code, text string) {
		t.Helper()
		if err := p.rp.Learners.Unlink(ctx, id); !errors.Is(err, problem.Is(code)) || !strings.Contains(err.Error(), text) {
			t.Errorf("%v", err)
		}
	}
	refused(person, mine.IdentityID, problem.Conflict, "last account")
	other, err := p.rp.Learners.Link(person, learner.Assertion{ProviderID: p.db.Client.Provider.Query().OnlyX(p.system()).ID, Issuer: p.fake.issuer(), Subject: "s-2",
		InstitutionID: p.homes["uni-s.example"]})
	if err != nil {
		t.Fatal(err)
	}
	refused(person, mine.IdentityID, problem.Conflict, "signed in with this account")
	stranger := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: ident.New(ident.Person)})
	refused(stranger, other.ID, problem.NotFound, "no such")
	weak := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: mine.PersonID, SessionID: mine.ID, StepUpAt: []ident.ID{"ins"}})
	refused(weak, other.ID, problem.StepUpRequired, "second factor") // R19
	if err := p.rp.Learners.Unlink(person, other.ID); err != nil {
		t.Fatal(err)
	}
	if e := p.db.Client.AuditEntry.Query().Where(auditentry.Verb("identity.unlink")).OnlyX(p.system()); e.ObjectID != other.ID || *e.ActorID != mine.PersonID {
		t.Errorf("the record says %v", e)
	}
}

// logoutToken is a good one, changed as the test wants.
func (p *party) logoutToken(changes map[string]any) string {
	c := map[string]any{"iss": p.fake.issuer(), "aud": "peregrine", "iat": p.now.Unix(), "exp": p.now.Add(2 * time.Minute).Unix(), "jti": "j-1", "sub": "s-1",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	set(changes)(c)
	return p.fake.signed(c, p.fake.key, gojose.RS256)
}

func (p *party) logsOut(key, token string) int {
	r := httptest.NewRequest(http.MethodPost, "/auth/backchannel-logout/"+key, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.mux.ServeHTTP(w, r.WithContext(viewer.With(r.Context(), &viewer.Viewer{Kind: viewer.Anonymous})))
	if w.Header().Get("Cache-Control") != "no-store" {
		p.t.Error("the answer may be stored")
	}
	return w.Code
}

func (p *party) alive() int {
	return p.db.Client.Session.Query().Where(row.EndedAtIsNil()).CountX(p.system())
}

// R18: a provider ends the sessions of an account, or the one that it names, and
// the tokens that these have lent.
func TestR18BackchannelLogout(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes map[string]any
		left    int // of sid-1 with a token, sid-2, one without sid, and another subject's
	}{
		{"by subject", nil, 1},
		{"by session", map[string]any{"sub": nil, "sid": "sid-1"}, 3},
		{"by both", map[string]any{"sid": "sid-1"}, 2}, // the one of which the provider never told the name may be it
		{"of nobody here", map[string]any{"sub": "s-7"}, 5},
		{"by another's session", map[string]any{"sub": "s-2", "sid": "sid-1"}, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newParty(t)
			for i, claims := range []map[string]any{{"sid": "sid-1"}, {"sid": "sid-2"}, {}, {"sub": "s-2"}} {
				p.fake.claims = set(claims)
				p.session = ""
				if !p.signIn() {
					t.Fatalf("refused: %s", p.cause)
				}
				if i == 0 {
					if _, _, err := p.rp.Sessions.Lend(p.system(), p.goOn().ID); err != nil {
						t.Fatal(err)
					}
				}
			}
			token := p.logoutToken(tt.changes)
			if code := p.logsOut("uni-s", token); code != http.StatusOK {
				t.Fatalf("answered %d: %s", code, p.log)
			}
			if got := p.alive(); got != tt.left {
				t.Errorf("%d sessions are left, want %d", got, tt.left)
			}
			if code := p.logsOut("uni-s", token); code != http.StatusBadRequest {
				t.Errorf("the same token again: %d", code)
			}
		})
	}
}

// R18: whatever is no good logout token of that provider ends nothing.
func TestR18BadLogoutTokens(t *testing.T) {
	p := newParty(t)
	f := p.second()
	p.signedIn()
	idToken := p.fake.idToken("n")
	of := func(changes map[string]any) string { return p.logoutToken(changes) }
	theirs := func(changes map[string]any) string {
		c := map[string]any{"iss": f.issuer(), "aud": "peregrine", "iat": p.now.Unix(), "exp": p.now.Add(time.Minute).Unix(), "jti": "j", "sub": "s-1",
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
		set(changes)(c)
		return f.signed(c, f.key, gojose.RS256)
	}
	for name, tt := range map[string]struct{ key, token string }{
		"nothing":              {"uni-s", ""},
		"no token":             {"uni-s", "x.y.z"},
		"an ID token":          {"uni-s", idToken}, // R36
		"unknown provider":     {"nobody", of(nil)},
		"another provider":     {"uni-x", of(nil)},
		"another's signature":  {"uni-s", theirs(map[string]any{"iss": p.fake.issuer()})},
		"another issuer":       {"uni-s", theirs(nil)},
		"other audience":       {"uni-s", of(map[string]any{"aud": "another"})},
		"second audience":      {"uni-s", of(map[string]any{"aud": []string{"peregrine", "another"}})},
		"nonce":                {"uni-s", of(map[string]any{"nonce": "n"})},
		"no event":             {"uni-s", of(map[string]any{"events": nil})},
		"an event that is not": {"uni-s", of(map[string]any{"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": 7}})},
		"no jti":               {"uni-s", of(map[string]any{"jti": nil})},
		"nobody":               {"uni-s", of(map[string]any{"sub": nil})},
		"expired":              {"uni-s", of(map[string]any{"exp": p.now.Add(-2 * time.Minute).Unix()})},
		"holds for ever":       {"uni-s", of(map[string]any{"exp": p.now.Add(48 * time.Hour).Unix()})},
		"issued long ago":      {"uni-s", of(map[string]any{"iat": p.now.Add(-time.Hour).Unix()})},
		"issued in the future": {"uni-s", of(map[string]any{"iat": p.now.Add(time.Hour).Unix()})},
	} {
		if code := p.logsOut(tt.key, tt.token); code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, code)
		}
	}
	if p.alive() != 1 {
		t.Error("the session has ended")
	}
	// A subject of the same name at another issuer is somebody else.
	if code := p.logsOut("uni-x", theirs(nil)); code != http.StatusOK || p.alive() != 1 {
		t.Errorf("%d, %d sessions are left", code, p.alive())
	}
}

// A provider that asks for it gets a proof by our published key, for it alone,
// and no secret; the key outlives the process.
func TestClientProvesItselfByKey(t *testing.T) {
	p := newParty(t)
	p.db.Client.Provider.Update().SetClientAuthentication(provider.ClientAuthenticationPRIVATE_KEY_JWT).ClearClientSecretRef().ExecX(p.system())
	seen := map[string]bool{}
	p.fake.token = func(w http.ResponseWriter, r *http.Request) {
		_, _, basic := r.BasicAuth()
		var set gojose.JSONWebKeySet
		if err := json.NewDecoder(p.get("/auth/jwks.json").Body).Decode(&set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() {
			t.Errorf("the key set is %v: %v", set, err)
		}
		jws, err := gojose.ParseSignedCompact(r.FormValue("client_assertion"), []gojose.SignatureAlgorithm{gojose.ES256})
		if err != nil {
			t.Errorf("the proof is %q: %v", r.Form, err)
			return
		}
		payload, err := jws.Verify(set.Keys[0])
		var c struct {
			ISS, SUB, AUD, JTI string
			EXP                int64
		}
		if err != nil || json.Unmarshal(payload, &c) != nil || c.ISS != "peregrine" || c.SUB != "peregrine" || c.AUD != p.fake.issuer() || seen[c.JTI] ||
			c.EXP > p.now.Add(5*time.Minute).Unix() || basic || r.FormValue("client_secret") != "" ||
			r.FormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			t.Errorf("the proof is %s in %q: %v", payload, r.Form, err)
		}
		seen[c.JTI] = true
		p.fake.json(w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": p.fake.idToken(strings.TrimPrefix(r.FormValue("code"), "c-"))})
	}
	for range 2 {
		if !p.signIn() {
			t.Fatalf("refused: %s", p.cause)
		}
	}
	if n := p.db.Client.ServerKey.Query().CountX(p.system()); n != 1 {
		t.Errorf("there are %d keys", n)
	}
}

// The registry says how a provider spells its claims; other spellings are not read.
func TestClaimsBySpelling(t *testing.T) {
	const id = "urn:schac:personalUniqueCode:int:esi:DE:123"
	for name, tt := range map[string]struct {
		claims provider.Claims
		names  map[string]string
		mode   provider.Mode
		said   map[string]any
	}{
		"REFEDS": {"REFEDS", nil, "DIRECT", map[string]any{"schac_personal_unique_code": []string{"urn:schac:personalUniqueCode:de:matr:7", id}, "eduperson_entitlement": "urn:x",
			"eduperson_assurance": []string{"https://refeds.org/assurance/IAP/medium", "https://evil.example/IAP/high"}, "eduPersonScopedAffiliation": "faculty@uni-s.example"}},
		"SURF": {"SURF", nil, "DIRECT", map[string]any{"eduperson_scoped_affiliation": nil, "edu_person_scoped_affiliations": []string{"student@uni-s.example"},
			"schac_personal_unique_codes": []string{id}, "edu_person_entitlements": []string{"urn:x"}, "eduperson_assurance": "https://refeds.org/assurance/IAP/medium"}},
		"CAMEL": {"CAMEL", nil, "DIRECT", map[string]any{"schac_home_organization": nil, "schacHomeOrganization": "uni-s.example", "eduperson_scoped_affiliation": "faculty@uni-s.example",
			"eduPersonScopedAffiliation": "student@uni-s.example", "schacPersonalUniqueCode": id, "eduPersonEntitlement": "urn:x", "eduPersonAssurance": "https://refeds.org/assurance/IAP/medium"}},
		"own names": {"REFEDS", map[string]string{"home": "org", "affiliation": "role", "esi": "sid_code", "entitlement": "ent", "assurance": "raf", "email": "sub"}, "DIRECT", map[string]any{
			"schac_home_organization": "uni-x.example", "org": "uni-s.example", "role": "student@uni-s.example", "eduperson_scoped_affiliation": "faculty@uni-s.example",
			"sid_code": id, "ent": "urn:x", "raf": "https://refeds.org/assurance/IAP/medium"}},
		"proxy": {"REFEDS", nil, "PROXY", map[string]any{"voperson_external_affiliation": "student@uni-s.example", "eduperson_scoped_affiliation": "faculty@uni-s.example",
			"schac_personal_unique_code": id, "eduperson_entitlement": "urn:x", "eduperson_assurance": "https://refeds.org/assurance/IAP/medium"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			p.db.Client.Provider.Update().SetClaims(tt.claims).SetClaimNames(tt.names).SetMode(tt.mode).ExecX(p.system())
			p.fake.claims = set(tt.said)
			mine := p.signedIn()
			if a := p.db.Client.Affiliation.Query().OnlyX(p.system()); a.Kind != "STUDENT" {
				t.Errorf("the affiliation is %s", a.Kind)
			}
			if profile := p.db.Client.Profile.Query().OnlyX(p.system()); profile.Esi == nil || *profile.Esi != id || *profile.Email != "sam@uni-s.example" {
				t.Errorf("the profile is %v", profile)
			}
			if i := p.db.Client.Identity.GetX(p.system(), mine.IdentityID); len(i.Assurance) != 1 || i.Assurance[0] != "https://refeds.org/assurance/IAP/medium" {
				t.Errorf("the assurance is %v", i.Assurance)
			}
		})
	}
}

// R9: the registry narrows the algorithms; none that is left lets nobody in.
func TestR9RegistryNarrowsAlgorithms(t *testing.T) {
	for name, tt := range map[string]struct {
		only []string
		want bool
	}{"its own": {[]string{"RS256"}, true}, "another": {[]string{"ES256"}, false}, "none that is accepted": {[]string{"HS256"}, false}} {
		p := newParty(t)
		p.db.Client.Provider.Update().SetAlgorithms(tt.only).ExecX(p.system())
		if got := p.signIn(); got != tt.want {
			t.Errorf("%s: got in: %t, cause %q", name, got, p.cause)
		}
	}
}

// R27: an endpoint that moves to another host is on record.
func TestMovedEndpointIsOnRecord(t *testing.T) {
	p := newParty(t)
	p.signedIn()
	p.fake.discovery = set(map[string]any{"end_session_endpoint": "https://idp.uni-s.example/bye"})
	p.now = p.now.Add(time.Hour)
	p.signIn()
	p.fake.discovery = set(map[string]any{"end_session_endpoint": "https://elsewhere.example/bye"})
	p.now = p.now.Add(time.Hour)
	p.signIn()
	if e := p.db.Client.AuditEntry.Query().Where(auditentry.Verb("provider.moved")).OnlyX(p.system()); e.Details["endpoints"] != "end_session_endpoint" {
		t.Errorf("the record says %v", e.Details)
	}
}

// Journeys that nobody finished are deleted, and so are accounts that nobody
// confirmed.
func TestUnfinishedJourneysAreCleared(t *testing.T) {
	p := newParty(t)
	p.get("/auth/start/uni-s")
	p.now = p.now.Add(11 * time.Minute)
	if n, err := p.rp.Clear(p.system()); n != 1 || err != nil || p.db.Client.SignIn.Query().Where(signin.IDNEQ("")).CountX(p.system()) != 0 {
		t.Errorf("%d deleted: %v", n, err)
	}
}
