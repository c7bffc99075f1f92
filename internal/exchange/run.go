package exchange

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// maxAttempts is how often a run may take its server down with it before a row
// is done.
const maxAttempts = 4

// errLost says that a document or a run is over for who works on it: it was
// cancelled, or given up.
var errLost = errors.New("exchange: it was cancelled or given up")

// The work of this package. A run is read by any server, and a source pulled.
var (
	reads = work.Kind[ident.ID]{Name: "import.read", Attempts: 1 << 30, Lease: leaseTime}
	pulls = work.Kind[ident.ID]{Name: "source.pull", Lease: 2 * time.Minute, AtOnce: pullsAtOnce}
)

// Handlers do the work of this package.
func (s *Service) Handlers() []work.Handler {
	all := []work.Handler{reads.By(s.read)}
	if s.Fetcher != nil {
		all = append(all, pulls.By(s.pullLeased))
	}
	return all
}

// WorkOn reads one run, unless another server does. The command line uses it.
func (s *Service) WorkOn(ctx context.Context, id ident.ID) error {
	return work.New(s.DB, s.Now, s.Handlers()...).Only(ctx, reads.Name, string(id))
}

// read reads a run to its end, and says how it ended. What may be over in a
// moment, such as a database that is away, or this server being stopped, leaves
// the run to whoever comes next; it is the only error that is returned.
func (s *Service) read(ctx context.Context, l *work.Lease, id ident.ID) error {
	run, err := s.begun(ctx, l, id)
	if err != nil || run == nil {
		return err
	}
	who := &viewer.Viewer{Kind: viewer.System}
	if run.StartedByID != nil {
		who.PersonID = *run.StartedByID
	}
	ctx = viewer.With(ctx, who)
	if l.Attempt > maxAttempts {
		err = problem.New(problem.Limited, "%d attempts to read the document ended before a row was done", maxAttempts)
	} else {
		err = s.readAll(ctx, l, run)
	}
	state := importrun.StateDONE
	switch {
	case errors.Is(err, errLost):
		return nil
	case errors.Is(err, work.ErrLost):
		return err
	case err != nil && (ctx.Err() != nil || errors.Is(err, problem.Is(problem.Unavailable))):
		return err
	case err != nil:
		state = importrun.StateFAILED
	}
	err = s.end(ctx, l, run, importrun.StateRUNNING, state, err)
	if errors.Is(err, problem.Is(problem.Conflict)) { // cancelled at the last moment
		return nil
	}
	return err
}

// begun returns a run that is there to be read, nil when it is over.
func (s *Service) begun(ctx context.Context, l *work.Lease, id ident.ID) (run *ent.ImportRun, err error) {
	if run, err = s.DB.ImportRun.Get(ctx, id); ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil || run.State == importrun.StateRUNNING {
		return run, err
	}
	if run.State != importrun.StateQUEUED {
		return nil, nil
	}
	err = storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		if err := l.Hold(ctx, tx); err != nil {
			return err
		}
		return storage.Move(ctx, states, id, run.State, importrun.StateRUNNING, tx.ImportRun.Update())
	})
	if errors.Is(err, problem.Is(problem.Conflict)) { // cancelled meanwhile
		return nil, nil
	}
	return run, err
}

// end moves a run to a final state and drops its chunks. A run of a source
// tells the source how it went. l is the lease of who reads it, if anybody does.
func (s *Service) end(ctx context.Context, l *work.Lease, run *ent.ImportRun, from, to importrun.State, why error) error {
	text := ""
	if why != nil {
		text = plain(ctx, run.ID, why)
	}
	system := viewer.AsSystem(ctx)
	err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		if l != nil {
			if err := l.Done(ctx, tx); err != nil {
				return err
			}
		}
		u := tx.ImportRun.Update().SetEndedAt(vocab.Now(s.Now)).SetError(text)
		if err := storage.Move(system, states, run.ID, from, to, u); err != nil {
			return err
		}
		verb := map[importrun.State]*ledger.Verb{importrun.StateDONE: toFinish, importrun.StateFAILED: toFail, importrun.StateCANCELLED: toCancel}[to]
		now, err := tx.ImportRun.Get(system, run.ID)
		if err != nil {
			return err
		}
		if run.SourceID != nil && to != importrun.StateCANCELLED {
			if err := s.told(system, tx, *run.SourceID, now, text); err != nil {
				return err
			}
		}
		noted := ofRun(run)
		noted.Details = map[string]string{
			"rows": strconv.Itoa(now.Rows), "created": strconv.Itoa(now.Created), "updated": strconv.Itoa(now.Updated), "rejected": strconv.Itoa(now.Rejected)}
		return ledger.Note(ctx, tx, verb, noted)
	})
	if err != nil {
		return err
	}
	return s.drop(ctx, run.ID)
}

