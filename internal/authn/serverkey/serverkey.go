// Package serverkey keeps the keys of this exchange itself: one signs for each
// purpose, sealed in the database, so that every process signs with the same.
package serverkey

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	row "github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Keys are those of one purpose.
type Keys struct {
	DB       *ent.Client
	Now      func() time.Time
	KEK      keyring.KEK
	Purpose  row.Purpose
	Lifetime time.Duration // after which the key that signs is replaced; 0: never by itself
	Overlap  time.Duration // for which a replaced key stays published
}

// owner binds a sealed key to its purpose: in the row of another one it does
// not open.
func (k Keys) owner() keyring.Owner {
	return keyring.Owner{Institution: "exchange", Purpose: string(k.Purpose)}
}

// Signer returns the key that signs now, and makes one where there is none or
// it is too old.
func (k Keys) Signer(ctx context.Context) (*keyring.Key, error) {
	live, err := k.live(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	if err != nil || k.Lifetime > 0 && k.Now().Sub(live.ActiveFrom) >= k.Lifetime {
		if live, err = k.Rotate(ctx, live); err != nil {
			return nil, err
		}
	}
	return keyring.Open(k.KEK, live.Sealed, live.Kid, k.owner())
}

// Open returns nil when this process opens the key that signs now, and makes one
// where there is none. Otherwise it returns what keyring.Open says of it.
func (k Keys) Open(ctx context.Context) error {
	live, err := k.live(ctx)
	if ent.IsNotFound(err) {
		live, err = k.Rotate(ctx, nil)
	}
	if err != nil {
		return err
	}
	key, err := keyring.Open(k.KEK, live.Sealed, live.Kid, k.owner())
	if err == nil {
		key.Destroy()
	}
	return err
}

func (k Keys) live(ctx context.Context) (*ent.ServerKey, error) {
	return k.DB.ServerKey.Query().Where(row.LiveKey(string(k.Purpose))).Only(viewer.AsSystem(ctx))
}

// Rotate makes a new key sign in the place of old, or of whichever signs when
// old is nil. Where a rival has done so already, it returns the rival's.
func (k Keys) Rotate(ctx context.Context, old *ent.ServerKey) (*ent.ServerKey, error) {
	ctx = viewer.AsSystem(ctx)
	key, err := keyring.Generate(jose.ES256)
	if err != nil {
		return nil, err
	}
	defer key.Destroy()
	sealed, err := keyring.Seal(k.KEK, key, k.owner())
	if err != nil {
		return nil, err
	}
	public, err := json.Marshal(key.Public())
	if err != nil {
		return nil, fmt.Errorf("serverkey: %w", err)
	}
	now, purpose := vocab.Now(k.Now), string(k.Purpose)
	made, err := storage.Write(ctx, k.DB, func(tx *ent.Tx) (*ent.ServerKey, error) {
		retire := tx.ServerKey.Update().Where(row.LiveKey(purpose))
		if old != nil {
			retire.Where(row.ID(old.ID))
		}
		if err := retire.SetRetiredAt(now).ClearLiveKey().Exec(ctx); err != nil {
			return nil, err
		}
		made, err := tx.ServerKey.Create().SetPurpose(k.Purpose).SetKid(key.KeyID()).SetPublicJwk(string(public)).
			SetSealed(sealed).SetLiveKey(purpose).SetActiveFrom(now).Save(ctx)
		if err != nil {
			return nil, err
		}
		return made, ledger.Note(ctx, tx, toGenerate, ledger.Thing{ID: made.ID}.With("kid", made.Kid).With("purpose", purpose))
	})
	if storage.IsDuplicate(err) {
		return k.live(ctx)
	}
	return made, err
}

// Published are the keys that verify what is signed for the purpose: the one
// that signs, and those that were replaced a short while ago.
func (k Keys) Published(ctx context.Context) (jose.Set, error) {
	rows, err := k.DB.ServerKey.Query().Where(row.PurposeEQ(k.Purpose),
		row.Or(row.RetiredAtIsNil(), row.RetiredAtGT(k.Now().Add(-k.Overlap)))).Order(row.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	set := jose.Set{}
	for _, one := range rows {
		key, err := jose.ParseKey([]byte(one.PublicJwk))
		if err != nil {
			return nil, fmt.Errorf("serverkey: key %s: %w", one.ID, err)
		}
		set = append(set, key)
	}
	return set, nil
}

// Offered is Published with a key from the first question on, so that whoever
// caches the set caches a key.
func (k Keys) Offered(ctx context.Context) (jose.Set, error) {
	set, err := k.Published(ctx)
	if err != nil || len(set) > 0 {
		return set, err
	}
	signer, err := k.Signer(ctx)
	if err != nil {
		return nil, err
	}
	signer.Destroy()
	return k.Published(ctx)
}
