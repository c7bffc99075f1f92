package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
)

// A fault is logged whole, the cause of a problem is, and neither a refusal nor
// somebody who has gone away.
func TestReport(t *testing.T) {
	var log bytes.Buffer
	r := storage.Reporter{Log: slog.New(slog.NewTextHandler(&log, nil)), Count: &telemetry.Problems{}}
	busy := problem.New(problem.Unavailable, "try again")
	for what, tt := range map[string]struct {
		err  error
		code problem.Code
		logs string
	}{
		"a fault":                  {errors.New("a slip"), problem.Internal, `level=ERROR msg=fault path=/there err="a slip"`},
		"a refusal":                {problem.New(problem.Conflict, "it has ended"), problem.Conflict, ""},
		"a problem with its cause": {busy.Because(errors.New("no room")), problem.Unavailable, `level=WARN msg=problem code=UNAVAILABLE cause="no room"`},
		"somebody who has gone":    {fmt.Errorf("reading: %w", context.Canceled), problem.Unavailable, ""},
		"their going as a cause":   {busy.Because(context.Canceled), problem.Unavailable, ""},
	} {
		log.Reset()
		before := r.Count.Counts()
		all := r.Report(t.Context(), tt.err, "/there")
		if len(all) != 1 || all[0].Code != tt.code {
			t.Errorf("%s shows %v", what, all)
		}
		if _, line, _ := strings.Cut(strings.TrimSpace(log.String()), " "); line != tt.logs {
			t.Errorf("%s logs %q, want %q", what, line, tt.logs)
		}
		want := map[problem.Code]int64{tt.code: 1}
		for code, n := range before {
			want[code] += n
		}
		if got := r.Count.Counts(); !maps.Equal(got, want) {
			t.Errorf("%s counts %v, want %v", what, got, want)
		}
	}
}
