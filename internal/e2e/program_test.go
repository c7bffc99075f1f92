package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/fetch"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// program is a partner's program with its private key.
type program struct {
	w     *World
	ID    string
	key   any
	alg   gojose.SignatureAlgorithm
	keyID string
}

// pair makes a key pair and returns its public JWK.
func pair(t *testing.T, alg gojose.SignatureAlgorithm, keyID string) (private any, public string) {
	t.Helper()
	var err error
	var open any
	switch alg {
	case gojose.ES256, gojose.ES384:
		curve := map[gojose.SignatureAlgorithm]elliptic.Curve{gojose.ES256: elliptic.P256(), gojose.ES384: elliptic.P384()}[alg]
		var k *ecdsa.PrivateKey
		k, err = ecdsa.GenerateKey(curve, rand.Reader)
		private, open = k, &k.PublicKey
	case gojose.EdDSA:
		open, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		var k *rsa.PrivateKey
		k, err = rsa.GenerateKey(rand.Reader, 2048)
		private, open = k, &k.PublicKey
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := gojose.JSONWebKey{Key: open, KeyID: keyID}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return private, string(raw)
}

// Program registers a program of a university with all that a key needs.
func (w *World) Program(uni, name string, scopes ...string) *program {
	w.t.Helper()
	admin := w.Staff("Admin-"+name, uni, viewer.Administrator)
	p := &program{w: w, alg: gojose.ES256, keyID: "k-" + name}
	var public string
	p.key, public = pair(w.t, p.alg, p.keyID)
	p.ID = id(admin.Does("registers a program", "registerApiClient", map[string]any{"institutionId": w.Institution(uni), "name": name, "scopes": scopes,
		"keys": []map[string]any{{"jwk": public}}}))
	return p
}

// says are the claims of a good assertion.
func (p *program) says() map[string]any {
	now := p.w.Now()
	return map[string]any{"iss": p.ID, "sub": p.ID, "aud": base, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
}

func (p *program) sign(claims map[string]any) string {
	return signed(p.w.t, claims, p.alg, p.key, p.keyID, "JWT")
}

func signed(t *testing.T, claims map[string]any, alg gojose.SignatureAlgorithm, key any, keyID, typ string) string {
	t.Helper()
	o := &gojose.SignerOptions{}
	if typ != "" {
		o.WithType(gojose.ContentType(typ))
	}
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: alg, Key: gojose.JSONWebKey{Key: key, KeyID: keyID}}, o)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(raw)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// byHand signs as RFC 9864 has it, which go-jose does not know.
func byHand(t *testing.T, header string, claims map[string]any, key any) string {
	t.Helper()
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"Ed25519","kid":"ed"`+header+`}`)) + "." + base64.RawURLEncoding.EncodeToString(raw)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key.(ed25519.PrivateKey), []byte(text)))
}

// damaged changes the signature of a token.
func damaged(compact string) string {
	parts := strings.Split(compact, ".")
	raw, _ := base64.RawURLEncoding.DecodeString(parts[2])
	raw[0] ^= 1
	return parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(raw)
}

// tokenAnswer is what the token endpoint answers.
type tokenAnswer struct {
	Status      int
	Header      http.Header
	Token       string `json:"access_token"`
	Type        string `json:"token_type"`
	Expires     int    `json:"expires_in"`
	Scope       string `json:"scope"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func grant(assertion string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion}}
}

func askToken(t *testing.T, h http.Handler, form url.Values, change ...func(*http.Request)) tokenAnswer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, base+"/oauth/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, f := range change {
		f(r)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	got := tokenAnswer{Status: rec.Code, Header: rec.Header()}
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatalf("no JSON: %d %s", rec.Code, rec.Body)
	}
	if rec.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the answer may be stored: %v", rec.Header())
	}
	return got
}

// Actor gets a token and acts with it.
func (p *program) Actor(scopes ...string) *Actor {
	p.w.t.Helper()
	form := grant(p.sign(p.says()))
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	got := askToken(p.w.t, p.w.App.Handler, form)
	if got.Status != http.StatusOK || got.Type != "Bearer" || got.Expires != 600 {
		p.w.t.Fatalf("no token: %+v", got)
	}
	return &Actor{w: p.w, Name: "program", token: got.Token}
}

// A program of the host writes courses and takes in results; the audit trail
// names it; the API knows it as what it is.
func TestProgramWorksForItsInstitution(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	p := w.Program("uni-b", "sis", "course.edit", "course.publish", "result.record", "learner.read")
	sis := p.Actor()
	who := sis.Asks(
		"who am I",
		`{ viewer { kind person { id } client { id name institution { schac } keys { kid algorithms } lastUsedFrom viewerActions { allowed } } roles { role } permissions { institution { schac } rights } } }`,
		nil,
	)
	if at(who, "viewer", "kind") != "PROGRAM" || at(who, "viewer", "client", "id") != p.ID || at(who, "viewer", "person") != nil ||
		at(who, "viewer", "client", "lastUsedFrom") != "192.0.2.0/24" {
		t.Errorf("it is %v", who)
	}
	rights := at(who, "viewer", "permissions").([]any)[0].(map[string]any)["rights"].([]any)
	if len(rights) != 3 || rights[0] != "course.edit" || rights[2] != "result.record" {
		t.Errorf("its rights are %v", rights)
	}
	input := map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-9", "kind": "COURSE", "content": content("From the SIS"), "idempotencyKey": "one"}
	made := sis.Does("writes a course", "createCourse", input)
	if again := sis.Does("repeats it", "createCourse", input); id(again) != id(made) {
		t.Error("a repeat made another course")
	}
	entry, err := w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(ident.ID(id(made))), auditentry.Verb("course.create")).Only(w.system())
	if err != nil || entry.ActorKind != auditentry.ActorKindPROGRAM || entry.ActorID == nil || string(*entry.ActorID) != p.ID {
		t.Errorf("the audit entry is %+v, %v", entry, err)
	}
	_, enrolment := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	res := sis.Does("records a result", "recordResult", assessment(enrolment))
	c.hostRegistrar.Does("confirms it", "confirmResult", map[string]any{"resultId": id(res)})
}

