package oidcrp_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/authn"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A provider that does not say when somebody proved themselves proves nothing
// fresh: no step-up, and no second account without a new proof.
func TestUnknownTimeIsNotFresh(t *testing.T) {
	for name, tt := range map[string]struct {
		time  any
		fresh bool
	}{"told": {time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC).Unix(), true}, "not told": {nil, false}} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			p.linkPage()
			f := p.second()
			p.fake.claims = set(map[string]any{"acr": authz.MultiFactor, "auth_time": tt.time})
			back := p.get(p.begin())
			if !p.began(back) {
				t.Fatalf("refused: %s", p.cause)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			for _, c := range back.Cookies() {
				r.AddCookie(c)
			}
			var who *viewer.Viewer
			auth := &authn.Authenticator{Sessions: p.rp.Sessions, Cookie: p.rp.Cookie}
			door := authn.Door{Fail: func(_ http.ResponseWriter, _ *http.Request, err error) { t.Error(err) }}
			auth.Middleware(door, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { who = viewer.From(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
			if who.SessionID == "" || who.SteppedUp != tt.fresh {
				t.Errorf("stepped up: %t, as %v", who.SteppedUp, who)
			}
			p.goOn()
			to, err := p.post("/auth/link?key=uni-x").Location()
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: host(f.issuer()), false: host(p.fake.issuer())}[tt.fresh]; to.Host != want || to.Query().Get("max_age") == "" {
				t.Errorf("to link, they are led to %s", to)
			}
		})
	}
}

// What home does not assert gives no role: who comes without an affiliation, or
// with one that does not count, is noted as an affiliate and asserted as nothing.
func TestNoAffiliationIsNoEvidence(t *testing.T) {
	p := newParty(t)
	p.db.Client.RoleRule.Create().
		SetInstitutionID(p.homes["uni-s.example"]).
		SetAttribute("EDUPERSON_AFFILIATION").
		SetValue("affiliate").
		SetRole("TEACHER").
		SetMonths(6).
		SaveX(p.system())
	for name, said := range map[string]any{"none": nil, "another scope": "student@stud.uni-s.example", "a look-alike": "student@unı-s.example", "asserted": "affiliate@uni-s.example"} {
		p.fake.claims = set(map[string]any{"sub": name, "eduperson_scoped_affiliation": said})
		p.session = ""
		person := p.signedIn().PersonID
		if n := p.db.Client.RoleGrant.Query().Where(rolegrant.PersonID(person)).CountX(p.system()); n != map[bool]int{true: 1}[name == "asserted"] {
			t.Errorf("%s: %d roles", name, n)
		}
		if got := p.db.Client.Affiliation.Query().Where(affiliation.PersonID(person)).OnlyX(p.system()); got.Kind != affiliation.KindAFFILIATE {
			t.Errorf("%s: noted as %s", name, got.Kind)
		}
	}
}

// What a provider answers is told for what it is: that somebody could not prove
// a second factor is no outage, and only an outage is worth another try.
func TestErrorsOfProvidersAreToldApart(t *testing.T) {
	for _, tt := range []struct {
		error  string
		stepUp bool
		want   oidcrp.Cause
	}{
		{"access_denied", false, oidcrp.Cancelled}, {"access_denied", true, oidcrp.Cancelled},
		{"unmet_authentication_requirements", true, oidcrp.TooWeak},
		{"login_required", true, oidcrp.NotFresh}, {"login_required", false, oidcrp.Cancelled},
		{"temporarily_unavailable", false, oidcrp.ProviderDown}, {"server_error", true, oidcrp.ProviderDown},
		{"invalid_scope", false, oidcrp.Misconfigured}, {"something_else", false, oidcrp.Misconfigured},
	} {
		p := newParty(t)
		start := "/auth/start/uni-s"
		if tt.stepUp {
			p.signedIn()
			start = "/auth/step-up"
		}
		p.fake.answer = func(q url.Values) { q.Del("code"); q.Set("error", tt.error) }
		if _, back := p.journey(p.get(start), p.fake); p.began(back) || p.cause != tt.want {
			t.Errorf("%s (step-up: %t): %q, want %q", tt.error, tt.stepUp, p.cause, tt.want)
		}
	}
	for status, want := range map[int]oidcrp.Cause{http.StatusUnauthorized: oidcrp.Misconfigured, http.StatusBadGateway: oidcrp.ProviderDown} {
		p := newParty(t)
		p.fake.token = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
		if p.signIn() || p.cause != want {
			t.Errorf("the token endpoint answers %d: %q, want %q", status, p.cause, want)
		}
	}
}

