package keyring

import (
	"encoding/base64"
	"strings"
)

// SealText returns a text under the KEK, in the form of a sealed key. It opens
// only with the same name, so that rows cannot be swapped. It returns ErrKEK for
// the zero KEK.
func SealText(kek KEK, text, name string, owner Owner) (string, error) {
	aead, err := kek.aead()
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(nil, nil, []byte(text), owner.additional(kek.ID(), name))
	return strings.Join([]string{version, kek.ID(), base64.RawURLEncoding.EncodeToString(sealed)}, "."), nil
}

// OpenText returns the text that SealText sealed by this name for this owner,
// or the errors of Open.
func OpenText(kek KEK, envelope, name string, owner Owner) (string, error) {
	aead, err := kek.aead()
	if err != nil {
		return "", err
	}
	parts := strings.Split(envelope, ".")
	if len(parts) != 3 || parts[0] != version {
		return "", ErrEnvelope
	}
	if parts[1] != kek.ID() {
		return "", ErrWrongKEK
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return "", ErrEnvelope
	}
	text, err := aead.Open(nil, nil, sealed, owner.additional(kek.ID(), name))
	if err != nil {
		return "", ErrBinding
	}
	return string(text), nil
}