// R30: each line is an assertion that gets no token. A good one stands first,
// so that the lines fail for their own reason.
func TestAssertionsThatGetNoToken(t *testing.T) {
	w := NewWorld(t)
	p, other := w.Program("uni-b", "sis", "catalogue.read"), w.Program("uni-a", "lms", "catalogue.read")
	rsaKey, rsaJWK := pair(t, gojose.RS256, "rsa")
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	admin.Does("adds a key", "addApiClientKey", map[string]any{"clientId": p.ID, "key": map[string]any{"jwk": rsaJWK}})
	edKey, edJWK := pair(t, gojose.EdDSA, "ed")
	admin.Does("adds a key", "addApiClientKey", map[string]any{"clientId": p.ID, "key": map[string]any{"jwk": edJWK}})
	with := func(change map[string]any) string {
		claims := p.says()
		for k, v := range change {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		return p.sign(claims)
	}
	raw, _ := json.Marshal(p.says())
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(raw) + "."
	public := rsaKey.(*rsa.PrivateKey).PublicKey
	der, _ := x509.MarshalPKIXPublicKey(&public)
	now := w.Now()
	for _, tt := range []struct {
		name, assertion, want string
	}{
		{"good", p.sign(p.says()), ""},
		{"good, by RSA", signed(t, p.says(), gojose.PS256, rsaKey, "rsa", ""), ""},
		{"good, clock 50 s ahead", with(map[string]any{"iat": now.Add(50 * time.Second).Unix(), "exp": now.Add(650 * time.Second).Unix()}), ""},
		{"good, expired 50 s ago", with(map[string]any{"iat": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(-50 * time.Second).Unix()}), ""},
		{"good, Ed25519 by its newer name", byHand(t, "", p.says(), edKey), ""},
		{"Ed25519 with a damaged signature", damaged(byHand(t, "", p.says(), edKey)), "invalid_client"},
		{"critical header", byHand(t, `,"crit":["exp"],"exp":1`, p.says(), edKey), "invalid_client"},
		{"alg none", none, "invalid_client"},
		{"HMAC with the public key", signed(t, p.says(), gojose.HS256, der, "rsa", "JWT"), "invalid_client"},
		{"key of another program", signed(t, p.says(), other.alg, other.key, other.keyID, "JWT"), "invalid_client"},
		{"key of another program under our name", signed(t, p.says(), other.alg, other.key, p.keyID, "JWT"), "invalid_client"},
		{"key for another algorithm", signed(t, p.says(), gojose.RS256, rsaKey, p.keyID, "JWT"), "invalid_client"},
		{"typ of an access token", signed(t, p.says(), p.alg, p.key, p.keyID, "at+jwt"), "invalid_client"},
		{"typ of a logout token", signed(t, p.says(), p.alg, p.key, p.keyID, "logout+jwt"), "invalid_client"},
		{"other audience", with(map[string]any{"aud": "https://evil.example"}), "invalid_client"},
		{"token endpoint as audience", with(map[string]any{"aud": base + "/oauth/token"}), "invalid_client"},
		{"two audiences", with(map[string]any{"aud": []string{base, "https://evil.example"}}), "invalid_client"},
		{"one audience in a list", with(map[string]any{"aud": []string{base}}), "invalid_client"},
		{"no audience", with(map[string]any{"aud": nil}), "invalid_client"},
		{"lives for 11 minutes", with(map[string]any{"exp": now.Add(11 * time.Minute).Unix()}), "invalid_client"},
		{"good, clock 50 s ahead, without iat", with(map[string]any{"iat": nil, "exp": now.Add(650 * time.Second).Unix()}), ""},
		{"lives for 12 minutes without iat", with(map[string]any{"iat": nil, "exp": now.Add(12 * time.Minute).Unix()}), "invalid_client"},
		{"iat is a text", with(map[string]any{"iat": "now"}), "invalid_client"},
		{"nbf is a text", with(map[string]any{"nbf": "now"}), "invalid_client"},
		{"iat is negative", with(map[string]any{"iat": -1}), "invalid_client"},
		{"signed, and large", with(map[string]any{"pad": strings.Repeat("x", 20<<10)}), "invalid_client"},
		{"lives for 11 minutes and a second without iat", with(map[string]any{"iat": nil, "exp": now.Add(11*time.Minute + time.Second).Unix()}), "invalid_client"},
		{"expired", with(map[string]any{"exp": now.Add(-2 * time.Minute).Unix()}), "invalid_client"},
		{"never expires", with(map[string]any{"exp": nil}), "invalid_client"},
		{"exp is a text", with(map[string]any{"exp": "1e9"}), "invalid_client"},
		{"issued in the future", with(map[string]any{"iat": now.Add(2 * time.Minute).Unix()}), "invalid_client"},
		{"not yet", with(map[string]any{"nbf": now.Add(2 * time.Minute).Unix()}), "invalid_client"},
		{"no jti", with(map[string]any{"jti": nil}), "invalid_client"},
		{"long jti", with(map[string]any{"jti": strings.Repeat("j", 256)}), "invalid_client"},
		{"issuer is another", with(map[string]any{"iss": other.ID}), "invalid_client"},
		{"subject is another", with(map[string]any{"sub": other.ID}), "invalid_client"},
		{"unknown program", with(map[string]any{"iss": "cli_06h0hph4yvw3v2c0x5e4r7t9n8", "sub": "cli_06h0hph4yvw3v2c0x5e4r7t9n8"}), "invalid_client"},
		{"no JWT", "x", "invalid_client"},
		{"large", strings.Repeat("x", 20<<10), "invalid_client"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := askToken(t, w.App.Handler, grant(tt.assertion))
			if got.Error != tt.want || (got.Token == "") != (tt.want != "") || tt.want != "" && got.Status != http.StatusUnauthorized {
				t.Errorf("answered %d %q %s, want %q", got.Status, got.Error, got.Description, tt.want)
			}
		})
	}
}

