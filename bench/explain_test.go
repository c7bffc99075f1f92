package bench

import (
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// explained asks the database how it would answer.
func explained(s *sql.Selector) {
	if s.Dialect() == dialect.SQLite {
		s.Prefix(sql.Raw("EXPLAIN QUERY PLAN "))
		return
	}
	s.Prefix(sql.Raw("EXPLAIN "))
}

// step is a step of a plan: the columns of both databases.
type step struct {
	ID       *string `sql:"id"`
	Parent   *string `sql:"parent"`
	Unused   *string `sql:"notused"`
	Detail   *string `sql:"detail"`
	Kind     *string `sql:"select_type"`
	Table    *string `sql:"table"`
	Type     *string `sql:"type"`
	Possible *string `sql:"possible_keys"`
	Key      *string `sql:"key"`
	Length   *string `sql:"key_len"`
	Ref      *string `sql:"ref"`
	Rows     *int    `sql:"rows"`
	Extra    *string `sql:"Extra"`
}

func (s step) String() string {
	var all []string
	for _, v := range []*string{s.Detail, s.Key, s.Length, s.Extra} {
		if v != nil {
			all = append(all, *v)
		}
	}
	if s.Rows != nil {
		all = append(all, fmt.Sprint(*s.Rows))
	}
	return strings.Join(all, " | ")
}

// whole is the length of the key in MariaDB when it is used up to the id, with
// which each of these indexes ends.
var whole = map[string]string{"PRIMARY": "30", "course_state_id": "160", "course_institution_id_state_id": "190", "offering_state_id": "160"}

// A page far down a list is found by an index that ends with the cursor, and
// is not sorted.
func TestPagesAreReadByIndex(t *testing.T) {
	t.Setenv("PEREGRINE_BENCH_COURSES", "3000")
	d := fill(t)
	if _, err := d.db.SQL.Exec(map[bool]string{true: "ANALYZE", false: "ANALYZE TABLE courses, offerings"}[testkit.Dialect() == dialect.SQLite]); err != nil {
		t.Fatal(err)
	}
	ctx := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Anonymous})
	c := d.db.Client
	for name, ask := range map[string]func(*[]step) error{
		"courses": func(plan *[]step) error {
			return c.Course.Query().Where(course.StateIn(course.StatePUBLISHED), course.IDLT(d.deep)).Order(ent.Desc(course.FieldID)).Limit(21).Modify(explained).Scan(ctx, plan)
		},
		"courses of a provider": func(plan *[]step) error {
			return c.Course.Query().Where(course.StateIn(course.StatePUBLISHED), course.InstitutionID(d.home), course.IDLT(d.deep)).Order(ent.Desc(course.FieldID)).Limit(21).Modify(explained).Scan(ctx, plan)
		},
		"offerings": func(plan *[]step) error {
			return c.Offering.Query().Where(offering.StateEQ(offering.StatePUBLISHED), offering.IDLT(d.open[len(d.open)/2])).Order(ent.Desc(offering.FieldID)).Limit(21).Modify(explained).Scan(ctx, plan)
		},
	} {
		var plan []step
		if err := ask(&plan); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range plan {
			byCursor := p.Detail != nil && strings.Contains(*p.Detail, "id<?") && !strings.Contains(*p.Detail, "TEMP B-TREE")
			if p.Key != nil {
				byCursor = *p.Length == whole[*p.Key] && (p.Extra == nil || !strings.Contains(*p.Extra, "filesort"))
			}
			if !byCursor {
				t.Errorf("%s: %v", name, plan)
			}
		}
	}
}
