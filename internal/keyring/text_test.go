package keyring

import (
	"errors"
	"strings"
	"testing"
)

func TestSealedTextOpensForItsNameAndOwnerOnly(t *testing.T) {
	kek, err := ParseKEK(strings.Repeat("7f", 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := ParseKEK(strings.Repeat("7e", 32))
	if err != nil {
		t.Fatal(err)
	}
	owner := Owner{Institution: "a", Purpose: "hint"}
	sealed, err := SealText(kek, "secret text", "name", owner)
	if err != nil || strings.Contains(sealed, "secret") {
		t.Fatalf("%q: %v", sealed, err)
	}
	for name, tt := range map[string]struct {
		kek    KEK
		sealed string
		name   string
		owner  Owner
		want   error
	}{
		"its own":       {kek, sealed, "name", owner, nil},
		"another name":  {kek, sealed, "other", owner, ErrBinding},
		"another owner": {kek, sealed, "name", Owner{Institution: "b", Purpose: "hint"}, ErrBinding},
		"another use":   {kek, sealed, "name", Owner{Institution: "a", Purpose: "key"}, ErrBinding},
		"another KEK":   {other, sealed, "name", owner, ErrWrongKEK},
		"no KEK":        {KEK{}, sealed, "name", owner, ErrKEK},
		"damaged":       {kek, sealed[:len(sealed)-2] + "AA", "name", owner, ErrBinding},
		"no envelope":   {kek, "x", "name", owner, ErrEnvelope},
		"nothing":       {kek, "", "name", owner, ErrEnvelope},
	} {
		text, err := OpenText(tt.kek, tt.sealed, tt.name, tt.owner)
		if !errors.Is(err, tt.want) || tt.want == nil && text != "secret text" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
