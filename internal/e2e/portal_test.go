package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/lend"
	authsession "github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

const (
	origin   = "https://portal.example"
	returned = origin + "/signed-in?a=1"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636 appendix B
)

// asks are what a portal asks a browser's person for.
func asks(portal string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{"response_type": {"code"}, "client_id": {portal}, "redirect_uri": {returned}, "state": {"s 1&2"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
}

// redeems is how a portal redeems the code that it was given.
func redeems(portal, code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {portal}, "redirect_uri": {returned}, "code_verifier": {verifier}}
}

// portal registers the portal of the tests at uni-b.
func (w *World) portal() (admin *Actor, id string) {
	w.t.Helper()
	admin = w.Staff("Adam", "uni-b", viewer.Administrator)
	p := admin.Does(
		"registers a portal",
		"registerPortal",
		map[string]any{"at": w.Institution("uni-b"), "name": "Course finder", "origin": origin, "returnAddresses": []string{returned}},
	)
	return admin, p["id"].(string)
}

// cookie signs somebody in, in a browser, and returns its cookie.
func (w *World) cookie(a *Actor) *http.Cookie {
	w.t.Helper()
	account, err := w.DB.Client.Identity.Query().Where(identity.PersonID(a.ID)).Only(w.system())
	if err != nil {
		w.t.Fatal(err)
	}
	secret, err := w.App.Sessions.Start(w.system(), account, authsession.Proof{AuthenticatedAt: new(w.Now())})
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Cookie{Name: "peregrine-session", Value: secret}
}

// browse answers a page that a browser asks for, or a form that it posts.
func (w *World) browse(method, target string, form url.Values, cookie *http.Cookie) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, base+target, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodGet {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	return rec
}

// fetch is a call that a script makes from an origin.
func (w *World) fetch(method, path, from, body string, header map[string]string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, base+path, strings.NewReader(body))
	r.Header.Set("Origin", from)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	return rec
}

