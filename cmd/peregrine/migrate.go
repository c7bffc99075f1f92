package main

import (
	"fmt"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/storage/migrations"
)

type migrate struct {
	DryRun bool `help:"Only say what would be applied." name:"dry-run"`
}

// Run applies the pending migrations. Several may run at once: one applies, the
// others wait for it.
func (m migrate) Run(s *streams) error {
	c, _, err := s.config()
	if err != nil {
		return err
	}
	db, err := storage.Open(string(c.Database), storage.Options{Guard: authz.Guard, Patient: true})
	if err != nil {
		return err
	}
	defer db.Close()
	did, list := "applied", func() ([]string, error) { return migrations.Apply(s.ctx, db.SQL, db.Dialect, time.Now) }
	if m.DryRun {
		did, list = "pending", func() ([]string, error) { return migrations.Pending(s.ctx, db.SQL, db.Dialect) }
	}
	versions, err := list()
	for _, v := range versions {
		fmt.Fprintf(s.out, "%s %s\n", did, v)
	}
	if err == nil && len(versions) == 0 {
		fmt.Fprintln(s.out, "the schema is current")
	}
	return err
}
