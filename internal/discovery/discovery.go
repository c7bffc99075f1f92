// Package discovery answers what is in the public catalogue: search, filters,
// facets, and the courses behind them. It answers from the read model, an
// immutable index in memory that every server keeps for itself.
//
//	database ──Load──▶ read model ──Search──▶ answers
//	    │                  ▲
//	    └─log of events────┘ Refresh: at once, by the server that made a change
//	                         Follow: within a second, by every other
//
// The read model holds what anybody may see: published courses of active
// members, with their offerings. Whatever is personal or unpublished is read
// from the database, as the viewer. Until the read model is loaded, Search
// reads the database page by page, newest first.
package discovery

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/readmodel"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service answers from the read model and keeps it up to date.
type Service struct {
	DB  *ent.Client
	Now func() time.Time

	loading sync.Mutex    // one reading of the whole at a time
	writing chan struct{} // holds one token: one change of what is published at a time
	waiting sync.Mutex
	behind  *wave // of changes that wait to be taken in
	shelf   atomic.Pointer[shelf]
	read    *lru.Cache[stored, *Entry]     // entries that were decoded, by their stored form
	courses *lru.Cache[ident.ID, ident.ID] // of offerings, which stay those of their course
}

// shelf is what the read model holds at one moment.
type shelf struct {
	*readmodel.Snapshot
	index    *readmodel.Index // of which it is a snapshot
	members  *members
	sequence int64     // number of the last event that it has seen
	asOf     time.Time // when it was last known to be up to date
	loaded   time.Time // when it was read in full
	reading  int64     // and how many times that was, here
	changes  int64     // public changes taken in since then
	version  string    // names the three
}

// stored names a stored form: equal bytes are equal entries.
type stored struct {
	course ident.ID
	hash   uint64
}

var seed = maphash.MakeSeed()

// batch is how many courses are read at once.
const batch = 1000

// New returns a service that answers from the database until it is loaded.
func New(db *ent.Client, now func() time.Time) *Service {
	read, _ := lru.New[stored, *Entry](4096) // fails for no size only
	courses, _ := lru.New[ident.ID, ident.ID](65536)
	return &Service{DB: db, Now: now, read: read, courses: courses, writing: make(chan struct{}, 1)}
}

