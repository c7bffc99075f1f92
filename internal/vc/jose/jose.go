// Package jose signs and verifies credentials as compact JSON Web Signatures.
// It signs with EdDSA (Ed25519) and ES256 only, and verifies RS256 besides,
// because many Open Badges carry it. A key comes from the issuer's published
// set and never from the token itself (RFC 8725, section 3).
package jose

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// Algorithm is the name of a signature algorithm (RFC 7518, RFC 8037).
type Algorithm string

// The algorithms.
const (
	EdDSA Algorithm = "EdDSA" // on Ed25519
	ES256 Algorithm = "ES256"
	RS256 Algorithm = "RS256" // is verified, never signed with
)

// accepted is all that a token may be signed with. It names no HMAC, so that
// no public key is ever taken for a secret, and not "none".
var accepted = []gojose.SignatureAlgorithm{gojose.EdDSA, gojose.ES256, gojose.RS256}

// The types of tokens, as they stand in the header member "typ". A verifier
// states which it expects, so that a token of one use cannot serve another.
const (
	TypeJWT   = "JWT"    // Open Badges 3.0, section 8.2
	TypeVCJWT = "vc+jwt" // W3C VC-JOSE-COSE
)

// Token is a compact JWS that was taken apart but proves nothing until Verify.
type Token struct {
	Algorithm Algorithm
	KeyID     string // the key that the token claims; "" when it names none
	Type      string // one of the types that were asked for
	jws       *gojose.JSONWebSignature
}

// Parse takes a token apart. types are the values of "typ" that are accepted,
// in any case of letters; "" accepts a token without one. It returns a FORM
// defect for what is not exactly one compact JWS within vc.MaxBytes, or of
// another type, and a SIGNATURE defect for an algorithm that is not accepted.
// A header that lists critical extensions is refused: none is understood here.
func Parse(compact string, types ...string) (*Token, error) {
	if len(compact) > vc.MaxBytes {
		return nil, vc.Defective(vc.ReasonSize, "the token has %d bytes, at most %d are read", len(compact), vc.MaxBytes)
	}
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return nil, vc.Defective(vc.ReasonToken, "a token has three parts, not %d", len(parts))
	}
	// Strict decoding leaves one spelling of each token: without it, the last
	// letter of a signature could be changed unnoticed.
	var header []byte
	for i, part := range parts {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || len(decoded) == 0 || strings.ContainsAny(part, "\r\n") {
			return nil, vc.Defective(vc.ReasonToken, "part %d of the token is not base64url", i+1)
		}
		if i == 0 {
			header = decoded
		}
	}
	t, err := readHeader(header, types)
	if err != nil {
		return nil, err
	}
	if t.jws, err = gojose.ParseSignedCompact(compact, accepted); err != nil {
		return nil, vc.Defective(vc.ReasonToken, "the token is not a signed one")
	}
	return t, nil
}

func readHeader(header []byte, types []string) (*Token, error) {
	h, err := vc.ReadDocument(header)
	if err != nil {
		return nil, err
	}
	var t Token
	for name, into := range map[string]*string{"alg": (*string)(&t.Algorithm), "kid": &t.KeyID, "typ": &t.Type} {
		value, present := h[name]
		text, ok := value.(string)
		if present && !ok {
			return nil, vc.Defective(vc.ReasonHeader, "%s is not a text", name)
		}
		*into = text
	}
	for _, name := range []string{"crit", "b64"} {
		if _, present := h[name]; present {
			return nil, vc.Defective(vc.ReasonHeader, "the header member %s is not understood here", name)
		}
	}
	if !slices.ContainsFunc(types, func(one string) bool { return strings.EqualFold(one, t.Type) }) {
		return nil, vc.Defective(vc.ReasonHeader, "the token is of type %.40q, expected %q", t.Type, types)
	}
	switch t.Algorithm {
	case EdDSA, ES256, RS256:
	default:
		return nil, vc.Defective(vc.ReasonAlgorithm, "the algorithm %.40q is not accepted", string(t.Algorithm))
	}
	// A key in the header says which key is meant. It verifies nothing.
	if jwk, present := h["jwk"]; present && t.KeyID == "" {
		raw, err := json.Marshal(jwk)
		if err != nil {
			return nil, vc.Defective(vc.ReasonHeader, "jwk is not a key")
		}
		key, err := ParseKey(raw)
		if err != nil {
			return nil, err
		}
		t.KeyID = key.Thumbprint()
	}
	return &t, nil
}

// Unverified returns the payload before anything is proved: enough to learn
// whose keys to load, and nothing else.
func (t *Token) Unverified() []byte { return t.jws.UnsafePayloadWithoutVerification() }

// Verify returns the payload and the key that signed it. keys are all those of
// the issuer; a token that names no key is tried with each that fits. It
// returns a KEY defect when the issuer has no such key, and a SIGNATURE defect
// when the key is for another algorithm or did not sign this content.
func (t *Token) Verify(keys Set) ([]byte, Key, error) {
	candidates := keys
	if t.KeyID != "" {
		candidates = keys.Find(t.KeyID)
	}
	if len(candidates) == 0 {
		return nil, Key{}, vc.Defective(vc.ReasonKeyUnknown, "the issuer has no key %.80q", t.KeyID)
	}
	fits := false
	for _, key := range candidates {
		if key.Algorithm != t.Algorithm {
			continue
		}
		fits = true
		if payload, err := t.jws.Verify(key.Public); err == nil {
			return payload, key, nil
		}
	}
	if !fits {
		return nil, Key{}, vc.Defective(vc.ReasonAlgorithm, "the key is not one for %s", t.Algorithm)
	}
	return nil, Key{}, vc.Defective(vc.ReasonMismatch, "the signature does not fit the content")
}
