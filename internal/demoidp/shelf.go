package demoidp

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// shelf keeps values by key for a fixed time, and at most limit of them: the
// oldest falls off. It is not safe for concurrent use.
type shelf[V any] struct {
	lru *simplelru.LRU[string, kept[V]]
	ttl time.Duration
	now func() time.Time
}

type kept[V any] struct {
	value   V
	expires time.Time
}

func newShelf[V any](limit int, ttl time.Duration, now func() time.Time) (*shelf[V], error) {
	lru, err := simplelru.NewLRU[string, kept[V]](limit, nil)
	return &shelf[V]{lru, ttl, now}, err
}

// put keeps v and sweeps what has expired, which is at the old end.
func (s *shelf[V]) put(key string, v V) {
	now := s.now()
	for {
		_, oldest, ok := s.lru.GetOldest()
		if !ok || now.Before(oldest.expires) {
			break
		}
		s.lru.RemoveOldest()
	}
	s.lru.Add(key, kept[V]{v, now.Add(s.ttl)})
}

// get finds what has been put and has not expired. It peeks, so that reading
// does not keep a value longer.
func (s *shelf[V]) get(key string) (v V, ok bool) {
	k, ok := s.lru.Peek(key)
	if !ok || !s.now().Before(k.expires) {
		return v, false
	}
	return k.value, true
}

func (s *shelf[V]) drop(key string) { s.lru.Remove(key) }

// dropIf removes every value of which f is true.
func (s *shelf[V]) dropIf(f func(V) bool) {
	for _, key := range s.lru.Keys() {
		if k, ok := s.lru.Peek(key); ok && f(k.value) {
			s.lru.Remove(key)
		}
	}
}