func (w *World) redeem(form url.Values) (status int, answer map[string]any) {
	w.t.Helper()
	rec := w.fetch(http.MethodPost, "/auth/portal/token", origin, form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		w.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return rec.Code, answer
}

// code lets the portal in and returns the code that it is given.
func (w *World) code(portal string, cookie *http.Cookie) string {
	w.t.Helper()
	rec := w.browse(http.MethodPost, "/auth/portal", url.Values{"request": {asks(portal).Encode()}, "answer": {"yes"}}, cookie)
	to, err := rec.Result().Location()
	if err != nil || to.Query().Get("code") == "" {
		w.t.Fatalf("%d %v %s", rec.Code, to, rec.Body)
	}
	return to.Query().Get("code")
}

var (
	jsonBody  = map[string]string{"Content-Type": "application/json"}
	preflight = map[string]string{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
)

const names = `{"query":"{ __typename }"}`

func TestOnlyRegisteredOriginsAreLetIn(t *testing.T) {
	w := NewWorld(t)
	w.portal()
	for _, from := range []string{origin, "null", "*", "", "http://portal.example", "https://portal.example:8443", "https://portal.example.evil.example", "https://evil-portal.example",
		"https://portal.example/", "https://PORTAL.example", "https://sub.portal.example", "https://portal.exampl", "file://", "https://user@portal.example"} {
		t.Run(from, func(t *testing.T) {
			allowed := ""
			if from == origin {
				allowed = origin
			}
			before := w.fetch(http.MethodOptions, "/graphql", from, "", preflight)
			if got := before.Header().Get("Access-Control-Allow-Origin"); got != allowed {
				t.Errorf("a preflight allows %q, want %q", got, allowed)
			}
			if vary := strings.Join(before.Header().Values("Vary"), ","); from != "" && !strings.Contains(vary, "Origin") {
				t.Errorf("a preflight varies by %q", vary)
			}
			call := w.fetch(http.MethodPost, "/graphql", from, names, jsonBody)
			if got := call.Header().Get("Access-Control-Allow-Origin"); got != allowed {
				t.Errorf("a call allows %q, want %q", got, allowed)
			}
			if (call.Code == http.StatusOK) != (from == origin) {
				t.Errorf("a call answers %d %s", call.Code, call.Body)
			}
			for _, rec := range []*httptest.ResponseRecorder{before, call} {
				if got := rec.Header().Get("Access-Control-Allow-Credentials"); got != "" {
					t.Errorf("credentials are granted: %q", got)
				}
			}
		})
	}
}

func TestPortalsMayUseFewMethodsAndHeaders(t *testing.T) {
	w := NewWorld(t)
	w.portal()
	for _, tt := range []struct {
		method, headers string
		allowed         bool
	}{
		{"POST", "authorization,content-type", true},
		{"POST", "content-type", true},
		{"GET", "if-none-match,x-peregrine-client", true},
		{"PUT", "content-type", false},
		{"DELETE", "", false},
		{"POST", "cookie", false},
		{"POST", "authorization,x-forwarded-for", false},
	} {
		rec := w.fetch(http.MethodOptions, "/graphql", origin, "", map[string]string{"Access-Control-Request-Method": tt.method, "Access-Control-Request-Headers": tt.headers})
		if got := rec.Header().Get("Access-Control-Allow-Origin") == origin; got != tt.allowed {
			t.Errorf("%s with %q: allowed %v, want %v", tt.method, tt.headers, got, tt.allowed)
		}
	}
}

// A cookie from another origin is refused even to a portal: browsers send it
// within one site, where SameSite does not help.
func TestPortalsBringNoCookie(t *testing.T) {
	w := NewWorld(t)
	w.portal()
	cookie := w.cookie(w.Learner("Ada", "uni-a"))
	rec := w.fetch(http.MethodPost, "/graphql", origin, names, map[string]string{"Content-Type": "application/json", "Cookie": cookie.Name + "=" + cookie.Value})
	if rec.Code != http.StatusForbidden {
		t.Errorf("a portal's call with a cookie answers %d %s", rec.Code, rec.Body)
	}
}

func TestPortalsCallNothingElse(t *testing.T) {
	w := NewWorld(t)
	w.portal()
	for _, path := range []string{"/auth/logout", "/auth/bearer", "/auth/portal", "/imports", "/signin/forget", "/verify"} {
		if rec := w.fetch(http.MethodPost, path, origin, "", jsonBody); rec.Code != http.StatusForbidden || rec.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s answers %d to %q", path, rec.Code, rec.Header().Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestPublicDocumentsAreOpenToEveryOrigin(t *testing.T) {
	w := NewWorld(t)
	for _, path := range []string{"/schema.graphql", "/issuers/" + string(w.Institution("uni-a")) + "/jwks.json", "/catalogue/courses.csv", "/templates/courses.csv"} {
		rec := w.fetch(http.MethodGet, path, "https://anybody.example", "", nil)
		if rec.Code != http.StatusOK || rec.Header().Get("Access-Control-Allow-Origin") != "*" || rec.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", path, rec.Code, rec.Header())
		}
	}
}

// Another server learns of an ended portal within 30 seconds; the one that
// ended it knows at once.
func TestEndedPortalIsLetInNoMore(t *testing.T) {
	w := NewWorld(t)
	admin, portal := w.portal()
	if rec := w.fetch(http.MethodPost, "/graphql", origin, names, jsonBody); rec.Code != http.StatusOK {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if _, err := w.DB.SQL.Exec("update portals set held_origin = null, ended_at = created_at"); err != nil { // by another server
		t.Fatal(err)
	}
	w.SetClock(w.Now().Add(16 * time.Second))
	if rec := w.fetch(http.MethodPost, "/graphql", origin, names, jsonBody); rec.Code != http.StatusForbidden {
		t.Errorf("16 seconds later: %d %s", rec.Code, rec.Body)
	}
	admin.IsRefused("ends it twice", "CONFLICT", "endPortal", map[string]any{"portalId": portal})
	again := admin.Does("registers it again", "registerPortal", map[string]any{"at": w.Institution("uni-b"), "name": "New", "origin": origin})
	if rec := w.fetch(http.MethodPost, "/graphql", origin, names, jsonBody); rec.Code != http.StatusOK {
		t.Errorf("registered again: %d %s", rec.Code, rec.Body)
	}
	admin.Does("ends it", "endPortal", map[string]any{"portalId": id(again)})
	if rec := w.fetch(http.MethodPost, "/graphql", origin, names, jsonBody); rec.Code != http.StatusForbidden {
		t.Errorf("ended here: %d %s", rec.Code, rec.Body)
	}
}

func TestOriginBelongsToOnePortal(t *testing.T) {
	w := NewWorld(t)
	w.portal()
	alma := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	alma.IsRefused("registers the same origin", "CONFLICT", "registerPortal", map[string]any{"at": w.alliance, "name": "Mine", "origin": origin})
	own := alma.Does(
		"registers the alliance's",
		"registerPortal",
		map[string]any{"at": w.alliance, "name": "Alliance", "origin": "http://localhost:3000", "returnAddresses": []string{"http://localhost:3000/"}},
	)
	if at(own, "alliance", "id") != string(w.alliance) || own["institution"] != nil {
		t.Errorf("it belongs to %v", own)
	}
	const list = `{ alliance(slug: "test") { portals { totalCount nodes { id } } } institution(by: {schac: "uni-b.example"}) { portals { totalCount nodes { name } } } }`
	for _, tt := range []struct {
		who              *Actor
		alliance, member float64
	}{{alma, 1, 0}, {w.Staff("Berta", "uni-b", viewer.Registrar), 0, 1}, {w.Learner("Ada", "uni-a"), 0, 0}, {w.Nobody(), 0, 0}} {
		got := tt.who.Asks("lists portals", list, nil)
		if a, m := at(got, "alliance", "portals", "totalCount"), at(got, "institution", "portals", "totalCount"); a != tt.alliance || m != tt.member {
			t.Errorf("%s sees %v and %v", tt.who.Name, a, m)
		}
	}
}

func TestPersonLetsPortalIn(t *testing.T) {
	w := NewWorld(t)
	_, portal := w.portal()
	ada := w.Learner("Ada", "uni-a")
	path := "/auth/portal?" + asks(portal).Encode()

	rec := w.browse(http.MethodGet, path, nil, nil)
	if to, err := rec.Result().Location(); err != nil || to.Path != "/signin" || to.Query().Get("return_to") != path {
		t.Fatalf("who has not signed in is sent to %v", to)
	}
	cookie := w.cookie(ada)
	rec = w.browse(http.MethodGet, path, nil, cookie)
	page := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.Contains(page, "Course finder") || !strings.Contains(page, "University B") || !strings.Contains(page, origin) ||
		!strings.Contains(rec.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Fatalf("the question: %d %s", rec.Code, page)
	}
	m := hidden.FindStringSubmatch(page)
	request := html.UnescapeString(m[2])
	rec = w.browse(http.MethodPost, "/auth/portal", url.Values{"request": {request}, "answer": {"yes"}}, cookie)
	to, err := rec.Result().Location()
	if err != nil || !strings.HasPrefix(to.String(), origin+"/signed-in?") {
		t.Fatalf("%d %v", rec.Code, to)
	}
	q := to.Query()
	code := q.Get("code")
	q.Del("code")
	if diff := cmp.Diff(url.Values{"a": {"1"}, "state": {"s 1&2"}, "iss": {base}}, q); diff != "" || len(code) < 43 || rec.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the answer to the portal: %s", diff)
	}
	status, answer := w.redeem(redeems(portal, code))
	if status != http.StatusOK || answer["token_type"] != "Bearer" || answer["expires_in"] != float64(3600) || answer["refresh_token"] != nil {
		t.Fatalf("%d %v", status, answer)
	}
	token := answer["access_token"].(string)
	call := w.fetch(
		http.MethodPost,
		"/graphql",
		origin,
		`{"query":"{ viewer { person { id } } }"}`,
		map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + token},
	)
	if call.Code != http.StatusOK || !strings.Contains(call.Body.String(), string(ada.ID)) {
		t.Errorf("the portal asks who it acts for: %d %s", call.Code, call.Body)
	}
	if status, answer := w.redeem(redeems(portal, code)); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("the code again: %d %v", status, answer)
	}
	if rec := w.browse(http.MethodGet, path, nil, cookie); rec.Code != http.StatusSeeOther || !strings.HasPrefix(rec.Header().Get("Location"), origin) {
		t.Errorf("the same session is asked again: %d %s", rec.Code, rec.Header().Get("Location"))
	}
	if rec := w.browse(http.MethodGet, path, nil, w.cookie(ada)); rec.Code != http.StatusOK {
		t.Errorf("another session is not asked: %d", rec.Code)
	}
}

