package jose

import (
	"fmt"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// Signer holds one private key, in memory or in a device.
type Signer interface {
	// KeyID returns the RFC 7638 thumbprint of the public key.
	KeyID() string
	// Algorithm returns EdDSA or ES256.
	Algorithm() Algorithm
	// Sign returns the signature of the message as JWS has it: 64 bytes, for
	// ES256 the two numbers r and s, 32 bytes each. It hashes by itself.
	Sign(message []byte) ([]byte, error)
}

// Header is what a signed token says about itself beside its algorithm.
type Header struct {
	Type  string // TypeJWT or TypeVCJWT
	KeyID string // absolute URL of the key, or "" for the signer's KeyID
}

// Sign returns the compact JWS of the payload. It fails when the signer does,
// when its algorithm is not one to sign with, or when the token would be larger
// than Parse reads.
func Sign(s Signer, h Header, payload []byte) (string, error) {
	if s.Algorithm() != EdDSA && s.Algorithm() != ES256 {
		return "", fmt.Errorf("jose: %q is no algorithm to sign with", s.Algorithm())
	}
	if h.Type == "" {
		return "", fmt.Errorf("jose: a token needs a type")
	}
	if h.KeyID == "" {
		h.KeyID = s.KeyID()
	}
	signer, err := gojose.NewSigner(
		gojose.SigningKey{Algorithm: gojose.SignatureAlgorithm(s.Algorithm()), Key: opaque{s, h.KeyID}},
		(&gojose.SignerOptions{}).WithType(gojose.ContentType(h.Type)))
	if err != nil {
		return "", fmt.Errorf("jose: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("jose: %w", err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("jose: %w", err)
	}
	if len(compact) > vc.MaxBytes {
		return "", fmt.Errorf("jose: the token has %d bytes, more than the %d that are read", len(compact), vc.MaxBytes)
	}
	return compact, nil
}

// opaque shows a Signer to go-jose.
type opaque struct {
	signer Signer
	keyID  string
}

func (o opaque) Public() *gojose.JSONWebKey { return &gojose.JSONWebKey{KeyID: o.keyID} }

func (o opaque) Algs() []gojose.SignatureAlgorithm {
	return []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(o.signer.Algorithm())}
}

func (o opaque) SignPayload(payload []byte, _ gojose.SignatureAlgorithm) ([]byte, error) {
	return o.signer.Sign(payload)
}
