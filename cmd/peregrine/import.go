package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

type importing struct {
	File        string `arg:"" help:"File to import, or - for standard input."`
	Institution string `required:"" help:"Home organisation, such as uni-hannover.de." placeholder:"SCHAC"`
	Format      string `required:"" help:"OEAPI_V5, OEAPI_V6, OCCAPI, EWP, CSV, XLSX or JSONL." enum:"OEAPI_V5,OEAPI_V6,OCCAPI,EWP,CSV,XLSX,JSONL"`
	Mode        string `help:"DRY_RUN, DRAFT or PUBLISH." enum:"DRY_RUN,DRAFT,PUBLISH" default:"DRY_RUN"`
}

// errRefusedRows ends an import of which some rows were refused.
const errRefusedRows = errStatus(3)

// Run imports the file. Findings go to standard output, a line each, and how
// far it has come to standard error.
func (i importing) Run(s *streams) error {
	from, size := s.in, int64(0)
	if i.File != "-" {
		file, err := os.Open(i.File)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		from, size = file, info.Size()
	}
	return s.database(func(c config.Config, db *storage.DB, log *slog.Logger) error {
		ctx := viewer.AsSystem(s.ctx)
		inst, err := institutionOf(ctx, db, i.Institution)
		if err != nil {
			return err
		}
		service := app.Exchange(app.Parts{Config: c, DB: db, Now: time.Now, Log: log})
		run, err := service.Receive(ctx, exchange.Upload{InstitutionID: inst, Format: importrun.Format(i.Format), Mode: importrun.Mode(i.Mode),
			Name: filepath.Base(i.File), Length: size}, from)
		if err != nil {
			return err
		}
		if run, err = i.follow(ctx, s, service, run.ID); err != nil {
			return err
		}
		if err := findings(ctx, s.out, db.Client, run.ID); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%s: %s\n", run.State, counted(run))
		switch {
		case run.State != importrun.StateDONE:
			return fmt.Errorf("the import ended as %s: %s", run.State, run.Error)
		case run.Rejected > 0:
			return errRefusedRows
		}
		return nil
	})
}

// follow reads the run, or waits while a server does, and tells how it goes.
// Again and again it offers to read: a server may die over it.
func (i importing) follow(ctx context.Context, s *streams, service *exchange.Service, id ident.ID) (*ent.ImportRun, error) {
	for {
		working := make(chan error, 1)
		go func() { working <- service.WorkOn(ctx, id) }()
		for done := false; !done; {
			select {
			case err := <-working:
				if err != nil {
					return nil, err
				}
				done = true
			case <-time.After(time.Second):
			}
			run, err := service.DB.ImportRun.Get(ctx, id)
			if err != nil {
				return nil, err
			}
			if run.EndedAt != nil && done {
				return run, nil
			}
			fmt.Fprintln(s.err, counted(run))
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func counted(run *ent.ImportRun) string {
	return fmt.Sprintf("%d rows: %d made, %d changed, %d as they were, %d refused, %d incomplete",
		run.Rows, run.Created, run.Updated, run.Unchanged, run.Rejected, run.Incomplete)
}

// findings prints what the run has to say: place, identifier, outcome, field
// and message, with tabs between them.
func findings(ctx context.Context, out io.Writer, db *ent.Client, run ident.ID) error {
	for after := 0; ; {
		found, err := db.ImportFinding.Query().Where(importfinding.RunID(run), importfinding.NumberGT(after)).
			Order(importfinding.ByNumber()).Limit(500).All(ctx)
		if err != nil || len(found) == 0 {
			return err
		}
		for _, f := range found {
			for _, p := range f.Problems {
				if _, err := fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", f.Place, f.ExternalID, f.Outcome, p.Field, p.Message.In("en")); err != nil {
					return err
				}
			}
			after = f.Number
		}
	}
}
