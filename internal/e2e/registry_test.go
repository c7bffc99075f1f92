package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

const providerFields = "id key issuer clientId clientAuthentication clientSecretRef mode state scopes algorithms claims claimNames { attribute claim } acrValues { profile value } " +
	"homes { totalCount nodes { domain institution { schac } } } proposal redirectUri health healthReason checkedAt viewerActions { name allowed }"

// member admits a further university of a town and country.
func (w *World) member(domain, country, town string) ident.ID {
	w.t.Helper()
	inst, err := w.institutionService().Admit(w.system(), institution.Admission{AllianceID: w.alliance, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: domain, Name: vocab.Text{"en": "University of " + town}, Country: country, Town: vocab.Text{"en": town}, Domains: []string{domain, "mail." + domain}, Zone: "Europe/Berlin"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return inst.ID
}

// An institution proposes its provider, a second person approves it, and only
// then can its people sign in.
func TestInstitutionGetsItsProvider(t *testing.T) {
	w := NewWorld(t)
	alma, alva := w.Staff("Alma", "uni-a", viewer.AllianceAdministrator), w.Staff("Alva", "uni-b", viewer.AllianceAdministrator)
	uniD := w.member("uni-d.example", "FR", "Lyon")
	w.institutions["uni-d"], w.providers["uni-d"] = uniD, w.providers["uni-a"]
	dora := w.Staff("Dora", "uni-d", viewer.Administrator)
	q := `query($id: ID!) { institution(by: {id: $id}) { signIn { url } } institutions(filter: {canSignIn: true}) { nodes { schac } } }`
	canSignIn := func() bool {
		got := w.Nobody().Asks("looks who signs in", q, map[string]any{"id": uniD})
		return slices.ContainsFunc(at(got, "institutions", "nodes").([]any), func(n any) bool { return at(n.(map[string]any), "schac") == "uni-d.example" }) &&
			at(got, "institution", "signIn", "url") == base+"/auth/start/uni-d"
	}
	proposed := dora.Does(
		"proposes",
		"proposeProvider",
		map[string]any{"key": "uni-d", "issuer": "https://idp.uni-d.example", "clientId": "peregrine", "clientSecretRef": "env:PROVIDER_UNI_D",
			"homes": []map[string]any{{"domain": "uni-d.example", "institutionId": uniD}}, "idempotencyKey": "k"},
	)
	if proposed["state"] != "PROPOSED" || proposed["redirectUri"] != base+"/auth/callback/uni-d" || canSignIn() {
		t.Errorf("proposed as %v", proposed)
	}
	approval := map[string]any{"providerId": id(proposed), "proposal": proposed["proposal"]}
	dora.IsRefused("approves herself", "FORBIDDEN", "approveProvider", approval)
	delete(proposed, "proposal")
	w.Golden("provider-proposed.json", proposed)
	if done := alma.Does("approves", "approveProvider", approval); done["state"] != "ACTIVE" || done["proposal"] != nil || !canSignIn() {
		t.Errorf("approved as %v", done)
	}
	moved := alma.Does("moves it", "updateProvider", map[string]any{"providerId": id(proposed), "issuer": "https://new.uni-d.example"})
	if moved["state"] != "PROPOSED" || canSignIn() {
		t.Errorf("moved as %v", moved)
	}
	alma.IsRefused("approves her own change", "FORBIDDEN", "approveProvider", map[string]any{"providerId": id(proposed), "proposal": moved["proposal"]})
	alva.Does("approves the change", "approveProvider", map[string]any{"providerId": id(proposed), "proposal": moved["proposal"]})

	const list = `query($f: IdentityProviderFilter) { identityProviders(filter: $f) { totalCount nodes { key } } }`
	for _, tt := range []struct {
		who    *Actor
		filter map[string]any
		want   int
	}{
		{alma, nil, 4}, {alma, map[string]any{"institutionId": uniD}, 1}, {alma, map[string]any{"states": []string{"PROPOSED"}}, 0}, {alma, map[string]any{"health": "UNKNOWN"}, 4},
		{dora, nil, 1}, {w.Staff("Rita", "uni-a", viewer.Registrar), nil, 0}, {w.Nobody(), nil, 0},
	} {
		got := tt.who.Asks("lists", list, map[string]any{"f": tt.filter})
		if n := at(got, "identityProviders", "totalCount"); n != float64(tt.want) {
			t.Errorf("%s sees %v of %v, want %d", tt.who.Name, n, tt.filter, tt.want)
		}
	}
}

// page asks for a page as an anonymous browser does, with cookies.
func (w *World) page(address string, cookies ...*http.Cookie) (*http.Response, string) {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, base+address, nil)
	r.Header.Set("Accept", "text/html")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	if rec.Header().Get("Location") == "/auth/failed" { // as a browser follows
		return w.page("/auth/failed", rec.Result().Cookies()...)
	}
	var body strings.Builder
	for line := range strings.Lines(rec.Body.String()) {
		if !strings.Contains(line, "hreflang") { // the same address again, in another language
			body.WriteString(line)
		}
	}
	return rec.Result(), body.String()
}

// The chooser finds an institution by what people type, shows the broken ones as
// such, and shows many of them country by country and page by page.
func TestChooserFindsInstitutions(t *testing.T) {
	w := NewWorld(t)
	var homes []registry.Home
	for i := range 60 {
		domain := fmt.Sprintf("m%02d.example", i)
		homes = append(homes, registry.Home{Domain: domain, InstitutionID: w.member(domain, []string{"AT", "CZ", "FI"}[i%3], fmt.Sprintf("Münchhausen %02d", i))})
	}
	proxy := w.register("proxy", "https://proxy.example", homes...)
	w.DB.Client.Provider.UpdateOne(proxy).SetMode(provider.ModePROXY).ExecX(w.system())
	w.DB.Client.Provider.Update().Where(provider.Key("uni-b.example")).SetHealth(provider.HealthBROKEN).SetHealthReason("UNREACHABLE").ExecX(w.system())
	for query, want := range map[string]string{
		"uni-A.EXAMPLE university": "/auth/start/uni-a.example", "ua": "/auth/start/uni-a.example", "uni-b.exa": "/auth/start/uni-b.example",
		"ada@uni-c.example": "/auth/start/uni-c.example", "ada@students.uni-c.example": "/auth/start/uni-c.example", "ada@MAIL.m07.example": "home=m07.example",
		"munchhausen 31": "home=m31.example", "MÜNCHHAUSEN 59": "home=m59.example",
	} {
		_, body := w.page("/signin?q=" + url.QueryEscape(query))
		if n := strings.Count(body, `class="door"`); n != 1 || !strings.Contains(body, want) || strings.Contains(body, "ada@") {
			t.Errorf("%q finds %d, want %s", query, n, want)
		}
	}
	if _, body := w.page("/signin?q=uni-b"); !strings.Contains(body, "did not answer lately") {
		t.Error("a broken provider is not marked")
	}
	seen := map[string]int{}
	next := "/signin?return_to=%2Faccount"
	for pages := 0; next != "" && pages < 10; pages++ {
		_, body := w.page(next)
		next = ""
		for line := range strings.Lines(body) {
			if strings.Contains(line, `class="door"`) {
				seen[line]++
			}
			if _, rest, ok := strings.Cut(line, `rel="next" href="`); ok {
				next, _, _ = strings.Cut(rest, `"`)
				next = strings.ReplaceAll(next, "&amp;", "&")
			}
		}
		if pages == 0 && (!strings.Contains(body, "<h3>Austria</h3>") || !strings.Contains(body, "Page 1 of 3")) {
			t.Error("the first page lacks its country or its number")
		}
	}
	if len(seen) != 63 {
		t.Errorf("%d institutions are on all pages", len(seen))
	}
	for _, odd := range []string{"page=-1", "page=999999999999999999999", "page=x", "q=" + strings.Repeat("a", 5000), "q=%FF", "q=%00", "q=@"} {
		if answer, _ := w.page("/signin?" + odd); answer.StatusCode != http.StatusOK {
			t.Errorf("%.20s answers %d", odd, answer.StatusCode)
		}
	}
	start, _ := w.page("/auth/start/proxy?home=m03.example")
	if _, body := w.page("/signin", start.Cookies()...); !strings.Contains(body, "Last used in this browser") ||
		!strings.Contains(body, "Access through University of Münchhausen 03") {
		t.Error("the last choice is not remembered")
	}
	for _, c := range start.Cookies() {
		if strings.HasSuffix(c.Name, "institution") && c.Value != "proxy/m03.example" {
			t.Errorf("the cookie says %q", c.Value)
		}
	}
}

// R14: wherever return_to points, the chooser and the errors lead to a path of
// this server.
func TestChooserLeadsNowhereElse(t *testing.T) {
	w := NewWorld(t)
	for _, to := range []string{
		"https://evil.example", "//evil.example", "///evil.example", "////evil.example", `\\evil.example`, `/\evil.example`, `\/evil.example`, "/\t/evil.example", "/\n/evil.example",
		"/\r\n/evil.example", "https:evil.example", "https:/evil.example", "http:evil.example", "javascript:alert(1)", "data:text/html,x", " //evil.example", "\x00//evil.example",
		"/%5cevil.example/..//evil.example", "/.//evil.example", "/..//evil.example", "/x/..//evil.example", "/%2f/evil.example", "/%2F%2Fevil.example", "%2f%2fevil.example", "//evil.example:443/", "//user@evil.example",
		"//[::1]", "//0x7f000001", "/\u2028/evil.example", "//evil。example", "https://localhost:8080@evil.example", "https://localhost:8080.evil.example", "?//evil.example", "#//evil.example", "evil.example",
		"/" + strings.Repeat("a", 2000), "/%09/evil.example", "/\v/evil.example",
	} {
		for _, address := range []string{"/signin?return_to=", "/auth/start/nobody?return_to=", "/auth/callback/nobody?return_to="} {
			answer, body := w.page(address + url.QueryEscape(to))
			if answer.StatusCode >= 300 && answer.StatusCode < 400 {
				t.Errorf("%s%q redirects to %s", address, to, answer.Header.Get("Location"))
			}
			for _, part := range strings.Split(body, "return_to=")[1:] {
				value, _, _ := strings.Cut(part, `"`)
				back, err := url.QueryUnescape(strings.ReplaceAll(value, "&amp;", "&"))
				back, _, _ = strings.Cut(back, "&")
				target, bad := url.Parse(base)
				if err == nil && bad == nil {
					target, err = target.Parse(back)
				}
				if err != nil || target.Host != "localhost:8080" || !strings.HasPrefix(back, "/") || strings.ContainsAny(back, "\\\x00\t\r\n") {
					t.Errorf("%s%q leads to %q", address, to, back)
				}
			}
		}
	}
}

// R26: the page about a failed callback stands at an address without the code and
// the state, names the request that failed and the institution, leads to where
// the person wanted to go, and says so once.
func TestR26TheCodeLeavesTheAddress(t *testing.T) {
	w := NewWorld(t)
	b, base := w.withProvider("uni-e.example") // the provider asserts uni-d.example
	var at *url.URL
	var failed string
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.Response.Request.URL.Path, "/auth/callback/") {
			at, failed = r.Response.Request.URL, r.Response.Header.Get("X-Request-Id")
		}
		return nil
	}
	end, status, page := b.signIn("/account?a=1")
	if at == nil || !at.Query().Has("code") || !at.Query().Has("state") {
		t.Fatalf("no callback with a code failed: %v", at)
	}
	if end.String() != base+"/auth/failed" || status != http.StatusForbidden {
		t.Errorf("the failure is told at %s with %d", end, status)
	}
	for _, secret := range []string{at.Query().Get("code"), at.Query().Get("state")} {
		if strings.Contains(page, secret) {
			t.Error("the page holds the code or the state")
		}
	}
	for _, needed := range []string{failed, "University D", url.QueryEscape("/account?a=1")} {
		if needed == "" || !strings.Contains(page, needed) {
			t.Errorf("the page lacks %q: %s", needed, page)
		}
	}
	if _, status, page = b.get(end.String()); status != http.StatusBadRequest || strings.Contains(page, "University D") {
		t.Errorf("it is said again, with %d", status)
	}
}

