package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

type audits struct {
	Verify verifyAudit `cmd:"" help:"Walk the audit and say whether any entry was changed, inserted, deleted or swapped."`
}

type verifyAudit struct {
	Checkpoints []string `arg:"" optional:"" name:"checkpoint" help:"Files with what /audit/checkpoint answered earlier, kept elsewhere; - is standard input."`
}

// Run verifies the chain against the stored checkpoints and those of the files.
// It ends with status 3 when anything was changed. It needs no key: checkpoints
// are read with the public ones.
func (v verifyAudit) Run(s *streams) error {
	var kept []audit.Checkpoint
	for _, file := range v.Checkpoints {
		c, err := readCheckpoint(s, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		kept = append(kept, c)
	}
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		found, err := audit.New(db.Client, time.Now, keyring.KEK{}, c.BaseURL).Verify(s.ctx, kept...)
		if err != nil {
			return err
		}
		for _, fault := range found.Faults {
			fmt.Fprintln(s.out, fault)
		}
		fmt.Fprintf(s.out, "%d entries sealed, %d waiting, %d checkpoints\n", found.Sealed, found.Waiting, found.Checkpoints)
		if len(found.Faults) > 0 {
			return errStatus(3)
		}
		_, err = fmt.Fprintln(s.out, "the audit is as it was sealed")
		return err
	})
}

func readCheckpoint(s *streams, file string) (audit.Checkpoint, error) {
	from, err := s.open(file)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	defer from.Close()
	b, err := io.ReadAll(io.LimitReader(from, audit.MaxCheckpoint))
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return audit.ParseCheckpoint(b)
}
