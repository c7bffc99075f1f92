package keyring_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

var (
	secret = bytes.Repeat([]byte{0xfb, 0xef, 0x3f, 0x01}, 8) // gives + and / in base64
	owner  = keyring.Owner{Institution: "ins_1", Purpose: "credential"}
)

func kek(t testing.TB, raw []byte) keyring.KEK {
	t.Helper()
	k, err := keyring.ParseKEK(base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func generate(t testing.TB, alg jose.Algorithm) *keyring.Key {
	t.Helper()
	k, err := keyring.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeySignsWhatOthersVerify(t *testing.T) {
	message := []byte("header.payload")
	for _, alg := range []jose.Algorithm{"", jose.EdDSA, jose.ES256} {
		t.Run("alg "+string(alg), func(t *testing.T) {
			k := generate(t, alg)
			signature, err := k.Sign(message)
			if err != nil || len(signature) != 64 {
				t.Fatalf("Sign = %d bytes, %v", len(signature), err)
			}
			var good bool
			switch public := k.Public().Public.(type) {
			case ed25519.PublicKey:
				good = alg != jose.ES256 && ed25519.Verify(public, message, signature)
			case *ecdsa.PublicKey:
				digest := sha256.Sum256(message)
				r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
				good = alg == jose.ES256 && ecdsa.Verify(public, digest[:], r, s)
			}
			if !good {
				t.Error("the standard library refuses the signature")
			}
			if k.KeyID() != k.Public().Thumbprint() || len(k.KeyID()) != 43 {
				t.Errorf("KeyID = %s", k.KeyID())
			}
		})
	}
	if _, err := keyring.Generate(jose.RS256); err == nil {
		t.Error("a key for RS256 is made")
	}
}

func TestKeysDiffer(t *testing.T) {
	one, another := generate(t, ""), generate(t, "")
	if one.KeyID() == another.KeyID() {
		t.Error("two keys are one")
	}
}

func TestSealedKeyOpensForItsOwnerOnly(t *testing.T) {
	mine, other := kek(t, secret), kek(t, bytes.Repeat([]byte{7}, 32))
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256} {
		k, second := generate(t, alg), generate(t, alg)
		sealed, err := keyring.Seal(mine, k, owner)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := keyring.Open(mine, sealed, k.KeyID(), owner)
		if err != nil || opened.KeyID() != k.KeyID() || opened.Algorithm() != alg {
			t.Fatalf("Open = %v, %v", opened, err)
		}
		signature, err := opened.Sign([]byte("x"))
		if err != nil || alg == jose.EdDSA && !ed25519.Verify(k.Public().Public.(ed25519.PublicKey), []byte("x"), signature) {
			t.Errorf("the opened key signs otherwise: %v", err)
		}
		parts := strings.Split(sealed, ".")
		flipped := []byte(parts[2])
		if flipped[20]++; parts[2][20] != 'A' { // always another letter of base64url
			flipped[20] = 'A'
		}
		for _, tt := range []struct {
			name     string
			kek      keyring.KEK
			envelope string
			keyID    string
			owner    keyring.Owner
			want     error
		}{
			{"another KEK", other, sealed, k.KeyID(), owner, keyring.ErrWrongKEK},
			{"no KEK", keyring.KEK{}, sealed, k.KeyID(), owner, keyring.ErrKEK},
			{"another KEK that takes its name", other, "v1." + other.ID() + "." + parts[2], k.KeyID(), owner, keyring.ErrBinding},
			{"another institution", mine, sealed, k.KeyID(), keyring.Owner{Institution: "ins_2", Purpose: "credential"}, keyring.ErrBinding},
			{"another purpose", mine, sealed, k.KeyID(), keyring.Owner{Institution: "ins_1", Purpose: "audit"}, keyring.ErrBinding},
			{"institution and purpose shifted", mine, sealed, k.KeyID(), keyring.Owner{Institution: "ins_1c", Purpose: "redential"}, keyring.ErrBinding},
			{"another key's id", mine, sealed, second.KeyID(), owner, keyring.ErrBinding},
			{"a changed letter", mine, parts[0] + "." + parts[1] + "." + string(flipped), k.KeyID(), owner, keyring.ErrBinding},
			{"cut", mine, sealed[:len(sealed)-4], k.KeyID(), owner, keyring.ErrEnvelope},
			{"longer", mine, sealed + "AAAA", k.KeyID(), owner, keyring.ErrEnvelope},
			{"another version", mine, "v2" + sealed[2:], k.KeyID(), owner, keyring.ErrEnvelope},
			{"empty", mine, "", k.KeyID(), owner, keyring.ErrEnvelope},
		} {
			t.Run(tt.name, func(t *testing.T) {
				opened, err := keyring.Open(tt.kek, tt.envelope, tt.keyID, tt.owner)
				if opened != nil || !errors.Is(err, tt.want) {
					t.Errorf("Open = %v, want %v", err, tt.want)
				}
			})
		}
	}
}

func TestSealingTwiceGivesTwoEnvelopes(t *testing.T) {
	k := generate(t, "")
	a, _ := keyring.Seal(kek(t, secret), k, owner)
	b, _ := keyring.Seal(kek(t, secret), k, owner)
	if a == b || !strings.HasPrefix(a, "v1.") {
		t.Errorf("the nonce is not fresh: %s, %s", a, b)
	}
	if _, err := keyring.Seal(keyring.KEK{}, k, owner); !errors.Is(err, keyring.ErrKEK) {
		t.Errorf("sealed under no KEK: %v", err)
	}
}

// What is sealed anew opens under the new KEK alone, and for whom it was.
func TestResealedKeyOpensUnderTheNewKEKAlone(t *testing.T) {
	old, next, k := kek(t, secret), kek(t, bytes.Repeat([]byte{7}, 32)), generate(t, "")
	before, err := keyring.Seal(old, k, owner)
	if err != nil {
		t.Fatal(err)
	}
	after, err := keyring.Reseal(old, next, before, k.KeyID(), owner)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := keyring.Open(next, after, k.KeyID(), owner); err != nil || opened.KeyID() != k.KeyID() {
		t.Errorf("under the new one: %v, %v", opened, err)
	}
	if err := keyring.Opens(next, after, k.KeyID(), owner); err != nil {
		t.Errorf("Opens = %v", err)
	}
	if err := keyring.Opens(old, after, k.KeyID(), owner); !errors.Is(err, keyring.ErrWrongKEK) {
		t.Errorf("under the old one: %v", err)
	}
	other := keyring.Owner{Institution: "ins_2", Purpose: owner.Purpose}
	for _, tt := range []struct {
		from, to keyring.KEK
		owner    keyring.Owner
		want     error
	}{{next, old, owner, keyring.ErrWrongKEK}, {old, next, other, keyring.ErrBinding}, {old, keyring.KEK{}, owner, keyring.ErrKEK}} {
		if sealed, err := keyring.Reseal(tt.from, tt.to, before, k.KeyID(), tt.owner); sealed != "" || !errors.Is(err, tt.want) {
			t.Errorf("Reseal from %v to %v for %v = %q, %v; want %v", tt.from, tt.to, tt.owner, sealed, err, tt.want)
		}
	}
}

func TestDestroyedKeySignsNothing(t *testing.T) {
	for _, k := range []*keyring.Key{generate(t, jose.EdDSA), generate(t, jose.ES256), {}} {
		k.Destroy()
		if _, err := k.Sign([]byte("x")); !errors.Is(err, keyring.ErrDestroyed) {
			t.Errorf("Sign = %v", err)
		}
		if _, err := keyring.Seal(kek(t, secret), k, owner); !errors.Is(err, keyring.ErrDestroyed) {
			t.Errorf("Seal = %v", err)
		}
	}
}

func TestKEKIsExactly32Bytes(t *testing.T) {
	std := base64.StdEncoding.EncodeToString(secret)
	for _, tt := range []struct {
		name, text string
		ok         bool
	}{
		{"base64", std, true},
		{"base64 with a line break at its end", std + "\n", true},
		{"base64 without padding", strings.TrimRight(std, "="), true},
		{"base64url", base64.URLEncoding.EncodeToString(secret), true},
		{"hexadecimal", hex.EncodeToString(secret), true},
		{"hexadecimal in capitals", strings.ToUpper(hex.EncodeToString(secret)), true},
		{"31 bytes", base64.StdEncoding.EncodeToString(secret[:31]), false},
		{"33 bytes", base64.StdEncoding.EncodeToString(append(secret[:32:32], 1)), false},
		{"31 bytes of hexadecimal", hex.EncodeToString(secret[:31]), false},
		{"line break within", std[:20] + "\n" + std[20:], false},
		{"a pass phrase", "correct horse battery staple", false},
		{"64 letters that are no digits", strings.Repeat("x", 64), false},
		{"nothing but zeros", strings.Repeat("0", 64), false},
		{"empty", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := keyring.ParseKEK(tt.text)
			if (err == nil) != tt.ok || tt.ok && k.ID() != kek(t, secret).ID() {
				t.Fatalf("ParseKEK = %v, %v", k, err)
			}
			if err != nil && (!errors.Is(err, keyring.ErrKEK) || tt.text != "" && strings.Contains(err.Error(), tt.text)) {
				t.Errorf("ParseKEK = %v", err)
			}
		})
	}
}

func FuzzParseKEK(f *testing.F) {
	f.Add(base64.StdEncoding.EncodeToString(secret))
	f.Add(hex.EncodeToString(secret))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := keyring.ParseKEK(s)
		if (err == nil) != (k.ID() != "") {
			t.Fatalf("ParseKEK(%q) = %v, %v", s, k, err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	k, key := kek(f, secret), generate(f, "")
	sealed, err := keyring.Seal(k, key, owner)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add("v1.." + strings.Repeat("A", 82))
	f.Add("v1." + k.ID() + "." + strings.Repeat("A", 82))
	f.Fuzz(func(t *testing.T, envelope string) {
		opened, err := keyring.Open(k, envelope, key.KeyID(), owner)
		if envelope != sealed && err == nil {
			t.Fatalf("%q opens to %v", envelope, opened)
		}
	})
}
