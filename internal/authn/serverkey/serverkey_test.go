package serverkey_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
	"testing"
	"time"

	row "github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func kek(t *testing.T) keyring.KEK {
	t.Helper()
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	k, err := keyring.ParseKEK(base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A key is replaced for its purpose alone, and where a rival has replaced it
// already, by the rival's.
func TestARotationIsThatOfOnePurpose(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	tokens := serverkey.Keys{DB: db, Now: time.Now, KEK: kek(t), Purpose: row.PurposeACCESS_TOKEN, Overlap: time.Hour}
	signIn := tokens
	signIn.Purpose = row.PurposeSIGN_IN
	kids := func() (all []string) {
		for _, k := range []serverkey.Keys{tokens, signIn} {
			key, err := k.Signer(ctx)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, key.KeyID())
			key.Destroy()
		}
		return all
	}
	before := kids()
	old := db.ServerKey.Query().Where(row.PurposeEQ(row.PurposeACCESS_TOKEN)).OnlyX(ctx)
	made, err := tokens.Rotate(ctx, old)
	if err != nil {
		t.Fatal(err)
	}
	if after := kids(); after[0] != made.Kid || after[0] == before[0] || after[1] != before[1] {
		t.Errorf("before %v, after %v", before, after)
	}
	if again, err := tokens.Rotate(ctx, old); err != nil || again.Kid != made.Kid {
		t.Errorf("who is late gets %v, %v; want the rival's", again, err)
	}
	if _, err := tokens.Rotate(ctx, nil); err != nil { // whichever signs, as an operator wants it
		t.Fatal(err)
	}
	if after := kids(); after[0] == made.Kid || after[1] != before[1] {
		t.Errorf("before %v, after an operator %v", before, after)
	}
	if set, err := tokens.Published(ctx); err != nil || len(set) != 3 {
		t.Errorf("%d keys are published, %v: the old ones for a while", len(set), err)
	}
}

// A process with another key-encryption key is told so.
func TestAnotherKeyEncryptionKeyIsNoticed(t *testing.T) {
	db := testkit.Database(t).Client
	keys := serverkey.Keys{DB: db, Now: time.Now, KEK: kek(t), Purpose: row.PurposeACCESS_TOKEN}
	ctx := viewer.AsSystem(t.Context())
	for range 2 { // makes one, finds it
		if err := keys.Open(ctx); err != nil {
			t.Fatal(err)
		}
	}
	other := keys
	other.KEK = kek(t)
	if err := other.Open(ctx); !errors.Is(err, keyring.ErrWrongKEK) {
		t.Errorf("Open = %v", err)
	}
	if n := db.ServerKey.Query().CountX(ctx); n != 1 {
		t.Errorf("%d keys", n)
	}
}