// The questions around an assertion, as RFC 6749, 7523 and 8707 have them.
func TestQuestionsForTokens(t *testing.T) {
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read", "course.edit")
	for _, tt := range []struct {
		name   string
		form   map[string]string
		change func(*http.Request)
		status int
		want   string
	}{
		{"all scopes", nil, nil, 200, "catalogue.read course.edit"},
		{"one scope", map[string]string{"scope": "course.edit"}, nil, 200, "course.edit"},
		{"empty scope", map[string]string{"scope": ""}, nil, 200, "catalogue.read course.edit"},
		{"own name", map[string]string{"client_id": p.ID}, nil, 200, "catalogue.read course.edit"},
		{"R31 scope that it does not have", map[string]string{"scope": "course.edit result.record"}, nil, 400, "invalid_scope"},
		{"R31 right that no program has", map[string]string{"scope": "role.grant"}, nil, 400, "invalid_scope"},
		{"resource", map[string]string{"resource": base + "/graphql"}, nil, 200, "catalogue.read course.edit"},
		{"foreign resource", map[string]string{"resource": "https://evil.example"}, nil, 400, "invalid_target"},
		{"other grant", map[string]string{"grant_type": "password"}, nil, 400, "unsupported_grant_type"},
		{"refresh token", map[string]string{"grant_type": "refresh_token", "refresh_token": "x"}, nil, 400, "unsupported_grant_type"},
		{"no grant", map[string]string{"grant_type": ""}, nil, 400, "invalid_request"},
		{"secret", map[string]string{"client_secret": "x"}, nil, 401, "invalid_client"},
		{"other name", map[string]string{"client_id": "x"}, nil, 401, "invalid_client"},
		{"other assertion type", map[string]string{"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, nil, 401, "invalid_client"},
		{"basic", nil, func(r *http.Request) { r.SetBasicAuth(p.ID, "x") }, 401, "invalid_client"},
		{"JSON", nil, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 400, "invalid_request"},
		{"parameters in the address", nil, func(r *http.Request) { r.URL.RawQuery = "scope=course.edit" }, 400, "invalid_request"},
		{"from another site", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 200, "catalogue.read course.edit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := grant(p.sign(p.says()))
			for k, v := range tt.form {
				form.Set(k, v)
			}
			change := tt.change
			if change == nil {
				change = func(*http.Request) {}
			}
			got := askToken(t, w.App.Handler, form, change)
			if said := got.Error + got.Scope; got.Status != tt.status || said != tt.want {
				t.Errorf("answered %d %q %s, want %d %q", got.Status, said, got.Description, tt.status, tt.want)
			}
		})
	}
	twice := grant(p.sign(p.says()))
	twice.Add("scope", "course.edit")
	twice.Add("scope", "catalogue.read")
	if got := askToken(t, w.App.Handler, twice); got.Error != "invalid_request" {
		t.Errorf("a parameter twice: %+v", got)
	}
}

// R30: an assertion gives one token, however many show it at once, and at
// whichever of two servers on one database.
func TestAssertionWorksOnce(t *testing.T) {
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read")
	second := w.parts
	second.DB = testkit.Open(t, w.address)
	twin, err := app.New(second)
	if err != nil {
		t.Fatal(err)
	}
	p.Actor() // makes the key, so that the race is about the assertion
	assertion := p.sign(p.says())
	var tokens, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 10 {
		h := []http.Handler{w.App.Handler, twin.Handler}[i%2]
		all.Go(func() {
			switch got := askToken(t, h, grant(assertion)); {
			case got.Token != "":
				tokens.Add(1)
			case got.Error == "invalid_client":
				refused.Add(1)
			default:
				t.Errorf("answered %+v", got)
			}
		})
	}
	all.Wait()
	if tokens.Load() != 1 || refused.Load() != 9 {
		t.Errorf("%d tokens and %d refusals of ten", tokens.Load(), refused.Load())
	}
	// A token of one server is known at the other.
	got := askToken(t, twin.Handler, grant(p.sign(p.says())))
	if kind := (&Actor{w: w, Name: "program", token: got.Token}).Asks("who am I", `{ viewer { kind } }`, nil); at(kind, "viewer", "kind") != "PROGRAM" {
		t.Errorf("it is %v", kind)
	}
	w.SetClock(w.Now().Add(time.Hour))
	fresh := p.sign(p.says())
	askToken(t, w.App.Handler, grant(fresh))
	if n, err := w.App.Tokens.Clear(w.system()); err != nil || n != 3 {
		t.Errorf("%d used assertions were cleared, %v", n, err)
	}
	if got := askToken(t, w.App.Handler, grant(fresh)); got.Error != "invalid_client" {
		t.Errorf("what was cleared works again: %+v", got)
	}
}

// Whoever renames a program writes its name: scopes that somebody else has just
// taken away stay away.
func TestAProgramIsChangedInWhatIsGiven(t *testing.T) {
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read", "learner.read")
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	var written [][]string
	w.DB.Client.ApiClient.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			written = append(written, m.Fields())
			return next.Mutate(ctx, m)
		})
	})
	admin.Does("renames it", "updateApiClient", map[string]any{"clientId": p.ID, "name": "lms"})
	admin.Does("narrows it", "updateApiClient", map[string]any{"clientId": p.ID, "scopes": []string{"catalogue.read"}})
	if want := [][]string{{"name"}, {"scopes"}}; !reflect.DeepEqual(written, want) {
		t.Errorf("%v were written, want %v", written, want)
	}
}

