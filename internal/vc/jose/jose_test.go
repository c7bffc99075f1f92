package jose_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

var payload = []byte(`{"iss":"https://uni.example","n":1}`)

func key(t testing.TB, alg jose.Algorithm) *keyring.Key {
	t.Helper()
	k, err := keyring.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t testing.TB, k *keyring.Key) string {
	t.Helper()
	token, err := jose.Sign(k, jose.Header{Type: jose.TypeJWT}, payload)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// verify parses and verifies, and returns the reason of the first refusal.
func verify(token string, keys jose.Set, types ...string) ([]byte, vc.Reason) {
	parsed, err := jose.Parse(token, types...)
	if err != nil {
		return nil, vc.ReasonOf(err)
	}
	got, _, err := parsed.Verify(keys)
	return got, vc.ReasonOf(err)
}

func TestSignedTokenVerifies(t *testing.T) {
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256} {
		t.Run(string(alg), func(t *testing.T) {
			k := key(t, alg)
			token, err := jose.Parse(sign(t, k), jose.TypeJWT)
			if err != nil {
				t.Fatal(err)
			}
			got, by, err := token.Verify(jose.Set{key(t, alg).Public(), k.Public()})
			if err != nil || string(got) != string(payload) || by.ID != k.KeyID() {
				t.Errorf("Verify = %s, %s, %v", got, by.ID, err)
			}
			if token.KeyID != k.KeyID() || token.Algorithm != alg || token.Type != "JWT" || string(token.Unverified()) != string(payload) {
				t.Errorf("Parse = %+v", token)
			}
		})
	}
}

