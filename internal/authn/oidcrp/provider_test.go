package oidcrp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
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
	nonce  string // of the last sign-in

	claims    func(map[string]any)               // changes the ID token
	userinfo  map[string]any                     // answered by the userinfo endpoint; nil: there is none
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
	f := &fake{t: t, key: key, now: now}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", f.metadata)
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		f.json(w, gojose.JSONWebKeySet{Keys: []gojose.JSONWebKey{{Key: f.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if f.token != nil {
			f.token(w, r)
			return
		}
		f.json(w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": f.idToken()})
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) { f.json(w, f.userinfo) })
	f.server = httptest.NewServer(mux)
	t.Cleanup(f.server.Close)
	return f
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
func (f *fake) idToken() string {
	c := map[string]any{
		"iss": f.issuer(), "aud": "peregrine", "sub": "s-1", "nonce": f.nonce, "iat": f.now().Unix(), "exp": f.now().Add(5 * time.Minute).Unix(),
		"given_name": "Sam", "family_name": "Student", "schac_home_organization": "uni-s.example",
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
	f.t.Helper()
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: alg, Key: gojose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
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
	f.nonce = q.Get("nonce")
	answer := url.Values{"state": {q.Get("state")}, "code": {"c-1"}, "iss": {f.issuer()}}
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
