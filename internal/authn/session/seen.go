package session

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Bounds of what waits to be written.
const (
	maxSeen  = 65536 // sessions; what is more is noticed at its next request
	seenOnce = 200   // sessions that one statement writes
)

// seen holds when sessions were used until that is written. No request waits for
// it, and none fails by it: a session that is used lives on here although the
// database cannot be written.
type seen struct {
	mu sync.Mutex
	at map[ident.ID]time.Time
}

func (s *seen) note(now time.Time, ids ...ident.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[ident.ID]time.Time{}
	}
	for _, id := range ids {
		if _, ok := s.at[id]; ok || len(s.at) < maxSeen {
			s.at[id] = now
		}
	}
}

// since returns when a session was used last, as far as is known here.
func (s *seen) since(id ident.ID, stored time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.at[id]; ok && at.After(stored) {
		return at
	}
	return stored
}

func (s *seen) waiting() map[ident.ID]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.at)
}

// written forgets what has not been noted again meanwhile.
func (s *seen) written(ids []ident.ID, as map[ident.ID]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.at[id].Equal(as[id]) {
			delete(s.at, id)
		}
	}
}

// Notice writes which sessions were used. A job calls it.
func (s *Service) Notice(ctx context.Context) error {
	ctx = viewer.AsSystem(ctx)
	waiting := s.seen.waiting()
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(waiting)), seenOnce) {
		at := waiting[ids[0]] // of all of them the earliest: they are seconds apart
		for _, id := range ids {
			at = earlier(at, waiting[id])
		}
		if err := s.DB.Session.Update().Where(session.IDIn(ids...), session.EndedAtIsNil(), session.SeenAtLT(at)).SetSeenAt(at).Exec(ctx); err != nil {
			return err
		}
		s.seen.written(ids, waiting)
	}
	return nil
}