// The signature is checked by the standard library alone, over the bytes that
// RFC 7515 section 5.1 names.
func TestSignatureIsThatOfRFC7515(t *testing.T) {
	k := key(t, jose.EdDSA)
	token := sign(t, k)
	dot := strings.LastIndex(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !ed25519.Verify(k.Public().Public.(ed25519.PublicKey), []byte(token[:dot]), signature) {
		t.Errorf("crypto/ed25519 refuses the token: %v", err)
	}
	header, err := base64.RawURLEncoding.DecodeString(token[:strings.Index(token, ".")])
	var got map[string]string
	if err != nil || json.Unmarshal(header, &got) != nil || len(got) != 3 || got["alg"] != "EdDSA" || got["typ"] != "JWT" || got["kid"] != k.KeyID() {
		t.Errorf("header %s, want alg, typ and kid only", header)
	}
}

// The key, message and token of RFC 8037, appendix A.4.
func TestVectorOfRFC8037Verifies(t *testing.T) {
	public, err := jose.ParseKey([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; public.ID != want || public.Thumbprint() != want {
		t.Errorf("thumbprint %s, RFC 8037 A.3 has %s", public.ID, want)
	}
	const token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	got, reason := verify(token, jose.Set{public}, "")
	if reason != "" || string(got) != "Example of Ed25519 signing" {
		t.Errorf("Verify = %q, %s", got, reason)
	}
}

func TestChangedTokenIsRefused(t *testing.T) {
	mine, thief := key(t, jose.EdDSA), key(t, jose.EdDSA)
	curve := key(t, jose.ES256)
	keys := jose.Set{mine.Public(), curve.Public()}
	token := sign(t, mine)
	p := strings.Split(token, ".")
	// withHeader signs the same payload under another header, by mine.
	withHeader := func(header string) string {
		input := b64(header) + "." + p[1]
		signature, err := mine.Sign([]byte(input))
		if err != nil {
			t.Fatal(err)
		}
		return input + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	hmacToken := func(secret []byte) string {
		input := b64(`{"alg":"HS256","typ":"JWT","kid":"`+mine.KeyID()+`"}`) + "." + p[1]
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	thiefJWK, err := json.Marshal(thief.Public())
	if err != nil {
		t.Fatal(err)
	}
	embedded := func(header string) string {
		input := b64(header) + "." + p[1]
		signature, err := thief.Sign([]byte(input))
		if err != nil {
			t.Fatal(err)
		}
		return input + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	lastLetter := token[len(token)-1]
	spare := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", lastLetter) ^ 1
	kid := `"kid":"` + mine.KeyID() + `"`
	for _, tt := range []struct {
		name, token string
		want        vc.Reason
	}{
		{"untouched", token, ""},
		{"payload changed", p[0] + "." + b64(`{"iss":"https://uni.example","n":2}`) + "." + p[2], vc.ReasonMismatch},
		{"header changed", b64(`{"alg":"EdDSA","typ":"JWT",`+kid+`,"x":1}`) + "." + p[1] + "." + p[2], vc.ReasonMismatch},
		{"signature of another token", p[0] + "." + p[1] + "." + strings.Split(sign(t, thief), ".")[2], vc.ReasonMismatch},
		{"signature cut", p[0] + "." + p[1] + "." + p[2][:84], vc.ReasonMismatch},
		{"signature empty", p[0] + "." + p[1] + ".", vc.ReasonToken},
		{"unused bits of the last letter", token[:len(token)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[spare]), vc.ReasonToken},
		{"payload gone", p[0] + ".." + p[2], vc.ReasonToken},
		{"two parts", p[0] + "." + p[1], vc.ReasonToken},
		{"four parts", token + ".x", vc.ReasonToken},
		{"padded", token + "==", vc.ReasonToken},
		{"line break", token[:50] + "\n" + token[50:], vc.ReasonToken},
		{"empty", "", vc.ReasonToken},
		{"too large", token + strings.Repeat("A", vc.MaxBytes), vc.ReasonSize},
		{"signed again by a stranger", sign(t, thief), vc.ReasonKeyUnknown},
		{"signed again by a stranger in my name", embedded(`{"alg":"EdDSA","typ":"JWT",` + kid + `}`), vc.ReasonMismatch},
		{"stranger's key in the header", embedded(`{"alg":"EdDSA","typ":"JWT","jwk":` + string(thiefJWK) + `}`), vc.ReasonKeyUnknown},
		{"stranger's key in the header beside my name", embedded(`{"alg":"EdDSA","typ":"JWT",` + kid + `,"jwk":` + string(thiefJWK) + `}`), vc.ReasonMismatch},
		{"no key named, stranger signs", embedded(`{"alg":"EdDSA","typ":"JWT"}`), vc.ReasonMismatch},
		{"none", b64(`{"alg":"none","typ":"JWT",`+kid+`}`) + "." + p[1] + ".", vc.ReasonToken},
		{"none with a signature", b64(`{"alg":"none","typ":"JWT",`+kid+`}`) + "." + p[1] + "." + p[2], vc.ReasonAlgorithm},
		{"none in capitals", b64(`{"alg":"NONE","typ":"JWT",`+kid+`}`) + "." + p[1] + "." + p[2], vc.ReasonAlgorithm},
		{"HMAC with the public key", hmacToken(mine.Public().Public.(ed25519.PublicKey)), vc.ReasonAlgorithm},
		{"no algorithm", withHeader(`{"typ":"JWT",` + kid + `}`), vc.ReasonAlgorithm},
		{"algorithm swapped to ES256", withHeader(`{"alg":"ES256","typ":"JWT",` + kid + `}`), vc.ReasonAlgorithm},
		{"ES256 names a curve key that did not sign", withHeader(`{"alg":"ES256","typ":"JWT","kid":"` + curve.KeyID() + `"}`), vc.ReasonMismatch},
		{"ES384", withHeader(`{"alg":"ES384","typ":"JWT",` + kid + `}`), vc.ReasonAlgorithm},
		{"another type", withHeader(`{"alg":"EdDSA","typ":"at+jwt",` + kid + `}`), vc.ReasonHeader},
		{"no type", withHeader(`{"alg":"EdDSA",` + kid + `}`), vc.ReasonHeader},
		{"type in small letters", withHeader(`{"alg":"EdDSA","typ":"jwt",` + kid + `}`), ""},
		{"critical extension", withHeader(`{"alg":"EdDSA","typ":"JWT","crit":["x"],"x":1,` + kid + `}`), vc.ReasonHeader},
		{"payload not encoded", withHeader(`{"alg":"EdDSA","typ":"JWT","b64":false,"crit":["b64"],` + kid + `}`), vc.ReasonHeader},
		{"algorithm twice", withHeader(`{"alg":"none","alg":"EdDSA","typ":"JWT",` + kid + `}`), vc.ReasonDuplicate},
		{"kid is a number", withHeader(`{"alg":"EdDSA","typ":"JWT","kid":7}`), vc.ReasonHeader},
		{"header is no object", withHeader(`[]`), vc.ReasonJSON},
		{"jwk is no key", withHeader(`{"alg":"EdDSA","typ":"JWT","jwk":7}`), vc.ReasonJSON},
		{"no key named, one of the issuer's signs", withHeader(`{"alg":"EdDSA","typ":"JWT"}`), ""},
		{"key named by address", withHeader(`{"alg":"EdDSA","typ":"JWT","kid":"https://uni.example/issuer#` + mine.KeyID() + `"}`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, reason := verify(tt.token, keys, jose.TypeJWT); reason != tt.want || (got == nil) != (tt.want != "") {
				t.Errorf("refused for %q, want %q", reason, tt.want)
			}
		})
	}
}

func TestTypeIsOneOfThoseAskedFor(t *testing.T) {
	k := key(t, "")
	token := sign(t, k)
	if _, reason := verify(token, jose.Set{k.Public()}, jose.TypeVCJWT); reason != vc.ReasonHeader {
		t.Errorf("JWT for vc+jwt: %q", reason)
	}
	if _, reason := verify(token, jose.Set{k.Public()}); reason != vc.ReasonHeader {
		t.Errorf("no type is accepted: %q", reason)
	}
	if _, reason := verify(token, jose.Set{k.Public()}, jose.TypeVCJWT, jose.TypeJWT); reason != "" {
		t.Errorf("either type: %q", reason)
	}
}

func TestForeignRS256IsVerifiedFrom2048Bits(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: gojose.RS256, Key: private}, (&gojose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	public, err := jose.NewKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if got, reason := verify(token, jose.Set{public}, jose.TypeJWT); reason != "" || string(got) != string(payload) {
		t.Errorf("Verify = %s, %s", got, reason)
	}
	if _, err := jose.Sign(foreign{public}, jose.Header{Type: jose.TypeJWT}, payload); err == nil {
		t.Error("RS256 is signed with")
	}
}

// foreign claims an algorithm that is not one to sign with.
type foreign struct{ jose.Key }

func (f foreign) KeyID() string                       { return f.ID }
func (f foreign) Algorithm() jose.Algorithm           { return f.Key.Algorithm }
func (f foreign) Sign(message []byte) ([]byte, error) { return message[:64], nil }

func TestTokenThatNobodyCouldReadIsNotSigned(t *testing.T) {
	if _, err := jose.Sign(key(t, ""), jose.Header{Type: jose.TypeJWT}, make([]byte, vc.MaxBytes)); err == nil {
		t.Error("a token larger than Parse reads is signed")
	}
	if _, err := jose.Sign(key(t, ""), jose.Header{}, payload); err == nil {
		t.Error("a token without type is signed")
	}
	dead := key(t, "")
	dead.Destroy()
	if _, err := jose.Sign(dead, jose.Header{Type: jose.TypeJWT}, payload); err == nil {
		t.Error("a destroyed key signs")
	}
}

func TestPublishedKeys(t *testing.T) {
	ed, p256 := key(t, jose.EdDSA), key(t, jose.ES256)
	published, err := json.Marshal(jose.Set{ed.Public(), p256.Public()})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(published), `"d"`) {
		t.Fatalf("a private part is published: %s", published)
	}
	set, err := jose.ParseSet(published)
	if err != nil || len(set) != 2 || set[0].ID != ed.KeyID() || set[1].Algorithm != jose.ES256 {
		t.Fatalf("ParseSet = %v, %v", set, err)
	}
	if empty, _ := json.Marshal(jose.Set(nil)); string(empty) != `{"keys":[]}` {
		t.Errorf("an empty set is %s", empty)
	}
	for _, kid := range []string{ed.KeyID(), "https://uni.example/keys#" + ed.KeyID()} {
		if found := set.Find(kid); len(found) != 1 || found[0].ID != ed.KeyID() {
			t.Errorf("Find(%s) = %v", kid, found)
		}
	}
	for _, kid := range []string{"", "#", "https://uni.example/keys", "https://uni.example/keys#"} {
		if found := set.Find(kid); len(found) != 0 {
			t.Errorf("Find(%q) = %v", kid, found)
		}
	}
}

func TestUnusableKeyIsRefused(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk := func(public any) string {
		b, err := gojose.JSONWebKey{Key: public}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	good := jwk(key(t, "").Public().Public)
	with := func(members string) string { return strings.TrimSuffix(good, "}") + "," + members + "}" }
	jwks := map[string]string{
		"short RSA":      jwk(&small.PublicKey),
		"P-384":          jwk(&p384.PublicKey),
		"symmetric":      `{"kty":"oct","k":"AAAA"}`,
		"private":        with(`"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"`),
		"for encryption": with(`"use":"enc"`),
		"for HMAC":       with(`"alg":"HS256"`),
		"no kind":        `{"crv":"Ed25519","x":"AAAA"}`,
		"unknown kind":   `{"kty":"MOON"}`,
		"X25519":         `{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
		"short Ed25519":  `{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`,
		"off the curve":  `{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 42) + `E","y":"` + strings.Repeat("A", 42) + `E"}`,
	}
	var all []string
	for name, text := range jwks {
		if _, err := jose.ParseKey([]byte(text)); vc.ReasonOf(err) != vc.ReasonKeyWeak {
			t.Errorf("%s: ParseKey = %v", name, err)
		}
		all = append(all, text)
	}
	set, err := jose.ParseSet([]byte(`{"keys":[` + strings.Join(append(all, good, `7`), ",") + `]}`))
	if err != nil || len(set) != 1 {
		t.Errorf("ParseSet = %v, %v; want the one good key", set, err)
	}
	for _, text := range []string{`{}`, `{"keys":{}}`, `{"keys":[` + strings.Repeat(good+",", 50) + good + `]}`} {
		if _, err := jose.ParseSet([]byte(text)); vc.ReasonOf(err) != vc.ReasonMember {
			t.Errorf("ParseSet(%.20s) = %v", text, err)
		}
	}
	if _, err := jose.NewKey([]byte("secret")); vc.ReasonOf(err) != vc.ReasonKeyWeak {
		t.Errorf("NewKey of a secret = %v", err)
	}
}

func TestClaimsRepeatTheCredential(t *testing.T) {
	want := jose.Claims{Issuer: "https://uni.example", ID: "urn:uuid:1", NotBefore: 1_800_000_000, Subject: "urn:uuid:2", Expires: 1_900_000_000}
	const good = `"iss":"https://uni.example","jti":"urn:uuid:1","nbf":1800000000,"sub":"urn:uuid:2","exp":1900000000`
	for _, tt := range []struct {
		name, claims string
		want         vc.Reason
	}{
		{"equal", good, ""},
		{"decimals", strings.Replace(good, "1800000000", "1800000000.9", 1), ""},
		{"exponent", strings.Replace(good, "1800000000", "1.8e9", 1), ""},
		{"another issuer", strings.Replace(good, "uni.", "evil.", 1), vc.ReasonClaims},
		{"another id", strings.Replace(good, "uuid:1", "uuid:3", 1), vc.ReasonClaims},
		{"another subject", strings.Replace(good, "uuid:2", "uuid:3", 1), vc.ReasonClaims},
		{"valid earlier", strings.Replace(good, "1800000000", "1799999999", 1), vc.ReasonClaims},
		{"valid longer", strings.Replace(good, "1900000000", "1900000001", 1), vc.ReasonClaims},
		{"date as text", strings.Replace(good, "1800000000", `"1800000000"`, 1), vc.ReasonClaims},
		{"beyond all numbers", strings.Replace(good, "1800000000", "1e999", 1), vc.ReasonClaims},
		{"no issuer", strings.Replace(good, `"iss":"https://uni.example",`, "", 1), vc.ReasonClaims},
		{"no end", strings.Replace(good, `,"exp":1900000000`, "", 1), vc.ReasonClaims},
		{"vc", good + `,"vc":{}`, vc.ReasonVersion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := vc.ReadDocument([]byte("{" + tt.claims + "}"))
			if err != nil {
				t.Fatal(err)
			}
			if err := want.Check(doc); vc.ReasonOf(err) != tt.want {
				t.Errorf("Check = %v, want %q", err, tt.want)
			}
		})
	}
	open := jose.Claims{Issuer: "i", ID: "j", NotBefore: 1}
	for claims, reason := range map[string]vc.Reason{
		`{"iss":"i","jti":"j","nbf":1}`:            "",
		`{"iss":"i","jti":"j","nbf":1,"exp":9}`:    vc.ReasonClaims,
		`{"iss":"i","jti":"j","nbf":1,"sub":"s"}`:  vc.ReasonClaims,
		`{"iss":"i","jti":"j","nbf":1,"sub":null}`: vc.ReasonClaims,
	} {
		doc, err := vc.ReadDocument([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		if err := open.Check(doc); vc.ReasonOf(err) != reason {
			t.Errorf("Check(%s) = %v, want %q", claims, err, reason)
		}
	}
}

func FuzzParse(f *testing.F) {
	k := key(f, jose.EdDSA)
	token := sign(f, k)
	f.Add(token)
	f.Add(token[:40])
	f.Add(b64(`{"alg":"none"}`) + ".e30.")
	f.Add(b64(`{"alg":"ES256","typ":"JWT","jwk":{"kty":"EC"}}`) + ".e30.AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := jose.Parse(s, jose.TypeJWT, "")
		if err != nil {
			if vc.ReasonOf(err) == "" {
				t.Fatalf("%v is no defect", err)
			}
			return
		}
		if _, _, err := parsed.Verify(jose.Set{k.Public()}); err == nil && s != token {
			t.Fatalf("%q is another spelling of the token", s)
		}
	})
}

func FuzzParseSet(f *testing.F) {
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256} {
		jwks, err := json.Marshal(jose.Set{key(f, alg).Public()})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(jwks)
	}
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":7}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := jose.ParseSet(data)
		if err != nil {
			return
		}
		for _, k := range set {
			again, err := json.Marshal(k)
			if err != nil {
				t.Fatal(err)
			}
			back, err := jose.ParseKey(again)
			if err != nil || back.Thumbprint() != k.Thumbprint() {
				t.Fatalf("%s became %v, %v", again, back, err)
			}
		}
	})
}
