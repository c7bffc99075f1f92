package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// R81: the command says that the chain is whole, and ends with another status
// and the entry where it is not; a file that is no checkpoint is refused.
func TestR81AuditVerifyNamesTheEntry(t *testing.T) {
	dir := t.TempDir()
	environ := []string{"PEREGRINE_DATABASE=sqlite:" + filepath.Join(dir, "audit.db"), "PEREGRINE_LOG_LEVEL=error"}
	c, err := config.Load("", environ)
	if err != nil {
		t.Fatal(err)
	}
	ctx := viewer.AsSystem(t.Context())
	db, key, err := app.OpenSealed(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	verb := new(ledger.Book).Declare("test.step", "", ledger.Nobody)
	for range 3 {
		if err := storage.Do(ctx, db.Client, func(tx *ent.Tx) error { return ledger.Note(ctx, tx, verb, ledger.Thing{ID: ident.New(ident.Course)}) }); err != nil {
			t.Fatal(err)
		}
	}
	chain := audit.New(db.Client, time.Now, key, c.BaseURL)
	if _, err := chain.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := chain.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	newest, err := chain.Published(ctx)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, "kept.json")
	body, _ := json.Marshal(newest)
	if err := os.WriteFile(kept, body, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(in string, files ...string) (int, string) {
		var out, errs bytes.Buffer
		status := run(append([]string{"audit", "verify"}, files...), environ, strings.NewReader(in), &out, &errs)
		return status, out.String() + errs.String()
	}
	for name, files := range map[string][]string{"alone": nil, "against a file": {kept}} {
		if status, said := verify("", files...); status != 0 || !strings.Contains(said, "as it was sealed") {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	if status, said := verify("{}", "-"); status != 1 || !strings.Contains(said, "no checkpoint") {
		t.Errorf("no checkpoint: %d %s", status, said)
	}
	for _, s := range []string{"DELETE FROM audit_checkpoints", "DELETE FROM audit_readers", "DELETE FROM audit_entries WHERE sequence > 1"} {
		if _, err := db.SQL.ExecContext(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if status, said := verify(string(body), "-"); status != 3 || !strings.Contains(said, "the chain ends with entry 1") {
		t.Errorf("truncated: %d %s", status, said)
	}
}