// R31: what an access token says of itself.
func TestAccessToken(t *testing.T) {
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read")
	got := askToken(t, w.App.Handler, grant(p.sign(p.says())))
	jws, err := gojose.ParseSignedCompact(got.Token, []gojose.SignatureAlgorithm{gojose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, base+"/oauth/jwks.json", nil))
	var set gojose.JSONWebKeySet
	if err := json.Unmarshal(rec.Body.Bytes(), &set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() {
		t.Fatalf("the keys are %s", rec.Body)
	}
	payload, err := jws.Verify(set.Key(jws.Signatures[0].Header.KeyID)[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	if typ := jws.Signatures[0].Header.ExtraHeaders["typ"]; typ != "at+jwt" {
		t.Errorf("typ is %v", typ)
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	if c["iss"] != base || c["aud"] != base || c["sub"] != p.ID || c["client_id"] != p.ID || c["scope"] != "catalogue.read" || c["jti"] == "" ||
		c["exp"].(float64)-c["iat"].(float64) != 600 {
		t.Errorf("the claims are %s", payload)
	}
	w.SetClock(w.Now().Add(10 * time.Minute))
	if got := (&Actor{w: w, Name: "program", token: got.Token}).Post(`{ viewer { kind } }`, nil); got.Status != http.StatusUnauthorized {
		t.Errorf("a token after ten minutes: %d", got.Status)
	}
}

// R36, R33: nothing but an access token for this place is taken for one; an
// access token is nothing else.
func TestKindsOfTokensAreNotInterchangeable(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	p := w.Program("uni-b", "sis", "catalogue.read")
	good := p.Actor().token
	_, enrolment := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	parts := strings.Split(good, ".")
	claims := func(change map[string]any) map[string]any {
		var all map[string]any
		raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(raw, &all)
		for k, v := range change {
			all[k] = v
		}
		return all
	}
	raw, _ := json.Marshal(claims(nil))
	for name, token := range map[string]string{
		"assertion":                 p.sign(p.says()),
		"assertion with typ at+jwt": signed(t, claims(nil), p.alg, p.key, p.keyID, "at+jwt"),
		"ID token":                  signed(t, claims(map[string]any{"nonce": "n"}), p.alg, p.key, p.keyID, ""),
		"logout token":              signed(t, claims(nil), p.alg, p.key, p.keyID, "logout+jwt"),
		"credential":                cred["jwt"].(string),
		"unsigned":                  base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`)) + "." + parts[1] + ".",
		"HMAC with the public key":  signed(t, claims(nil), gojose.HS256, []byte(strings.Repeat("k", 32)), p.keyID, "at+jwt"),
		"claims of another":         parts[0] + "." + base64.RawURLEncoding.EncodeToString(append(raw[:len(raw)-1], []byte(`,"scope":"role.grant"}`)...)) + "." + parts[2],
		"signature cut":             good[:len(good)-4],
		"verification token":        strings.TrimPrefix(cred["verificationUrl"].(string), base+"/v/"),
		"lent token with a dot":     c.ada.token + ".",
		"nothing":                   "..",
		"token for another path":    p.tokenFor(base + "/graphql"),
	} {
		a := &Actor{w: w, Name: name, token: token}
		r := httptest.NewRequest(http.MethodGet, base+"/imports/imp_06h0hph4yvw3v2c0x5e4r7t9n8", nil)
		if got := a.send(r); got.Status != http.StatusUnauthorized ||
			!strings.Contains(got.Header.Get("WWW-Authenticate"), `resource_metadata="`+base+`/.well-known/oauth-protected-resource"`) ||
			!strings.Contains(got.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s answers %d %v", name, got.Status, got.Header)
		}
	}
	// An access token proves nothing at the token endpoint, and is no session.
	if got := askToken(t, w.App.Handler, grant(good)); got.Error != "invalid_client" {
		t.Errorf("an access token as assertion: %+v", got)
	}
	for name, set := range map[string]func(*http.Request){
		"cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "peregrine-session", Value: good}) },
		"query":  func(r *http.Request) { r.URL.RawQuery = "access_token=" + good },
	} {
		r := httptest.NewRequest(http.MethodPost, base+"/graphql", strings.NewReader(`{"query":"{ viewer { kind } }"}`))
		r.Header.Set("Content-Type", "application/json")
		set(r)
		if got := w.Nobody().send(r); strings.Contains(got.Raw, "PROGRAM") {
			t.Errorf("a token as %s: %s", name, got.Raw)
		}
	}
	r := httptest.NewRequest(http.MethodPost, base+"/graphql", strings.NewReader(`{"query":"{ viewer { kind } }"}`))
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "peregrine-session", Value: "x"})
	if got := (&Actor{w: w, Name: "both", token: good}).send(r); got.Status != http.StatusBadRequest {
		t.Errorf("cookie and bearer together: %d", got.Status)
	}
}

func (p *program) tokenFor(resource string) string {
	p.w.t.Helper()
	form := grant(p.sign(p.says()))
	form.Set("resource", resource)
	return askToken(p.w.t, p.w.App.Handler, form).Token
}

// R32: disabling a program, retiring its key or taking a scope away ends what
// its tokens are worth within 30 seconds, and it gets no new ones at once.
func TestProgramEndsWithinHalfAMinute(t *testing.T) {
	for name, end := range map[string]func(w *World, admin *Actor, p *program){
		"disabled": func(_ *World, admin *Actor, p *program) {
			admin.Does("disables it", "disableApiClient", map[string]any{"clientId": p.ID})
		},
		"key retired": func(_ *World, admin *Actor, p *program) {
			got := admin.Asks("its keys", `query($id: ID!) { apiClient(id: $id) { keys { id } } }`, map[string]any{"id": p.ID})
			key := at(got, "apiClient", "keys").([]any)[0].(map[string]any)["id"]
			admin.Does("retires it", "retireApiClientKey", map[string]any{"clientId": p.ID, "keyId": key})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWorld(t)
			p := w.Program("uni-b", "sis", "catalogue.read")
			admin := w.Staff("Admin", "uni-b", viewer.Administrator)
			a := p.Actor()
			a.Asks("works", `{ viewer { kind } }`, nil)
			end(w, admin, p)
			if got := askToken(t, w.App.Handler, grant(p.sign(p.says()))); got.Error != "invalid_client" {
				t.Errorf("it still gets a token: %+v", got)
			}
			w.SetClock(w.Now().Add(30 * time.Second))
			if got := a.Post(`{ viewer { kind } }`, nil); got.Status != http.StatusUnauthorized {
				t.Errorf("after 30 s: %d %s", got.Status, got.Raw)
			}
		})
	}
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read", "course.edit")
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	a := p.Actor()
	input := map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-1", "kind": "COURSE", "content": content("One")}
	a.Does("writes", "createCourse", input)
	admin.Does("takes a scope away", "updateApiClient", map[string]any{"clientId": p.ID, "scopes": []string{"catalogue.read"}})
	w.SetClock(w.Now().Add(30 * time.Second))
	input["code"] = "CS-2"
	if got := a.IsRefused("cannot write any more", "FORBIDDEN", "createCourse", input); !strings.Contains(got["message"].(string), "course.edit") {
		t.Errorf("it is told %v", got)
	}
}

// R60, T15: a program of one university is nobody at another, also where its
// token has the scope, and at its own it sees what its scopes are about.
func TestProgramIsNobodyElsewhere(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	var all []string
	all = append(all, authz.Scopes()...)
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	app, enrolment := w.enrolled(c, off)
	res := w.passed(c, enrolment)
	draft := c.editor.Does(
		"writes a course",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-2", "kind": "COURSE", "content": content("Draft")},
	)
	stranger, ofHost, onlyCourses, onlyLearners := w.Program("uni-c", "foreign", all...).Actor(), w.Program("uni-b", "own", all...).Actor(),
		w.Program("uni-b", "courses", "catalogue.read").Actor(), w.Program("uni-b", "learners", "learner.read").Actor()
	const q = `query($app: ID!, $res: ID!, $course: ID!, $person: ID!) { application(id: $app) { id } course(id: $course) { id } result: node(id: $res) { id } person: node(id: $person) { id } applications { totalCount } }`
	things := map[string]any{"app": app, "res": res, "course": id(draft), "person": c.ada.ID}
	for _, tt := range []struct {
		name                               string
		a                                  *Actor
		application, result, person, draft bool
	}{
		{"another university's", stranger, false, false, false, false},
		{"the host's", ofHost, true, true, true, true},
		{"the host's for courses", onlyCourses, false, false, false, true},
		{"the host's for learners", onlyLearners, true, true, true, false},
	} {
		got := tt.a.Asks("looks", q, things)
		for field, want := range map[string]bool{"application": tt.application, "result": tt.result, "person": tt.person, "course": tt.draft} {
			if (got[field] != nil) != want {
				t.Errorf("the program of %s sees %s: %v, want %v", tt.name, field, got[field], want)
			}
		}
		if n := at(got, "applications", "totalCount").(float64); (n > 0) != tt.application {
			t.Errorf("the program of %s counts %v applications", tt.name, n)
		}
		feed := tt.a.Asks("follows", `{ changes(after: "chg_0", types: [APPLICATION, RESULT], first: 50) { nodes { objectId } } }`, nil)
		if n := len(at(feed, "changes", "nodes").([]any)); (n > 0) != tt.application {
			t.Errorf("the feed tells the program of %s %d changes about learners", tt.name, n)
		}
	}
	stranger.IsRefused(
		"cannot write there",
		"FORBIDDEN",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "X", "kind": "COURSE", "content": content("X")},
	)
	stranger.IsRefused("cannot publish there", "NOT_FOUND", "publishCourse", map[string]any{"courseId": id(draft)})
	ofHost.IsRefused("gives no rights", "FORBIDDEN", "grantRole", map[string]any{"personId": c.ada.ID, "role": "REGISTRAR", "at": w.Institution("uni-b")})
	ofHost.IsRefused("makes no programs", "FORBIDDEN", "registerApiClient", map[string]any{"institutionId": w.Institution("uni-b"), "name": "child", "scopes": all})
	ofHost.IsRefused("applies for nothing", "FORBIDDEN", "submitApplication", map[string]any{"offeringId": off})
	if got := ofHost.Asks("programs", `query($at: ID!) { apiClients(institutionId: $at) { totalCount } }`, map[string]any{"at": w.Institution("uni-b")}); at(
		got,
		"apiClients",
		"totalCount",
	) != float64(
		0,
	) {
		t.Errorf("a program sees programs: %v", got)
	}
}

// A second look is a person's, or at least another program's.
func TestProgramIsNotItsOwnSecondPairOfEyes(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	_, enrolment := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	sis := w.Program("uni-b", "sis", authz.Scopes()...).Actor()
	res := sis.Does("records", "recordResult", assessment(enrolment))
	sis.IsRefused("does not confirm what it recorded", "FORBIDDEN", "confirmResult", map[string]any{"resultId": id(res)})
	w.Program("uni-b", "exams", "result.confirm").Actor().Does("confirms", "confirmResult", map[string]any{"resultId": id(res)})

	w.Staff("Admin", "uni-b", viewer.Administrator).
		Does("asks for reviews", "updateInstitution", map[string]any{"institutionId": w.Institution("uni-b"), "courseReview": "REQUIRED"})
	made := sis.Does("writes", "createCourse", map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-2", "kind": "COURSE", "content": content("Two")})
	sis.Does("submits", "submitCourseForReview", map[string]any{"courseId": id(made)})
	sis.IsRefused("does not review", "FORBIDDEN", "publishCourse", map[string]any{"courseId": id(made)})
	w.Program("uni-b", "twin", authz.Scopes()...).Actor().IsRefused("does not review either", "FORBIDDEN", "publishCourse", map[string]any{"courseId": id(made)})
	c.editor.Does("reviews and publishes", "publishCourse", map[string]any{"courseId": id(made)})
}

// What may not be registered, and why; nothing of a private key is repeated.
func TestRegistrationsThatAreRefused(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	private, public := pair(t, gojose.ES256, "k")
	secret, _ := gojose.JSONWebKey{Key: private, KeyID: "k"}.MarshalJSON()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	short, _ := gojose.JSONWebKey{Key: &weak.PublicKey}.MarshalJSON()
	for name, change := range map[string]map[string]any{
		"private key":      {"keys": []map[string]any{{"jwk": string(secret)}}},
		"symmetric key":    {"keys": []map[string]any{{"jwk": `{"kty":"oct","k":"c2VjcmV0"}`}}},
		"weak key":         {"keys": []map[string]any{{"jwk": string(short)}}},
		"encryption key":   {"keys": []map[string]any{{"jwk": strings.Replace(public, "{", `{"use":"enc",`, 1)}}},
		"other algorithm":  {"keys": []map[string]any{{"jwk": strings.Replace(public, "{", `{"alg":"ES512",`, 1)}}},
		"no key":           {"keys": []map[string]any{}},
		"no scope":         {"scopes": []string{}},
		"right of people":  {"scopes": []string{"role.grant"}},
		"keys over http":   {"jwksUrl": "http://uni-b.example/jwks"},
		"keys inside":      {"jwksUrl": "https://169.254.169.254/jwks"},
		"keys at home":     {"jwksUrl": "https://localhost:8080/jwks"},
		"no name":          {"name": " "},
		"key that is over": {"keys": []map[string]any{{"jwk": public, "notAfter": "2027-01-01T00:00:00Z"}}},
	} {
		input := map[string]any{"institutionId": w.Institution("uni-b"), "name": "sis", "scopes": []string{"catalogue.read"}, "keys": []map[string]any{{"jwk": public}}}
		for k, v := range change {
			input[k] = v
		}
		got := admin.IsRefused(name, "INVALID", "registerApiClient", input)
		if strings.Contains(got["message"].(string), string(secret)[60:90]) {
			t.Errorf("%s: %v", name, got)
		}
	}
	w.Staff("Other", "uni-a", viewer.Administrator).IsRefused("at another university", "FORBIDDEN", "registerApiClient",
		map[string]any{"institutionId": w.Institution("uni-b"), "name": "sis", "scopes": []string{"catalogue.read"}, "keys": []map[string]any{{"jwk": public}}})
	p := w.Program("uni-b", "sis", "catalogue.read")
	refusal := admin.IsRefused("moves its keys inside", "INVALID", "updateApiClient", map[string]any{"clientId": p.ID, "jwksUrl": "https://keys.internal/jwks?s3cret"})
	if got := fmt.Sprint(refusal["message"], refusal["field"]); !strings.Contains(got, "not public") || !strings.Contains(got, "jwksUrl") || strings.Contains(got, "s3cret") {
		t.Errorf("the refusal says %s", got)
	}
}

// Keys overlap while a program changes them: the old one works until it is
// retired, the new one from its time on.
func TestKeysOverlap(t *testing.T) {
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read")
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	key, public := pair(t, gojose.EdDSA, "next")
	admin.Does("adds a key", "addApiClientKey", map[string]any{"clientId": p.ID, "key": map[string]any{"jwk": public, "notBefore": w.Now().Add(time.Hour)}})
	admin.IsRefused("cannot add it twice", "CONFLICT", "addApiClientKey", map[string]any{"clientId": p.ID, "key": map[string]any{"jwk": public}})
	next := &program{w: w, ID: p.ID, key: key, alg: gojose.EdDSA, keyID: "next"}
	if got := askToken(t, w.App.Handler, grant(next.sign(next.says()))); got.Error != "invalid_client" {
		t.Errorf("a key works before its time: %+v", got)
	}
	w.SetClock(w.Now().Add(time.Hour))
	p.Actor()
	next.Actor()
}

// R94: a network and a program have budgets; the answer says when to come back.
func TestTokensHaveBudgets(t *testing.T) {
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read")
	var last tokenAnswer
	for range 31 {
		last = askToken(t, w.App.Handler, grant(p.sign(p.says())))
	}
	if last.Status != http.StatusTooManyRequests || last.Header.Get("Retry-After") != "10" {
		t.Errorf("the 31st question at once: %+v", last)
	}
	other := w.Program("uni-a", "lms", "catalogue.read")
	other.Actor()
	for range 200 {
		last = askToken(t, w.App.Handler, url.Values{"grant_type": {"x"}})
	}
	if last.Status != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("hundreds of questions of one network: %+v", last)
	}
	if got := askToken(t, w.App.Handler, grant(other.sign(other.says())), func(r *http.Request) { r.RemoteAddr = "198.51.100.7:1" }); got.Token == "" {
		t.Errorf("another network is locked out: %+v", got)
	}
	w.SetClock(w.Now().Add(time.Minute))
	p.Actor()
}

// publisher serves a university's keys, and counts how often it is asked.
type publisher struct {
	set    atomic.Value // string
	down   atomic.Bool
	asked  atomic.Int32
	hangUp atomic.Pointer[func()] // of who caused the call
}

// R34: published keys are got once, again for a key that is new, at most a few
// times for keys that do not exist, and serve while their address is down.
func TestPublishedKeys(t *testing.T) {
	var pub publisher
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pub.asked.Add(1)
		if hangUp := pub.hangUp.Load(); hangUp != nil {
			(*hangUp)()
			select { // the caller's own context reaches us at once, if it is that of the call
			case <-r.Context().Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
		switch {
		case pub.down.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/jwks.json", http.StatusFound)
		default:
			_, _ = w.Write([]byte(pub.set.Load().(string)))
		}
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	w := NewWorld(t)
	w.parts.ClientKeys = client.NewFetch(fetch.Options{AllowTo: []string{strings.TrimPrefix(server.URL, "https://")}, Roots: roots})
	var err error
	if w.App, err = app.New(w.parts); err != nil {
		t.Fatal(err)
	}
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	register := func(name, address string) *program {
		p := &program{w: w, alg: gojose.ES384, keyID: name}
		var public string
		p.key, public = pair(t, p.alg, name)
		pub.set.Store(`{"keys":[{"kty":"oct","k":"c2VjcmV0"},` + public + `]}`)
		p.ID = id(
			admin.Does(
				"registers a program",
				"registerApiClient",
				map[string]any{"institutionId": w.Institution("uni-b"), "name": name, "scopes": []string{"catalogue.read"}, "jwksUrl": address},
			),
		)
		return p
	}
	moved := register("moved", server.URL+"/moved")
	if got := askToken(t, w.App.Handler, grant(moved.sign(moved.says()))); got.Error != "invalid_client" {
		t.Errorf("a redirect was followed: %+v", got)
	}
	p := register("one", server.URL+"/jwks.json")
	before := pub.asked.Load()
	p.Actor()
	p.Actor()
	if n := pub.asked.Load() - before; n != 1 {
		t.Errorf("two tokens cost %d calls", n)
	}
	pub.down.Store(true)
	w.SetClock(w.Now().Add(2 * time.Hour))
	p.Actor()
	pub.down.Store(false)
	key, public := pair(t, p.alg, "two")
	pub.set.Store(`{"keys":[` + public + `]}`)
	old := *p
	p.key, p.keyID = key, "two"
	p.Actor()
	if got := askToken(t, w.App.Handler, grant(old.sign(old.says()))); got.Error != "invalid_client" {
		t.Errorf("a key that is not published any more: %+v", got)
	}
	before = pub.asked.Load()
	for range 100 {
		stranger := *p
		stranger.keyID = rand.Text()
		if got := askToken(t, w.App.Handler, grant(stranger.sign(stranger.says()))); got.Error != "invalid_client" {
			t.Fatalf("answered %+v", got)
		}
	}
	if n := pub.asked.Load() - before; n > 20 {
		t.Errorf("100 unknown keys cost %d calls", n)
	}
	// Who hangs up while the keys are read does not spend what others need.
	w.SetClock(w.Now().Add(10 * time.Minute))
	key, public = pair(t, p.alg, "three")
	pub.set.Store(`{"keys":[` + public + `]}`)
	for range 10 {
		stranger := *p
		stranger.keyID = rand.Text()
		gone, hangUp := context.WithCancel(t.Context())
		pub.hangUp.Store((*func())(&hangUp))
		form := grant(stranger.sign(stranger.says()))
		r := httptest.NewRequest(http.MethodPost, base+"/oauth/token", strings.NewReader(form.Encode())).WithContext(gone)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w.App.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	pub.hangUp.Store(nil)
	p.key, p.keyID = key, "three"
	p.Actor()

	pub.down.Store(true)
	w.SetClock(w.Now().Add(25 * time.Hour))
	if got := askToken(t, w.App.Handler, grant(p.sign(p.says()))); got.Error != "invalid_client" {
		t.Errorf("keys of yesterday: %+v", got)
	}
}

// The key that signs tokens is replaced after 30 days, by one server of
// several, and what the old one signed stays good while it lives.
func TestServerKeyRotates(t *testing.T) {
	w := NewWorld(t)
	p := w.Program("uni-b", "sis", "catalogue.read")
	p.Actor()
	w.SetClock(w.Now().Add(30*24*time.Hour - time.Minute))
	before := p.Actor()
	w.SetClock(w.Now().Add(2 * time.Minute))
	after := p.Actor()
	if strings.Split(before.token, ".")[0] == strings.Split(after.token, ".")[0] {
		t.Error("the key was not replaced")
	}
	for _, a := range []*Actor{before, after} {
		a.Asks("works", `{ viewer { kind } }`, nil)
	}
	w.SetClock(w.Now().Add(2 * time.Hour))
	if set, err := w.App.Tokens.Published(w.system()); err != nil || len(set) != 1 {
		t.Errorf("%d keys are published, %v", len(set), err)
	}
}

// A list of programs with their keys costs as many statements for twenty as
// for one.
func TestListOfProgramsDoesNotLoop(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	_, public := pair(t, gojose.ES256, "k")
	cost := func() (int64, float64) {
		w.Statements.Store(0)
		got := admin.Asks(
			"lists",
			`query($at: ID!) { apiClients(institutionId: $at, first: 50) { totalCount nodes { name institution { schac } keys { kid jwk } viewerActions { name allowed } } } }`,
			map[string]any{"at": w.Institution("uni-b")},
		)
		return w.Statements.Load(), at(got, "apiClients", "totalCount").(float64)
	}
	register := func(name string) {
		admin.Does(
			"registers",
			"registerApiClient",
			map[string]any{"institutionId": w.Institution("uni-b"), "name": name, "scopes": []string{"catalogue.read"}, "keys": []map[string]any{{"jwk": public}}},
		)
	}
	register("first")
	one, _ := cost()
	for range 19 {
		register(rand.Text())
	}
	twenty, n := cost()
	if n != 20 || twenty != one {
		t.Errorf("one program takes %d statements, %v take %d", one, n, twenty)
	}
}

// A program imports the catalogue of its university, and of no other.
func TestProgramImportsItsCatalogue(t *testing.T) {
	w := NewWorld(t)
	sis := w.Program("uni-b", "sis", "catalogue.import").Actor()
	input := map[string]any{"institutionId": w.Institution("uni-b"), "format": "CSV", "mode": "DRY_RUN", "content": "x"}
	run := sis.Does("imports", "startImport", input)
	if by := run["startedBy"]; by != nil {
		t.Errorf("the import was started by %v", by)
	}
	if got := sis.Asks("follows it", `query($id: ID!) { importRun(id: $id) { state } }`, map[string]any{"id": id(run)}); got["importRun"] == nil {
		t.Error("it does not see its import")
	}
	input["institutionId"] = w.Institution("uni-a")
	sis.IsRefused("does not import elsewhere", "FORBIDDEN", "startImport", input)
}

// As the description of the schema says: what no scope opens is left out of a
// list, without an error.
func TestAListThatNoScopeOpensIsEmpty(t *testing.T) {
	w := NewWorld(t)
	w.awarded(w.cast())
	p := w.Program("uni-b", "sis", "catalogue.read", "learner.read")
	const q = `{ credentials { totalCount } }`
	for scope, want := range map[string]string{"catalogue.read": `"credentials":{"totalCount":0}`, "learner.read": `"credentials":{"totalCount":1}`} {
		got := p.Actor(scope).Post(q, nil)
		if got.Status != http.StatusOK || len(got.Errors) > 0 || !strings.Contains(got.Raw, want) {
			t.Errorf("with %s: %d %s", scope, got.Status, got.Raw)
		}
	}
}