// Who cancels, is refused or comes too late still finds the way back: a request
// of a portal is not lost at the first slip.
func TestFailedSignInKeepsTheWayBack(t *testing.T) {
	for name, slip := range map[string]func(*party){
		"cancelled": func(p *party) {
			p.fake.answer = func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }
			p.get(p.begin())
		},
		"refused": func(p *party) {
			p.fake.claims = set(map[string]any{"schac_home_organization": "uni-x.example"})
			p.get(p.begin())
		},
		"too late": func(p *party) {
			back := p.begin()
			p.now = p.now.Add(10 * time.Minute)
			p.get(back)
		},
	} {
		p := newParty(t)
		slip(p)
		if p.cause == "" || p.wayBack != "/account" {
			t.Errorf("%s: %q, back to %q", name, p.cause, p.wayBack)
		}
	}
	p := newParty(t)
	back := p.begin()
	p.cookies = nil
	if p.get(back); p.cause != oidcrp.StateUnknown || p.wayBack != "" {
		t.Errorf("another browser is led to %q", p.wayBack)
	}
}

// While the database does not answer nobody is taken for signed out: the session
// lives, so its cookie stays.
func TestLogoutWithoutDatabaseKeepsTheCookie(t *testing.T) {
	p := newParty(t)
	s := p.signedIn()
	r := httptest.NewRequest(http.MethodPost, "/auth/logout", nil)
	who := viewer.With(r.Context(), &viewer.Viewer{Kind: viewer.Person, SessionID: s.ID, PersonID: s.PersonID})
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	p.mux.ServeHTTP(w, r.WithContext(who))
	if p.cause != oidcrp.Unavailable || w.Code == http.StatusSeeOther || len(w.Result().Cookies()) > 0 {
		t.Errorf("%d, %q, cookies %v", w.Code, p.cause, w.Result().Cookies())
	}
	r = httptest.NewRequest(http.MethodGet, "/auth/step-up", nil)
	p.cause = ""
	if p.mux.ServeHTTP(httptest.NewRecorder(), r.WithContext(who)); p.cause != oidcrp.Unavailable {
		t.Errorf("a step-up tells %q", p.cause)
	}
}

// A path that is no text leads home, on every database.
func TestPathThatIsNoTextLeadsHome(t *testing.T) {
	p := newParty(t)
	if p.get("/auth/start/uni-s?return_to=/%FF"); p.cause != "" {
		t.Fatalf("refused: %s", p.cause)
	}
	if got := p.db.Client.SignIn.Query().OnlyX(p.system()).ReturnTo; got != "/" {
		t.Errorf("it leads to %q", got)
	}
	if got := oidcrp.SafePath("/größe?q=ß"); got != "/größe?q=ß" {
		t.Errorf("a good path leads to %q", got)
	}
}