// write waits for its turn to change what is published, no longer than ctx
// lasts. done ends the turn.
func (s *Service) write(ctx context.Context) (done func(), err error) {
	select {
	case s.writing <- struct{}{}:
		return func() { <-s.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Load reads the whole catalogue and then answers from it. It reads beside what
// is published, which goes on following the log: nobody waits for it but for the
// moment in which the new takes the place of the old.
func (s *Service) Load(ctx context.Context) error {
	ctx = viewer.AsSystem(ctx)
	s.loading.Lock()
	defer s.loading.Unlock()
	next, err := s.build(ctx)
	if err != nil {
		return err
	}
	// What has changed meanwhile: nearly all of it now, the rest in the turn.
	if next, err = s.catchUp(ctx, next); err != nil {
		return err
	}
	done, err := s.write(ctx)
	if err != nil {
		return err
	}
	defer done()
	if next, err = s.catchUp(ctx, next); err != nil {
		return err
	}
	if before := s.shelf.Load(); before != nil {
		next.reading = before.reading + 1
	}
	s.publish(next)
	return nil
}

// catchUp numbers the events that have no number and takes in all that a shelf
// has not seen.
func (s *Service) catchUp(ctx context.Context, sh *shelf) (*shelf, error) {
	if _, err := outbox.Number(ctx, s.DB); err != nil {
		return nil, err
	}
	for {
		next, n, err := s.takeIn(ctx, sh)
		if err != nil || n < stretch {
			return next, err
		}
		sh = next
	}
}

// build reads the whole catalogue. It begins with the number of the newest
// event: what changes while it reads is to be followed afterwards.
func (s *Service) build(ctx context.Context) (*shelf, error) {
	now := vocab.Now(s.Now)
	if _, err := outbox.Number(ctx, s.DB); err != nil {
		return nil, err
	}
	sequence, err := outbox.Head(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	m, err := s.members(ctx)
	if err != nil {
		return nil, err
	}
	index := readmodel.New(schema)
	parts := make(chan []readmodel.Doc, 1)
	built := make(chan struct{})
	go func() { // beside reading, which takes as long
		defer close(built)
		for docs := range parts {
			index.Apply(0, docs, nil)
		}
	}()
	err = s.documents(ctx, m, now, parts)
	close(parts)
	<-built
	if err != nil {
		return nil, err
	}
	for index.Compact() {
	}
	return &shelf{index: index, Snapshot: index.Snapshot(), members: m, sequence: sequence, asOf: now, loaded: now}, nil
}

// documents reads the whole catalogue and sends it in parts.
func (s *Service) documents(ctx context.Context, m *members, now time.Time, parts chan<- []readmodel.Doc) error {
	var docs []readmodel.Doc
	for last := ident.ID(""); ; {
		records, err := s.next(ctx, last, false, batch, nil)
		if err != nil {
			return err
		}
		if docs, err = m.documents(docs, records, now); err != nil {
			return err
		}
		if len(docs) >= 20*batch || len(records) < batch {
			parts <- docs
			docs = nil
		}
		if len(records) < batch {
			return nil
		}
		last = records[batch-1].Course.ID
	}
}

// documents appends those of the records that are listed.
func (m *members) documents(docs []readmodel.Doc, records []Record, now time.Time) ([]readmodel.Doc, error) {
	for _, r := range records {
		if !m.listed(r.Course.InstitutionID) {
			continue
		}
		d, err := m.document(r, now)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// Run loads the catalogue, follows the log until ctx ends, and reads all anew
// once a day, when next starts and next deadlines have moved on. Servers do so
// at different hours, and each goes on following meanwhile.
func (s *Service) Run(ctx context.Context, every time.Duration) {
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { s.tidy(ctx) })
	beside.Go(func() {
		day := 24*time.Hour - rand.N(2*time.Hour)
		s.repeat(ctx, every, func(ctx context.Context) error {
			if sh := s.shelf.Load(); sh == nil || s.Now().Sub(sh.loaded) > day {
				return s.Load(ctx)
			}
			return nil
		})
	})
	s.repeat(ctx, every, s.Follow)
}

// repeat does the work again and again until ctx ends.
func (s *Service) repeat(ctx context.Context, every time.Duration, work func(context.Context) error) {
	for ctx.Err() == nil {
		if err := work(ctx); err != nil && !errors.Is(err, context.Canceled) {
			slog.ErrorContext(ctx, "the catalogue is not up to date", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}

// tidy merges what changes have left apart, beside readers and writers.
func (s *Service) tidy(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
		}
		if sh := s.shelf.Load(); sh != nil {
			for sh.index.Compact() {
			}
			s.republish(ctx, sh.index)
			s.Recover(ctx)
		}
	}
}

// Recover reads all anew when the log ends before what has been seen of it: the
// database was put back to an earlier moment, and its next events would be taken
// for known ones.
func (s *Service) Recover(ctx context.Context) {
	seen := s.shelf.Load().sequence
	head, err := outbox.Head(viewer.AsSystem(ctx), s.DB)
	if err == nil && head < seen {
		slog.WarnContext(ctx, "the database was put back; the catalogue is read anew", "seen", seen, "head", head)
		err = s.Load(ctx)
	}
	if err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "the catalogue is not up to date", "err", err)
	}
}

// republish lets readers have the tidied snapshot.
func (s *Service) republish(ctx context.Context, index *readmodel.Index) {
	done, err := s.write(ctx)
	if err != nil {
		return // the end
	}
	defer done()
	if next := *s.shelf.Load(); next.index == index {
		next.Snapshot = index.Snapshot()
		s.publish(&next)
	}
}

// Entry returns a course of the catalogue, or nil when it is not there.
func (s *Service) Entry(id ident.ID) *Entry {
	sh := s.shelf.Load()
	if sh == nil {
		return nil
	}
	payload, ok := sh.Get(string(id))
	if !ok {
		return nil
	}
	return s.decoded(id, payload)
}

// Offering returns an offering of the catalogue, or nil when it is not there or
// nobody has said of which course it is (Belongs).
func (s *Service) Offering(id ident.ID) *ent.Offering {
	course, ok := s.courses.Get(id)
	if !ok {
		return nil
	}
	e := s.Entry(course)
	if e == nil {
		return nil
	}
	for _, o := range e.OnOffer() {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// Belongs notes of which courses offerings are, so that they are found again.
func (s *Service) Belongs(offerings []*ent.Offering) {
	for _, o := range offerings {
		s.courses.Add(o.ID, o.CourseID)
	}
}

// decoded reads the stored form of an entry, or remembers it.
func (s *Service) decoded(id ident.ID, payload []byte) *Entry {
	key := stored{course: id, hash: maphash.Bytes(seed, payload)}
	if e, ok := s.read.Get(key); ok {
		return e
	}
	e, err := decode(id, payload)
	if err != nil {
		slog.Error("an entry of the catalogue cannot be read", "course", id, "err", err)
		return nil
	}
	s.read.Add(key, e)
	return e
}

// Institution returns an institution, or nil when the read model has none of
// that id.
func (s *Service) Institution(id ident.ID) *ent.Institution {
	if sh := s.shelf.Load(); sh != nil {
		return sh.members.institutions[id]
	}
	return nil
}

// publish lets readers have a shelf. Its version is made here, once a change,
// because every request asks for it.
func (s *Service) publish(next *shelf) {
	next.version = next.loaded.Format(time.RFC3339Nano) + "/" + strconv.FormatInt(next.reading, 36) + "/" + strconv.FormatInt(next.changes, 36)
	s.shelf.Store(next)
}

// Version names what is public on this server. It changes with every public
// event, also of what the read model does not hold; "" until it is loaded.
func (s *Service) Version() string {
	if sh := s.shelf.Load(); sh != nil {
		return sh.version
	}
	return ""
}
