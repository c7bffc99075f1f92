package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/seed"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

type seedDemo struct{}

// Run fills an empty database with the demo alliance. It is refused outside
// demo mode, so that invented people never enter a real database.
func (seedDemo) Run(s *streams) error {
	return s.sealed(func(c config.Config, db *storage.DB, key keyring.KEK, log *slog.Logger) error {
		if !c.Demo {
			return errors.New("the demo alliance is for demo mode: set PEREGRINE_DEMO=true")
		}
		if err := seed.Run(s.ctx, db.Client, app.SeedOptions(c, key, log)); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.out, "the demo alliance is there")
		return err
	})
}
