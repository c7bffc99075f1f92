package oidcrp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
)

// fake is an OpenID provider that can be told to misbehave.
type fake struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey
	now    func() time.Time

	mu         sync.Mutex
	challenges map[string]string // nonce to code challenge, of the sign-ins under way
	calls      map[string]int    // path to how often it was asked

	claims    func(map[string]any)               // changes the ID token
	userinfo  map[string]any                     // answered by the userinfo endpoint; nil: there is none
	keys      func(*gojose.JSONWebKeySet)        // changes the keys
	kid       func() string                      // names the key in the ID token
	sign      func(claims map[string]any) string // replaces the signature
	discovery func(map[string]any)               // changes the metadata
	answer    func(url.Values)                   // changes the redirect back
	token     http.HandlerFunc                   // replaces the token endpoint
	wellKnown http.HandlerFunc                   // replaces discovery
}

func newFake(t *testing.T, now func() time.Time) *fake {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, key: key, now: now, challenges: map[string]string{}, calls: map[string]int{}, kid: func() string { return "k1" }}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", f.metadata)
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		set := gojose.JSONWebKeySet{Keys: []gojose.JSONWebKey{{Key: f.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}}
		if f.keys != nil {
			f.keys(&set)
		}
		f.json(w, set)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if f.token != nil {
			f.token(w, r)
			return
		}
		f.redeem(w, r)
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) { f.json(w, f.userinfo) })
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.calls[r.URL.Path]++
		f.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.server.Close)
	return f
}

// called says how often an address was asked.
func (f *fake) called(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[path]
}

// redeem gives the ID token for a code, once, to who proves to be the client
// and to have begun the sign-in.
func (f *fake) redeem(w http.ResponseWriter, r *http.Request) {
	nonce := strings.TrimPrefix(r.FormValue("code"), "c-")
	f.mu.Lock()
	challenge, ok := f.challenges[nonce]
	delete(f.challenges, nonce)
	f.mu.Unlock()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != challenge || id != "peregrine" || secret != "secret" {
		w.WriteHeader(http.StatusBadRequest)
		f.json(w, map[string]any{"error": "invalid_grant"})
		return
	}
	f.json(w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": f.idToken(nonce)})
}

func (f *fake) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) issuer() string { return f.server.URL }

func (f *fake) metadata(w http.ResponseWriter, r *http.Request) {
	if f.wellKnown != nil {
		f.wellKnown(w, r)
		return
	}
	m := map[string]any{
		"issuer": f.issuer(), "authorization_endpoint": f.issuer() + "/authorize", "token_endpoint": f.issuer() + "/token", "jwks_uri": f.issuer() + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "authorization_response_iss_parameter_supported": true,
	}
	if f.userinfo != nil {
		m["userinfo_endpoint"] = f.issuer() + "/userinfo"
	}
	if f.discovery != nil {
		f.discovery(m)
	}
	f.json(w, m)
}

// idToken is a good ID token of a student, changed as the test wants.
func (f *fake) idToken(nonce string) string {
	c := map[string]any{
		"iss": f.issuer(), "aud": "peregrine", "sub": "s-1", "nonce": nonce, "iat": f.now().Unix(), "auth_time": f.now().Unix(), "exp": f.now().Add(5 * time.Minute).Unix(),
		"given_name": "Sam", "family_name": "Student", "email": "sam@uni-s.example", "schac_home_organization": "uni-s.example",
		"eduperson_scoped_affiliation": []string{"student@uni-s.example"},
	}
	if f.claims != nil {
		f.claims(c)
	}
	if f.sign != nil {
		return f.sign(c)
	}
	return f.signed(c, f.key, gojose.RS256)
}

func (f *fake) signed(c map[string]any, key any, alg gojose.SignatureAlgorithm) string {
	return f.serialised(c, key, alg, nil)
}

// signedAs is a token of a type.
func (f *fake) signedAs(c map[string]any, typ gojose.ContentType) string {
	return f.serialised(c, f.key, gojose.RS256, (&gojose.SignerOptions{}).WithType(typ))
}

func (f *fake) serialised(c map[string]any, key any, alg gojose.SignatureAlgorithm, o *gojose.SignerOptions) string {
	f.t.Helper()
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: alg, Key: gojose.JSONWebKey{Key: key, KeyID: f.kid()}}, o)
	if err != nil {
		f.t.Fatal(err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		f.t.Fatal(err)
	}
	jws, err := signer.Sign(body)
	if err != nil {
		f.t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		f.t.Fatal(err)
	}
	return token
}

// back is the address to which the provider sends the browser after the
// request to its authorization endpoint.
func (f *fake) back(authorize *url.URL) string {
	q := authorize.Query()
	f.mu.Lock()
	f.challenges[q.Get("nonce")] = q.Get("code_challenge")
	f.mu.Unlock()
	answer := url.Values{"state": {q.Get("state")}, "code": {"c-" + q.Get("nonce")}, "iss": {f.issuer()}}
	if f.answer != nil {
		f.answer(answer)
	}
	return q.Get("redirect_uri") + "?" + answer.Encode()
}

// set returns a change of claims; nil deletes one.
func set(changes map[string]any) func(map[string]any) {
	return func(c map[string]any) {
		for name, v := range maps.All(changes) {
			if v == nil {
				delete(c, name)
			} else {
				c[name] = v
			}
		}
	}
}

func host(u string) string { return strings.TrimPrefix(u, "http://") }

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
