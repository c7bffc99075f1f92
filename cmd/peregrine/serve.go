package main

import (
	"fmt"

	"github.com/peregrine-exchange/peregrine/internal/app"
)

type serve struct{}

// Run serves until it is told to stop.
func (serve) Run(s *streams) error {
	c, log, err := s.config()
	if err != nil {
		return err
	}
	return app.Serve(s.ctx, c, log, func() {
		fmt.Fprintf(s.out, "\nPeregrine serves %s\n\n  API explorer  %s/explorer/\n  Sign in       %s/signin\n", c.BaseURL, c.BaseURL, c.BaseURL)
		if c.Demo {
			fmt.Fprintf(s.out, "  Demo people   %s/demo\n", c.BaseURL)
		}
		fmt.Fprintf(s.out, "\nOpen %s – stop with Ctrl-C.\n\n", c.BaseURL)
	})
}
