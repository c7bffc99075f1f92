package exchange

import (
	"context"
	"errors"
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
)

// Fetcher gets the document at an address, unless it is as previous says. Its
// problems are for people and hold no secret of the address; the detail
// "retryAfter" of one names the seconds that the server wants to be left alone.
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

// PullDue pulls the sources that are due and returns how many. A source is
// claimed by moving its next turn, so of several servers one pulls it.
func (s *Service) PullDue(ctx context.Context) (pulled int, err error) {
	if s.Fetcher == nil {
		return 0, nil
	}
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	due, err := s.DB.ImportSource.Query().Where(importsource.StateEQ(importsource.StateACTIVE), importsource.DueAtLTE(now)).
		Order(importsource.ByDueAt()).Limit(20).All(ctx)
	if err != nil {
		return 0, storage.Classify(err)
	}
	for _, source := range due {
		var n int
		if err := storage.Do(ctx, s.DB, func(tx *ent.Tx) (err error) {
			n, err = tx.ImportSource.Update().Where(importsource.ID(source.ID), importsource.StateEQ(importsource.StateACTIVE), importsource.DueAtLTE(now)).
				SetDueAt(now.Add(every(source))).Save(ctx)
			return err
		}); err != nil {
			return pulled, err
		}
		if n == 0 {
			continue
		}
		if _, err := s.PullOnce(ctx, source.ID); err != nil {
			if problem.All(err) == nil || ctx.Err() != nil {
				return pulled, err
			}
			slog.WarnContext(ctx, "a source was not pulled", "source", source.ID, "err", err)
		}
		pulled++
	}
	return pulled, nil
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
		return nil, storage.Classify(err)
	}
	run, err := s.pull(ctx, source)
	if err == nil || ctx.Err() != nil {
		return run, err
	}
	text := plain(ctx, id, err)
	wait := time.Duration(0)
	if p, ok := errors.AsType[*problem.Error](err); ok {
		seconds, _ := p.Detail("retryAfter").(int)
		wait = time.Duration(seconds) * time.Second
	}
	return nil, errors.Join(err, storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		if err := s.told(ctx, tx, id, text); err != nil || wait == 0 {
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
	if err != nil {
		unsourced := *run
		unsourced.SourceID = nil // the failure is noted once, by whoever called
		s.abandon(ctx, &unsourced, err)
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportRun, error) {
		if err := tx.ImportSource.UpdateOneID(source.ID).SetPulledAt(now).SetChangedAt(now).
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

// told notes at a source how pulling it or reading its document ended: text is
// why it failed, or empty. After a failure its document is asked for anew.
func (s *Service) told(ctx context.Context, tx *ent.Tx, id ident.ID, text string) error {
	if text == "" {
		return tx.ImportSource.UpdateOneID(id).SetFailures(0).SetLastError("").Exec(ctx)
	}
	source, err := tx.ImportSource.Get(ctx, id)
	if err != nil {
		return err
	}
	now := vocab.Now(s.Now)
	return tx.ImportSource.UpdateOneID(id).SetPulledAt(now).AddFailures(1).SetLastError(text).SetEtag("").SetLastModified("").
		SetDueAt(now.Add(backoff(source.Failures + 1))).Exec(ctx)
}

// backoff is how long a source is left alone after so many failures in a row.
func backoff(failures int) time.Duration {
	wait := firstWait
	for range failures - 1 {
		if wait *= 2; wait >= longestWait {
			return longestWait
		}
	}
	return wait
}
