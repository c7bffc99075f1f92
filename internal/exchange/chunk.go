package exchange

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importchunk"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/chunk"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// store keeps body as chunks of a run, each in a transaction of its own, and
// returns its bytes. Each gives the run more time to arrive. It returns errLost
// when the run is over, as when it was cancelled or given up; a LIMITED problem,
// with the detail "limit", when there are more than limit; and an INVALID
// problem when there are none or body ends before its time.
func (s *Service) store(ctx context.Context, run ident.ID, body io.Reader, limit int64) (int64, error) {
	ctx = viewer.AsSystem(ctx)
	total, err := chunk.Write(body, chunkBytes, limit, tooLarge(limit), func(number int, part []byte) error {
		return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			awaited := tx.ImportRun.Update().Where(importrun.ID(run), importrun.StateEQ(importrun.StateRECEIVING)).
				SetAwaitedUntil(vocab.Now(s.Now).Add(receiveTime))
			if err := storage.IfUnchanged(ctx, awaited, errLost); err != nil {
				return err
			}
			return tx.ImportChunk.Create().SetRunID(run).SetNumber(number).SetContent(part).Exec(ctx)
		})
	})
	if chunk.Broken(err) {
		err = chunk.Interrupted(err)
	}
	return total, cmp.Or(err, problem.If(total == 0, problem.New(problem.Invalid, "the file is empty")))
}

// tooLarge is the refusal of a document with more bytes than allowed.
func tooLarge(limit int64) *problem.Error {
	return problem.New(problem.Limited, "an import has at most %d MiB", limit>>20).With(problem.Size(limit))
}

// limitOf is the most bytes of a document in a format.
func (s *Service) limitOf(f importrun.Format) int64 {
	limit := cmp.Or(s.MaxBytes, DefaultMaxBytes)
	if f == importrun.FormatXLSX {
		limit = min(limit, maxWorkbookBytes)
	}
	return limit
}

// document reads the chunks of a run, one at a time.
func (s *Service) document(ctx context.Context, run *ent.ImportRun) *chunk.Reader {
	var read int64
	return &chunk.Reader{Next: func(number int) ([]byte, error) {
		if read >= run.Bytes {
			return nil, io.EOF
		}
		part, err := s.DB.ImportChunk.Query().Where(importchunk.RunID(run.ID), importchunk.Number(number)).Only(ctx)
		if ent.IsNotFound(err) { // the run was cancelled
			return nil, errLost
		}
		if err != nil {
			return nil, err
		}
		read += int64(len(part.Content))
		return part.Content, nil
	}}
}

// spooled copies a document into a temporary file, for a format that is not
// read in order. remove closes and deletes it.
func spooled(d io.Reader) (file *os.File, remove func(), err error) {
	f, err := os.CreateTemp("", "peregrine-import-")
	if err != nil {
		return nil, nil, fmt.Errorf("exchange: %w", err)
	}
	remove = func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	if _, err := io.Copy(f, d); err != nil {
		remove()
		return nil, nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		remove()
		return nil, nil, fmt.Errorf("exchange: %w", err)
	}
	return f, remove, nil
}

// dropSlice is how many chunks one transaction deletes, so that none grows
// with the document.
const dropSlice = 16

// drop deletes the chunks of a run that has ended.
func (s *Service) drop(ctx context.Context, run ident.ID) error {
	ctx = viewer.AsSystem(ctx)
	for {
		ids, err := s.DB.ImportChunk.Query().Where(importchunk.RunID(run)).Limit(dropSlice).IDs(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			_, err := tx.ImportChunk.Delete().Where(importchunk.IDIn(ids...)).Exec(ctx)
			return err
		}); err != nil {
			return err
		}
	}
}
