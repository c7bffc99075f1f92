package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

const (
	tasks = `query($after: String) { viewer { tasks(first: 20, after: $after) { pageInfo { endCursor } nodes { kind dueAt application { id state
		offering { course { code } version { title { text } } } } } } } }`
	counts  = `{ viewer { taskCounts { kind count overdue } } }`
	waiting = `query($home: ID!) { applications(first: 20, filter: { institutionId: $home, side: HOME, states: [SUBMITTED] }) { nodes { id state dueAt
		offering { course { code } version { title { text } } } } } }`
)

// Work lists over HTTP, of an office at which half of all applications wait for
// home and half for the host (PEREGRINE_BENCH_APPLICATIONS=500000 is the goal). The
// floor is one prepared statement, and JSON by hand.
func BenchmarkWorkLists(b *testing.B) {
	b.Setenv("PEREGRINE_BENCH_COURSES", "600")
	d := fill(b)
	d.addWaiting(b, number("PEREGRINE_BENCH_APPLICATIONS", 20_000))
	if _, err := d.db.SQL.ExecContext(b.Context(), map[bool]string{true: "ANALYZE", false: "ANALYZE TABLE applications"}[d.db.Dialect == "sqlite3"]); err != nil {
		b.Fatal(err)
	}
	server, token := served(b, d)
	const columns = `SELECT a.id, a.state, a.due_at, c.code, v.title FROM applications a JOIN offerings o ON o.id = a.offering_id
		JOIN courses c ON c.id = o.course_id JOIN course_versions v ON v.id = o.version_id WHERE `
	here, own := string(d.home), string(d.learner)
	var kinds []string // what may wait for somebody who works there
	for _, kind := range []string{"home_id = ? AND state = 'SUBMITTED'", "host_id = ? AND state = 'NOMINATED'", "host_id = ? AND state = 'CONDITIONAL'",
		"learner_id = ? AND state = 'OFFERED'", "learner_id = ? AND state = 'CONDITIONAL'"} {
		kinds = append(kinds, "SELECT id FROM (SELECT id FROM applications WHERE "+kind+" ORDER BY due_at, id LIMIT 21) listed")
	}
	for _, q := range []struct {
		name, query string
		variables   map[string]any
		floor       string
		args        []any
	}{
		{"tasks", tasks, nil, columns + `a.id IN (SELECT id FROM (` + strings.Join(kinds, " UNION ALL ") + `) waiting) ORDER BY a.due_at, a.id LIMIT 21`, []any{here, here, here, own, own}},
		{"counts", counts, nil, `SELECT 'DECIDE_NOMINATION', COUNT(*), COALESCE(SUM(due_at <= ?), 0), '', '' FROM applications WHERE home_id = ? AND state = 'SUBMITTED' UNION ALL
			SELECT 'DECIDE_ADMISSION', COUNT(*), COALESCE(SUM(due_at <= ?), 0), '', '' FROM applications WHERE host_id = ? AND state = 'NOMINATED'`,
			[]any{time.Now().UTC(), here, time.Now().UTC(), here}},
		{"applications", waiting, map[string]any{"home": d.home}, columns + `a.home_id = ? AND a.state = 'SUBMITTED' ORDER BY a.id DESC LIMIT 21`, []any{here}},
	} {
		stmt, err := d.db.SQL.PrepareContext(b.Context(), q.floor)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = stmt.Close() })
		floor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			rows, err := stmt.QueryContext(r.Context(), q.args...)
			if err != nil {
				panic(err)
			}
			defer rows.Close()
			var out strings.Builder
			out.WriteString(`{"data":{"nodes":[`)
			for n := 0; rows.Next(); n++ {
				var id, state, due, code string
				var title []byte
				if err := rows.Scan(&id, &state, &due, &code, &title); err != nil {
					panic(err)
				}
				if n > 0 {
					out.WriteByte(',')
				}
				fmt.Fprintf(&out, `{"id":"%s","state":"%s","dueAt":"%s","offering":{"course":{"code":"%s"},"version":{"title":{"text":%s}}}}`, id, state, due, code, english(title))
			}
			write(w, []byte(out.String()+`]}}`))
		}))
		defer floor.Close()
		b.Run(q.name, func(b *testing.B) { overHTTP(b, server.URL, floor.URL, token, document(b, q.query, q.variables)) })
	}
}

// addWaiting makes the learner an office of the home, for which so many
// applications wait: half of them of its own learners, half at its own offerings.
func (d *data) addWaiting(tb testing.TB, n int) {
	tb.Helper()
	ctx, c, now := viewer.AsSystem(tb.Context()), d.db.Client, vocab.Now(time.Now)
	c.RoleGrant.Create().SetPersonID(d.learner).SetInstitutionID(d.home).SetRole(rolegrant.RoleMOBILITY_OFFICER).SetValidFrom(now.Add(-time.Hour)).ExecX(ctx)
	other := c.Offering.GetX(ctx, d.open[0])
	own := c.Offering.Query().Where(offering.InstitutionID(d.home)).FirstX(ctx)
	for first := 0; first < n; first += batch {
		var people []*ent.PersonCreate
		var apps []*ent.ApplicationCreate
		for i := first; i < min(n, first+batch); i++ {
			person := ident.New(ident.Person)
			people = append(people, c.Person.Create().SetID(person))
			app := c.Application.Create().SetLearnerID(person).SetSubmittedAt(now).SetDueAt(now.Add(time.Duration(i%5000-100) * time.Minute))
			if i%2 == 0 {
				app.SetOfferingID(other.ID).SetHomeID(d.home).SetHostID(other.InstitutionID).SetState(application.StateSUBMITTED)
			} else {
				app.SetOfferingID(own.ID).SetHomeID(other.InstitutionID).SetHostID(d.home).SetState(application.StateNOMINATED)
			}
			apps = append(apps, app)
		}
		c.Person.CreateBulk(people...).ExecX(ctx)
		c.Application.CreateBulk(apps...).ExecX(ctx)
	}
}