func TestPersonDoesNotLetPortalIn(t *testing.T) {
	w := NewWorld(t)
	_, portal := w.portal()
	rec := w.browse(http.MethodPost, "/auth/portal", url.Values{"request": {asks(portal).Encode()}, "answer": {"no"}}, w.cookie(w.Learner("Ada", "uni-a")))
	to, err := rec.Result().Location()
	if err != nil || to.Query().Get("error") != "access_denied" || to.Query().Get("code") != "" || to.Query().Get("state") != "s 1&2" {
		t.Errorf("%d %v", rec.Code, to)
	}
}

func TestAnotherSiteLetsNoPortalIn(t *testing.T) {
	w := NewWorld(t)
	_, portal := w.portal()
	cookie := w.cookie(w.Learner("Ada", "uni-a"))
	form := url.Values{"request": {asks(portal).Encode()}, "answer": {"yes"}}
	rec := w.fetch(
		http.MethodPost,
		"/auth/portal",
		origin,
		form.Encode(),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie.Name + "=" + cookie.Value},
	)
	if rec.Code != http.StatusForbidden {
		t.Errorf("%d %s", rec.Code, rec.Header().Get("Location"))
	}
}

// A code goes to a registered address or nowhere: what is wrong with the client
// or its address is told on a page, everything else to the portal.
func TestCodeGoesNowhereElse(t *testing.T) {
	w := NewWorld(t)
	_, portal := w.portal()
	cookie := w.cookie(w.Learner("Ada", "uni-a"))
	change := func(name string, values ...string) url.Values {
		q := asks(portal)
		q[name] = values
		return q
	}
	for name, tt := range map[string]struct {
		q    url.Values
		told string // the error told to the portal; empty: a page
	}{
		"another address":     {change("redirect_uri", "https://evil.example/"), ""},
		"a longer address":    {change("redirect_uri", returned+"&b=2"), ""},
		"a traversal":         {change("redirect_uri", origin+"/x/../signed-in?a=1"), ""},
		"no address":          {change("redirect_uri"), ""},
		"two addresses":       {change("redirect_uri", returned, "https://evil.example/"), ""},
		"an unknown portal":   {change("client_id", "prt_06h0hph4yvw3v2c0x5e4r7t9n8"), ""},
		"an institution":      {change("client_id", string(w.Institution("uni-b"))), ""},
		"a long state":        {change("state", strings.Repeat("x", 257)), ""},
		"a token at once":     {change("response_type", "token"), "unsupported_response_type"},
		"no challenge":        {change("code_challenge"), "invalid_request"},
		"a plain challenge":   {change("code_challenge_method", "plain"), "invalid_request"},
		"no challenge method": {change("code_challenge_method"), "invalid_request"},
		"a short challenge":   {change("code_challenge", "abc"), "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, rec := range []*httptest.ResponseRecorder{
				w.browse(http.MethodGet, "/auth/portal?"+tt.q.Encode(), nil, cookie),
				w.browse(http.MethodPost, "/auth/portal", url.Values{"request": {tt.q.Encode()}, "answer": {"yes"}}, cookie),
			} {
				to, err := rec.Result().Location()
				switch {
				case tt.told == "" && (err == nil || rec.Code != http.StatusBadRequest):
					t.Errorf("%d, to %v", rec.Code, to)
				case tt.told != "" && (err != nil || !strings.HasPrefix(to.String(), returned[:len(returned)-4]) || to.Query().Get("error") != tt.told || to.Query().Get("code") != ""):
					t.Errorf("%d, to %v", rec.Code, to)
				}
			}
		})
	}
}

