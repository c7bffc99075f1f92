package gate

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// spent is what an operation was counted for.
type spent struct{ points, writes int }

func TestAnOperationIsPaidForBeforeItRuns(t *testing.T) {
	var all []spent
	refuse := false
	s := newShop(func(o *Options, r stub) {
		r["set"] = func(context.Context, map[string]any) (any, error) { return nil, nil }
		o.Spend = func(_ context.Context, h http.Header, points, writes int) *problem.Error {
			all = append(all, spent{points, writes})
			h.Set("RateLimit", "told")
			if refuse {
				return problem.New(problem.Limited, "spent").With(problem.RetryAfter(7))
			}
			return nil
		}
	})
	for _, tt := range []struct {
		name, document string
		viewer         string
		want           []spent
	}{
		{"a query", `{ hello shown { name } }`, "ada", []spent{{3, 0}}},
		{"a public one that nobody has asked", `{ open shown { id } }`, "", []spent{{3, 0}}},
		{"the same again", `{ open shown { id } }`, "", nil},
		{"the same by somebody", `{ open shown { id } }`, "ada", []spent{{3, 0}}},
		{"a mutation", `mutation { put }`, "ada", []spent{{0, 1}}},
		{"all its fields", `mutation { a: set ... { b: set ...F } ...F } fragment F on Mutation { c: set d: put }`, "ada", []spent{{0, 6}}},
		{"one that is not valid", `{ nothing }`, "ada", nil},
		{"one that costs too much", `{ people(first: 100) { nodes { heavy { id } } } }`, "ada", nil},
	} {
		all = nil
		s.send(with(posted(tt.document, ""), "Viewer", tt.viewer))
		if diff := cmp.Diff(tt.want, all, cmp.AllowUnexported(spent{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	refuse = true
	runs := s.runs.Load()
	for _, document := range []string{`{ hello }`, `{ broken }`} { // executed for one, and for all who ask
		got := s.send(posted(document, ""))
		want := `{"errors":[{"message":"spent","extensions":{"code":"LIMITED","retryAfter":7}}]}`
		if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "7" || got.Header().Get("RateLimit") != "told" || got.Body.String() != want {
			t.Errorf("%s: %d %v %s", document, got.Code, got.Header(), got.Body)
		}
	}
	if s.runs.Load() != runs {
		t.Error("what was refused has run")
	}
	if got := s.send(posted(`{ open shown { id } }`, "")); got.Code != http.StatusOK {
		t.Errorf("the cache gives %d to who has spent all", got.Code)
	}
}
