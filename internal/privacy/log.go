package privacy

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

type readsKey struct{}

// reads collects what one operation reads of whom.
type reads struct {
	mu  sync.Mutex
	all map[subject]map[vocab.PersonalField]bool
}

// subject is whose data is read, by whom, and why.
type subject struct {
	person, reader ident.ID
	ground         authz.Ground
}

// errUnnoted is a fault: some code path reads personal data of others and
// forgot the log.
var errUnnoted = errors.New("privacy: personal data is read outside Disclose")

// note notes that the viewer has read a field of somebody else. Outside Disclose
// it is a fault, so that nothing is read without the note.
func note(ctx context.Context, person ident.ID, g authz.Ground, f vocab.PersonalField) error {
	log, ok := ctx.Value(readsKey{}).(*reads)
	if !ok {
		return errUnnoted
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	of := subject{person, viewer.From(ctx).Actor(), g}
	if log.all[of] == nil {
		log.all[of] = map[vocab.PersonalField]bool{}
	}
	log.all[of][f] = true
	return nil
}

// Disclose runs an operation that may read personal data of others, and notes
// who was read and for what. The notes of many operations are written together
// by Write; when so many wait that the database must be away, the operation
// writes them itself and fails with that: nothing is read that cannot be noted.
func (s *Service) Disclose(ctx context.Context, purpose string, operation func(context.Context)) error {
	log := &reads{all: map[subject]map[vocab.PersonalField]bool{}}
	operation(context.WithValue(ctx, readsKey{}, log))
	log.mu.Lock()
	defer log.mu.Unlock()
	if len(log.all) == 0 {
		return nil
	}
	if s.log.add(log.notes(vocab.Clean(maxPurpose, purpose), vocab.Now(s.Now))) < maxWaiting {
		return nil
	}
	return s.Write(context.WithoutCancel(ctx))
}

// Bounds of notes.
const (
	maxPurpose = 64    // characters
	maxWaiting = 20000 // notes; some ten megabytes
	noteOnce   = 200   // notes that one statement writes
)

// notes makes a row of each subject.
func (r *reads) notes(purpose string, now time.Time) []*ent.Disclosure {
	var all []*ent.Disclosure
	for of, fields := range r.all {
		d := &ent.Disclosure{PersonID: of.person, Purpose: purpose, Role: string(of.ground.Role), ReadAt: now, LastReadAt: now, Count: 1,
			ReaderID: vocab.Given(of.reader), InstitutionID: vocab.Given(of.ground.Institution), ApplicationID: vocab.Given(of.ground.Application),
			Fields: slices.Sorted(maps.Keys(fields))}
		d.Digest = digestOf(d)
		all = append(all, d)
	}
	return all
}

// digestOf is what reads have in common that are one row.
func digestOf(d *ent.Disclosure) string {
	parts := []string{string(vocab.OrZero(d.ReaderID)), string(d.PersonID), string(vocab.OrZero(d.InstitutionID)), string(vocab.OrZero(d.ApplicationID)),
		d.Role, d.Purpose, d.ReadAt.Truncate(time.Hour).Format(time.RFC3339)}
	for _, f := range d.Fields {
		parts = append(parts, string(f))
	}
	return storage.Digest(strings.Join(parts, "\x00"))
}

// log holds notes until they are written. Whoever reads does not wait for that:
// a list with its notes written in between took longer by the time of a commit.
// What a server notes in its last second is lost when it is killed.
type log struct {
	mu      sync.Mutex
	waiting map[string]*ent.Disclosure // by digest
	writing sync.Mutex                 // one writer at a time
}

// add returns how many wait.
func (l *log) add(all []*ent.Disclosure) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.waiting = map[string]*ent.Disclosure{}
	}
	for _, d := range all {
		if known := l.waiting[d.Digest]; known != nil {
			known.Count += d.Count
			known.LastReadAt = later(known.LastReadAt, d.LastReadAt)
		} else {
			l.waiting[d.Digest] = d
		}
	}
	return len(l.waiting)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (l *log) take() map[string]*ent.Disclosure {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.waiting
	l.waiting = nil
	return all
}

// Write writes the notes that wait. What could not be written goes on waiting. A
// job calls it, and so does a server that stops.
func (s *Service) Write(ctx context.Context) error {
	s.log.writing.Lock()
	defer s.log.writing.Unlock()
	all := s.log.take()
	for digests := range slices.Chunk(slices.Sorted(maps.Keys(all)), noteOnce) {
		some := vocab.Each(digests, func(d string) *ent.Disclosure { return all[d] })
		err := s.store(ctx, digests, some)
		if storage.IsDuplicate(err) { // another server has just noted the same
			err = s.store(ctx, digests, some)
		}
		if err != nil {
			s.log.add(slices.Collect(maps.Values(all)))
			return err
		}
		for _, d := range digests {
			delete(all, d)
		}
	}
	return nil
}

// store counts the notes that are there already and inserts the others.
func (s *Service) store(ctx context.Context, digests []string, notes []*ent.Disclosure) error {
	ctx = viewer.AsSystem(ctx)
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		known, err := tx.Disclosure.Query().Where(disclosure.DigestIn(digests...)).Select(disclosure.FieldDigest).Strings(ctx)
		if err != nil {
			return err
		}
		var creates []*ent.DisclosureCreate
		for _, d := range notes {
			if slices.Contains(known, d.Digest) {
				if err := tx.Disclosure.Update().Where(disclosure.Digest(d.Digest)).AddCount(d.Count).SetLastReadAt(d.LastReadAt).Exec(ctx); err != nil {
					return err
				}
				continue
			}
			creates = append(creates, tx.Disclosure.Create().SetPersonID(d.PersonID).SetNillableReaderID(d.ReaderID).SetNillableInstitutionID(d.InstitutionID).
				SetNillableApplicationID(d.ApplicationID).SetRole(d.Role).SetPurpose(d.Purpose).SetFields(d.Fields).SetDigest(d.Digest).SetCount(d.Count).
				SetReadAt(d.ReadAt).SetLastReadAt(d.LastReadAt))
		}
		return tx.Disclosure.CreateBulk(creates...).Exec(ctx)
	})
}