// plain is what people are told of why a run failed. A fault goes to the log.
func plain(ctx context.Context, run ident.ID, why error) string {
	if all := problem.All(why); all != nil {
		if cause := all[0].Cause(); cause != nil {
			slog.WarnContext(ctx, "import failed", "run", run, "cause", cause)
		}
		return vocab.Clean(500, all[0].Error())
	}
	slog.ErrorContext(ctx, "fault", "run", run, "err", why)
	return "a fault of the server; the log names it with the identifier of this run"
}

// reading is one worker's reading of one run.
type reading struct {
	*Service
	lease   *work.Lease
	run     *ent.ImportRun
	imports *catalogue.Import
	seen    map[[16]byte]struct{} // external ids and codes that stood before
	kept    int                   // findings
	batch   []line
	weight  int
}

// line is a row and where it stands.
type line struct {
	number int
	place  string
	*catalogue.ImportRow
}

// readAll applies the rows that no worker before has applied.
func (s *Service) readAll(ctx context.Context, l *work.Lease, run *ent.ImportRun) (err error) {
	defer func() {
		if fault := recover(); fault != nil { // of a reader, over what a partner wrote
			err = fmt.Errorf("exchange: panic: %v\n%s", fault, debug.Stack())
		}
	}()
	if err := s.readable(run.Format); err != nil {
		return err
	}
	options := importing(run.InstitutionID, run.Mode, run.SourceID)
	options.Details = map[string]string{"import": string(run.ID)}
	imports, err := catalogue.Importing(ctx, s.DB, s.Now(), options)
	if err != nil {
		return err
	}
	kept, err := s.DB.ImportFinding.Query().Where(importfinding.RunID(run.ID)).Count(ctx)
	if err != nil {
		return err
	}
	r := &reading{Service: s, lease: l, run: run, imports: imports, seen: map[[16]byte]struct{}{}, kept: kept}
	d := s.document(ctx, run)
	var from io.Reader = d
	if run.Format == importrun.FormatXLSX {
		file, remove, err := spooled(d)
		if err != nil {
			return err
		}
		defer remove()
		from = file
	}
	err = r.rows(ctx, s.Readers[run.Format](from))
	if d.Err == nil || err == nil {
		return err
	}
	// A fault of reading, whatever the reader made of it. Chunks that are not
	// there are a fault too, unless the run is over.
	if errors.Is(d.Err, errLost) {
		if err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error { return r.hold(ctx, tx) }); err != nil {
			return err
		}
		return errors.New("exchange: a chunk is missing")
	}
	return d.Err
}

