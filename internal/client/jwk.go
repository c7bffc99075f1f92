package client

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// ed25519Name is what RFC 9864 calls EdDSA with Ed25519. Newer libraries write
// it, go-jose does not know it.
const ed25519Name jose.SignatureAlgorithm = "Ed25519"

// Algorithms are those by which a program may sign: asymmetric ones only.
var Algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, ed25519Name, jose.EdDSA, jose.RS256, jose.PS256}

// The bounds of keys. Verifying with a larger RSA key is slow, which a stranger
// could use against us.
const (
	minRSA   = 2048
	maxRSA   = 4096
	maxJWK   = 8 << 10
	maxKeyID = 191
)

// Key is a public key of a program.
type Key struct {
	Registered ident.ID // its row; empty for a published key
	KeyID      string
	Algorithms []jose.SignatureAlgorithm // by which it may have signed
	Public     crypto.PublicKey
}

// parse reads one public JWK. Its problem repeats nothing of the key, which
// may be a private one that was pasted by mistake.
func parse(raw []byte) (Key, *problem.Error) {
	var members map[string]any
	if len(raw) > maxJWK || json.Unmarshal(raw, &members) != nil {
		return Key{}, problem.New(problem.Invalid, "this is no public key as JWK (RFC 7517)")
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if _, private := members[name]; private {
			return Key{}, problem.New(problem.Invalid, "this is a private key; keep it, give the public one, and make a new pair if anybody may have seen it")
		}
	}
	if use, given := members["use"]; given && use != "sig" {
		return Key{}, problem.New(problem.Invalid, "the key is not for signatures")
	}
	bare := map[string]any{} // neither certificates nor addresses of a stranger
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e", "kid", "alg"} {
		if value, given := members[name]; given {
			bare[name] = value
		}
	}
	raw, _ = json.Marshal(bare)
	var parsed jose.JSONWebKey
	if parsed.UnmarshalJSON(raw) != nil || !parsed.Valid() {
		return Key{}, problem.New(problem.Invalid, "this is no public key as JWK (RFC 7517)")
	}
	k := Key{KeyID: parsed.KeyID, Public: parsed.Key}
	switch p := parsed.Key.(type) {
	case ed25519.PublicKey:
		k.Algorithms = []jose.SignatureAlgorithm{jose.EdDSA, ed25519Name}
	case *ecdsa.PublicKey:
		switch p.Curve {
		case elliptic.P256():
			k.Algorithms = []jose.SignatureAlgorithm{jose.ES256}
		case elliptic.P384():
			k.Algorithms = []jose.SignatureAlgorithm{jose.ES384}
		}
	case *rsa.PublicKey:
		if bits := p.N.BitLen(); bits < minRSA || bits > maxRSA {
			return Key{}, problem.New(problem.Invalid, "an RSA key has %d to %d bits, not %d", minRSA, maxRSA, bits)
		}
		k.Algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.PS256}
	}
	_, curve := parsed.Key.(ed25519.PublicKey) // has one algorithm by two names
	if alg := jose.SignatureAlgorithm(parsed.Algorithm); alg != "" && slices.Contains(k.Algorithms, alg) {
		if !curve {
			k.Algorithms = []jose.SignatureAlgorithm{alg}
		}
	} else if alg != "" || len(k.Algorithms) == 0 {
		return Key{}, problem.New(problem.Invalid, "the key is for an algorithm that is not accepted; these are: %s", "ES256, ES384, Ed25519, EdDSA, RS256, PS256")
	}
	if k.KeyID == "" {
		sum, err := parsed.Thumbprint(crypto.SHA256)
		if err != nil {
			return Key{}, problem.New(problem.Invalid, "this is no public key as JWK (RFC 7517)")
		}
		k.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	if len(k.KeyID) > maxKeyID {
		return Key{}, problem.New(problem.Invalid, "the text has %d characters, at most %d are allowed", len(k.KeyID), maxKeyID)
	}
	return k, nil
}

// AlgorithmsOf are those by which a registered key may sign.
func AlgorithmsOf(row *ent.ClientKey) []string {
	all := []string{}
	k, _ := parse([]byte(row.PublicJwk)) // it was read before it was stored
	for _, a := range k.Algorithms {
		all = append(all, string(a))
	}
	return all
}

// Signed says whether the key signed a JWS that says it is signed by alg.
func (k Key) Signed(jws *jose.JSONWebSignature, compact string, alg jose.SignatureAlgorithm) bool {
	if alg != ed25519Name {
		_, err := jws.Verify(k.Public)
		return err == nil
	}
	public, ok := k.Public.(ed25519.PublicKey)
	end := strings.LastIndexByte(compact, '.')
	return ok && end > 0 && ed25519.Verify(public, []byte(compact[:end]), jws.Signatures[0].Signature)
}

// parseSet reads a JWK Set. Keys that are not accepted are left out (RFC 7517,
// section 5), and all after the first fifty.
func parseSet(raw []byte) ([]Key, bool) {
	var set struct{ Keys []json.RawMessage }
	if json.Unmarshal(raw, &set) != nil || set.Keys == nil {
		return nil, false
	}
	keys := []Key{}
	for _, one := range set.Keys[:min(len(set.Keys), maxPublished)] {
		if k, bad := parse(one); bad == nil {
			keys = append(keys, k)
		}
	}
	return keys, true
}

// stored is a key on its way into the database.
type stored struct {
	kid, algorithm, public string
	from                   time.Time
	until                  *time.Time
}

func (s *Service) store(n NewKey, path ...string) (stored, error) {
	k, bad := parse([]byte(n.JWK))
	if bad != nil {
		return stored{}, bad.At(path...)
	}
	out := stored{kid: k.KeyID, from: vocab.Now(s.Now)}
	if len(k.Algorithms) == 1 {
		out.algorithm = string(k.Algorithms[0])
	}
	if n.NotBefore != nil {
		out.from = vocab.Stored(*n.NotBefore)
	}
	if n.NotAfter != nil {
		until := vocab.Stored(*n.NotAfter)
		if out.until = &until; !until.After(out.from) || !until.After(s.Now()) {
			return stored{}, problem.New(problem.Invalid, "the key would be over before it begins").At(path...)
		}
	}
	public, err := jose.JSONWebKey{Key: k.Public, KeyID: k.KeyID, Algorithm: out.algorithm, Use: "sig"}.MarshalJSON()
	out.public = string(public)
	return out, err
}

func (k stored) save(ctx context.Context, tx *ent.Tx, client ident.ID, path ...string) error {
	err := tx.ClientKey.Create().SetClientID(client).SetKid(k.kid).SetAlgorithm(k.algorithm).SetPublicJwk(k.public).
		SetNotBefore(k.from).SetNillableNotAfter(k.until).Exec(viewer.AsSystem(ctx))
	return storage.IfTaken(err, problem.New(problem.Conflict, "the program has a key with the id %q already; a retired one does not come back", k.kid).At(path...))
}
