package oidcrp

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	registry "github.com/peregrine-exchange/peregrine/internal/provider"
)

// signatures are those that ID tokens may have, by their names in JOSE.
var signatures = func() (all []jose.SignatureAlgorithm) {
	for _, a := range registry.Algorithms {
		all = append(all, jose.SignatureAlgorithm(a))
	}
	return all
}()

// Bounds of a provider's keys.
const (
	maxKeys    = 50
	minRSA     = 2048           // bits
	lastKeys   = 24 * time.Hour // how long the last good keys serve while the provider does not answer
	fetches    = 5              // that unknown key names may cause at once
	fetchEvery = 30 * time.Second
)

// keySet holds the keys of one provider. The library's own forgets nothing that
// was withdrawn and fetches for each unknown key name; this one refreshes
// hourly and lets a stranger's names cause few fetches.
type keySet struct {
	address string
	client  *http.Client
	now     func() time.Time

	mu      sync.Mutex // one fetch at a time
	keys    []jose.JSONWebKey
	at      time.Time // of the last good answer
	failed  time.Time
	err     error
	spent   int // fetches for unknown names, of those in the budget
	renewed time.Time
}

// VerifySignature returns the payload of a token that one of the keys signed.
func (s *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, signatures)
	if err != nil {
		return nil, err
	}
	kid := jws.Signatures[0].Header.KeyID // go-oidc has checked that there is one signature
	keys, err := s.named(ctx, kid)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if payload, err := jws.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key of the provider made the signature")
}

// named returns the keys of a name, or all when the token names none.
func (s *keySet) named(ctx context.Context, kid string) ([]jose.JSONWebKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now.Sub(s.at) >= fresh {
		if err := s.refresh(ctx, now); err != nil && now.Sub(s.at) >= lastKeys {
			return nil, err
		}
	}
	if found := s.find(kid); len(found) > 0 || !s.mayFetch(now) {
		return found, nil
	}
	if err := s.refresh(ctx, now); err != nil {
		return nil, err
	}
	return s.find(kid), nil
}

func (s *keySet) find(kid string) []jose.JSONWebKey {
	return slices.DeleteFunc(slices.Clone(s.keys), func(key jose.JSONWebKey) bool { return kid != "" && key.KeyID != kid })
}

// mayFetch spends one of a few fetches, which come back one by one.
func (s *keySet) mayFetch(now time.Time) bool {
	if back := int(now.Sub(s.renewed) / fetchEvery); back > 0 {
		s.spent, s.renewed = max(0, s.spent-back), now
	}
	if s.spent == fetches {
		return false
	}
	s.spent++
	return true
}

// refresh fetches the keys. It is remembered for a moment that it failed, so
// that those who wait do not wait one after the other. Whose sign-in caused it
// may leave without failing it for the others.
func (s *keySet) refresh(ctx context.Context, now time.Time) error {
	if s.err != nil && now.Sub(s.failed) < forgetting {
		return s.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	keys, err := readKeys(ctx, s.client, s.address)
	if err != nil {
		s.err, s.failed = fmt.Errorf("fetching the provider's keys: %w", err), now
		return s.err
	}
	s.keys, s.at, s.err = keys, now, nil
	return nil
}

// readKeys gets those of a provider's keys that may verify ID tokens. A kind
// that is unknown here is no fault.
func readKeys(ctx context.Context, client *http.Client, address string) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := document(ctx, client, address, &set); err != nil {
		return nil, err
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("%w: %d keys", registry.Unreadable, len(set.Keys))
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && verifies(key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// verifies says whether a key may verify ID tokens: public, not for encryption,
// and of a kind and length that the accepted algorithms have.
func verifies(key jose.JSONWebKey) bool {
	if !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return public.N.BitLen() >= minRSA
	case *ecdsa.PublicKey:
		return public.Curve == elliptic.P256() || public.Curve == elliptic.P384()
	case ed25519.PublicKey:
		return true
	}
	return false
}
