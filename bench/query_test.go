package bench

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/admission"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

const courseFields = `id code institution { acronym } published { title { text } } offerings(first: 3) { nodes { id } }`

// The queries that clients send most: Q1 the first catalogue page,
// Q2 a page near the end, Q3 one course, Q5 my enrolments, M1 one application.
func BenchmarkQueries(b *testing.B) {
	d := fill(b)
	h := graph.NewHandler(&graph.Resolver{DB: d.db.Client, Now: time.Now, Admissions: &admission.Service{DB: d.db.Client, Now: time.Now}})
	f := newFloor(b, d.db.SQL)
	learner := &viewer.Viewer{Kind: viewer.Person, PersonID: d.learner, Homes: []ident.ID{d.home}}
	nobody := &viewer.Viewer{Kind: viewer.Anonymous}

	for _, q := range []struct {
		name      string
		who       *viewer.Viewer
		query     string
		variables map[string]any
		floor     func(http.ResponseWriter)
	}{
		{"Q1", nobody, `{ courses(first: 20) { nodes { ` + courseFields + ` } pageInfo { endCursor hasNextPage } } }`, nil,
			func(w http.ResponseWriter) { f.courses(w, f.page, "crs_~", true) }},
		{"Q2", nobody, `query($a: String) { courses(first: 20, after: $a) { nodes { ` + courseFields + ` } pageInfo { endCursor hasNextPage } } }`, map[string]any{"a": d.deep},
			func(w http.ResponseWriter) { f.courses(w, f.page, string(d.deep), true) }},
		{"Q3", nobody, `query($id: ID!) { course(id: $id) { ` + courseFields + ` } }`, map[string]any{"id": d.middle},
			func(w http.ResponseWriter) { f.courses(w, f.byID, string(d.middle), true) }},
		{"Q5", learner, `{ enrolments(first: 20) { nodes { id state offering { course { code } version { title { text } } } } } }`, nil,
			func(w http.ResponseWriter) { f.mine(w, string(d.learner)) }},
	} {
		ask := asking(b, h, q.who, q.query, q.variables)
		b.Run(q.name, func(b *testing.B) {
			var ours, theirs, waited time.Duration
			for b.Loop() { // alternating, so that a noisy machine hits both
				began := time.Now()
				ours += cpu(ask)
				waited += time.Since(began)
				theirs += cpu(func() { q.floor(httptest.NewRecorder()) })
			}
			b.ReportMetric(float64(waited.Microseconds())/float64(b.N), "wall-µs/op")
			b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(theirs.Microseconds())/float64(b.N), "floor-µs/op")
			b.ReportMetric(float64(ours)/float64(max(1, theirs)), "×floor")
		})
	}

	b.Run("M1", func(b *testing.B) {
		const apply = `mutation($o: ID!) { submitApplication(input: { offeringId: $o }) { application { id } errors { code message } } }`
		const withdraw = `DELETE FROM applications WHERE learner_id = ? AND state = 'SUBMITTED'`
		n := 0
		for b.Loop() {
			if n == len(d.open) {
				b.StopTimer()
				if _, err := d.db.SQL.Exec(withdraw, string(d.learner)); err != nil {
					b.Fatal(err)
				}
				n = 0
				b.StartTimer()
			}
			asking(b, h, learner, apply, map[string]any{"o": d.open[n]})()
			n++
		}
	})
}

// asking returns a function that sends the query and fails on any error.
func asking(tb testing.TB, h http.Handler, who *viewer.Viewer, query string, variables map[string]any) func() {
	tb.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		tb.Fatal(err)
	}
	return func() {
		r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(viewer.With(r.Context(), who)))
		if w.Code != http.StatusOK || bytes.Contains(w.Body.Bytes(), []byte(`"errors":[{`)) {
			tb.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

// cpu returns the CPU time of this process while fn runs: with SQLite also the
// database's, with MariaDB without it.
func cpu(fn func()) time.Duration {
	before := usage()
	fn()
	return usage() - before
}

func usage() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
