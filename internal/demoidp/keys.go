package demoidp

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// signatureAlgorithm is the one that every OpenID client knows.
const signatureAlgorithm = jose.RS256

// keyPair is the signing key of a realm. The library sees it as a signingKey
// (private) or a publicKey.
type keyPair struct {
	id      string
	private *rsa.PrivateKey
}

// newKeyPair makes a key when it is first wanted, since a dozen RSA keys would
// hold up the start of the server.
func newKeyPair() func() (*keyPair, error) {
	return sync.OnceValues(func() (*keyPair, error) {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		return &keyPair{rand.Text(), private}, err
	})
}

type signingKey struct{ *keyPair }

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return signatureAlgorithm }
func (k signingKey) Key() any                                    { return k.private }

type publicKey struct{ *keyPair }

func (k publicKey) ID() string                         { return k.id }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return signatureAlgorithm }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.private.PublicKey }
