package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

type works struct {
	List  listWork  `cmd:"" help:"List what servers have to do later, first what was given up."`
	Retry retryWork `cmd:"" help:"Have a piece of work tried again now."`
	Drop  dropWork  `cmd:"" help:"Take a piece of work away for good."`
}

type listWork struct{}

// Run lists the work.
func (listWork) Run(s *streams) error {
	return s.database(func(_ config.Config, db *storage.DB, _ *slog.Logger) error {
		all, err := work.List(viewer.AsSystem(s.ctx), db.Client)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KIND\tKEY\tSTATE\tDUE\tATTEMPTS\tDONE\tERROR")
		for _, i := range all {
			done := "–"
			if i.Done > 0 || i.Total > 0 {
				done = strconv.Itoa(i.Done)
			}
			if i.Total > 0 {
				done += " of " + strconv.Itoa(i.Total)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i.Kind, i.Key, i.State, i.DueAt.Format(time.RFC3339), i.Attempts, done, cmp.Or(i.Error, "–"))
		}
		return w.Flush()
	})
}

// piece names an item, as work list does.
type piece struct {
	Kind string `arg:"" help:"Its kind, such as import.read."`
	Key  string `arg:"" help:"What it is about."`
}

type retryWork struct{ piece }

// Run has the item tried again.
func (r retryWork) Run(s *streams) error {
	return s.database(func(_ config.Config, db *storage.DB, _ *slog.Logger) error {
		return work.Retry(viewer.AsSystem(s.ctx), db.Client, r.Kind, r.Key, time.Now())
	})
}

type dropWork struct{ piece }

// Run takes the item away.
func (d dropWork) Run(s *streams) error {
	return s.database(func(_ config.Config, db *storage.DB, _ *slog.Logger) error {
		return work.Drop(viewer.AsSystem(s.ctx), db.Client, d.Kind, d.Key, time.Now())
	})
}
