package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Providers that others wrote. PEREGRINE_TEST_PROVIDERS holds their commands,
// as JSON: scripts/providers builds them and runs these tests. Each is called
// with a port, its issuer, our secret, the address of the callback, and where
// to go after signing out.
func foreignProviders(t *testing.T) map[string][]string {
	t.Helper()
	text := os.Getenv("PEREGRINE_TEST_PROVIDERS")
	if text == "" {
		t.Skip("PEREGRINE_TEST_PROVIDERS names no provider: run scripts/providers")
	}
	var all map[string][]string
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) == 0 {
		t.Fatalf("PEREGRINE_TEST_PROVIDERS: %v", err)
	}
	return all
}

// foreign is a provider of others, behind a gate that the test can slow down.
type foreign struct {
	w       *World
	command []string
	gate    *httptest.Server
	issuer  string
	base    string // of our server
	delay   atomic.Int64
	port    string
	process *exec.Cmd
	asked   atomic.Int64 // for keys
}

const ourSecret = "secret-of-the-test-0123456789abcdef"

// withForeign starts our server with a provider of others as that of a fourth
// university.
func (w *World) withForeign(command []string) *foreign {
	w.t.Helper()
	f := &foreign{w: w, command: command}
	f.gate = httptest.NewServer(http.HandlerFunc(f.pass))
	w.t.Cleanup(f.gate.Close)
	f.issuer = strings.Replace(f.gate.URL, "127.0.0.1", "localhost", 1)
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	w.t.Cleanup(server.Close)
	f.base = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)

	s := w.institutionService()
	inst, err := s.Admit(w.system(), institution.Admission{AllianceID: w.alliance, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni-d.example", Name: vocab.Text{"en": "University D"}, Acronym: "UD", Country: "FR", Town: vocab.Text{"en": "Town"},
		Website: "https://uni-d.example", Domains: []string{"uni-d.example"}, Zone: "Europe/Paris"}})
	if err != nil {
		w.t.Fatal(err)
	}
	registrar := &registry.Service{DB: w.DB.Client, Now: w.Now, AllowHTTP: []string{strings.TrimPrefix(f.issuer, "http://")}}
	if _, err := registrar.Register(w.system(), registry.Proposal{Key: "uni-d.example", Issuer: f.issuer,
		ClientID: "peregrine", ClientSecretRef: new("test:"), Mode: provider.ModeDIRECT, Scopes: []string{"openid", "profile", "email"}, Homes: []registry.Home{{Domain: "uni-d.example", InstitutionID: inst.ID}}}); err != nil {
		w.t.Fatal(err)
	}
	parts := w.parts
	parts.Config.BaseURL = f.base
	parts.Now = time.Now
	parts.Secrets = map[string]string{"test:": ourSecret}
	parts.AllowTo = []string{strings.TrimPrefix(f.issuer, "http://")}
	a, err := app.New(parts)
	if err != nil {
		w.t.Fatal(err)
	}
	server.Config.Handler = a.Handler
	f.start()
	w.t.Cleanup(f.stop)
	return f
}

// pass hands a request on to the provider, after the delay.
func (f *foreign) pass(rw http.ResponseWriter, r *http.Request) {
	if d := time.Duration(f.delay.Load()); d > 0 {
		select {
		case <-time.After(d): // it is the network that is slow here
		case <-r.Context().Done():
			return
		}
	}
	if r.URL.Path == "/jwks" || r.URL.Path == "/keys" {
		f.asked.Add(1)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", "127.0.0.1:"+f.port
			p.Out.Host = p.In.Host
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // as a provider that has gone
	}
	proxy.ServeHTTP(rw, r)
}

