package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/budget"
)

// burst is what a budget of the table holds.
func burst(t *testing.T, kind budget.Kind, per budget.Per) int {
	t.Helper()
	n := (*budget.Keeper)(nil).Most(kind, per)
	if n == 0 {
		t.Fatal("there is no such budget")
	}
	return n
}

// asked sends a request to a server from an address.
func asked(h http.Handler, from, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, base+path, nil)
	r.RemoteAddr = from + ":4711"
	if strings.Contains(from, ":") {
		r.RemoteAddr = "[" + from + "]:4711"
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// limited says whether an answer refuses by a budget, and says it in full.
func limited(t *testing.T, what string, got *httptest.ResponseRecorder, name string) {
	t.Helper()
	h := got.Result().Header
	last := func(values []string) string { return append([]string{""}, values...)[len(values)] }
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if got.Code != http.StatusTooManyRequests || err != nil || seconds < 1 ||
		!strings.HasPrefix(last(h.Values("RateLimit")), `"`+name+`";r=0;t=`) || !strings.HasPrefix(last(h.Values("RateLimit-Policy")), `"`+name+`";q=`) {
		t.Errorf("%s: %d %v", what, got.Code, h)
	}
}

// Each address that is dear, or writes, has a budget of its own, which fills again.
func TestAddressesHaveBudgetsOfTheirOwn(t *testing.T) {
	for _, tt := range []struct {
		method, path string
		kind         budget.Kind
		name         string
		again        time.Duration
	}{
		{http.MethodGet, "/auth/start/nobody", budget.Starts, "starts-address", time.Second},
		{http.MethodHead, "/auth/start/nobody", budget.Starts, "starts-address", time.Second},
		{http.MethodGet, "/v/unknown", budget.Verifications, "verifications-address", time.Second},
		{http.MethodGet, "/v/unknown/credential.jwt", budget.Verifications, "verifications-address", time.Second},
		{http.MethodPost, "/verify", budget.Verifications, "verifications-address", time.Second},
		{http.MethodPost, "/auth/portal/token", budget.Codes, "codes-address", time.Second},
		{http.MethodGet, "/catalogue/courses.csv", budget.Exports, "exports-address", 10 * time.Second},
		{http.MethodPost, "/drafts/x/documents", budget.Uploads, "uploads-address", time.Second},
		{http.MethodPost, "/applications/x/documents", budget.Uploads, "uploads-address", time.Second},
		{http.MethodPost, "/imports", budget.Writes, "writes-address", time.Second},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			w := NewWorld(t)
			h := w.App.Handler
			for i := range burst(t, tt.kind, budget.Address) {
				if got := asked(h, "192.0.2.1", tt.method, tt.path); got.Code == http.StatusTooManyRequests {
					t.Fatalf("no. %d is refused: %v", i, got.Header())
				}
			}
			limited(t, "one more", asked(h, "192.0.2.1", tt.method, tt.path), tt.name)
			if got := asked(h, "192.0.2.2", tt.method, tt.path); got.Code == http.StatusTooManyRequests {
				t.Error("a neighbour is refused")
			}
			if got := asked(h, "192.0.2.1", http.MethodGet, "/"); got.Code != http.StatusOK {
				t.Errorf("the start page is refused with %d", got.Code)
			}
			w.SetClock(w.Now().Add(tt.again))
			if got := asked(h, "192.0.2.1", tt.method, tt.path); got.Code == http.StatusTooManyRequests {
				t.Error("it does not recover")
			}
			limited(t, "a second one", asked(h, "192.0.2.1", tt.method, tt.path), tt.name)
		})
	}
}

