package exchange

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Upload says what a document is and where it belongs.
type Upload struct {
	InstitutionID ident.ID
	Format        importrun.Format
	Mode          importrun.Mode
	Name          string // of the file
	Length        int64  // in bytes, as announced; 0 or less when it is not known
}

// Receive stores a document of any length and queues a run that reads it. It
// returns a FORBIDDEN problem without the right to import, a CONFLICT problem
// when the institution has too many runs under way, and a LIMITED problem, with
// the detail "limit", for a document that is too large.
func (s *Service) Receive(ctx context.Context, u Upload, body io.Reader) (*ent.ImportRun, error) {
	if err := s.check(ctx, s.DB, u); err != nil {
		return nil, err
	}
	if limit := s.limitOf(u.Format); u.Length > limit {
		return nil, tooLarge(limit)
	}
	run, err := storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportRun, error) {
		return s.begin(ctx, tx, u, nil, importrun.StateRECEIVING, 0)
	})
	if err != nil {
		return nil, err
	}
	size, err := s.store(ctx, run.ID, body, s.limitOf(u.Format))
	if errors.Is(err, errLost) { // cancelled meanwhile
		return nil, errors.Join(problem.Raced("import", run.ID), s.drop(ctx, run.ID))
	}
	if err != nil {
		s.abandon(ctx, run, err)
		return nil, err
	}
	queued, err := storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportRun, error) { return s.queue(ctx, tx, run, size) })
	if errors.Is(err, problem.Is(problem.Conflict)) { // cancelled meanwhile
		return nil, errors.Join(err, s.drop(ctx, run.ID))
	}
	return queued, err
}

// queue hands a document that has arrived to whoever works next.
func (s *Service) queue(ctx context.Context, tx *ent.Tx, run *ent.ImportRun, size int64) (*ent.ImportRun, error) {
	if err := storage.Move(ctx, states, run.ID, importrun.StateRECEIVING, importrun.StateQUEUED, tx.ImportRun.Update().SetBytes(size)); err != nil {
		return nil, err
	}
	if err := reads.Enqueue(ctx, tx, string(run.ID), run.ID, vocab.Now(s.Now)); err != nil {
		return nil, err
	}
	return tx.ImportRun.Get(ctx, run.ID)
}

// Small is a document that comes inside a mutation.
type Small struct {
	InstitutionID  ident.ID
	Format         importrun.Format
	Mode           importrun.Mode
	Name           *string
	Content        string
	IdempotencyKey *string
}

// Start queues a run that reads a small document.
func (s *Service) Start(ctx context.Context, in Small) (*ent.ImportRun, error) {
	u := Upload{InstitutionID: in.InstitutionID, Format: in.Format, Mode: in.Mode, Name: vocab.OrZero(in.Name)}
	return idempotency.Write(ctx, s.DB, idempotency.Of(toStart, in.IdempotencyKey, in), s.DB.ImportRun.Get, func(tx *ent.Tx) (*ent.ImportRun, error) {
		if err := s.check(ctx, tx.Client(), u); err != nil {
			return nil, err
		}
		switch {
		case in.Format == importrun.FormatXLSX:
			return nil, problem.New(problem.Invalid, "a workbook is no text; send it as a file").At("input", "format")
		case strings.TrimSpace(in.Content) == "":
			return nil, problem.New(problem.Invalid, "the file is empty").At("input", "content")
		case len(in.Content) > maxText:
			return nil, problem.New(problem.Invalid, "this text has more than %d bytes; send it as a file", maxText).At("input", "content")
		}
		run, err := s.begin(ctx, tx, u, nil, importrun.StateQUEUED, int64(len(in.Content)))
		if err != nil {
			return nil, err
		}
		if err := tx.ImportChunk.Create().SetRunID(run.ID).SetNumber(0).SetContent([]byte(in.Content)).Exec(viewer.AsSystem(ctx)); err != nil {
			return nil, err
		}
		return run, reads.Enqueue(ctx, tx, string(run.ID), run.ID, vocab.Now(s.Now))
	})
}

