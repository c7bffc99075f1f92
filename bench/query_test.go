package bench

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

const courseFields = `id code institution { acronym } published { title { text } } offerings(first: 3) { nodes { id } }`

// cataloguePage asks for a page by language, level and field.
const cataloguePage = `query($a: String) { catalogue(filter: { languages: ["en"], eqfLevels: [7], fields: ["0613"] }, orderBy: NEWEST, first: 20, after: $a) {
	nodes { course { ` + courseFields + ` } } pageInfo { endCursor hasNextPage } } }`

const search = `{ catalogue(text: "machine learning", first: 20) { nodes { course { id published { title { text } } } }
	totalCount facets(keys: [COUNTRY, LANGUAGE]) { key buckets { value count } } } }`

// The queries that clients send most: Q1 the first catalogue page by language,
// level and field, Q2 the same near its end, Q3 one course, Q4 a search with
// facets, Q5 my enrolments, M1 one application.
//
// The ratio leaves out what it costs to make a request, which is no server's.
//
// "cold" never finds an answer in the response cache: the viewer has signed in.
// "cached" is the same as nobody, who shares answers.
func BenchmarkQueries(b *testing.B) {
	d := fill(b)
	found := discovery.New(d.db.Client, time.Now)
	if err := found.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	h := graph.NewHandler(&graph.Resolver{
		DB: d.db.Client, Now: time.Now, Discovery: found, Agreements: &agreement.Service{DB: d.db.Client, Now: time.Now},
		Journeys: &journey.Service{DB: d.db.Client, Now: time.Now},
	})
	f := newFloor(b, d.db.SQL)
	learner := &viewer.Viewer{Kind: viewer.Person, PersonID: d.learner, Homes: []ident.ID{d.home}}
	nobody := &viewer.Viewer{Kind: viewer.Anonymous}
	deep := deepCursor(b, h, nobody)

	for _, q := range []struct {
		name      string
		who       *viewer.Viewer
		query     string
		variables map[string]any
		floor     func(http.ResponseWriter)
	}{
		{"Q1/cold", learner, cataloguePage, nil, func(w http.ResponseWriter) { f.courses(w, f.page, "crs_~", true) }},
		{"Q1/cached", nobody, cataloguePage, nil, func(w http.ResponseWriter) { f.courses(w, f.page, "crs_~", true) }},
		{"Q2/cold", learner, cataloguePage, map[string]any{"a": deep}, func(w http.ResponseWriter) { f.courses(w, f.page, string(d.deep), true) }},
		{"Q3/cold", learner, `query($id: ID!) { course(id: $id) { ` + courseFields + ` } }`, map[string]any{"id": d.middle},
			func(w http.ResponseWriter) { f.courses(w, f.byID, string(d.middle), true) }},
		{"Q3/cached", nobody, `query($id: ID!) { course(id: $id) { ` + courseFields + ` } }`, map[string]any{"id": d.middle},
			func(w http.ResponseWriter) { f.courses(w, f.byID, string(d.middle), true) }},
		{"Q4/cold", learner, search, nil, nil},
		{"Q5", learner, mine, nil,
			func(w http.ResponseWriter) { f.mine(w, string(d.learner)) }},
	} {
		body := document(b, q.query, q.variables)
		ask := func() { request(h, q.who, body) }
		send(b, h, q.who, q.query, q.variables) // which fails on any error
		plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { q.floor(w) })
		b.Run(q.name, func(b *testing.B) {
			var ours, theirs, making spent
			for b.Loop() { // alternating in rounds, so that a noisy machine hits both
				ours.add(func() {
					for range round {
						ask()
					}
				})
				making.add(func() {
					for range round {
						request(idle, q.who, body)
					}
				})
				if q.floor != nil {
					theirs.add(func() {
						for range round {
							request(plain, q.who, body)
						}
					})
				}
			}
			ours.report(b, "ours")
			if q.floor != nil {
				theirs.report(b, "floor")
				b.ReportMetric((ours.total()-making.total())/(theirs.total()-making.total()), "×floor")
			}
			b.ReportMetric(0, "ns/op")
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

// idle answers nothing.
var idle = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// round is how many requests are measured at once: the kernel counts CPU time
// too coarsely for one.
const round = 50

// deepCursor returns a cursor near the end of the catalogue page.
func deepCursor(tb testing.TB, h http.Handler, who *viewer.Viewer) string {
	tb.Helper()
	const last = `{ catalogue(filter: { languages: ["en"], eqfLevels: [7], fields: ["0613"] }, orderBy: NEWEST, last: 30) { pageInfo { startCursor } } }`
	var answer struct {
		Data struct {
			Catalogue struct{ PageInfo struct{ StartCursor string } }
		}
	}
	if err := json.Unmarshal(send(tb, h, who, last, nil), &answer); err != nil {
		tb.Fatal(err)
	}
	return answer.Data.Catalogue.PageInfo.StartCursor
}

// asking returns a function that sends the query and fails on any error.
func asking(tb testing.TB, h http.Handler, who *viewer.Viewer, query string, variables map[string]any) func() {
	tb.Helper()
	return func() { send(tb, h, who, query, variables) }
}

func send(tb testing.TB, h http.Handler, who *viewer.Viewer, query string, variables map[string]any) []byte {
	tb.Helper()
	w := request(h, who, document(tb, query, variables))
	if w.Code != http.StatusOK || bytes.Contains(w.Body.Bytes(), []byte(`"errors":[{`)) {
		tb.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// document is the body of a request.
func document(tb testing.TB, query string, variables map[string]any) []byte {
	tb.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// request sends a body. Making the request costs ours and the floor the same.
func request(h http.Handler, who *viewer.Viewer, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(viewer.With(r.Context(), who)))
	return w
}

// spent is the CPU time of this process, and of the MariaDB server beside it.
// SQLite works inside the process.
type spent struct {
	server, database time.Duration
	n                int
}

func (s *spent) add(fn func()) {
	database, server := databaseUsage(), usage() // the second last: looking for the first costs time
	fn()
	s.server += usage() - server
	s.database += databaseUsage() - database
	s.n += round
}

func (s *spent) total() float64 { return max(1, float64(s.server+s.database)) / float64(s.n) }

func (s *spent) report(b *testing.B, who string) {
	b.ReportMetric(float64(s.server.Microseconds())/float64(s.n), who+"-µs/op")
	if s.database > 0 {
		b.ReportMetric(float64(s.database.Microseconds())/float64(s.n), who+"-db-µs/op")
	}
}

func usage() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// databaseUsage is the CPU time of every MariaDB server on this machine, in
// steps of a hundredth of a second.
func databaseUsage() time.Duration {
	if os.Getenv("PEREGRINE_TEST_MYSQL") == "" {
		return 0
	}
	var ticks int64
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(stat, []byte("(mariadbd)")) {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, f := range fields[11:13] { // utime and stime
			n, _ := strconv.ParseInt(f, 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
