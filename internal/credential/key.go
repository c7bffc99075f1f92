package credential

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// purpose is what these keys are for; a sealed key opens for no other.
const purpose = "credential"

// activeKey returns the institution's signing key, and makes its first one.
func (s *Service) activeKey(ctx context.Context, institution ident.ID) (*ent.SigningKey, error) {
	key, err := s.DB.SigningKey.Query().Where(signingkey.LiveKey(string(institution))).Only(viewer.AsSystem(ctx))
	if !ent.IsNotFound(err) {
		return key, err
	}
	key, err = s.newKey(viewer.AsSystem(ctx), institution, jose.EdDSA)
	if storage.IsDuplicate(err) { // a rival made it
		return s.DB.SigningKey.Query().Where(signingkey.LiveKey(string(institution))).Only(viewer.AsSystem(ctx))
	}
	return key, err
}

// RotateKey retires the institution's signing key and makes a new one. What the
// old one signed stays valid; it stays published for ever.
func (s *Service) RotateKey(ctx context.Context, institution ident.ID, algorithm jose.Algorithm) (*ent.SigningKey, error) {
	if err := authz.Require(ctx, authz.ManageKeys, institution); err != nil {
		return nil, err
	}
	return s.newKey(ctx, institution, algorithm)
}

func (s *Service) newKey(ctx context.Context, institution ident.ID, algorithm jose.Algorithm) (*ent.SigningKey, error) {
	key, err := keyring.Generate(algorithm)
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
		if err := tx.SigningKey.Update().Where(signingkey.LiveKey(string(institution))).
			SetState(signingkey.StateRETIRED).SetRetiredAt(now).ClearLiveKey().Exec(ctx); err != nil {
			return nil, err
		}
		made, err := tx.SigningKey.Create().SetInstitutionID(institution).SetKid(key.KeyID()).
			SetAlgorithm(signingkey.Algorithm(algorithm)).SetState(signingkey.StateACTIVE).SetLiveKey(string(institution)).
			SetPublicJwk(string(public)).SetSealed(sealed).SetActiveFrom(now).Save(ctx)
		if err != nil {
			return nil, err
		}
		return made, audit.Record(ctx, tx, audit.Entry{Verb: "key.generate", Object: made.ID, Institutions: []ident.ID{institution}, Details: map[string]string{"kid": made.Kid}})
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

// PublishedKey is a public key of an institution with its history.
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
		keys[i] = PublishedKey{Key: public, Stored: k}
	}
	return keys, nil
}