func TestCodeIsGoodForWhatItWasGivenFor(t *testing.T) {
	w := NewWorld(t)
	admin, portal := w.portal()
	other := id(
		admin.Does(
			"registers another",
			"registerPortal",
			map[string]any{"at": w.Institution("uni-b"), "name": "Other", "origin": "https://other.example", "returnAddresses": []string{"https://other.example/"}},
		),
	)
	ada := w.Learner("Ada", "uni-a")
	for name, tt := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"another verifier": {func(f url.Values) { f.Set("code_verifier", strings.Repeat("a", 43)) }, "invalid_grant"},
		"no verifier":      {func(f url.Values) { f.Del("code_verifier") }, "invalid_request"},
		"another portal":   {func(f url.Values) { f.Set("client_id", other) }, "invalid_grant"},
		"another address":  {func(f url.Values) { f.Set("redirect_uri", origin+"/") }, "invalid_grant"},
		"another grant":    {func(f url.Values) { f.Set("grant_type", "refresh_token") }, "unsupported_grant_type"},
		"another code":     {func(f url.Values) { f.Set("code", "x") }, "invalid_grant"},
		"two codes":        {func(f url.Values) { f.Add("code", "x") }, "invalid_request"},
		"after a minute":   {func(url.Values) { w.SetClock(w.Now().Add(time.Minute)) }, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			form := redeems(portal, w.code(portal, w.cookie(ada)))
			tt.change(form)
			if status, answer := w.redeem(form); status != http.StatusBadRequest || answer["error"] != tt.want || answer["access_token"] != nil {
				t.Errorf("%d %v", status, answer)
			}
		})
	}
}

// A wrong verifier spends the code.
func TestVerifierIsGuessedOnce(t *testing.T) {
	w := NewWorld(t)
	_, portal := w.portal()
	form := redeems(portal, w.code(portal, w.cookie(w.Learner("Ada", "uni-a"))))
	form.Set("code_verifier", strings.Repeat("a", 43))
	w.redeem(form)
	form.Set("code_verifier", verifier)
	if status, answer := w.redeem(form); status != http.StatusBadRequest {
		t.Errorf("%d %v", status, answer)
	}
}

