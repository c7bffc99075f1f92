package credential

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// purpose is what these keys are for; a sealed key opens for no other.
const purpose = "credential"

// algorithm is that of new keys: with RS256 the only one that the validator of
// 1EdTech takes (ExternalProofProbe), and the shorter of the two.
const algorithm = jose.ES256

// activeKey returns the institution's signing key, and makes its first one.
func (s *Service) activeKey(ctx context.Context, institution ident.ID) (*ent.SigningKey, error) {
	ctx = viewer.AsSystem(ctx)
	key, err := liveKey(ctx, s.DB, institution)
	if !ent.IsNotFound(err) {
		return key, err
	}
	key, err = s.newKey(ctx, institution, algorithm, nil)
	if storage.IsDuplicate(err) { // a rival made it
		return liveKey(ctx, s.DB, institution)
	}
	return key, err
}

// liveKey returns the key with which the institution signs now.
func liveKey(ctx context.Context, db *ent.Client, institution ident.ID) (*ent.SigningKey, error) {
	return db.SigningKey.Query().Where(signingkey.LiveKey(string(institution))).Only(ctx)
}

// RotateKey retires the institution's signing key and makes a new one, of the
// usual algorithm when none is named. What the old one signed stays valid; it
// stays published for ever.
//
// It returns a CONFLICT problem when somebody else replaces the key at the same
// moment, and an error when this process cannot open the key that signs: then
// it has another key-encryption key than those that can.
func (s *Service) RotateKey(ctx context.Context, institution ident.ID, a jose.Algorithm) (*ent.SigningKey, error) {
	if err := toMakeKey.Require(ctx, institution); err != nil {
		return nil, err
	}
	old, err := liveKey(viewer.AsSystem(ctx), s.DB, institution)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	if err == nil {
		if err := s.opens(old); err != nil {
			return nil, err
		}
	}
	made, err := s.newKey(ctx, institution, cmp.Or(a, algorithm), old)
	if storage.IsDuplicate(err) {
		return nil, problem.Raced("institution", institution)
	}
	return made, err
}

// newKey makes the key that signs from now on in the place of old, which is nil
// for the first one. Where another key signs already, that is a duplicate.
func (s *Service) newKey(ctx context.Context, institution ident.ID, a jose.Algorithm, old *ent.SigningKey) (*ent.SigningKey, error) {
	key, err := keyring.Generate(a)
	if err != nil {
		return nil, err
	}
	defer key.Destroy()
	sealed, err := keyring.Seal(s.KEK, key, owner(institution))
	if err != nil {
		return nil, err
	}
	public, err := json.Marshal(key.Public())
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	now := vocab.Now(s.Now)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.SigningKey, error) {
		if old != nil {
			// One that somebody else has just replaced meets their key below.
			retired := tx.SigningKey.Update().Where(signingkey.ID(old.ID)).SetRetiredAt(now).ClearLiveKey()
			if _, err := storage.MoveAll(ctx, keyStates, signingkey.StateACTIVE, signingkey.StateRETIRED, retired); err != nil {
				return nil, err
			}
		}
		return ledger.Made(ctx, tx, toMakeKey, ofKey, nil, tx.SigningKey.Create().SetInstitutionID(institution).SetKid(key.KeyID()).
			SetAlgorithm(signingkey.Algorithm(a)).SetState(signingkey.StateACTIVE).SetLiveKey(string(institution)).
			SetPublicJwk(string(public)).SetSealed(sealed).SetActiveFrom(now))
	})
}

// ofKey is the key for the record.
func ofKey(k *ent.SigningKey) ledger.Thing {
	return ledger.Thing{ID: k.ID, Host: k.InstitutionID}.With("kid", k.Kid)
}

// opens returns nil when this process can sign with the key.
func (s *Service) opens(stored *ent.SigningKey) error {
	key, err := keyring.Open(s.KEK, stored.Sealed, stored.Kid, owner(stored.InstitutionID))
	if err != nil {
		return fmt.Errorf("key %s of %s: %w", stored.Kid, stored.InstitutionID, err)
	}
	key.Destroy()
	return nil
}

// Compromise says of a key that somebody else has it: it signs no more, and of
// what it signed only that is genuine which this server knows to have issued.
func (s *Service) Compromise(ctx context.Context, institution ident.ID, kid string) (*ent.SigningKey, error) {
	if err := toCompromise.Require(ctx, institution); err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.SigningKey, error) {
		stored, err := tx.SigningKey.Query().Where(signingkey.Kid(kid), signingkey.InstitutionID(institution)).Only(ctx)
		if err != nil {
			return nil, storage.Found(err, "key")
		}
		if stored.State == signingkey.StateCOMPROMISED {
			return nil, problem.New(problem.Conflict, "this key is known as compromised already").With(problem.Transition{From: string(signingkey.StateCOMPROMISED)})
		}
		stolen := tx.SigningKey.Update().SetRetiredAt(now).ClearLiveKey()
		done := storage.Move(ctx, keyStates, stored.ID, stored.State, signingkey.StateCOMPROMISED, stolen)
		return ledger.NotedAs(ctx, tx, done, toCompromise, ofKey, tx.SigningKey.Get, stored.ID)
	})
}

// signWith signs a payload with a stored key, which is open only meanwhile.
func (s *Service) signWith(stored *ent.SigningKey, typ string, payload []byte) (string, error) {
	key, err := keyring.Open(s.KEK, stored.Sealed, stored.Kid, owner(stored.InstitutionID))
	if err != nil {
		return "", err
	}
	defer key.Destroy()
	return jose.Sign(key, jose.Header{Type: typ, KeyID: s.keyURL(stored.InstitutionID, stored.Kid)}, payload)
}

func owner(institution ident.ID) keyring.Owner {
	return keyring.Owner{Institution: string(institution), Purpose: purpose}
}

// PublishedKey is a public key of an institution with its history. Its ID is
// the address that the headers of credentials name.
type PublishedKey struct {
	jose.Key
	Stored *ent.SigningKey
}

// PublishedKeys lists all keys that the institution has or had, oldest first:
// old credentials stay verifiable.
func (s *Service) PublishedKeys(ctx context.Context, institution ident.ID) ([]PublishedKey, error) {
	stored, err := s.DB.SigningKey.Query().Where(signingkey.InstitutionID(institution)).
		Order(signingkey.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	keys := make([]PublishedKey, len(stored))
	for i, k := range stored {
		public, err := jose.ParseKey([]byte(k.PublicJwk))
		if err != nil {
			return nil, fmt.Errorf("credential: key %s: %w", k.ID, err)
		}
		public.ID = s.keyURL(institution, k.Kid) // as headers name it (RFC 7517, 4.5)
		keys[i] = PublishedKey{Key: public, Stored: k}
	}
	return keys, nil
}
