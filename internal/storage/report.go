package storage

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
)

// Reporter takes note of the errors that callers are told, for every face. The
// zero Reporter writes to the default log and counts nothing.
type Reporter struct {
	Log   *slog.Logger
	Count *telemetry.Problems
}

// Report returns what the caller, who is told now, may see of err. It logs what
// they may not, with where it happened, and counts all. Who has gone away while
// the server still worked for them is counted and not logged: that is no fault,
// and nothing to look into.
func (r Reporter) Report(ctx context.Context, err error, where string) []*problem.Error {
	log := cmp.Or(r.Log, slog.Default())
	all, fault := Problems(err)
	if fault {
		log.ErrorContext(ctx, "fault", "path", where, "err", err)
	}
	for _, p := range all {
		if cause := p.Cause(); cause != nil && !errors.Is(cause, context.Canceled) {
			log.WarnContext(ctx, "problem", "code", p.Code, "cause", cause)
		}
		if r.Count != nil {
			r.Count.Add(p.Code)
		}
	}
	return all
}