// What the cookie of a failed sign-in says is the browser's own, and believed in
// nothing that matters.
func TestCookieOfAFailedSignIn(t *testing.T) {
	w := NewWorld(t)
	for value, status := range map[string]int{
		"cause=expired&return_to=%2F%2Fevil.example": http.StatusBadRequest,
		"cause=limited&request=%3Cb%3Eevil":          http.StatusTooManyRequests,
		"cause=provider_down&key=%27evil":            http.StatusServiceUnavailable,
		"cause=evil":                                 http.StatusBadRequest,
		"%zz&evil":                                   http.StatusBadRequest,
		"":                                           http.StatusBadRequest,
	} {
		answer, body := w.page("/auth/failed", &http.Cookie{Name: "peregrine-failed", Value: value})
		if answer.StatusCode != status || strings.Contains(body, "<b>evil") || strings.Contains(body, "evil.example") || !strings.Contains(body, `href="/signin`) && status == http.StatusBadRequest {
			t.Errorf("%s answers %d: %s", value, answer.StatusCode, body)
		}
		if h := answer.Header; h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s has the headers %v", value, h)
		}
	}
}

// R23, R26: a page about a failed sign-in holds none of the provider's texts, is
// not stored, and says what to do next.
func TestFailedSignInSaysNothingOfTheProvider(t *testing.T) {
	w := NewWorld(t)
	hostile := url.QueryEscape(`<b>evil</b> "text" of the provider`)
	for address, status := range map[string]int{
		"/auth/callback/uni-a.example?error=access_denied&error_description=" + hostile + "&error_uri=" + hostile: http.StatusBadRequest,
		"/auth/callback/uni-a.example?state=" + hostile + "&code=" + hostile + "&iss=" + hostile:                  http.StatusBadRequest,
		"/auth/callback/" + url.PathEscape("<b>evil"):                                                             http.StatusBadRequest,
		"/auth/start/nobody?home=" + hostile:                                                                      http.StatusNotFound,
	} {
		answer, body := w.page(address)
		if answer.StatusCode != status {
			t.Errorf("%s answers %d", address, answer.StatusCode)
		}
		if strings.Contains(body, "evil") || strings.Contains(body, "access_denied") {
			t.Errorf("%s repeats the provider", address)
		}
		for _, needed := range []string{`href="/signin`, "<h1>"} {
			if !strings.Contains(body, needed) {
				t.Errorf("%s lacks %q", address, needed)
			}
		}
		h := answer.Header
		if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
			h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has the headers %v", address, h)
		}
	}
}

