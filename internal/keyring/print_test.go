package keyring

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

func TestSecretsNeverPrint(t *testing.T) {
	raw := []byte("\xfb\xef\x3f\x01 a secret of 32 bytes, 123")
	raw = append(raw, make([]byte, 32-len(raw))...)
	k, err := ParseKEK(hex.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256} {
		key, err := Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := Seal(k, key, Owner{"ins_1", "credential"})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		within := struct {
			kek KEK
			key *Key
			Key Key
		}{k, key, *key}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%b"} {
			fmt.Fprintf(&out, strings.Repeat(verb, 5)+"\n", k, key, *key, within, []any{&k, &within})
		}
		text, err := json.Marshal([]any{k, key, within})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			slog.New(handler).Info("x", "kek", k, "key", key, "value", *key, "within", within)
		}
		_, err = Open(k, sealed, "other", Owner{})
		fmt.Fprintln(&out, err)

		printed := strings.ToLower(out.String())
		for _, secret := range [][]byte{raw, key.secret.open()} {
			for _, spelling := range []string{
				string(secret[:6]), hex.EncodeToString(secret[:6]), strings.Trim(fmt.Sprint(secret[:6]), "[]"),
				strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", secret[:6]), "[]byte{"), "}"),
				base64.StdEncoding.EncodeToString(secret[:6]), base64.URLEncoding.EncodeToString(secret[:6]),
			} {
				if strings.Contains(printed, strings.ToLower(spelling)) {
					t.Errorf("%q is printed", spelling)
				}
			}
		}
		if strings.Count(out.String(), key.KeyID()) < 20 || !strings.Contains(out.String(), k.ID()) {
			t.Errorf("names are not printed: %s", out.String())
		}
	}
}
