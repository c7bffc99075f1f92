package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// Fetcher gets the document at an address, unless it is as previous says. Its
// problems are for people and hold no secret of the address; the detail
// problem.RetryAfter of one names the seconds that the server wants to be left alone.
type Fetcher interface {
	Fetch(ctx context.Context, address string, previous Previous) (*Document, error)
}

// Previous is what a server said of its document the last time.
type Previous struct{ ETag, LastModified string }

// Document is a document, or the word that it has not changed.
type Document struct {
	NotModified bool
	Body        io.ReadCloser // to be closed; nil when not modified
	Previous    Previous      // to ask with the next time
}

// How long a source that failed is left alone: firstWait, and twice as long
// after each further failure, longestWait at most.
const (
	firstWait   = 5 * time.Minute
	longestWait = 24 * time.Hour
)

// How many sources a server pulls at once, and for how long each: a slow partner
// holds up no other.
const (
	pullsAtOnce = 4
	pullTime    = 6 * time.Hour
)

// Schedule has the sources pulled that are due, and returns how many. A source
// is claimed by moving its next turn, so of several servers one does it.
func (s *Service) Schedule(ctx context.Context) (due int, err error) {
	if s.Fetcher == nil {
		return 0, nil
	}
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	sources, err := s.DB.ImportSource.Query().Where(importsource.StateEQ(importsource.StateACTIVE), importsource.DueAtLTE(now)).
		Order(importsource.ByDueAt()).Limit(20).All(ctx)
	if err != nil {
		return 0, err
	}
	for _, source := range sources {
		if err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			n, err := tx.ImportSource.Update().Where(importsource.ID(source.ID), importsource.StateEQ(importsource.StateACTIVE), importsource.DueAtLTE(now)).
				SetDueAt(now.Add(every(source))).Save(ctx)
			if err != nil || n == 0 {
				return err
			}
			due++
			return pulls.Enqueue(ctx, tx, string(source.ID), source.ID, now)
		}); err != nil {
			return due, err
		}
	}
	return due, nil
}

// pullLeased pulls a source. What is wrong with it is noted there and logged; the
// next turn is another one.
func (s *Service) pullLeased(ctx context.Context, _ *work.Lease, id ident.ID) error {
	limited, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	_, err := s.PullOnce(limited, id)
	switch {
	case err == nil:
		return nil
	case problem.All(err) == nil || ctx.Err() != nil:
		return err
	}
	slog.WarnContext(ctx, "a source was not pulled", "source", id, "err", err)
	return nil
}

func every(source *ent.ImportSource) time.Duration {
	return time.Duration(source.EveryMinutes) * time.Minute
}

// PullOnce pulls a source now and returns the run that will read what has
// changed; nil when nothing has, or when the last run has not ended. A failure
// is noted at the source, as a text without secrets.
func (s *Service) PullOnce(ctx context.Context, id ident.ID) (*ent.ImportRun, error) {
	ctx = viewer.AsSystem(ctx)
	source, err := s.DB.ImportSource.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if source.State != importsource.StateACTIVE {
		return nil, paused(id)
	}
	busy, err := s.DB.ImportRun.Query().Where(importrun.SourceID(id), importrun.StateIn(unfinished...)).Exist(ctx)
	if err != nil || busy {
		return nil, err
	}
	run, err := s.pull(ctx, source)
	if errors.Is(err, errLost) { // cancelled, or given up and noted by who did
		return nil, nil
	}
	if err == nil || ctx.Err() != nil {
		return run, err
	}
	text := plain(ctx, id, err)
	wait := time.Duration(0)
	if p, ok := errors.AsType[*problem.Error](err); ok {
		seconds, _ := p.Detail().(problem.RetryAfter)
		wait = time.Duration(seconds) * time.Second
	}
	return nil, errors.Join(err, storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		if err := s.told(ctx, tx, id, nil, text); err != nil || wait == 0 {
			return err
		}
		until := vocab.Now(s.Now).Add(min(wait, longestWait))
		return tx.ImportSource.Update().Where(importsource.ID(id), importsource.DueAtLT(until)).SetDueAt(until).Exec(ctx)
	}))
}

// pull gets the document and stores it.
func (s *Service) pull(ctx context.Context, source *ent.ImportSource) (*ent.ImportRun, error) {
	doc, err := s.fetch(ctx, source)
	if err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	if doc.NotModified {
		return nil, storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			return tx.ImportSource.UpdateOneID(source.ID).SetPulledAt(now).SetFailures(0).SetLastError("").Exec(ctx)
		})
	}
	defer doc.Body.Close()
	u := Upload{InstitutionID: source.InstitutionID, Format: importrun.Format(source.Format), Mode: importrun.Mode(source.Policy), Name: source.Name}
	run, err := storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportRun, error) {
		return s.begin(ctx, tx, u, &source.ID, importrun.StateRECEIVING, 0)
	})
	if err != nil {
		return nil, err
	}
	size, err := s.store(ctx, run.ID, doc.Body, s.limitOf(u.Format))
	if errors.Is(err, errLost) {
		return nil, errors.Join(err, s.drop(ctx, run.ID))
	}
	if err != nil {
		unsourced := *run
		unsourced.SourceID = nil // the failure is noted once, by whoever called
		s.abandon(ctx, &unsourced, err)
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportRun, error) {
		// Until what has come is done with, it is asked for anew.
		if err := tx.ImportSource.UpdateOneID(source.ID).SetPulledAt(now).SetChangedAt(now).SetEtag("").SetLastModified("").Exec(ctx); err != nil {
			return nil, err
		}
		if err := tx.ImportRun.UpdateOneID(run.ID).SetAsked(asking(source)).
			SetEtag(fitting(doc.Previous.ETag, 255)).SetLastModified(fitting(doc.Previous.LastModified, 64)).Exec(ctx); err != nil {
			return nil, err
		}
		return s.queue(ctx, tx, run, size)
	})
}

// fitting is what a server said of its document, unless it is too long to keep.
func fitting(text string, limit int) string {
	if len(text) > limit {
		return ""
	}
	return text
}

// asking is the digest of what a source asks for and what is made of it.
func asking(source *ent.ImportSource) string {
	return storage.Digest(fmt.Sprintf("%s\x00%s\x00%s\x00%t", source.URL, source.Format, source.Policy, source.WithOfferings))
}

// told notes at a source how pulling it or reading its document ended: text is
// why it failed, or empty. Only when all of a document is done, and the source
// still asks for the same, it is asked whether that has changed; otherwise the
// document is asked for anew.
func (s *Service) told(ctx context.Context, tx *ent.Tx, id ident.ID, run *ent.ImportRun, text string) error {
	source, err := tx.ImportSource.Get(ctx, id)
	if err != nil {
		return err
	}
	update := tx.ImportSource.UpdateOneID(id).SetLastError(text)
	if text != "" {
		now := vocab.Now(s.Now)
		return update.SetPulledAt(now).AddFailures(1).SetEtag("").SetLastModified("").SetDueAt(now.Add(work.Backoff(source.Failures+1, firstWait, longestWait))).Exec(ctx)
	}
	if run != nil && run.Asked == asking(source) && run.Rejected == 0 && run.Incomplete == 0 {
		update.SetEtag(run.Etag).SetLastModified(run.LastModified)
	}
	return update.SetFailures(0).Exec(ctx)
}
