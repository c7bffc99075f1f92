package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/lot"
)

type draws struct {
	Verify verifyDraw `cmd:"" help:"Recompute the order of a draw from what is published of it."`
}

type verifyDraw struct {
	Record string `arg:"" help:"File with what /draws/….json answered, or - for standard input."`
}

// Run recomputes a draw and says what it has found. It ends with status 3 when
// anything does not follow, and 4 for a draw that was not held yet. It needs no
// database and no server.
func (v verifyDraw) Run(s *streams) error {
	from, err := s.open(v.Record)
	if err != nil {
		return err
	}
	defer from.Close()
	b, err := io.ReadAll(io.LimitReader(from, lot.MaxRecord+1))
	if err != nil {
		return err
	}
	record, err := lot.Parse(b)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, record)
	checks := record.Verify()
	if len(checks) == 0 {
		return errStatus(4)
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		result := "PASSED"
		if !c.OK {
			result = "FAILED"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, result, lang.Say(language.English, c.Message()))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !lot.Good(checks) {
		return errStatus(3)
	}
	return nil
}
