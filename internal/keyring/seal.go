package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// What Open finds wrong. None of them holds any part of a key.
var (
	ErrEnvelope = errors.New("keyring: not a sealed key of a version that is known here")
	ErrWrongKEK = errors.New("keyring: sealed under another key-encryption key")
	ErrBinding  = errors.New("keyring: the sealed key was damaged, or belongs to another key id, institution or purpose")
)

// version is the first part of an envelope. It names the cipher, the layout of
// the plaintext and that of the additional data.
const version = "v1"

// Owner is whose key it is and what for. A sealed key opens only for the same
// owner, so that rows cannot be swapped in the database.
type Owner struct {
	Institution string // its identifier
	Purpose     string // such as "credential"
}

// The algorithms in a plaintext.
var codes = map[jose.Algorithm]byte{jose.EdDSA: 1, jose.ES256: 2}

// Seal returns the private key under the KEK: "v1.", the KEK's ID, ".", and in
// base64url a random nonce with the AES-256-GCM ciphertext. Key id, institution
// and purpose are its additional data. It returns ErrKEK for the zero KEK and
// ErrDestroyed for a destroyed key.
func Seal(kek KEK, k *Key, owner Owner) (string, error) {
	secret := k.secret.open()
	if secret == nil {
		return "", ErrDestroyed
	}
	plain := append([]byte{codes[k.Algorithm()]}, secret...)
	defer clear(plain)
	return seal(kek, plain, k.KeyID(), owner)
}

// seal puts what is to be kept into an envelope that opens by this name and for
// this owner only.
func seal(kek KEK, plain []byte, name string, owner Owner) (string, error) {
	aead, err := kek.aead()
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(nil, nil, plain, owner.additional(kek.ID(), name))
	return strings.Join([]string{version, kek.ID(), base64.RawURLEncoding.EncodeToString(sealed)}, "."), nil
}

// open is the way back. size is what must have been sealed, or -1.
func open(kek KEK, envelope, name string, owner Owner, size int) ([]byte, error) {
	aead, err := kek.aead()
	if err != nil {
		return nil, err
	}
	parts := strings.Split(envelope, ".")
	if len(parts) != 3 || parts[0] != version {
		return nil, ErrEnvelope
	}
	if parts[1] != kek.ID() {
		return nil, ErrWrongKEK
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || strings.ContainsAny(parts[2], "\r\n") || size >= 0 && len(sealed) != aead.Overhead()+size {
		return nil, ErrEnvelope
	}
	plain, err := aead.Open(nil, nil, sealed, owner.additional(kek.ID(), name))
	if err != nil {
		return nil, ErrBinding
	}
	return plain, nil
}

// Open returns the private key in an envelope, which must be the one with this
// key id and owner. It returns ErrEnvelope, ErrWrongKEK, ErrBinding or, for the
// zero KEK, ErrKEK.
func Open(kek KEK, envelope, keyID string, owner Owner) (*Key, error) {
	plain, err := open(kek, envelope, keyID, owner, 1+secretSize)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	for alg, code := range codes {
		if code != plain[0] {
			continue
		}
		k, err := restore(alg, plain[1:])
		if err != nil || k.KeyID() != keyID {
			return nil, ErrBinding
		}
		return k, nil
	}
	return nil, ErrEnvelope
}

// aead returns AES-256-GCM that puts a random nonce of 96 bits before the
// ciphertext. One KEK seals a few keys an institution, far from the 2^32
// messages at which random nonces become risky (NIST SP 800-38D, 8.3).
func (k KEK) aead() (cipher.AEAD, error) {
	key := k.key.open()
	if key == nil {
		return nil, ErrKEK
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrKEK
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// additional returns the parts with their lengths, so that no two lists of
// parts give the same bytes.
func (o Owner) additional(kekID, keyID string) []byte {
	var data []byte
	for _, part := range []string{version, kekID, keyID, o.Institution, o.Purpose} {
		data = binary.BigEndian.AppendUint32(data, uint32(len(part)))
		data = append(data, part...)
	}
	return data
}

// Opens returns nil when the KEK opens what SealText or Seal put into the
// envelope by this name for this owner, or else the errors of Open.
func Opens(kek KEK, envelope, name string, owner Owner) error {
	plain, err := open(kek, envelope, name, owner, -1)
	clear(plain)
	return err
}

// Reseal takes what one KEK has sealed, a key or a text, and returns it under
// another, by the same name for the same owner. It returns the errors of Open.
func Reseal(from, to KEK, envelope, name string, owner Owner) (string, error) {
	plain, err := open(from, envelope, name, owner, -1)
	if err != nil {
		return "", err
	}
	defer clear(plain)
	return seal(to, plain, name, owner)
}
