package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// ErrKEK is returned for a text that is no key-encryption key, and for the use
// of a KEK that ParseKEK did not make.
var ErrKEK = errors.New("keyring: a key-encryption key is 32 random bytes in base64 or hexadecimal")

// KEK is the key-encryption key: 32 bytes under which private keys are sealed.
// It lives outside the database. The zero KEK seals nothing.
type KEK struct{ key vault }

// ParseKEK reads 32 bytes in base64, of either alphabet and padded or not, or
// in 64 hexadecimal digits. Space at the ends is ignored, as files end in a
// line break. It returns ErrKEK for anything else and for nothing but zeros,
// without repeating it.
func ParseKEK(s string) (KEK, error) {
	s = strings.TrimSpace(s)
	decode := hex.DecodeString
	if len(s) != hex.EncodedLen(32) {
		s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
		decode = base64.RawStdEncoding.Strict().DecodeString
	}
	raw, err := decode(s)
	defer clear(raw)
	if err != nil || len(raw) != 32 || strings.ContainsAny(s, "\r\n") || [32]byte(raw) == [32]byte{} {
		return KEK{}, ErrKEK
	}
	return KEK{lock(raw)}, nil
}

// ID names the KEK without betraying it, in 11 letters, so that a sealed key
// says which KEK opens it. It is "" for the zero KEK.
func (k KEK) ID() string {
	key := k.key.open()
	if key == nil {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("peregrine key-encryption key id"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:8])
}

// Format prints the KEK's name for every verb.
func (k KEK) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, k.String()) }

// String returns the name of the KEK.
func (k KEK) String() string { return "keyring.KEK(" + k.ID() + ")" }

// LogValue is String, for slog.
func (k KEK) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String: whoever writes a KEK by mistake writes its name.
func (k KEK) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
