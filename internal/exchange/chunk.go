package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importchunk"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
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
	buffer := make([]byte, chunkBytes)
	var total int64
	for number := 0; ; number++ {
		n, err := io.ReadFull(body, buffer)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return total, interrupted(err)
		}
		if total += int64(n); total > limit {
			return total, tooLarge(limit)
		}
		if part := buffer[:n]; n > 0 {
			err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
				awaited := tx.ImportRun.Update().Where(importrun.ID(run), importrun.StateEQ(importrun.StateRECEIVING)).
					SetAwaitedUntil(vocab.Now(s.Now).Add(receiveTime))
				if err := storage.IfUnchanged(ctx, awaited, errLost); err != nil {
					return err
				}
				return tx.ImportChunk.Create().SetRunID(run).SetNumber(number).SetContent(part).Exec(ctx)
			})
			if err != nil {
				return total, err
			}
		}
		if last && total == 0 {
			return 0, problem.New(problem.Invalid, "the file is empty")
		}
		if last {
			return total, nil
		}
	}
}

// tooLarge is the refusal of a document with more bytes than allowed.
func tooLarge(limit int64) *problem.Error {
	return problem.New(problem.Limited, "an import has at most %d MiB", limit>>20).With(problem.Size(limit))
}

// interrupted is what the caller sees when the bytes stop coming: the problem
// that the sender has, if it says one.
func interrupted(err error) error {
	if problem.All(err) != nil {
		return err
	}
	return problem.New(problem.Invalid, "the file did not arrive whole; send it again").Because(err)
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
type document struct {
	ctx  context.Context
	db   *ent.Client
	run  *ent.ImportRun
	next int
	rest []byte
	read int64
	err  error // a fault of reading, as opposed to one of what is read
}

func (d *document) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	if len(d.rest) == 0 && d.read < d.run.Bytes {
		chunk, err := d.db.ImportChunk.Query().Where(importchunk.RunID(d.run.ID), importchunk.Number(d.next)).Only(d.ctx)
		switch {
		case ent.IsNotFound(err): // the run was cancelled
			d.err = errLost
		case err != nil:
			d.err = err
		}
		if d.err != nil {
			return 0, d.err
		}
		d.rest = chunk.Content
		d.next++
	}
	if len(d.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	d.read += int64(n)
	return n, nil
}

// spooled copies a document into a temporary file, for a format that is not
// read in order. remove closes and deletes it.
func spooled(d *document) (file *os.File, remove func(), err error) {
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