// A flood of strangers at an address, with tokens that are none too, costs
// nothing to who has signed in there.
func TestAFloodOfStrangersLeavesTheOthersAlone(t *testing.T) {
	w := NewWorld(t)
	ada, sis := w.Learner("Ada", "uni-a"), w.Program("uni-b", "sis", "catalogue.read").Actor()
	most := burst(t, budget.Requests, budget.Address)
	const here = "192.0.2.1" // that of httptest
	for i := range most {
		header := []string{}
		if i%2 == 0 {
			header = []string{"Authorization", "Bearer unknown"}
		}
		if got := asked(w.App.Handler, here, http.MethodGet, "/robots.txt", header...); got.Code == http.StatusTooManyRequests {
			t.Fatalf("no. %d of %d is refused", i, most)
		}
	}
	limited(t, "one more", asked(w.App.Handler, here, http.MethodGet, "/robots.txt"), "requests-address")
	limited(t, "one with a token", asked(w.App.Handler, here, http.MethodGet, "/robots.txt", "Authorization", "Bearer unknown"), "requests-address")
	got := w.Nobody().Post(`{ viewer { kind } }`, nil)
	if got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "1" || len(got.Errors) != 1 {
		t.Fatalf("%d %v %s", got.Status, got.Header, got.Raw)
	}
	if e := got.Errors[0].Extensions; e["code"] != "LIMITED" || e["retryAfter"] != 1.0 || e["requestId"] != got.Header.Get("X-Request-Id") {
		t.Errorf("it is told %v", e)
	}
	for language, words := range map[string]string{"en": "Wait 1 second, then", "de": "Warten Sie 1 Sekunde und"} {
		page := asked(w.App.Handler, here, http.MethodGet, "/account", "Accept", "text/html", "Accept-Language", language)
		limited(t, language, page, "requests-address")
		if !strings.Contains(page.Body.String(), words) {
			t.Errorf("the page in %s lacks %q", language, words)
		}
	}
	ada.Asks("asks", `{ viewer { kind } }`, nil)
	sis.Asks("asks", `{ viewer { kind } }`, nil)
	w.SetClock(w.Now().Add(time.Second))
	w.Nobody().Asks("asks a second later", `{ viewer { kind } }`, nil)
}

