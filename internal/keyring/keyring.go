// Package keyring owns the private keys by which institutions sign: it makes
// them, signs with them, and seals them under a key-encryption key for storage.
// Nothing that it holds prints: every value of it that could show a secret
// formats as a placeholder, and no error text holds one.
package keyring

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"

	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// ErrDestroyed is returned by a key after Destroy.
var ErrDestroyed = errors.New("keyring: the key was destroyed")

// secretSize is the size of an Ed25519 seed and of a P-256 scalar.
const secretSize = 32

// Key is one private key. It is a jose.Signer and safe for use by many
// goroutines until Destroy.
type Key struct {
	public jose.Key
	secret vault
}

var _ jose.Signer = (*Key)(nil)

// vault hides 32 secret bytes in a closure: package fmt prints what a pointer
// in an unexported field points to, but of a function only the address.
type vault func() *[32]byte

func lock(secret []byte) vault {
	kept := [32]byte(secret)
	return func() *[32]byte { return &kept }
}

// open returns the bytes themselves, or nil when there are none or all are 0.
func (v vault) open() []byte {
	if v == nil || *v() == [32]byte{} {
		return nil
	}
	return v()[:]
}

// Generate makes a key for EdDSA, the default when alg is "", or ES256.
func Generate(alg jose.Algorithm) (*Key, error) {
	switch alg {
	case jose.EdDSA, "":
		var seed [secretSize]byte
		defer clear(seed[:])
		rand.Read(seed[:]) // never fails: it ends the process instead
		return restore(jose.EdDSA, seed[:])
	case jose.ES256:
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, errors.New("keyring: no key could be made")
		}
		scalar, err := private.Bytes()
		if err != nil {
			return nil, errors.New("keyring: no key could be made")
		}
		defer clear(scalar)
		return restore(jose.ES256, scalar)
	}
	return nil, fmt.Errorf("keyring: %q is no algorithm to sign with", alg)
}

// restore makes a key of a copy of its secret.
func restore(alg jose.Algorithm, secret []byte) (*Key, error) {
	if len(secret) != secretSize {
		return nil, errors.New("keyring: the secret of a key has another size")
	}
	k := &Key{secret: lock(secret)}
	var err error
	switch alg {
	case jose.EdDSA:
		private := ed25519.NewKeyFromSeed(secret)
		defer clear(private)
		k.public, err = jose.NewKey(append(ed25519.PublicKey(nil), private[secretSize:]...))
	case jose.ES256:
		var private *ecdsa.PrivateKey
		if private, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), secret); err == nil {
			k.public, err = jose.NewKey(&private.PublicKey)
		}
	default:
		err = errors.New("no algorithm to sign with")
	}
	if err != nil {
		return nil, errors.New("keyring: not a private key")
	}
	return k, nil
}

// KeyID returns the RFC 7638 thumbprint of the public key, 43 letters.
func (k Key) KeyID() string { return k.public.ID }

// Algorithm returns EdDSA or ES256.
func (k Key) Algorithm() jose.Algorithm { return k.public.Algorithm }

// Public returns the public key to publish.
func (k Key) Public() jose.Key { return k.public }

// Sign returns the signature of the message as JWS has it (64 bytes), or
// ErrDestroyed.
func (k Key) Sign(message []byte) ([]byte, error) {
	secret := k.secret.open()
	if secret == nil {
		return nil, ErrDestroyed
	}
	if k.Algorithm() == jose.EdDSA {
		private := ed25519.NewKeyFromSeed(secret)
		defer clear(private)
		return ed25519.Sign(private, message), nil
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	if err != nil {
		return nil, errors.New("keyring: not a private key")
	}
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
	if err != nil {
		return nil, errors.New("keyring: signing failed")
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature, nil
}

// Destroy overwrites the secret. What the runtime copied while signing, it
// cannot reach.
func (k Key) Destroy() {
	clear(k.secret.open())
}

// Format prints the key's name for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, k.String()) }

// String returns the algorithm and thumbprint.
func (k Key) String() string {
	return fmt.Sprintf("keyring.Key(%s %s)", k.public.Algorithm, k.public.ID)
}

// LogValue is String, for slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String: whoever writes a key by mistake writes its name.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
