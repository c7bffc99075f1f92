package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/profile"
)

func (w *World) request(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, base+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	return rec
}

func TestAnAddressNamesTheMethodsItKnows(t *testing.T) {
	w := NewWorld(t)
	for path, allowed := range map[string]string{
		"/catalogue/courses.csv": "GET, HEAD, OPTIONS", "/v/x": "GET, HEAD, OPTIONS", "/oauth/token": "POST, OPTIONS", "/schema.graphql": "GET, HEAD, OPTIONS",
		"/imports": "POST, OPTIONS", "/verify": "GET, HEAD, POST, OPTIONS", "/healthz": "GET, HEAD, OPTIONS", "/robots.txt": "GET, HEAD, OPTIONS",
	} {
		if got := w.request(http.MethodDelete, path); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != allowed {
			t.Errorf("DELETE %s: %d, %q, want %q", path, got.Code, got.Header().Get("Allow"), allowed)
		}
		if got := w.request(http.MethodOptions, path); got.Code != http.StatusNoContent || got.Header().Get("Allow") != allowed {
			t.Errorf("OPTIONS %s: %d, %q", path, got.Code, got.Header().Get("Allow"))
		}
	}
	if got := w.request(http.MethodDelete, "/nothing"); got.Code != http.StatusNotFound || got.Header().Get("Allow") != "" {
		t.Errorf("nothing: %d", got.Code)
	}
}

// Errors outside GraphQL have the form of RFC 9457.
func TestErrorsOfDocumentsAreProblems(t *testing.T) {
	w := NewWorld(t)
	for _, path := range []string{"/nothing", "/catalogue/courses.csv?institution=nope", "/catalogue/courses.csv?institution=ins_06h0hph4yvw3v2c0x5e4r7t9n8"} {
		got := w.request(http.MethodGet, path)
		if got.Code != http.StatusNotFound || got.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(got.Body.String(), `"status":404`) {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
		if csp := got.Header().Get("Content-Security-Policy"); csp != "default-src 'none'; frame-ancestors 'none'" {
			t.Errorf("%s: %q", path, csp)
		}
	}
}

func TestExportsAreRevalidatedAsHTTPHasIt(t *testing.T) {
	w := NewWorld(t)
	const path = "/catalogue/courses.csv"
	full := w.request(http.MethodGet, path)
	etag := full.Header().Get("ETag")
	if full.Code != http.StatusOK || !strings.HasPrefix(etag, `W/"`) {
		t.Fatalf("%d %q", full.Code, etag)
	}
	for _, given := range []string{etag, strings.TrimPrefix(etag, "W/"), "*", `"other", ` + etag} {
		got := w.request(http.MethodGet, path, "If-None-Match", given)
		if got.Code != http.StatusNotModified {
			t.Errorf("%s: %d", given, got.Code)
		}
		for _, name := range []string{"ETag", "Cache-Control", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Vary"} {
			if got.Header().Get(name) != full.Header().Get(name) {
				t.Errorf("%s: %s is %q, in full %q", given, name, got.Header().Get(name), full.Header().Get(name))
			}
		}
	}
	if got := w.request(http.MethodGet, path, "If-None-Match", `"`+strings.Trim(etag, `W/"`)+`x"`); got.Code != http.StatusOK {
		t.Errorf("another one: %d", got.Code)
	}
	if !strings.Contains(full.Header().Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("exposed: %v", full.Header())
	}
	ask := w.request(http.MethodOptions, path, "Origin", "https://any.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
	if ask.Code != http.StatusNoContent || ask.Header().Get("Access-Control-Allow-Origin") != "*" || ask.Header().Get("Access-Control-Allow-Headers") != "If-None-Match" {
		t.Errorf("a browser asks: %d %v", ask.Code, ask.Header())
	}
}

func TestATokenThatIsRefusedNamesAScheme(t *testing.T) {
	w := NewWorld(t)
	for sent, want := range map[string]string{"Basic eDp5": `Basic realm="` + base + `"`, "": `Bearer realm="` + base + `"`} {
		got := askToken(t, w.App.Handler, grant("x"), func(r *http.Request) { r.Header.Set("Authorization", sent) })
		if got.Status != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") != want {
			t.Errorf("%q: %d %q", sent, got.Status, got.Header.Get("WWW-Authenticate"))
		}
	}
}

// What is another answer for another Accept says so, on errors too.
func TestWhatIsNegotiatedVaries(t *testing.T) {
	w := NewWorld(t)
	for _, path := range []string{"/issuers/" + string(w.Institution("uni-a")), "/issuers/nope", "/nothing", "/v/nope/credential.jwt", "/catalogue/courses.csv?institution=nope"} {
		var vary [2]string
		var kinds [2]string
		for i, accept := range []string{"text/html", "application/json"} {
			got := w.request(http.MethodGet, path, "Accept", accept)
			vary[i], kinds[i] = strings.Join(got.Header().Values("Vary"), ", "), got.Header().Get("Content-Type")
		}
		if kinds[0] == kinds[1] {
			t.Errorf("%s is %v for both", path, kinds)
		}
		for i := range vary {
			if !strings.Contains(strings.ReplaceAll(vary[i], "Accept-Language", ""), "Accept") {
				t.Errorf("%s as %s varies by %q", path, kinds[i], vary[i])
			}
		}
	}
}

// A home need not tell a name: its people are signed in all the same.
func TestSomebodyWithoutANameIsSignedIn(t *testing.T) {
	w := NewWorld(t)
	ada := w.Learner("Ada", "uni-a")
	w.DB.Client.Profile.Update().Where(profile.PersonID(ada.ID)).SetGivenName("").SetFamilyName("").ExecX(w.system())
	got := w.request(http.MethodGet, "/", "Accept", "text/html", "Cookie", w.cookie(ada).String())
	if !strings.Contains(got.Body.String(), `action="/auth/logout"`) || got.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}