// What a session writes and computes has an end, and each session its own.
func TestOperationsArePaidFor(t *testing.T) {
	w := NewWorld(t)
	ada, ben := w.Learner("Ada", "uni-a"), w.Learner("Ben", "uni-a")
	var fields strings.Builder
	for i := range 30 {
		fmt.Fprintf(&fields, "f%d: endSession(input: {sessionId: \"ses_x\"}) { errors { code } } ", i)
	}
	mutation := "mutation { " + fields.String() + "}"
	for range burst(t, budget.Writes, budget.Session) / 30 {
		if got := ada.Post(mutation, nil); got.Status != http.StatusOK {
			t.Fatalf("%d %s", got.Status, got.Raw)
		}
	}
	got := ada.Post(mutation, nil)
	if got.Status != http.StatusTooManyRequests || len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "LIMITED" ||
		got.Errors[0].Extensions["retryAfter"] != 15.0 || got.Header.Get("Retry-After") != "15" || !strings.Contains(got.Errors[0].Message, "writes-session") {
		t.Errorf("%d %v %s", got.Status, got.Header, got.Raw)
	}
	ada.Asks("reads", `{ viewer { kind } }`, nil)
	if got := ben.Post(mutation, nil); got.Status != http.StatusOK {
		t.Errorf("Ben pays for Ada: %d %s", got.Status, got.Raw)
	}
	w.SetClock(w.Now().Add(15 * time.Second))
	if got := ada.Post(mutation, nil); got.Status != http.StatusOK {
		t.Errorf("it does not recover: %d %s", got.Status, got.Raw)
	}

	dear := `{ a: courses(first: 100) { nodes { id offerings(first: 40) { nodes { id } } } } }`
	price := int(ben.Post(dear, nil).Extensions["cost"].(map[string]any)["used"].(float64))
	if price < 500 {
		t.Fatalf("it costs %d", price)
	}
	for range burst(t, budget.Points, budget.Session)/price + 1 {
		got = ben.Post(dear, nil)
	}
	if got.Status != http.StatusTooManyRequests || !strings.Contains(got.Raw, "points-session") || got.Data != nil {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
	if seconds, _ := strconv.Atoi(got.Header.Get("Retry-After")); seconds < 1 {
		t.Errorf("it is to try again in %d seconds", seconds)
	}
	ada.Asks("asks", dear, nil)
}

// Whoever is no proxy of ours pays for what it forwards, whatever it says. A
// /64 pays as one, and so do the addresses of a network together.
func TestWhoPaysForASignIn(t *testing.T) {
	w := NewWorld(t)
	one, all := burst(t, budget.Starts, budget.Address), burst(t, budget.Starts, budget.Network)
	start := func(from, forwarded string) *httptest.ResponseRecorder {
		return asked(w.App.Handler, from, http.MethodGet, "/auth/start/nobody", "X-Forwarded-For", forwarded)
	}
	for i := range one {
		start("192.0.2.1", fmt.Sprintf("198.51.%d.%d", i/250, i%250))
	}
	limited(t, "who only claims to forward", start("192.0.2.1", "203.0.113.1"), "starts-address")

	w.parts.Config.Proxies = []string{"192.0.2.0/24"}
	w.restart()
	for range one {
		start("192.0.2.1", "203.0.113.1")
	}
	limited(t, "a client of our proxy", start("192.0.2.1", "203.0.113.1"), "starts-address")
	for range all - one {
		if got := start("192.0.2.7", "203.0.113.2"); got.Code == http.StatusTooManyRequests {
			t.Fatalf("its neighbour is refused: %v", got.Header())
		}
	}
	limited(t, "another one of the network", start("192.0.2.1", "203.0.113.3"), "starts-network")
	if got := start("192.0.2.1", "203.0.114.1"); got.Code == http.StatusTooManyRequests {
		t.Error("another network is refused")
	}
	for i := range one {
		start("2001:db8:0:1::"+strconv.FormatInt(int64(i+1), 16), "")
	}
	limited(t, "one more machine of the /64", start("2001:db8:0:1:ffff::1", ""), "starts-address")
	if got := start("2001:db8:0:2::1", ""); got.Code == http.StatusTooManyRequests {
		t.Error("another /64 is refused")
	}
}

// However many servers begin them, the sign-ins under way of one network have an
// end. What concerns somebody who has signed in is counted apart.
func TestServersShareTheSignInsUnderWay(t *testing.T) {
	w := NewWorld(t)
	w.withProvider("uni-d.example")
	issuer, err := url.Parse(w.DB.Client.Provider.Query().Where(provider.Key("uni-d.example")).OnlyX(w.system()).Issuer)
	if err != nil {
		t.Fatal(err)
	}
	w.parts.AllowTo, w.parts.Secrets = []string{issuer.Host}, map[string]string{"test:": "secret-of-the-test"}
	servers := make([]*app.App, 2)
	for i := range servers {
		if servers[i], err = app.New(w.parts); err != nil {
			t.Fatal(err)
		}
	}
	const path = "/auth/start/uni-d.example"
	most := burst(t, budget.Waiting, budget.Network)
	for i := range most {
		from := fmt.Sprintf("192.0.2.%d", 1+i%4) // no bucket of either server is empty
		if got := asked(servers[i%2].Handler, from, http.MethodGet, path); got.Code != http.StatusSeeOther {
			t.Fatalf("no. %d: %d %s", i, got.Code, got.Body)
		}
	}
	under := func() int { return w.DB.Client.SignIn.Query().Where(signin.ExpiresAtGT(w.Now())).CountX(w.system()) }
	for _, a := range servers {
		got := asked(a.Handler, "192.0.2.9", http.MethodGet, path, "Accept", "text/html")
		if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "60" || !strings.Contains(got.Body.String(), "Wait 60 seconds") {
			t.Errorf("one more: %d %v", got.Code, got.Header())
		}
	}
	if n := under(); n != most {
		t.Errorf("%d are under way", n)
	}
	if got := asked(servers[0].Handler, "198.51.100.1", http.MethodGet, path); got.Code != http.StatusSeeOther {
		t.Errorf("another network: %d", got.Code)
	}
	w.SetClock(w.Now().Add(10*time.Minute + time.Second))
	if got := asked(servers[0].Handler, "192.0.2.1", http.MethodGet, path); got.Code != http.StatusSeeOther {
		t.Errorf("ten minutes later: %d", got.Code)
	}
}