// check refuses what can be refused before the first byte.
func (s *Service) check(ctx context.Context, db *ent.Client, u Upload) error {
	if err := cmp.Or(toStart.Require(ctx, u.InstitutionID), s.readable(u.Format)); err != nil {
		return err
	}
	if !slices.Contains([]importrun.Mode{importrun.ModeDRY_RUN, importrun.ModeDRAFT, importrun.ModePUBLISH}, u.Mode) {
		return problem.New(problem.Invalid, "%q is none of the allowed values", vocab.Clean(40, string(u.Mode))).At("input", "mode")
	}
	_, err := catalogue.Importing(ctx, db, s.Now(), importing(u.InstitutionID, u.Mode, nil))
	return storage.Found(err, "institution", "input", "institutionId")
}

// readable returns an INVALID problem for a format that this server cannot read.
func (s *Service) readable(f importrun.Format) error {
	return problem.If(s.Readers[f] == nil, problem.New(problem.Invalid, "%q is none of the allowed values", vocab.Clean(40, string(f))).At("input", "format"))
}

func importing(institution ident.ID, m importrun.Mode, source *ident.ID) catalogue.ImportOptions {
	return catalogue.ImportOptions{InstitutionID: institution, SourceID: source,
		DryRun: m == importrun.ModeDRY_RUN, Publish: m == importrun.ModePUBLISH}
}

// begin makes a run. Two that begin at the same moment may both be the last
// that is allowed: the limit keeps a queue short, it counts no money.
func (s *Service) begin(ctx context.Context, tx *ent.Tx, u Upload, source *ident.ID, state importrun.State, size int64) (*ent.ImportRun, error) {
	n, err := tx.ImportRun.Query().Where(importrun.InstitutionID(u.InstitutionID), importrun.StateIn(unfinished...)).Count(ctx)
	if err != nil {
		return nil, err
	}
	if n >= maxUnfinished {
		return nil, problem.New(problem.Conflict, "the institution has %d imports under way already; wait or cancel one", n)
	}
	create := tx.ImportRun.Create().SetInstitutionID(u.InstitutionID).SetNillableSourceID(source).
		SetFormat(u.Format).SetMode(u.Mode).SetState(state).SetName(vocab.Clean(255, u.Name)).SetBytes(size).SetStartedAt(vocab.Now(s.Now))
	create.SetNillableStartedByID(viewer.From(ctx).ByPerson())
	if state == importrun.StateRECEIVING {
		create.SetAwaitedUntil(vocab.Now(s.Now).Add(receiveTime))
	}
	run, err := create.Save(ctx)
	if err != nil {
		return nil, err
	}
	return run, ledger.Note(ctx, tx, toStart, ofRun(run).With("format", string(u.Format)).With("mode", string(u.Mode)))
}

// abandon ends a run whose document did not arrive.
func (s *Service) abandon(ctx context.Context, run *ent.ImportRun, why error) {
	ctx = context.WithoutCancel(viewer.AsSystem(ctx)) // the sender may have gone
	err := s.end(ctx, nil, run, importrun.StateRECEIVING, importrun.StateFAILED, why)
	if err != nil {
		slog.ErrorContext(ctx, "an import that did not arrive was not ended", "run", run.ID, "err", err)
	}
}

// Run reads a run with the rights of ctx.
func (s *Service) Run(ctx context.Context, id ident.ID) (*ent.ImportRun, error) {
	return s.DB.ImportRun.Get(ctx, id)
}

// Cancel ends a run that has not ended. What it has applied stays.
func (s *Service) Cancel(ctx context.Context, id ident.ID) (*ent.ImportRun, error) {
	run, err := s.DB.ImportRun.Get(ctx, id)
	if err != nil {
		return nil, storage.Found(err, "import", "input", "runId")
	}
	if err := cmp.Or(toCancel.Require(ctx, run.InstitutionID), states.Check(run.State, importrun.StateCANCELLED)); err != nil {
		return nil, err
	}
	if err := s.end(ctx, nil, run, run.State, importrun.StateCANCELLED, nil); err != nil {
		return nil, err
	}
	return s.DB.ImportRun.Get(ctx, id)
}
