// Package exchange brings the catalogues of partners in: files that staff send
// and endpoints that are pulled.
//
// A run is one reading of one document:
//
//	RECEIVING → QUEUED, FAILED, CANCELLED
//	QUEUED → RUNNING, CANCELLED
//	RUNNING → DONE, FAILED, CANCELLED
//	DONE (final)
//	FAILED (final)
//	CANCELLED (final)
//
// What is read is kept as chunks in the database until the run has ended, so any
// server can read it. A server leases a run (package work), applies its rows in
// batches, each in one transaction with the run's counters, and renews the lease
// with each. So the counters say how far the run has come: whoever takes it over
// after a crash skips as many rows.
//
// A source is an endpoint that is pulled every so often:
//
//	ACTIVE → PAUSED
//	PAUSED → ACTIVE
//
// Memory does not grow with a document: one chunk and one batch are held, and a
// few bytes a row by which a repeated identifier is noticed.
package exchange

import (
	"io"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
)

// Reader reads the rows of one format. A reader of XLSX is given an *os.File,
// because a workbook is not read from its beginning to its end.
type Reader func(io.Reader) format.Rows

// Service imports.
type Service struct {
	DB       *ent.Client
	Now      func() time.Time
	Readers  map[importrun.Format]Reader
	Fetcher  Fetcher  // gets the documents of sources; nil pulls none
	AllowTo  []string // host:port of sources that need not be public, which the fetcher allows too
	MaxBytes int64    // of one document; DefaultMaxBytes when zero
}

// Limits.
const (
	DefaultMaxBytes  = 512 << 20 // of a document
	maxWorkbookBytes = 20 << 20  // of an XLSX, which unpacks to many times its size
	maxText          = 200_000   // of a document inside a mutation, in bytes
	maxUnfinished    = 5         // runs of one institution
	maxRows          = 500_000   // of a document
	chunkBytes       = 512 << 10
	batchRows        = 500
	batchBytes       = 4 << 20 // about, of the texts of a batch
	maxFindings      = 10_000  // that are kept of a run
	maxNoted         = 1_000   // of them about rows that were taken whole
	leaseTime        = 2 * time.Minute
	receiveTime      = 2 * time.Hour
	retention        = 90 * 24 * time.Hour // of runs and their findings
)

var states = lifecycle.New("import", lifecycle.Next[importrun.State]{
	importrun.StateRECEIVING: {importrun.StateQUEUED, importrun.StateFAILED, importrun.StateCANCELLED},
	importrun.StateQUEUED:    {importrun.StateRUNNING, importrun.StateCANCELLED},
	importrun.StateRUNNING:   {importrun.StateDONE, importrun.StateFAILED, importrun.StateCANCELLED},
	importrun.StateDONE:      {},
	importrun.StateFAILED:    {},
	importrun.StateCANCELLED: {},
})

var (
	unfinished = []importrun.State{importrun.StateRECEIVING, importrun.StateQUEUED, importrun.StateRUNNING}
	ended      = []importrun.State{importrun.StateDONE, importrun.StateFAILED, importrun.StateCANCELLED}
)

// ofRun is the run for the record, and ofSource the source. Both are for the
// staff of the institution.
func ofRun(r *ent.ImportRun) ledger.Thing { return ledger.Thing{ID: r.ID, Host: r.InstitutionID} }

func ofSource(s *ent.ImportSource) ledger.Thing {
	return ledger.Thing{ID: s.ID, Host: s.InstitutionID}
}
