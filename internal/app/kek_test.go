package app

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// Two starters beside a new database end up with one key: what one seals, the
// other opens.
func TestStartersShareTheKeyThatOneOfThemMakes(t *testing.T) {
	owner := keyring.Owner{Institution: "i", Purpose: "p"}
	for range 50 {
		c := config.Config{Database: config.Address("sqlite:" + filepath.Join(t.TempDir(), "new", "x.db"))}
		var keys [4]keyring.KEK
		var starters sync.WaitGroup
		for i := range keys {
			starters.Go(func() {
				var err error
				if keys[i], err = kek(c, false); err != nil {
					t.Error(err)
				}
			})
		}
		starters.Wait()
		made, err := keyring.Generate(jose.ES256)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := keyring.Seal(keys[0], made, owner)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range keys[1:] {
			if _, err := keyring.Open(other, sealed, made.KeyID(), owner); err != nil {
				t.Fatal("starters have different keys")
			}
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(string(c.Database)[len("sqlite:"):]), ".key-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
