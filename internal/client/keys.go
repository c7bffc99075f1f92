package client

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/clientkey"
	"github.com/peregrine-exchange/peregrine/internal/fetch"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Published keys are read again after an hour, and serve for a day while their
// address does not answer. An id that is not among them is looked for at once,
// five times and then every half minute: that is what strangers can cause.
const (
	fresh        = time.Hour
	lasting      = 24 * time.Hour
	burst        = 5
	again        = 30 * time.Second
	maxPublished = 50
	maxNameless  = 5 // keys that are tried for an assertion that names none
)

// published is what one program's institution publishes.
type published struct {
	mu      sync.Mutex // one call to an institution at a time
	address string
	keys    []Key
	at      time.Time // when they were read
	budget  *rate.Limiter
}

// Keys returns the keys by which an assertion of a program may be signed: those
// that are registered and hold now, and those that its institution publishes.
// keyID and alg are what the assertion says of itself; without a key id, there
// are keys to try only while they are few. An UNAVAILABLE problem is the
// database's: an institution that does not answer just adds no keys.
func (s *Service) Keys(ctx context.Context, c *ent.ApiClient, keyID string, alg jose.SignatureAlgorithm) ([]Key, error) {
	rows, err := s.DB.ClientKey.Query().Where(clientkey.ClientID(c.ID)).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	now := s.Now()
	retired := map[string]bool{}
	var found []Key
	for _, row := range rows {
		if row.RetiredAt != nil {
			retired[row.Kid] = true // also if it is published
			continue
		}
		if now.Before(row.NotBefore) || row.NotAfter != nil && !now.Before(*row.NotAfter) {
			continue
		}
		if k, bad := parse([]byte(row.PublicJwk)); bad == nil {
			k.Registered = row.ID
			found = append(found, k)
		}
	}
	fits := func(k Key) bool {
		return (keyID == "" || k.KeyID == keyID) && !retired[k.KeyID] && slices.Contains(k.Algorithms, alg)
	}
	found = slices.DeleteFunc(found, func(k Key) bool { return !fits(k) })
	if c.JwksURL != nil && (keyID == "" || len(found) == 0) && !retired[keyID] {
		for _, k := range s.publishedBy(c.ID, *c.JwksURL).find(ctx, s.Fetch, now, keyID) {
			if fits(k) {
				found = append(found, k)
			}
		}
	}
	if keyID == "" && len(found) > maxNameless {
		return nil, nil
	}
	return found, nil
}

func (s *Service) publishedBy(client ident.ID, address string) *published {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.published[client]
	if p == nil || p.address != address {
		p = &published{address: address, budget: rate.NewLimiter(rate.Every(again), burst)}
		if s.published == nil {
			s.published = map[ident.ID]*published{}
		}
		s.published[client] = p
	}
	return p
}

// forget makes the next question about a program's keys read them anew.
func (s *Service) forget(client ident.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.published, client)
}

// find returns the published keys, read anew when the id is not among them or
// they are old.
func (p *published) find(ctx context.Context, client *fetch.Client, now time.Time, keyID string) []Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.at) > lasting {
		p.keys = nil
	}
	known := p.keys != nil && (keyID == "" || slices.ContainsFunc(p.keys, func(k Key) bool { return k.KeyID == keyID }))
	if known && now.Sub(p.at) < fresh || !p.budget.AllowN(now, 1) {
		return p.keys
	}
	// Whoever caused it may leave without failing it for the others: it was paid
	// for out of a budget that they share.
	answer, err := client.Get(context.WithoutCancel(ctx), p.address, fetch.Previous{})
	if err != nil {
		return p.keys
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body) // which is bounded
	if err != nil {
		return p.keys
	}
	if keys, ok := parseSet(raw); ok {
		p.keys, p.at = keys, now
	}
	return p.keys
}
