package bench

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A query costs at most one statement for itself and one for each edge or list
// that it selects, however many rows there are.
func TestStatementsOfAQueryDoNotGrowWithItsRows(t *testing.T) {
	t.Setenv("PEREGRINE_BENCH_COURSES", "60")
	var n atomic.Int64
	d := fill(t, testkit.CountStatements(&n))
	// Loaders collect for long, so that a busy machine counts the same.
	h := graph.NewHandler(&graph.Resolver{DB: d.db.Client, Now: time.Now, Discovery: discovery.New(d.db.Client, time.Now), Loading: graph.Loading{Wait: 200 * time.Millisecond}})
	learner := &viewer.Viewer{Kind: viewer.Person, PersonID: d.learner}
	nobody := &viewer.Viewer{Kind: viewer.Anonymous}
	for _, tt := range []struct {
		name  string
		who   *viewer.Viewer
		query string
		most  int64
	}{
		{"catalogue page: courses, institutions, versions, offerings", nobody, `{ courses(first: 20) { nodes { ` + courseFields + ` } } }`, 4},
		{"by edges", nobody, `{ courses(first: 20) { edges { node { id code } } pageInfo { endCursor } } }`, 1},
		{"with a count", nobody, `{ courses(first: 20) { totalCount nodes { id } } }`, 2},
		{"enrolments: offerings, courses, versions", learner, `{ enrolments(first: 20) { nodes { id offering { course { code } version { title { text } } } } } }`, 4},
		{"nodes of one kind", nobody, `{ courses(first: 5) { nodes { id viewerActions { name allowed } } } }`, 1},
	} {
		ask := asking(t, h, tt.who, tt.query, nil)
		n.Store(0)
		ask()
		if got := n.Load(); got > tt.most {
			t.Errorf("%s: %d statements, at most %d are needed", tt.name, got, tt.most)
		}
	}
}
