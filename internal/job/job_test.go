package job

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A job that fails or panics comes again at its next turn, the others go on,
// and the log says what went wrong and where.
func TestAJobThatPanicsIsTriedAgain(t *testing.T) {
	var log strings.Builder
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
		defer cancel()
		var mu sync.Mutex
		runs := map[string]int{}
		ran := func(ctx context.Context, name string) int {
			mu.Lock()
			defer mu.Unlock()
			if viewer.From(ctx).Kind != viewer.System {
				t.Errorf("%s does not run on behalf of the system", name)
			}
			runs[name]++
			return runs[name]
		}
		RunAll(ctx, []Job{
			{Name: "panics", Every: 10 * time.Minute, Run: func(ctx context.Context) (int, error) {
				ran(ctx, "panics")
				panic("a bug")
			}},
			{Name: "fails", Every: 10 * time.Minute, Run: func(ctx context.Context) (int, error) { return ran(ctx, "fails"), errors.New("away") }},
			{Name: "works", Every: 10 * time.Minute, Run: func(ctx context.Context) (int, error) { return ran(ctx, "works"), nil }},
		})
		for _, name := range []string{"panics", "fails", "works"} {
			if runs[name] != 3 {
				t.Errorf("%s ran %d times in 25 minutes, want 3", name, runs[name])
			}
		}
	})
	for _, want := range []string{"a bug", "job_test.go", "away"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}
