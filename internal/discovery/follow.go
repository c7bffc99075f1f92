package discovery

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/readmodel"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// stretch is how many events are followed at once.
const stretch = 500

// refreshing is the longest that a change waits until it is found here. It is
// made by then, and followed like those of other servers.
const refreshing = 2 * time.Second

// touched is what events say may have changed.
type touched struct {
	courses, offerings, institutions []ident.ID
	members                          bool
	public                           int64 // events that anybody may know of
}

// note adds what an event touches.
func (t *touched) note(e ledger.Event) {
	seats := e.Payload.Offering
	if e.Public || seats != "" {
		t.public++
	}
	switch e.Object.Kind() {
	case ident.Course:
		t.courses = append(t.courses, e.Object)
	case ident.Offering:
		t.offerings = append(t.offerings, e.Object)
	case ident.Institution:
		t.institutions, t.members = append(t.institutions, e.Object), true
	case ident.Membership:
		t.institutions, t.members = append(t.institutions, e.Payload.Institution), true
	case ident.Alliance:
		t.members = true
	}
	if seats != "" {
		t.offerings = append(t.offerings, seats)
	}
}

// Follow brings the read model up to date with the log.
func (s *Service) Follow(ctx context.Context) error {
	ctx = viewer.AsSystem(ctx)
	if s.shelf.Load() == nil {
		return nil
	}
	if _, err := outbox.Number(ctx, s.DB); err != nil {
		return err
	}
	for {
		n, err := s.followSome(ctx)
		if err != nil || n < stretch {
			return err
		}
	}
}

// followSome takes in a stretch of the log and returns how many events it had.
// Between stretches others may bring in what they have just changed.
func (s *Service) followSome(ctx context.Context) (int, error) {
	done, err := s.write(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	next, n, err := s.takeIn(ctx, s.shelf.Load())
	if err != nil {
		return 0, err
	}
	s.publish(next)
	return n, nil
}

// takeIn returns the shelf that has seen a further stretch of the log, and how
// many events that had.
func (s *Service) takeIn(ctx context.Context, sh *shelf) (*shelf, int, error) {
	now := vocab.Now(s.Now)
	events, err := outbox.After(ctx, s.DB, sh.sequence, stretch)
	if err != nil {
		return nil, 0, err
	}
	var t touched
	for _, e := range events {
		t.note(ledger.Event{Object: e.ObjectID, Public: e.Audience == outboxevent.AudiencePUBLIC, Payload: e.Payload})
	}
	next, err := s.apply(ctx, sh, t)
	if err != nil {
		return nil, 0, err
	}
	if n := len(events); n > 0 {
		next.sequence = *events[n-1].Sequence
	}
	if len(events) < stretch {
		next.asOf = now
	}
	return next, len(events), nil
}

// AtLeast waits until the read model has seen an event.
func (s *Service) AtLeast(ctx context.Context, sequence int64) error {
	if sh := s.shelf.Load(); sh != nil && sh.sequence < sequence {
		return s.Follow(ctx)
	}
	return nil
}

// Refresh brings what the events touch up to date at once, so that whoever has
// just changed something finds it.
func (s *Service) Refresh(ctx context.Context, events []ledger.Event) error {
	var t touched
	for _, e := range events {
		t.note(e)
	}
	if t.public == 0 || s.shelf.Load() == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(viewer.AsSystem(ctx), refreshing)
	defer cancel()
	w := s.join(t)
	done, err := s.write(ctx)
	if err != nil {
		return err
	}
	defer done()
	if !s.leave(w) {
		return w.err // somebody before us has taken it in
	}
	next, err := s.apply(ctx, s.shelf.Load(), w.touched)
	if w.err = err; err != nil {
		return err
	}
	s.publish(next)
	return nil
}

// wave is what several changes have touched that wait for the same turn: who has it
// first takes in all of it. In a rush on one offering its course is read once for
// all who wait, and not for each.
type wave struct {
	touched
	err error
}

// join adds what was touched to the wave that waits, and returns that.
func (s *Service) join(t touched) *wave {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	if s.behind == nil {
		s.behind = &wave{}
	}
	s.behind.add(t)
	return s.behind
}

// leave ends the wait of a wave, and says whether it still waited.
func (s *Service) leave(w *wave) bool {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	if s.behind != w {
		return false
	}
	s.behind = nil
	return true
}

// add adds what others have touched.
func (t *touched) add(o touched) {
	t.courses, t.offerings, t.institutions = append(t.courses, o.courses...), append(t.offerings, o.offerings...), append(t.institutions, o.institutions...)
	t.members, t.public = t.members || o.members, t.public+o.public
}

// apply reads what was touched and returns the shelf that holds it as well.
func (s *Service) apply(ctx context.Context, sh *shelf, t touched) (*shelf, error) {
	next := *sh
	next.changes += t.public
	if t.public == 0 {
		return &next, nil // drafts and what is personal
	}
	if t.members {
		m, err := s.members(ctx)
		if err != nil {
			return nil, err
		}
		next.members = m
	}
	ids := slices.Clone(t.courses)
	slices.Sort(t.offerings)
	for part := range slices.Chunk(slices.Compact(t.offerings), batch) {
		of, err := s.DB.Offering.Query().Where(offering.IDIn(part...)).Select(offering.FieldCourseID).Strings(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range of {
			ids = append(ids, ident.ID(id))
		}
	}
	if len(t.institutions) > 0 {
		of, err := s.DB.Course.Query().Where(course.InstitutionIDIn(t.institutions...), course.StateEQ(course.StatePUBLISHED)).IDs(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, of...)
	}
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), batch) {
		if err := s.put(ctx, next.index, next.members, part); err != nil {
			return nil, err
		}
	}
	next.Snapshot = next.index.Snapshot()
	return &next, nil
}

// put indexes the courses anew, and takes out those that the catalogue no
// longer lists.
func (s *Service) put(ctx context.Context, index *readmodel.Index, m *members, ids []ident.ID) error {
	records, err := s.some(ctx, ids)
	if err != nil {
		return err
	}
	gone := map[ident.ID]bool{}
	for _, id := range ids {
		gone[id] = true
	}
	var docs []readmodel.Doc
	for _, r := range records {
		if !m.listed(r.Course.InstitutionID) {
			continue
		}
		d, err := m.document(r, s.Now())
		if err != nil {
			return err
		}
		docs = append(docs, d)
		delete(gone, r.Course.ID)
	}
	var remove []string
	for id := range gone {
		remove = append(remove, string(id))
	}
	index.Apply(0, docs, remove)
	return nil
}
