package oidcrp

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// algorithms lists what ID tokens may be signed with.
var algorithms = []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.ES384, oidc.EdDSA}

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
	allowed := make([]jose.SignatureAlgorithm, len(algorithms))
	for i, a := range algorithms {
		allowed[i] = jose.SignatureAlgorithm(a)
	}
	jws, err := jose.ParseSigned(token, allowed)
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
	if kid == "" {
		return slices.Clone(s.keys)
	}
	var found []jose.JSONWebKey
	for _, key := range s.keys {
		if key.KeyID == kid {
			found = append(found, key)
		}
	}
	return found
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
	keys, err := s.fetch(ctx)
	if err != nil {
		s.err, s.failed = fmt.Errorf("fetching the provider's keys: %w", err), now
		return s.err
	}
	s.keys, s.at, s.err = keys, now, nil
	return nil
}

func (s *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New(answer.Status)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
		return nil, err
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys", len(set.Keys))
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && verifies(key) { // a kind that is unknown here is no fault
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// verifies says whether a key may verify ID tokens: public, not for encryption,
// not a shared secret, and of a sound length.
func verifies(key jose.JSONWebKey) bool {
	if !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
		return false
	}
	if rsaKey, ok := key.Key.(*rsa.PublicKey); ok {
		return rsaKey.N.BitLen() >= minRSA
	}
	return true
}
