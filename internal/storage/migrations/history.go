package migrations

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// conn is one connection, transaction or pool.
type conn interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

const (
	revisionsTable = "schema_revisions"
	leaseTable     = "schema_lease"
)

// history is the record of what has run, beside the files that should have. It
// is the store of atlas' executor.
type history struct {
	conn    conn
	dialect string
	dir     migrate.Dir
	now     func() time.Time // not used for reading
}

// revision is the body of a row of schema_revisions. It stands beside
// migrate.Revision because that leaves its hashes out of its JSON.
type revision struct {
	Description    string    `json:"description"`
	Applied        int       `json:"applied"` // statements
	Total          int       `json:"total"`
	At             time.Time `json:"at"` // of the last progress
	Milliseconds   int64     `json:"milliseconds"`
	Error          string    `json:"error,omitempty"`
	ErrorStatement string    `json:"errorStatement,omitempty"`
	Hash           string    `json:"hash"`
	PartialHashes  []string  `json:"partialHashes,omitempty"` // of the applied statements, while some are not
}

// createHistory is understood by both dialects.
const createHistory = "CREATE TABLE IF NOT EXISTS " + revisionsTable + " (version varchar(191) NOT NULL PRIMARY KEY, body json NOT NULL)"

// pending returns the files that have not run to their end. It returns
// ErrNewer, ErrChanged or ErrForeign when the database is none that the files
// lead to.
func (h *history) pending(ctx context.Context) ([]migrate.File, error) {
	done, err := h.ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.verify(ctx, done); err != nil {
		return nil, err
	}
	ex, err := h.executor(h.conn)
	if err != nil {
		return nil, err
	}
	files, err := ex.Pending(ctx)
	if errors.Is(err, migrate.ErrNoPendingFiles) {
		return nil, nil
	}
	return files, err
}

// executor runs statements on c and keeps the record on h.conn.
func (h *history) executor(c conn) (*migrate.Executor, error) {
	open := mysql.Open
	if h.dialect == dialect.SQLite {
		open = sqlite.Open
	}
	drv, err := open(c)
	if err != nil {
		return nil, err
	}
	return migrate.NewExecutor(drv, h.dir, h, migrate.WithAllowDirty(true)) // verify looks for foreign tables
}

// verify compares the record with the files.
func (h *history) verify(ctx context.Context, done []*migrate.Revision) error {
	files, err := h.dir.Files()
	if err != nil {
		return err
	}
	sums, err := h.dir.Checksum()
	if err != nil {
		return err
	}
	for _, r := range done {
		i := slices.IndexFunc(files, func(f migrate.File) bool { return f.Version() == r.Version })
		if i < 0 && (len(files) == 0 || r.Version > files[len(files)-1].Version()) {
			return fmt.Errorf("%w: it has migration %s", ErrNewer, r.Version)
		}
		if i < 0 {
			return fmt.Errorf("%w: the database has %s, this program has not", ErrChanged, r.Version)
		}
		sum, err := sums.SumByName(files[i].Name())
		if err != nil {
			return err
		}
		if r.Applied == r.Total && r.Hash != sum {
			return fmt.Errorf("%w: the database was built by another %s", ErrChanged, files[i].Name())
		}
	}
	if len(done) > 0 {
		return nil
	}
	found, err := h.tables(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(found, func(t string) bool { return t != revisionsTable && t != leaseTable }); i >= 0 {
		return fmt.Errorf("%w: found table %s", ErrForeign, found[i])
	}
	return nil
}

// tables returns the names of all tables.
func (h *history) tables(ctx context.Context) ([]string, error) {
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	if h.dialect == dialect.SQLite {
		query = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`
	}
	rows, err := h.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Ident implements migrate.RevisionReadWriter.
func (h *history) Ident() *migrate.TableIdent { return &migrate.TableIdent{Name: revisionsTable} }

// ReadRevisions implements migrate.RevisionReadWriter. A database that was
// never migrated has none.
func (h *history) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	found, err := h.tables(ctx)
	if err != nil || !slices.Contains(found, revisionsTable) {
		return nil, err
	}
	rows, err := h.conn.QueryContext(ctx, "SELECT version, body FROM "+revisionsTable+" ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*migrate.Revision
	for rows.Next() {
		var version string
		var body []byte
		if err := rows.Scan(&version, &body); err != nil {
			return nil, err
		}
		var r revision
		if err := json.Unmarshal(body, &r); err != nil {
			return nil, fmt.Errorf("reading the record of migration %s: %w", version, err)
		}
		all = append(all, &migrate.Revision{
			Version: version, Description: r.Description, Type: migrate.RevisionTypeExecute,
			Applied: r.Applied, Total: r.Total, ExecutedAt: r.At, ExecutionTime: time.Duration(r.Milliseconds) * time.Millisecond,
			Error: r.Error, ErrorStmt: r.ErrorStatement, Hash: r.Hash, PartialHashes: r.PartialHashes,
		})
	}
	return all, rows.Err()
}

// ReadRevision implements migrate.RevisionReadWriter. The executor asks for a
// file that it is about to run or to go on with; the file may have been
// corrected since it failed, so length and checksum are those of the file.
func (h *history) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	all, err := h.ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(r *migrate.Revision) bool { return r.Version == version })
	if i < 0 {
		return nil, migrate.ErrRevisionNotExist
	}
	files, err := h.dir.Files()
	if err != nil {
		return nil, err
	}
	sums, err := h.dir.Checksum()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Version() != version {
			continue
		}
		statements, err := f.StmtDecls()
		if err != nil {
			return nil, err
		}
		if len(statements) < all[i].Applied {
			return nil, fmt.Errorf("%w: %s has fewer statements than have run of it", ErrChanged, f.Name())
		}
		all[i].Total = len(statements)
		all[i].Hash, err = sums.SumByName(f.Name())
		return all[i], err
	}
	return nil, migrate.ErrRevisionNotExist
}

// WriteRevision implements migrate.RevisionReadWriter.
func (h *history) WriteRevision(ctx context.Context, r *migrate.Revision) error {
	body, err := json.Marshal(revision{
		Description: r.Description, Applied: r.Applied, Total: r.Total,
		At: h.now().UTC().Truncate(time.Microsecond), Milliseconds: r.ExecutionTime.Milliseconds(),
		Error: r.Error, ErrorStatement: r.ErrorStmt, Hash: r.Hash, PartialHashes: r.PartialHashes,
	})
	if err != nil {
		return err
	}
	_, err = h.conn.ExecContext(ctx, "REPLACE INTO "+revisionsTable+" (version, body) VALUES (?, ?)", r.Version, string(body))
	return err
}

// DeleteRevision implements migrate.RevisionReadWriter.
func (h *history) DeleteRevision(ctx context.Context, version string) error {
	_, err := h.conn.ExecContext(ctx, "DELETE FROM "+revisionsTable+" WHERE version = ?", version)
	return err
}