// R12, R13: a provider that is down answers 503 with a page, and its health says
// so without its words.
func TestProviderThatIsDown(t *testing.T) {
	w := NewWorld(t)
	noise := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(rw, "words of the provider")
	}))
	t.Cleanup(noise.Close)
	w.register("noise", noise.URL, registry.Home{Domain: "uni-d.example", InstitutionID: w.member("uni-d.example", "FR", "Lyon")})
	w.parts.AllowTo = []string{strings.TrimPrefix(noise.URL, "http://")}
	w.parts.Secrets = map[string]string{"test:": "secret"}
	w.restart()
	answer, body := w.page("/auth/start/noise?return_to=%2Faccount")
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !strings.Contains(body, "University of Lyon") ||
		!strings.Contains(body, "return_to=%2Faccount") || strings.Contains(body, "words") {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	row := w.DB.Client.Provider.Query().Where(provider.Key("noise")).OnlyX(w.system())
	alma := w.Staff("Alma", "uni-a", viewer.AllianceAdministrator)
	got := alma.Does("looks", "checkProvider", map[string]any{"providerId": row.ID})
	if got["health"] != "BROKEN" || !strings.HasPrefix(got["healthReason"].(string), "It does not answer") {
		t.Errorf("looked at as %v", got)
	}
}