func TestCodeGivesOneTokenToRivals(t *testing.T) {
	w := NewWorld(t)
	_, portal := w.portal()
	form := redeems(portal, w.code(portal, w.cookie(w.Learner("Ada", "uni-a"))))
	var all sync.WaitGroup
	statuses := make([]int, 10)
	for i := range statuses {
		all.Go(func() { statuses[i], _ = w.redeem(form) })
	}
	all.Wait()
	given := 0
	for _, s := range statuses {
		if s == http.StatusOK {
			given++
		}
	}
	if given != 1 {
		t.Errorf("%d tokens were given: %v", given, statuses)
	}
}

func TestLentTokenEndsWithSessionAndPortal(t *testing.T) {
	for name, end := range map[string]func(w *World, admin *Actor, portal string, browser ident.ID){
		"session": func(w *World, _ *Actor, _ string, browser ident.ID) {
			if err := w.App.Sessions.End(w.system(), browser); err != nil {
				w.t.Fatal(err)
			}
		},
		"portal": func(_ *World, admin *Actor, portal string, _ ident.ID) {
			admin.Does("ends the portal", "endPortal", map[string]any{"portalId": portal})
		},
		"hour": func(w *World, _ *Actor, _ string, _ ident.ID) { w.SetClock(w.Now().Add(time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWorld(t)
			admin, portal := w.portal()
			ada := w.Learner("Ada", "uni-a")
			cookie := w.cookie(ada)
			browser, err := w.App.Sessions.Lookup(w.system(), cookie.Value, session.KindBROWSER)
			if err != nil {
				t.Fatal(err)
			}
			_, answer := w.redeem(redeems(portal, w.code(portal, cookie)))
			late := redeems(portal, w.code(portal, cookie))
			lent := &Actor{w: w, Name: "portal", token: answer["access_token"].(string)}
			lent.Asks("who am I", `{ viewer { person { id } } }`, nil)
			end(w, admin, portal, browser.SessionID)
			if got := lent.Post(`{ viewer { person { id } } }`, nil); got.Status != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("the token still answers %d %s", got.Status, got.Raw)
			}
			if status, answer := w.redeem(late); status == http.StatusOK || answer["access_token"] != nil {
				t.Errorf("a code still gives %d %v", status, answer)
			}
		})
	}
}

// Between code and token a portal, or the session behind it, may end. The
// service is asked itself, since over HTTP the origin of an ended portal comes
// no further.
func TestACodeOfWhatHasEndedGivesNoToken(t *testing.T) {
	for name, end := range map[string]func(w *World, admin *Actor, portal string, browser ident.ID){
		"portal": func(_ *World, admin *Actor, portal string, _ ident.ID) {
			admin.Does("ends the portal", "endPortal", map[string]any{"portalId": portal})
		},
		"session": func(w *World, _ *Actor, _ string, browser ident.ID) {
			if err := w.App.Sessions.End(w.system(), browser); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWorld(t)
			admin, portal := w.portal()
			cookie := w.cookie(w.Learner("Ada", "uni-a"))
			browser, err := w.App.Sessions.Lookup(w.system(), cookie.Value, session.KindBROWSER)
			if err != nil {
				t.Fatal(err)
			}
			early, late := redeems(portal, w.code(portal, cookie)), redeems(portal, w.code(portal, cookie))
			if got, err := w.App.Lend.Redeem(t.Context(), early); err != nil || got.Secret == "" {
				t.Fatalf("before the end: %v, %v", got, err)
			}
			end(w, admin, portal, browser.SessionID)
			if got, err := w.App.Lend.Redeem(t.Context(), late); !errors.Is(err, lend.InvalidGrant) || got.Secret != "" {
				t.Errorf("after the end: %v, %v", got, err)
			}
		})
	}
}

func TestForgottenCodesAreCleared(t *testing.T) {
	w := NewWorld(t)
	_, portal := w.portal()
	w.code(portal, w.cookie(w.Learner("Ada", "uni-a")))
	for _, tt := range []struct {
		later time.Duration
		want  int
	}{{59 * time.Second, 0}, {2 * time.Second, 1}, {0, 0}} {
		w.SetClock(w.Now().Add(tt.later))
		if n, err := w.App.Lend.Clear(w.system()); err != nil || n != tt.want {
			t.Errorf("%s later %d codes are cleared, %v; want %d", tt.later, n, err, tt.want)
		}
	}
}
