package main

import (
	"errors"
	"fmt"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/seed"
)

type seedDemo struct{}

// Run fills an empty database with the demo alliance. It is refused outside
// demo mode, so that invented people never enter a real database.
func (seedDemo) Run(s *streams) error {
	c, log, err := s.config()
	if err != nil {
		return err
	}
	if !c.Demo {
		return errors.New("the demo alliance is for demo mode: set PEREGRINE_DEMO=true")
	}
	key, err := app.KEK(c)
	if err != nil {
		return err
	}
	db, err := app.Open(s.ctx, c)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := seed.Run(s.ctx, db.Client, app.SeedOptions(c, key, log)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "the demo alliance is there")
	return err
}
