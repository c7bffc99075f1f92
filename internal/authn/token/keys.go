package token

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/clientassertion"
	row "github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// A key signs for 30 days. It stays published for an hour after, much longer
// than the last token that it signed lives.
const (
	lifespan    = 30 * 24 * time.Hour
	overlapping = time.Hour
)

// Keys are those that sign access tokens.
func Keys(db *ent.Client, now func() time.Time, kek keyring.KEK) serverkey.Keys {
	return serverkey.Keys{DB: db, Now: now, KEK: kek, Purpose: row.PurposeACCESS_TOKEN, Lifetime: lifespan, Overlap: overlapping}
}

func (s *Service) signing() serverkey.Keys { return Keys(s.DB, s.Now, s.KEK) }

// Rotate makes a new key sign tokens; see serverkey.Keys. Nobody here goes on
// verifying by what was remembered.
func (s *Service) Rotate(ctx context.Context, old *ent.ServerKey) (*ent.ServerKey, error) {
	made, err := s.signing().Rotate(ctx, old)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = nil
	return made, err
}

// Published are the keys that verify tokens now.
func (s *Service) Published(ctx context.Context) (jose.Set, error) {
	return s.signing().Published(ctx)
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

// remembered is for how long after its end a used assertion is remembered: by
// the clock of another server it may not have ended.
const remembered = 10 * time.Minute

func (s *Service) clear(ctx context.Context, now time.Time) (int, error) {
	return s.DB.ClientAssertion.Delete().Where(clientassertion.ExpiresAtLT(now.Add(-remembered))).Exec(ctx)
}
