package bench

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// floor answers the queries by hand: one prepared statement for each level, the
// rows written straight out as JSON. It has no rights, no limits, no schema.
type floor struct {
	page, offerings, byID, enrolments *sql.Stmt
}

func newFloor(tb testing.TB, db *sql.DB) *floor {
	tb.Helper()
	prepare := func(query string) *sql.Stmt {
		s, err := db.Prepare(query)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = s.Close() })
		return s
	}
	// A table of its own with the index that the page asks for: the floor is what
	// somebody would write who needs this one answer and no other.
	for _, statement := range []string{
		`DROP TABLE IF EXISTS floor_courses`,
		`CREATE TABLE floor_courses (id char(30) PRIMARY KEY, code varchar(64), acronym varchar(32), title text, ects int, eqf int, isced char(4), language char(35))`,
		`INSERT INTO floor_courses SELECT c.id, c.code, i.acronym, v.title, v.ects, v.eqf, v.isced, REPLACE(REPLACE(v.languages, '["', ''), '"]', '')
			FROM courses c JOIN institutions i ON i.id = c.institution_id JOIN course_versions v ON v.id = c.published_version_id WHERE c.state = 'PUBLISHED'`,
		`CREATE INDEX floor_page ON floor_courses (language, eqf, isced, id)`,
	} {
		if _, err := db.Exec(statement); err != nil {
			tb.Fatal(err)
		}
	}
	const columns = `SELECT id, code, acronym, title, ects, eqf FROM floor_courses WHERE `
	return &floor{
		page: prepare(columns + `language = 'en' AND eqf = 7 AND isced = '0613' AND id < ? ORDER BY id DESC LIMIT 21`),
		byID: prepare(columns + `id = ?`),
		offerings: prepare(`SELECT id, course_id, opens_at, seats, seats_taken FROM offerings WHERE state = 'PUBLISHED' AND course_id IN (` +
			strings.TrimSuffix(strings.Repeat("?,", 20), ",") + `) ORDER BY course_id, id DESC`),
		enrolments: prepare(`SELECT e.id, e.state, c.code, v.title, k.id, k.state FROM enrolments e JOIN offerings o ON o.id = e.offering_id
			JOIN courses c ON c.id = o.course_id JOIN course_versions v ON v.id = e.version_id
			LEFT JOIN results r ON r.enrolment_id = e.id AND r.state = 'CONFIRMED'
			LEFT JOIN credentials k ON k.result_id = r.id AND k.live_key IS NOT NULL WHERE e.learner_id = ? ORDER BY e.id DESC LIMIT 21`),
	}
}

// english returns the English version of a stored text, as JSON.
func english(stored []byte) json.RawMessage {
	var t struct {
		EN json.RawMessage `json:"en"`
	}
	_ = json.Unmarshal(stored, &t)
	return t.EN
}

type row struct {
	id, code, acronym string
	title             []byte
	ects, eqf         int
}

func (f *floor) courses(w http.ResponseWriter, stmt *sql.Stmt, key string, withOfferings bool) {
	rows, err := stmt.Query(key)
	if err != nil {
		panic(err)
	}
	var all []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.id, &r.code, &r.acronym, &r.title, &r.ects, &r.eqf); err != nil {
			panic(err)
		}
		all = append(all, r)
	}
	_ = rows.Close()
	if len(all) > 20 {
		all = all[:20]
	}
	children := map[string][]byte{}
	if withOfferings {
		children = f.children(all)
	}
	out := []byte(`{"data":{"catalogue":{"nodes":[`)
	for i, r := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"course":{"id":"`+r.id+`","code":"`+r.code+`","institution":{"acronym":"`+r.acronym+`"},"published":{"title":{"text":`...)
		out = append(out, english(r.title)...)
		out = append(out, `}},"offerings":{"nodes":[`...)
		out = append(out, children[r.id]...)
		out = append(out, `]}}}`...)
	}
	write(w, append(out, `]}}}`...))
}

func (f *floor) children(parents []row) map[string][]byte {
	args := make([]any, 20)
	for i := range args {
		args[i] = ""
		if i < len(parents) {
			args[i] = parents[i].id
		}
	}
	rows, err := f.offerings.Query(args...)
	if err != nil {
		panic(err)
	}
	defer rows.Close()
	by := map[string][]byte{}
	for rows.Next() {
		var id, course string
		var opens any
		var seats, taken int
		if err := rows.Scan(&id, &course, &opens, &seats, &taken); err != nil {
			panic(err)
		}
		if len(by[course]) > 0 {
			by[course] = append(by[course], ',')
		}
		by[course] = append(by[course], `{"id":"`+id+`"}`...)
	}
	return by
}

// mine are the enrolments of a learner, each with its credential, if there is one.
func (f *floor) mine(w http.ResponseWriter, learner string) {
	rows, err := f.enrolments.Query(learner)
	if err != nil {
		panic(err)
	}
	defer rows.Close()
	out := []byte(`{"data":{"enrolments":{"nodes":[`)
	for n := 0; rows.Next(); n++ {
		var id, state, code string
		var title []byte
		var credential, held *string
		if err := rows.Scan(&id, &state, &code, &title, &credential, &held); err != nil {
			panic(err)
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"id":"`+id+`","state":"`+state+`","offering":{"course":{"code":"`+code+`"},"version":{"title":{"text":`...)
		out = append(append(out, english(title)...), `}}},"results":[`...)
		if credential != nil {
			out = append(out, `{"credential":{"id":"`+*credential+`","state":"`+*held+`"}}`...)
		}
		out = append(out, `]}`...)
	}
	write(w, append(out, `]}}}`...))
}

func write(w http.ResponseWriter, b []byte) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
}
