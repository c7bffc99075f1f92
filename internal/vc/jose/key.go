package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// The bounds of keys. An RSA key below 2048 bits can be broken; one above 4096
// makes verifying slow, which a stranger could use against us.
const (
	minRSABits = 2048
	maxRSABits = 4096
	maxKeys    = 50 // of a set
)

// Key is one public key of an issuer.
type Key struct {
	ID        string // as published; for our own keys the thumbprint
	Algorithm Algorithm
	Public    crypto.PublicKey // ed25519.PublicKey, *ecdsa.PublicKey on P-256, or *rsa.PublicKey
}

// NewKey returns the key of a public key, with its thumbprint as ID. It
// returns a KEY defect for a kind or size of key that is not accepted.
func NewKey(public crypto.PublicKey) (Key, error) {
	k := Key{Public: public}
	switch p := public.(type) {
	case ed25519.PublicKey:
		if len(p) != ed25519.PublicKeySize {
			return Key{}, vc.Defective(vc.ReasonKeyWeak, "an Ed25519 key has 32 bytes, not %d", len(p))
		}
		k.Algorithm = EdDSA
	case *ecdsa.PublicKey:
		if p.Curve != elliptic.P256() {
			return Key{}, vc.Defective(vc.ReasonKeyWeak, "the only curve for ES256 is P-256")
		}
		k.Algorithm = ES256
	case *rsa.PublicKey:
		if bits := p.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return Key{}, vc.Defective(vc.ReasonKeyWeak, "an RSA key has %d to %d bits, not %d", minRSABits, maxRSABits, bits)
		}
		k.Algorithm = RS256
	default:
		return Key{}, vc.Defective(vc.ReasonKeyWeak, "a %T is not a public key that is accepted", public)
	}
	k.ID = k.Thumbprint()
	return k, nil
}

// ParseKey reads a public key as JWK (RFC 7517). It returns a FORM defect for
// what is no JWK, and a KEY defect for a key that is private, symmetric, weak,
// for encryption, or for an algorithm that is not accepted.
func ParseKey(jwk []byte) (Key, error) {
	doc, err := vc.ReadDocument(jwk)
	if err != nil {
		return Key{}, err
	}
	return keyOf(doc)
}

func keyOf(doc map[string]any) (Key, error) {
	// go-jose gets no more than the numbers of a public key, so that neither
	// certificates nor private parts of a stranger reach it.
	bare := map[string]string{}
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"} {
		value, present := doc[name]
		text, ok := value.(string)
		if present && !ok {
			return Key{}, vc.Defective(vc.ReasonMember, "the member %s of a key is not a text", name)
		}
		if present {
			bare[name] = text
		}
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if _, present := doc[name]; present {
			return Key{}, vc.Defective(vc.ReasonKeyWeak, "a published key with the private member %s is everybody's", name)
		}
	}
	if use := bare["use"]; use != "" && use != "sig" {
		return Key{}, vc.Defective(vc.ReasonKeyWeak, "the key is not for signatures")
	}
	raw, err := json.Marshal(bare)
	if err != nil {
		return Key{}, vc.Defective(vc.ReasonMember, "not a key")
	}
	var parsed gojose.JSONWebKey
	if err := parsed.UnmarshalJSON(raw); err != nil {
		return Key{}, vc.Defective(vc.ReasonKeyWeak, "not a public key of an accepted kind")
	}
	k, err := NewKey(parsed.Key)
	if err != nil {
		return Key{}, err
	}
	if alg := bare["alg"]; alg != "" && alg != string(k.Algorithm) {
		return Key{}, vc.Defective(vc.ReasonKeyWeak, "the key is for %.40q, which is not accepted", alg)
	}
	if kid := bare["kid"]; kid != "" {
		k.ID = kid
	}
	return k, nil
}

// Thumbprint returns the RFC 7638 SHA-256 thumbprint in base64url, 43 letters.
// It panics on a Key that NewKey or ParseKey did not make.
func (k Key) Thumbprint() string {
	jwk := gojose.JSONWebKey{Key: k.Public}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		panic(fmt.Sprintf("jose: a key that is none: %T", k.Public))
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// MarshalJSON writes the public JWK with kid, alg and use.
func (k Key) MarshalJSON() ([]byte, error) {
	return gojose.JSONWebKey{Key: k.Public, KeyID: k.ID, Algorithm: string(k.Algorithm), Use: "sig"}.MarshalJSON()
}

// Set is the keys of one issuer.
type Set []Key

// MarshalJSON writes a JWK Set.
func (s Set) MarshalJSON() ([]byte, error) {
	keys := append([]Key{}, s...) // [] rather than null
	return json.Marshal(map[string][]Key{"keys": keys})
}

// ParseSet reads a JWK Set. Keys that are not accepted are left out, as RFC
// 7517 section 5 asks. It returns a FORM defect for what is no set, or for one
// of more than 50 keys.
func ParseSet(jwks []byte) (Set, error) {
	doc, err := vc.ReadDocument(jwks)
	if err != nil {
		return nil, err
	}
	keys, ok := doc["keys"].([]any)
	if !ok || len(keys) > maxKeys {
		return nil, vc.Defective(vc.ReasonMember, "keys is not an array of at most %d keys", maxKeys)
	}
	var set Set
	for _, item := range keys {
		jwk, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if key, err := keyOf(jwk); err == nil {
			set = append(set, key)
		}
	}
	return set, nil
}

// Find returns the keys that a token means by kid: the ID itself, an address
// that ends in "#" and the ID, or the thumbprint. As the set is that of one
// issuer, a loose match cannot bring in a stranger's key.
func (s Set) Find(kid string) Set {
	_, fragment, _ := strings.Cut(kid, "#")
	var found Set
	for _, k := range s {
		_, own, _ := strings.Cut(k.ID, "#")
		if k.ID == kid || fragment != "" && (k.ID == fragment || own == fragment) || k.Thumbprint() == kid {
			found = append(found, k)
		}
	}
	return found
}