// Who unlinks an account loses the sessions that it began, with what a portal
// has not redeemed of them; a stranger and the person's other account stay in.
func TestUnlinkingEndsThatAccountOnly(t *testing.T) {
	p := newParty(t)
	p.linkPage()
	f := p.second()
	mine := p.signedIn()
	_, back := p.journey(p.post("/auth/link?key=uni-x"), f)
	p.cookies = back.Cookies()
	if done := p.post("/auth/link?confirm=yes"); !p.began(done) {
		t.Fatalf("refused: %s", p.cause)
	}
	kept := p.goOn()
	p.session = ""
	p.fake.claims = set(map[string]any{"sub": "s-9"})
	stranger := p.signedIn()
	if stranger.PersonID == mine.PersonID {
		t.Fatal("the stranger is the person")
	}
	p.session = ""
	_, back = p.journey(p.get("/auth/start/uni-x"), f)
	if !p.began(back) {
		t.Fatalf("refused: %s", p.cause)
	}
	gone := p.goOn()
	if _, _, err := p.rp.Sessions.Lend(p.system(), gone.ID); err != nil {
		t.Fatal(err)
	}
	portal := p.db.Client.Portal.Create().
		SetName("Portal").
		SetOrigin("https://portal.example").
		SetReturnAddresses([]string{"https://portal.example/back"}).
		SetInstitutionID(p.homes["uni-s.example"]).
		SaveX(p.system())
	for i, of := range []*ent.Session{gone, kept} {
		p.db.Client.PortalCode.Create().SetPortalID(portal.ID).SetSessionID(of.ID).SetDigest(strings.Repeat(string(rune('a'+i)), 64)).
			SetChallenge("c").SetReturnAddress("https://portal.example/back").SetExpiresAt(p.now.Add(-time.Minute)).SaveX(p.system())
	}
	person := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: mine.PersonID, SessionID: kept.ID})
	if err := p.rp.Learners.Unlink(person, gone.IdentityID); err != nil {
		t.Fatal(err)
	}
	left := p.db.Client.Session.Query().IDsX(p.system())
	if slices.Contains(left, gone.ID) || !slices.Contains(left, kept.ID) || !slices.Contains(left, stranger.ID) {
		t.Errorf("left are %v", left)
	}
	if got := p.db.Client.PortalCode.Query().OnlyX(p.system()); got.SessionID != kept.ID {
		t.Error("the code of the other session is gone")
	}
}

// Of the journeys under way only those go that nobody finished in time.
func TestJourneysUnderWayAreNotCleared(t *testing.T) {
	p := newParty(t)
	p.get("/auth/start/uni-s")
	p.now = p.now.Add(10*time.Minute + time.Second)
	back := p.begin()
	if n, err := p.rp.Clear(p.system()); n != 1 || err != nil || p.db.Client.SignIn.Query().Where(signin.ExpiresAtGT(p.now)).CountX(p.system()) != 1 {
		t.Errorf("%d deleted: %v", n, err)
	}
	if !p.began(p.get(back)) {
		t.Errorf("refused: %s", p.cause)
	}
}

// Strangers who begin sign-ins without end fill no more than their network's
// share, and keep nobody who has signed in from a second factor. That has a
// share of its own.
func TestJourneysUnderWayAreBounded(t *testing.T) {
	p := newParty(t)
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	p.session = p.db.Client.Session.Query().OnlyIDX(p.system())
	fill := func(address string, most int) {
		t.Helper()
		p.cause = ""
		for i := range most {
			if got := p.get(address); got.StatusCode != http.StatusSeeOther {
				t.Fatalf("%s no. %d: %d, cause %q", address, i, got.StatusCode, p.cause)
			}
		}
		if got := p.get(address); p.cause != oidcrp.Limited || len(got.Cookies()) > 0 {
			t.Errorf("%s once more: %d, cause %q", address, got.StatusCode, p.cause)
		}
	}
	fill("/auth/start/uni-s", 600)
	fill("/auth/step-up", 20)
	if n := p.db.Client.SignIn.Query().CountX(p.system()); n != 620 {
		t.Errorf("%d rows", n)
	}
	p.now = p.now.Add(10 * time.Minute)
	fill("/auth/step-up", 20)
	if n, err := p.rp.Clear(p.system()); err != nil || n != 0 {
		t.Errorf("%d are cleared the moment they end: %v", n, err)
	}
}
