package oidcrp_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
)

// A check tells what keeps people from signing in, and nothing in the words of
// the provider.
func TestCheckNamesTheTrouble(t *testing.T) {
	const ec = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}` // RFC 7517, appendix A.1
	for name, tt := range map[string]struct {
		metadata, keys string
		status         int
		want           error
	}{
		"works":            {keys: `{"keys":[{"kty":"new"},` + ec + `]}`},
		"other issuer":     {metadata: `{"issuer":"https://evil.example"}`, want: registry.OtherIssuer},
		"no JSON":          {metadata: `<b>secret</b>`, want: registry.Unreadable},
		"no endpoints":     {metadata: `{"issuer":"BASE"}`, want: registry.Unreadable},
		"plain elsewhere":  {metadata: `{"issuer":"BASE","authorization_endpoint":"http://other.example/a","token_endpoint":"BASE/t","jwks_uri":"BASE/keys"}`, want: registry.Insecure},
		"status":           {status: http.StatusInternalServerError, want: registry.Unreachable},
		"redirect":         {status: http.StatusFound, want: registry.Unreachable},
		"no keys":          {keys: `{"keys":[]}`, want: registry.NoKeys},
		"symmetric key":    {keys: `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, want: registry.NoKeys},
		"key to encrypt":   {keys: `{"keys":[` + strings.TrimSuffix(ec, "}") + `,"use":"enc"}]}`, want: registry.NoKeys},
		"keys are no JSON": {keys: `nothing`, want: registry.Unreadable},
		"endless":          {metadata: `{"issuer":"BASE","x":"` + strings.Repeat("a", 2<<20) + `"}`, want: registry.Unreadable},
	} {
		t.Run(name, func(t *testing.T) {
			var base string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := tt.keys
				if r.URL.Path == "/.well-known/openid-configuration" {
					if tt.status != 0 {
						w.Header().Set("Location", "/elsewhere")
						w.WriteHeader(tt.status)
						return
					}
					if body = tt.metadata; body == "" {
						body = `{"issuer":"BASE","authorization_endpoint":"BASE/a","token_endpoint":"BASE/t","jwks_uri":"BASE/keys","userinfo_endpoint":"https://info.example/u"}`
					}
				}
				_, _ = w.Write([]byte(strings.ReplaceAll(body, "BASE", base)))
			}))
			t.Cleanup(server.Close)
			base = server.URL
			rp := oidcrp.New(oidcrp.Options{AllowTo: []string{host(base)}})
			hosts, err := rp.Check(t.Context(), &ent.Provider{Issuer: base})
			if !errors.Is(err, tt.want) {
				t.Errorf("the check says %v, want %v", err, tt.want)
			}
			if tt.want == nil && !slices.Equal(hosts, []string{host(base), "info.example"}) {
				t.Errorf("the hosts are %v", hosts)
			}
		})
	}
}

// R11: a check reaches no address that is not public.
func TestCheckReachesPublicAddressesOnly(t *testing.T) {
	called := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(server.Close)
	rp := oidcrp.New(oidcrp.Options{})
	if _, err := rp.Check(t.Context(), &ent.Provider{Issuer: server.URL}); !errors.Is(err, registry.Unreachable) || called {
		t.Errorf("the check says %v, called %v", err, called)
	}
}