// rows checks all rows, and applies those that come after the last one that was
// applied before.
func (r *reading) rows(ctx context.Context, rows format.Rows) error {
	number, applied := 0, r.run.Rows
	for row, err := range rows {
		if err != nil {
			return errors.Join(r.flush(ctx), err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if skipped(row) {
			continue
		}
		if number++; number > maxRows {
			return errors.Join(r.flush(ctx), problem.New(problem.Limited, "an import has at most %d rows", maxRows))
		}
		checked := r.imports.Check(row)
		r.once(checked)
		if number <= applied {
			continue
		}
		r.batch = append(r.batch, line{number, row.Place, checked})
		r.weight += weigh(row.Course)
		if len(r.batch) == batchRows || r.weight >= batchBytes {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
	}
	return r.flush(ctx)
}

// skipped says whether a row is none: something that the source has beside
// courses, such as a degree programme, which its reader names among what is lost.
func skipped(row format.Row) bool {
	return row.Err == nil && row.Course.ExternalID == "" && len(row.Lost) > 0
}

// once refuses a row whose external id or code stood before.
func (r *reading) once(row *catalogue.ImportRow) {
	if row.Refused() {
		return
	}
	id, code := key("i", row.ExternalID), key("c", row.Code)
	if _, twice := r.seen[id]; twice {
		row.Refuse(problem.New(problem.Invalid, "the identifier %q stands twice", vocab.Clean(40, row.ExternalID)).At("externalId"))
		return
	}
	if _, twice := r.seen[code]; twice {
		row.Refuse(problem.New(problem.Invalid, "the code %q stands twice", row.Code).At("code"))
		return
	}
	r.seen[id], r.seen[code] = struct{}{}, struct{}{}
}

func key(kind, text string) [16]byte {
	sum := sha256.Sum256([]byte(kind + text))
	return [16]byte(sum[:16])
}

// weigh is about how many bytes a row holds.
func weigh(c format.Course) int {
	n := 500
	for _, t := range []vocab.Text{c.Title, c.Summary, c.Description, c.AssessmentNote, c.Prerequisites} {
		n += size(t)
	}
	for _, o := range c.Outcomes {
		n += size(o.Text)
	}
	for _, o := range c.Offerings {
		n += 300 + size(o.Place) + size(o.Funding)
	}
	return n
}

func size(t vocab.Text) (n int) {
	for _, s := range t {
		n += len(s) + 8
	}
	return n
}

// hold keeps the run to this server until the transaction is over, so that it is
// cancelled before or after a batch, not in its middle. It returns errLost when
// it was.
func (r *reading) hold(ctx context.Context, tx *ent.Tx) error {
	if err := r.lease.Hold(ctx, tx); err != nil {
		return err
	}
	as := tx.ImportRun.Update().Where(importrun.ID(r.run.ID), importrun.StateEQ(importrun.StateRUNNING), importrun.Rows(r.run.Rows))
	return storage.IfUnchanged(ctx, as.AddRows(0), errLost)
}

// maxRaces is how often a batch is tried when people change its courses at the
// same moment.
const maxRaces = 5

// flush applies the batch together with the run's counters.
func (r *reading) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	for try := 1; ; try++ {
		err := r.apply(ctx)
		if err == nil {
			break
		}
		if raced := storage.IsDuplicate(err) || errors.Is(err, problem.Is(problem.Conflict)); !raced || try == maxRaces {
			return err
		}
	}
	r.batch, r.weight = r.batch[:0], 0
	return nil
}

func (r *reading) apply(ctx context.Context) error {
	rows := make([]*catalogue.ImportRow, len(r.batch))
	for i, l := range r.batch {
		rows[i] = l.ImportRow
	}
	var kept int
	var counts map[catalogue.ImportOutcome]int
	err := storage.Do(ctx, r.DB, func(tx *ent.Tx) error {
		if err := r.hold(ctx, tx); err != nil {
			return err
		}
		results, err := r.imports.ApplyTx(ctx, tx, rows)
		if err != nil {
			return err
		}
		counts, kept = map[catalogue.ImportOutcome]int{}, r.kept
		incomplete := 0
		var findings []*ent.ImportFindingCreate
		for i, result := range results {
			counts[result.Outcome]++
			if len(result.Incomplete) > 0 {
				incomplete++
			}
			if told(result, kept) {
				findings = append(findings, finding(tx, r.run.ID, r.batch[i], result))
				kept++
			}
		}
		if len(findings) > 0 {
			if err := tx.ImportFinding.CreateBulk(findings...).Exec(ctx); err != nil {
				return err
			}
		}
		if err := tx.ImportRun.Update().Where(importrun.ID(r.run.ID)).AddRows(len(rows)).AddIncomplete(incomplete).
			AddCreated(counts[catalogue.ImportCreated]).AddUpdated(counts[catalogue.ImportUpdated]).
			AddUnchanged(counts[catalogue.ImportUnchanged]).AddRejected(counts[catalogue.ImportRejected]).Exec(ctx); err != nil {
			return err
		}
		return r.lease.Progress(ctx, tx, r.run.Rows+len(rows), 0)
	})
	if err != nil {
		return err
	}
	r.kept = kept
	r.run.Rows += len(rows)
	return nil
}