func (f *foreign) start() {
	f.w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.w.t.Fatal(err)
	}
	_, f.port, _ = net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	args := append(slices.Clone(f.command[1:]), f.port, f.issuer, ourSecret, f.base+"/auth/callback/uni-d.example", f.base+"/")
	f.process = exec.Command(f.command[0], args...)
	if err := f.process.Start(); err != nil {
		f.w.t.Fatal(err)
	}
	for began := time.Now(); ; {
		c, err := net.Dial("tcp", "127.0.0.1:"+f.port)
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Since(began) > 20*time.Second {
			f.w.t.Fatalf("%v does not start: %v", f.command, err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func (f *foreign) stop() {
	if f.process == nil {
		return
	}
	_ = f.process.Process.Kill()
	_ = f.process.Wait()
	f.process = nil
}

var (
	input     = regexp.MustCompile(`<input[^>]*>`)
	attribute = regexp.MustCompile(`(name|value|action)="([^"]*)"`)
	opening   = regexp.MustCompile(`<form[^>]*>`)
)

// attributes of a tag, as far as forms need them.
func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		all[m[1]] = strings.ReplaceAll(m[2], "&amp;", "&")
	}
	return all
}

// fill answers the form of a page with what it hides and what is given.
func (b *browser) fill(at *url.URL, page string, given url.Values) (*url.URL, int, string) {
	b.t.Helper()
	form := url.Values{}
	for _, tag := range input.FindAllString(page, -1) {
		if a := attributes(tag); a["name"] != "" {
			form.Set(a["name"], a["value"])
		}
	}
	for name, values := range given {
		form[name] = values
	}
	target, err := at.Parse(attributes(opening.FindString(page))["action"])
	if err != nil {
		b.t.Fatal(err)
	}
	return b.post(target.String(), form)
}

// signIn signs in at a provider of others, at its login page if it has one.
func (f *foreign) signIn(b *browser) (*url.URL, int, string) {
	at, status, page := b.get(f.base + "/auth/start/uni-d.example?return_to=/account")
	if strings.Contains(page, `name="password"`) {
		return b.fill(at, page, url.Values{"username": {"test-user@localhost"}, "password": {"verysecure"}})
	}
	return at, status, page
}

func (f *foreign) mustSignIn() *browser {
	f.w.t.Helper()
	b := newBrowser(f.w.t, f.base)
	if at, status, page := f.signIn(b); status != http.StatusOK || at.Path != "/account" {
		f.w.t.Fatalf("ended at %s with %d: %s", at, status, page)
	}
	return b
}

func eachForeign(t *testing.T, test func(t *testing.T, f *foreign)) {
	for name, command := range foreignProviders(t) {
		t.Run(name, func(t *testing.T) { test(t, NewWorld(t).withForeign(command)) })
	}
}

func TestConformanceSignInWithForeignProvider(t *testing.T) {
	eachForeign(t, func(t *testing.T, f *foreign) {
		b := f.mustSignIn()
		got := b.whoAmI()
		if !strings.Contains(got, `"kind":"PERSON"`) || !strings.Contains(got, `"institution":{"schac":"uni-d.example"}`) {
			t.Errorf("the API knows %s", got)
		}
		account, err := f.w.DB.Client.Identity.Query().Where(identity.Issuer(f.issuer)).Only(f.w.system())
		if err != nil || account.Subject == "" {
			t.Fatalf("no account of the provider: %v", err)
		}
		f.mustSignIn()
		if n := f.w.DB.Client.Identity.Query().Where(identity.Issuer(f.issuer)).CountX(f.w.system()); n != 1 {
			t.Errorf("signing in twice makes %d accounts", n)
		}
		at, status, page := b.post(f.base+"/auth/logout", nil)
		if status >= http.StatusBadRequest || !strings.HasPrefix(at.String(), f.issuer+"/") && at.String() != f.base+"/" {
			t.Errorf("signing out ends at %s with %d: %s", at, status, page)
		}
		if got := b.whoAmI(); !strings.Contains(got, `"kind":"ANONYMOUS"`) {
			t.Errorf("after signing out the API knows %s", got)
		}
	})
}

// R19: whoever has just signed in by one factor proves the second as soon as it
// is asked for. A provider of others would answer a wish at once from the sign-in
// of a moment ago.
func TestConformanceStepUpAtForeignProvider(t *testing.T) {
	eachForeign(t, func(t *testing.T, f *foreign) {
		if strings.HasSuffix(t.Name(), "zitadel") {
			return // it knows one factor
		}
		b := f.mustSignIn()
		sessions := f.w.DB.Client.Session.Query().Where(session.EndedAtIsNil())
		if before := sessions.Clone().OnlyX(f.w.system()); authz.SteppedUp(vocab.OrZero(before.Acr), vocab.OrZero(before.AuthenticatedAt), time.Now()) {
			t.Fatalf("stepped up by %s without being asked", *before.Acr)
		}
		at, status, page := b.get(f.base + "/auth/step-up?return_to=/account")
		if status != http.StatusOK || at.Path != "/account" {
			t.Fatalf("ended at %s with %d: %s", at, status, page)
		}
		if after := sessions.OnlyX(f.w.system()); !authz.SteppedUp(vocab.OrZero(after.Acr), vocab.OrZero(after.AuthenticatedAt), time.Now()) {
			t.Errorf("the session has %q", vocab.OrZero(after.Acr))
		}
	})
}

// R10: the provider changes its keys, and the next sign-in works.
func TestConformanceRotatedKeysOfForeignProvider(t *testing.T) {
	eachForeign(t, func(t *testing.T, f *foreign) {
		f.mustSignIn()
		before := f.asked.Load()
		f.stop()
		f.start()
		f.mustSignIn()
		if n := f.asked.Load() - before; n < 1 || n > 2 {
			t.Errorf("the keys were fetched %d times", n)
		}
	})
}

// R12, R13: a provider that is away or slow costs its own people a page within
// eight seconds, and others nothing.
func TestConformanceForeignProviderStopped(t *testing.T) {
	eachForeign(t, func(t *testing.T, f *foreign) {
		f.stop()
		f.costsOnlyItsOwn(0)
	})
}

func TestConformanceForeignProviderSlow(t *testing.T) {
	eachForeign(t, func(t *testing.T, f *foreign) {
		f.delay.Store(int64(20 * time.Second))
		f.costsOnlyItsOwn(time.Second)
		f.delay.Store(0)
	})
}

// costsOnlyItsOwn starts a sign-in with a broken provider, which answers with a
// page after least, and meanwhile what others do.
func (f *foreign) costsOnlyItsOwn(least time.Duration) {
	f.w.t.Helper()
	done := make(chan error, 1)
	go func() {
		began := time.Now()
		status, page := plainGet(f.base + "/auth/start/uni-d.example")
		if took := time.Since(began); status != http.StatusServiceUnavailable || !strings.Contains(page, "<h1>") || took > 8*time.Second || took < least {
			done <- fmt.Errorf("%d after %s: %s", status, took, page)
			return
		}
		done <- nil
	}()
	for range 20 {
		began := time.Now()
		if status, page := plainGet(f.base + "/signin"); status != http.StatusOK || time.Since(began) > time.Second {
			f.w.t.Errorf("the chooser answers %d after %s: %s", status, time.Since(began), page)
		}
	}
	if err := <-done; err != nil {
		f.w.t.Error(err)
	}
}

// The provider goes away while somebody is on its page.
func TestConformanceForeignProviderDiesOnTheWay(t *testing.T) {
	eachForeign(t, func(t *testing.T, f *foreign) {
		b := newBrowser(t, f.base)
		b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if r.URL.Path == "/auth/callback/uni-d.example" {
				f.stop()
			}
			return nil
		}
		began := time.Now()
		at, status, page := f.signIn(b)
		if status != http.StatusServiceUnavailable || at.Path != "/auth/failed" || time.Since(began) > 8*time.Second {
			t.Errorf("ended at %s with %d after %s: %s", at, status, time.Since(began), page)
		}
		b.client.CheckRedirect = nil
		f.start()
		f.mustSignIn()
	})
}

// plainGet loads a page on behalf of nobody. Status 0 tells of an error.
func plainGet(address string) (status int, page string) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Accept", "text/html")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(body)
}
