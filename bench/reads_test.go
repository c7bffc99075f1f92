package bench

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/task"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// However far down a list a page is, it is read by an index that leads to the
// cursor: MariaDB touches a few rows for each one that it answers, and SQLite
// plans no sort.
func TestPagesAreReadByIndex(t *testing.T) {
	t.Setenv("PEREGRINE_BENCH_COURSES", "6000")
	var heard []statement
	d := fill(t, testkit.OnStatement(func(query string, args any) { heard = append(heard, statement{query, args.([]any)}) }))
	d.db.SQL.SetMaxOpenConns(1) // the counters belong to a connection
	if _, err := d.db.SQL.Exec(map[bool]string{true: "ANALYZE", false: "ANALYZE TABLE courses, offerings"}[testkit.Dialect() == dialect.SQLite]); err != nil {
		t.Fatal(err)
	}
	// Loaders are not needed: each query is one statement.
	h := graph.NewHandler(&graph.Resolver{DB: d.db.Client, Now: time.Now, Discovery: discovery.New(d.db.Client, time.Now)})
	deep, middle := string(d.deep), string(d.middle)
	offering := string(d.open[len(d.open)/2])
	host := string(d.db.Client.Course.GetX(viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System}), d.middle).InstitutionID)
	for who, v := range map[string]*viewer.Viewer{
		"nobody":       {Kind: viewer.Anonymous},
		"staff":        {Kind: viewer.Person, PersonID: d.learner, Grants: []viewer.Grant{{Role: viewer.CourseEditor, At: d.home}}},
		"the provider": {Kind: viewer.Person, PersonID: d.learner, Grants: []viewer.Grant{{Role: viewer.CourseEditor, At: ident.ID(host)}}},
	} {
		for _, list := range []string{
			`courses(first: 5, after: "` + deep + `")`,
			`courses(last: 5, before: "` + deep + `")`,
			`courses(first: 5, after: "` + middle + `")`,
			`courses(last: 5, before: "` + middle + `")`,
			`courses(first: 5, after: "` + middle + `", filter: { states: [PUBLISHED, WITHDRAWN] })`,
			`courses(last: 5, before: "` + middle + `", filter: { states: [PUBLISHED, WITHDRAWN] })`,
			`courses(first: 5, after: "` + middle + `", filter: { institutionId: "` + host + `" })`,
			`courses(last: 5, before: "` + middle + `", filter: { institutionId: "` + host + `" })`,
			`offerings(first: 5)`,
			`offerings(first: 5, after: "` + offering + `")`,
			`offerings(last: 5, before: "` + offering + `")`,
			`offerings(last: 5, before: "` + offering + `", filter: { states: [PUBLISHED] })`,
			`offerings(first: 5, filter: { institutionId: "` + host + `", states: [PUBLISHED] })`,
		} {
			before := rowsRead(t, &d)
			heard = nil
			answer := send(t, h, v, "{ "+list+" { nodes { id } } }", nil)
			asked := heard
			if n := strings.Count(string(answer), `"id"`); n != 5 {
				t.Fatalf("%s as %s: %d rows", list, who, n)
			}
			if read := rowsRead(t, &d) - before; read > 8*6 {
				t.Errorf("%s as %s: %d rows read for 5", list, who, read)
			}
			for _, q := range asked {
				if plan := planOf(t, &d, q); strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("%s as %s: %s", list, who, plan)
				}
			}
		}
	}
}

// A work list reads a few rows for each kind of task, and each task that it shows,
// however many wait; counting reads no rows but those of an index.
func TestWorkListsAreReadByIndex(t *testing.T) {
	t.Setenv("PEREGRINE_BENCH_COURSES", "600")
	var heard []statement
	d := fill(t, testkit.OnStatement(func(query string, args any) { heard = append(heard, statement{query, args.([]any)}) }))
	d.db.SQL.SetMaxOpenConns(1)
	d.addWaiting(t, number("PEREGRINE_BENCH_APPLICATIONS", 4000))
	if _, err := d.db.SQL.Exec(map[bool]string{true: "ANALYZE", false: "ANALYZE TABLE applications"}[testkit.Dialect() == dialect.SQLite]); err != nil {
		t.Fatal(err)
	}
	h := graph.NewHandler(&graph.Resolver{DB: d.db.Client, Now: time.Now, Discovery: discovery.New(d.db.Client, time.Now), Tasks: &task.Service{DB: d.db.Client, Now: time.Now}})
	officer := &viewer.Viewer{Kind: viewer.Person, PersonID: d.learner, Grants: []viewer.Grant{{Role: viewer.MobilityOfficer, At: d.home}}}
	var cursor string
	for page := range 3 {
		before := rowsRead(t, &d)
		heard = nil
		answer := send(t, h, officer, `query($after: String) { viewer { tasks(first: 5, after: $after) { pageInfo { endCursor } nodes { kind dueAt application { id } } } } }`,
			map[string]any{"after": map[bool]any{true: nil, false: cursor}[cursor == ""]})
		var got struct {
			Data struct {
				Viewer struct {
					Tasks struct {
						PageInfo struct{ EndCursor string }
						Nodes    []struct{ Application struct{ ID string } }
					}
				}
			}
		}
		if err := json.Unmarshal(answer, &got); err != nil || len(got.Data.Viewer.Tasks.Nodes) != 5 {
			t.Fatalf("page %d: %s", page, answer)
		}
		cursor = got.Data.Viewer.Tasks.PageInfo.EndCursor
		if len(heard) > 2 { // one for the tasks, and one for what they are about
			t.Errorf("page %d takes %d statements", page, len(heard))
		}
		if read := rowsRead(t, &d) - before; read > 100 {
			t.Errorf("page %d reads %d rows", page, read)
		}
		for _, q := range heard {
			if plan := planOf(t, &d, q); strings.Contains(plan, "SCAN applications") && !strings.Contains(plan, "USING") {
				t.Errorf("page %d: %s", page, plan)
			}
		}
	}
}

type statement struct {
	query string
	args  []any
}

// rowsRead is how many rows of tables and indexes the connection has read on
// MariaDB; SQLite keeps no such count.
func rowsRead(t *testing.T, d *data) int {
	t.Helper()
	if testkit.Dialect() == dialect.SQLite {
		return 0
	}
	rows, err := d.db.SQL.Query("SHOW SESSION STATUS LIKE 'Handler_read%'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	sum := 0
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return sum
}

// planOf is SQLite's plan of a statement.
func planOf(t *testing.T, d *data, s statement) string {
	t.Helper()
	if testkit.Dialect() != dialect.SQLite {
		return ""
	}
	rows, err := d.db.SQL.Query("EXPLAIN QUERY PLAN "+s.query, s.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if rows.Err() != nil || len(plan) == 0 {
		t.Fatal(rows.Err(), s.query)
	}
	return strings.Join(plan, "; ")
}
