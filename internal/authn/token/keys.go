package token

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/clientassertion"
	"github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// A key signs for 30 days. It stays published for an hour after, much longer
// than the last token that it signed lives.
const (
	signing     = 30 * 24 * time.Hour
	overlapping = time.Hour
)

var purpose = string(serverkey.PurposeACCESS_TOKEN)

// owner binds a sealed key to this purpose: in the row of another one it does
// not open.
var owner = keyring.Owner{Institution: "exchange", Purpose: purpose}

// signer returns the key that signs now, and makes one where there is none or
// it is too old.
func (s *Service) signer(ctx context.Context) (*keyring.Key, error) {
	row, err := s.live(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, storage.Classify(err)
	}
	if err != nil || s.Now().Sub(row.ActiveFrom) >= signing {
		if row, err = s.Rotate(ctx, row); err != nil {
			return nil, err
		}
	}
	return keyring.Open(s.KEK, row.Sealed, row.Kid, owner)
}

func (s *Service) live(ctx context.Context) (*ent.ServerKey, error) {
	return s.DB.ServerKey.Query().Where(serverkey.LiveKey(purpose)).Only(viewer.AsSystem(ctx))
}

// Rotate makes a new key sign in the place of old, or of whichever signs when
// old is nil. Where a rival has done so already, it returns the rival's.
func (s *Service) Rotate(ctx context.Context, old *ent.ServerKey) (*ent.ServerKey, error) {
	ctx = viewer.AsSystem(ctx)
	key, err := keyring.Generate(jose.ES256)
	if err != nil {
		return nil, err
	}
	defer key.Destroy()
	sealed, err := keyring.Seal(s.KEK, key, owner)
	if err != nil {
		return nil, err
	}
	public, err := json.Marshal(key.Public())
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	now := vocab.Now(s.Now)
	made, err := storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ServerKey, error) {
		retire := tx.ServerKey.Update().Where(serverkey.LiveKey(purpose))
		if old != nil {
			retire.Where(serverkey.ID(old.ID))
		}
		if err := retire.SetRetiredAt(now).ClearLiveKey().Exec(ctx); err != nil {
			return nil, err
		}
		made, err := tx.ServerKey.Create().SetPurpose(serverkey.PurposeACCESS_TOKEN).SetKid(key.KeyID()).SetPublicJwk(string(public)).
			SetSealed(sealed).SetLiveKey(purpose).SetActiveFrom(now).Save(ctx)
		if err != nil {
			return nil, err
		}
		return made, audit.Record(ctx, tx, audit.Entry{Verb: "server_key.generate", Object: made.ID, Details: map[string]string{"kid": made.Kid, "purpose": purpose}})
	})
	if storage.IsDuplicate(err) {
		return s.live(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = nil
	return made, err
}

// Published are the keys that verify tokens now: the one that signs, and those
// whose tokens may still live.
func (s *Service) Published(ctx context.Context) (jose.Set, error) {
	rows, err := s.DB.ServerKey.Query().Where(serverkey.PurposeEQ(serverkey.PurposeACCESS_TOKEN),
		serverkey.Or(serverkey.RetiredAtIsNil(), serverkey.RetiredAtGT(s.Now().Add(-overlapping)))).Order(serverkey.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, storage.Classify(err)
	}
	set := jose.Set{}
	for _, row := range rows {
		key, err := jose.ParseKey([]byte(row.PublicJwk))
		if err != nil {
			return nil, fmt.Errorf("token: key %s: %w", row.ID, err)
		}
		set = append(set, key)
	}
	return set, nil
}

// verifiers returns the published keys from memory. They are read anew every
// half minute, and for a key that is not among them, within a budget: strangers
// may name as many as they like.
func (s *Service) verifiers(ctx context.Context, keyID string) (jose.Set, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if s.keys != nil && now.Sub(s.keysAt) < trusted && (len(s.keys.Find(keyID)) > 0 || !s.lookup.AllowN(now, 1)) {
		return s.keys, nil
	}
	keys, err := s.Published(ctx)
	if err != nil {
		return nil, err
	}
	s.keys, s.keysAt = keys, now
	return keys, nil
}

func (s *Service) clear(ctx context.Context, now time.Time) (int, error) {
	return s.DB.ClientAssertion.Delete().Where(clientassertion.ExpiresAtLT(now)).Exec(ctx)
}
