package e2e

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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
		"/auth/logout": "POST, OPTIONS", "/auth/bearer": "POST, OPTIONS", "/auth/jwks.json": "GET, HEAD, OPTIONS", "/auth/start/x": "GET, HEAD, OPTIONS",
		"/explorer/": "GET, HEAD, OPTIONS", "/courses/x": "GET, HEAD, OPTIONS", "/credentials/x": "GET, HEAD, OPTIONS",
	} {
		if got := w.request(http.MethodDelete, path); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != allowed {
			t.Errorf("DELETE %s: %d, %q, want %q", path, got.Code, got.Header().Get("Allow"), allowed)
		}
		if got := w.request(http.MethodOptions, path); got.Code != http.StatusNoContent || got.Header().Get("Allow") != allowed {
			t.Errorf("OPTIONS %s: %d, %q", path, got.Code, got.Header().Get("Allow"))
		}
	}
	for _, path := range []string{"/nothing", "/auth/nothing"} {
		if got := w.request(http.MethodDelete, path); got.Code != http.StatusNotFound || got.Header().Get("Allow") != "" ||
			got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v", path, got.Code, got.Header())
		}
	}
}

// Errors outside GraphQL have the form of RFC 9457.
func TestErrorsOfDocumentsAreProblems(t *testing.T) {
	w := NewWorld(t)
	for _, path := range []string{"/nothing", "/v/NOPE", "/courses/NOPE", "/catalogue/courses.csv?institution=nope", "/catalogue/courses.csv?institution=ins_06h0hph4yvw3v2c0x5e4r7t9n8"} {
		got := w.request(http.MethodGet, path, "Accept", "application/problem+json")
		if got.Code != http.StatusNotFound || got.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(got.Body.String(), `"status":404`) {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
		if csp := got.Header().Get("Content-Security-Policy"); csp != "default-src 'none'; frame-ancestors 'none'; sandbox" {
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
	for _, path := range []string{"/issuers/" + string(w.Institution("uni-a")), "/issuers/nope", "/nothing", "/v/nope", "/courses/nope", "/v/nope/credential.jwt", "/catalogue/courses.csv?institution=nope"} {
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

// Who sends no token is not told that it is bad (RFC 6750, 3.1).
func TestAnotherSchemeThanBearerIsChallengedPlainly(t *testing.T) {
	w := NewWorld(t)
	for sent, bad := range map[string]bool{"Basic eDp5": false, "Bearer nonsense": true} {
		got := w.request(http.MethodPost, "/graphql", "Authorization", sent)
		challenge := got.Header().Get("WWW-Authenticate")
		if got.Code != http.StatusUnauthorized || !strings.HasPrefix(challenge, "Bearer ") || strings.Contains(challenge, "error=") != bad {
			t.Errorf("%s: %d %q", sent, got.Code, challenge)
		}
	}
}

// What is long and public goes by gzip to who takes it, as itself to who does
// not; both have one ETag, which is revalidated in either form.
func TestLongDocumentsAreCompressed(t *testing.T) {
	w := NewWorld(t)
	editor := w.cast().editor
	page := "/courses/" + w.course(editor, "CS-1")
	w.course(editor, "CS-2")
	w.course(editor, "CS-3")
	for _, path := range []string{"/catalogue/courses.csv", "/catalogue/courses.jsonld", "/schema.graphql", page} {
		plain := w.request(http.MethodGet, path)
		zipped := w.request(http.MethodGet, path, "Accept-Encoding", "gzip, br, zstd")
		if plain.Header().Get("Content-Encoding") != "" || zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Body.Len() >= plain.Body.Len() {
			t.Errorf("%s: %d bytes as %q, and %d as %q", path, plain.Body.Len(), plain.Header().Get("Content-Encoding"), zipped.Body.Len(), zipped.Header().Get("Content-Encoding"))
			continue
		}
		for _, got := range []*httptest.ResponseRecorder{plain, zipped} {
			if !strings.Contains(strings.Join(got.Header().Values("Vary"), ", "), "Accept-Encoding") {
				t.Errorf("%s varies by %v", path, got.Header().Values("Vary"))
			}
		}
		in, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(in); err != nil || string(body) != plain.Body.String() {
			t.Errorf("%s is another one by gzip, %v", path, err)
		}
		etag := zipped.Header().Get("ETag")
		if etag != plain.Header().Get("ETag") {
			t.Errorf("%s has two ETags", path)
		}
		if again := w.request(http.MethodGet, path, "Accept-Encoding", "gzip", "If-None-Match", etag); etag != "" &&
			(again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("Content-Encoding") != "") {
			t.Errorf("%s again: %d, %d bytes", path, again.Code, again.Body.Len())
		}
	}
	// What is packed already, or personal, is left alone.
	for _, path := range []string{"/templates/courses.xlsx", "/", "/graphql?query=%7B__schema%7Btypes%7Bname%7D%7D%7D"} {
		if got := w.request(http.MethodGet, path, "Accept", "text/html", "Accept-Encoding", "gzip"); got.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed", path)
		}
	}
}

// Who is asked to come again is told when.
func TestWhoHasToWaitIsToldHowLong(t *testing.T) {
	w := NewWorld(t)
	began, release := make(chan bool), make(chan bool)
	done := make(chan bool)
	for range 4 {
		go func() {
			w.App.Handler.ServeHTTP(&slow{httptest.NewRecorder(), began, release, false}, httptest.NewRequest(http.MethodGet, base+"/catalogue/courses.csv", nil))
			done <- true
		}()
	}
	for range 4 {
		<-began
	}
	if got := w.request(http.MethodGet, "/catalogue/courses.csv"); got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "60" ||
		got.Header().Get("ETag") != "" {
		t.Errorf("one export too many: %d %v", got.Code, got.Header())
	}
	close(release)
	for range 4 {
		<-done
	}
	if got := w.request(http.MethodGet, "/catalogue/courses.csv"); got.Code != http.StatusOK {
		t.Errorf("afterwards: %d", got.Code)
	}
	if err := w.DB.SQL.Close(); err != nil {
		t.Fatal(err)
	}
	for _, accept := range []string{"text/html", "application/json"} {
		if got := w.request(http.MethodGet, "/auth/jwks.json", "Accept", accept); got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") != "5" {
			t.Errorf("sign-in without a database: %d %v", got.Code, got.Header())
		}
	}
}

// slow is a client that takes nothing until it is released.
type slow struct {
	*httptest.ResponseRecorder
	began, release chan bool
	told           bool
}

func (s *slow) Write(b []byte) (int, error) {
	if !s.told {
		s.told = true
		s.began <- true
		<-s.release
	}
	return s.ResponseRecorder.Write(b)
}

// A session that idled out has ended, so it is listed nowhere.
func TestSessionsThatIdledOutAreNotListed(t *testing.T) {
	w := NewWorld(t)
	ada := w.Learner("Ada", "uni-a")
	w.cookie(ada)
	w.cookie(ada)
	w.SetClock(w.Now().Add(2 * time.Hour))
	now := w.cookie(ada).String()
	if n := strings.Count(w.request(http.MethodGet, "/account", "Accept", "text/html", "Cookie", now).Body.String(), `/end"><button`); n > 1 {
		t.Errorf("the page lists %d", n)
	}
	r := httptest.NewRequest(http.MethodPost, base+"/graphql", strings.NewReader(`{"query":"{ viewer { sessions { totalCount } } }"}`))
	for name, value := range map[string]string{"Content-Type": "application/json", "Origin": base, "Sec-Fetch-Site": "same-origin", "Cookie": now} {
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	if !strings.Contains(rec.Body.String(), `"totalCount":1}`) {
		t.Errorf("%s", rec.Body)
	}
}

// Whom to tell of a weakness stands at the address of RFC 9116, and until when
// that is right; where nobody is named there is none.
func TestSecurityTxtNamesTheContact(t *testing.T) {
	w := NewWorld(t)
	const path = "/.well-known/security.txt"
	if got := w.request(http.MethodGet, path); got.Code != http.StatusNotFound {
		t.Errorf("without a contact: %d", got.Code)
	}
	for contact, want := range map[string]string{"security@exchange.example": "mailto:security@exchange.example", "https://exchange.example/contact": "https://exchange.example/contact"} {
		w.parts.Config.Contact = contact
		w.restart()
		got := w.request(http.MethodGet, path)
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "text/plain; charset=utf-8" ||
			got.Body.String() != "Contact: "+want+"\nExpires: 2027-08-10T09:00:00Z\n" {
			t.Errorf("%s: %d %s", contact, got.Code, got.Body)
		}
	}
}

// Browsers that look for an icon at its old address find it.
func TestTheIconIsFound(t *testing.T) {
	w := NewWorld(t)
	got := w.request(http.MethodGet, "/favicon.ico")
	if icon := w.request(http.MethodGet, got.Header().Get("Location")); got.Code != http.StatusFound || icon.Code != http.StatusOK ||
		icon.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("%d %v, %d", got.Code, got.Header(), icon.Code)
	}
}

// A browser keeps to https at this host; what stands below it may be others'.
func TestHTTPSIsAskedForThisHostAlone(t *testing.T) {
	w := NewWorld(t)
	if got := w.request(http.MethodGet, "/robots.txt").Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without https: %q", got)
	}
	w.parts.Config.BaseURL = "https://exchange.example"
	w.restart()
	for _, path := range []string{"/robots.txt", "/", "/nothing", "/explorer/"} {
		if got := w.request(http.MethodGet, path, "Accept", "text/html").Header().Values("Strict-Transport-Security"); len(got) != 1 || got[0] != "max-age=63072000" {
			t.Errorf("%s: %q", path, got)
		}
	}
}
