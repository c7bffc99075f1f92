package exchange_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is one university whose catalogue is imported.
type world struct {
	tb         testing.TB
	db         *storage.DB
	ctx        context.Context
	uni        ident.ID
	clock      atomic.Pointer[time.Time]
	statements atomic.Int64
	node
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{tb: tb, ctx: viewer.With(tb.Context(), &viewer.Viewer{Kind: viewer.System})}
	w.clock.Store(new(time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)))
	w.db = testkit.Database(tb, testkit.CountStatements(&w.statements))
	places := &institution.Service{DB: w.db.Client, Now: w.now}
	alliance, err := places.Found(w.ctx, institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Website: "https://alliance.example", Bounds: institution.DefaultBounds})
	if err != nil {
		tb.Fatal(err)
	}
	inst, err := places.Admit(w.ctx, institution.Admission{AllianceID: alliance.ID, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni.example", Name: vocab.Text{"en": "University"}, Acronym: "U", Country: "DE", Town: vocab.Text{"en": "Town"},
		Website: "https://uni.example", Domains: []string{"uni.example"}, Zone: "Europe/Berlin"}})
	if err != nil {
		tb.Fatal(err)
	}
	w.uni = inst.ID
	w.node = w.server(nil)
	return w
}

func (w *world) now() time.Time           { return *w.clock.Load() }
func (w *world) later(d time.Duration)    { w.clock.Store(new(w.now().Add(d))) }
func (w *world) course() *ent.CourseQuery { return w.db.Client.Course.Query() }

// server is one of several servers on the same database. onRow hears of every
// row before it is handed over.
func (w *world) server(onRow func(n int)) node {
	read := func(r io.Reader) format.Rows { return lines(r, onRow) }
	return node{&exchange.Service{DB: w.db.Client, Now: w.now,
		Readers: map[importrun.Format]exchange.Reader{importrun.FormatCSV: read, importrun.FormatXLSX: func(r io.Reader) format.Rows { return lines(r.(*os.File), onRow) }}}}
}

// lines reads one course a line, as JSON. A line "?" is one broken row; "!"
// ends the rows, as a malformed document does; "panic" is a fault of a reader.
func lines(r io.Reader, onRow func(n int)) format.Rows {
	return func(yield func(format.Row, error) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(nil, format.MaxRow)
		for n := 1; s.Scan(); n++ {
			if onRow != nil {
				onRow(n)
			}
			row := format.Row{Place: fmt.Sprintf("line %d", n)}
			switch s.Text() {
			case "!":
				yield(format.Row{}, problem.New(problem.Invalid, "this row cannot be read"))
				return
			case "panic":
				panic("a bug")
			case "?":
				row.Err = problem.New(problem.Invalid, "this row cannot be read")
			default:
				if err := json.Unmarshal(s.Bytes(), &row.Course); err != nil {
					row.Err = problem.New(problem.Invalid, "this row cannot be read").Because(err)
				}
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(format.Row{}, err)
		}
	}
}

// whole is a course that can be published.
func whole(n int) format.Course {
	return format.Course{
		ExternalID: fmt.Sprintf("ext-%06d", n), Code: fmt.Sprintf("C-%06d", n), Kind: vocab.KindMicroCredential,
		Title:       vocab.Text{"en": fmt.Sprintf("Compilers %d", n), "de": fmt.Sprintf("Übersetzerbau %d", n)},
		Description: vocab.Text{"en": "How a program becomes another one, step by step, with exercises in small groups."},
		Outcomes:    []vocab.Outcome{{Text: vocab.Text{"en": "Writes a parser."}}, {Text: vocab.Text{"en": "Explains register allocation."}}},
		ECTS:        500, Hours: 140, EQF: 7, ISCED: "0613", Languages: []string{"en"}, Mode: "ONLINE",
		Assessments: []vocab.AssessmentType{"WRITTEN_EXAMINATION"}, Supervision: "SUPERVISED_ID_VERIFIED",
		Quality: &vocab.QualityAssurance{Kind: "INSTITUTIONAL_QA", Name: vocab.Text{"en": "ESG part 1"}},
		Offerings: []format.Offering{{ExternalID: fmt.Sprintf("off-%06d", n), OpensAt: "2027-02-01T00:00:00", ClosesAt: "2027-02-28T23:00:00",
			StartsOn: "2027-03-15", EndsOn: "2027-06-30", Seats: 20}},
	}
}

func catalogueOf(n int) []format.Course {
	all := make([]format.Course, n)
	for i := range all {
		all[i] = whole(i + 1)
	}
	return all
}

func text(courses ...format.Course) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	for _, c := range courses {
		_ = e.Encode(c)
	}
	return b.String()
}

// starts queues a run.
func (w *world) starts(mode importrun.Mode, content string) *ent.ImportRun {
	w.tb.Helper()
	run, err := w.Receive(w.ctx, exchange.Upload{InstitutionID: w.uni, Format: importrun.FormatCSV, Mode: mode, Name: "courses.csv"}, strings.NewReader(content))
	if err != nil {
		w.tb.Fatal(err)
	}
	return run
}

// imports reads a document to its end.
func (w *world) imports(mode importrun.Mode, content string) *ent.ImportRun {
	w.tb.Helper()
	run := w.starts(mode, content)
	if n, err := w.Work(w.ctx); err != nil || n != 1 {
		w.tb.Fatalf("Work = %d, %v", n, err)
	}
	return w.run(run.ID)
}

func (w *world) run(id ident.ID) *ent.ImportRun { return w.db.Client.ImportRun.GetX(w.ctx, id) }

func (w *world) findings(run *ent.ImportRun) []*ent.ImportFinding {
	return w.db.Client.ImportFinding.Query().Where(importfinding.RunID(run.ID)).Order(importfinding.ByNumber()).AllX(w.ctx)
}

// counts is state, rows, created, updated, unchanged, rejected, incomplete.
func counts(r *ent.ImportRun) string {
	return fmt.Sprintf("%s %d %d %d %d %d %d", r.State, r.Rows, r.Created, r.Updated, r.Unchanged, r.Rejected, r.Incomplete)
}

func (w *world) expect(what string, run *ent.ImportRun, want string) {
	w.tb.Helper()
	if got := counts(run); got != want {
		w.tb.Errorf("%s: %s, want %s (%s)", what, got, want, run.Error)
	}
}

var errStopped = errors.New("stopped")

// catalogue is what people use who work beside an import.
func (w *world) catalogue() *catalogue.Service {
	return &catalogue.Service{DB: w.db.Client, Now: w.now}
}

// node is a server of this package alone.
type node struct{ *exchange.Service }

func (n node) queue() *work.Queue { return work.New(n.DB, n.Now, n.Handlers()...) }

// Work reads the runs that wait.
func (n node) Work(ctx context.Context) (int, error) { return n.queue().Drain(ctx, "import.read") }

// PullDue pulls the sources that are due.
func (n node) PullDue(ctx context.Context) (int, error) {
	if _, err := n.Schedule(ctx); err != nil {
		return 0, err
	}
	return n.queue().Drain(ctx, "source.pull")
}
