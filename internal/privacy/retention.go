package privacy

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Retention says how long a class of data is kept, for every member alike. Its
// words are privacy.retention.CLASS.
type Retention struct {
	Class string // of vocab.Periods

	// Rows of the table whose column lies further back are deleted, or, with
	// Clear, these columns of theirs emptied. Where narrows them further; it is
	// text of the code, never of a caller. Without a table it is about people who
	// have not signed in for so long: they are erased.
	Table, Column, Where string
	Clear                []string
	Record               bool // people with a record of study, too

	// Of and By have Column and Where speak of another table, to whose rows this
	// column of ours refers; Own is a condition of ours then. Few is how many rows one statement takes at most where
	// each is large; the usual number otherwise.
	Of, By string
	Own    string
	Few    int
}

// ended are the applications that have come to nothing.
const ended = "`state` IN ('REFUSED_BY_HOME', 'REFUSED_BY_HOST', 'DECLINED', 'LAPSED', 'WITHDRAWN', 'CANCELLED')"

// Retentions is what the job enforces, in this order. Running sign-ins and
// sessions are cleared by the jobs of packages oidcrp and session.
var Retentions = []Retention{
	{Class: "disclosures", Table: "disclosures", Column: "last_read_at"},
	{Class: "repeats", Table: "idempotency_keys", Column: "created_at"},
	{Class: "affiliations", Table: "affiliations", Column: "expires_at"},
	{Class: "texts", Table: "applications", Column: "decided_at", Clear: []string{"motivation", "reason", "condition", "answers"},
		Where: ended + " AND (`motivation` IS NOT NULL OR `reason` IS NOT NULL OR `condition` IS NOT NULL OR `answers` IS NOT NULL)"},
	{Class: "texts", Table: "application_steps", By: "application_id", Of: "applications", Column: "decided_at", Clear: []string{"reason"},
		Where: ended, Own: "`reason` IS NOT NULL"},
	{Class: "texts", Table: "access_needs", By: "application_id", Of: "applications", Column: "decided_at", Where: ended},
	{Class: "texts", Table: "documents", By: "application_id", Of: "applications", Column: "decided_at", Few: 20, Where: ended},
	{Class: "texts", Table: "drafts", Column: "updated_at", Few: 20},
	{Class: "visitors"},
	{Class: "learners", Record: true},
}

// batch is how many rows one statement of the job may change.
const batch = 1000

// Enforce deletes what has been kept long enough, and has the people erased who
// have not come back. A job calls it; it is safe to run on several servers.
func (s *Service) Enforce(ctx context.Context) (int, error) {
	now := vocab.Now(s.Now)
	total := 0
	for _, r := range Retentions {
		before := vocab.AddMonths(now, -s.Periods[r.Class])
		for {
			n, err := s.enforce(ctx, r, before)
			total += n
			if err != nil {
				return total, fmt.Errorf("privacy: retention of %s: %w", r.Class, err)
			}
			if n < cmp.Or(r.Few, batch) {
				break
			}
		}
	}
	return total, nil
}

func (s *Service) enforce(ctx context.Context, r Retention, before time.Time) (int, error) {
	if r.Table == "" {
		return s.expire(ctx, before, r.Record)
	}
	where := quoted(r.Column) + " <= ?"
	if r.Where != "" {
		where += " AND " + r.Where
	}
	if r.Of != "" {
		where = quoted(r.By) + " IN (SELECT `id` FROM " + quoted(r.Of) + " WHERE " + where + ")"
		if r.Own != "" {
			where += " AND " + r.Own
		}
	}
	// MySQL limits no subquery of IN, but one of FROM.
	rows := fmt.Sprintf(" WHERE `id` IN (SELECT `id` FROM (SELECT `id` FROM %s WHERE %s LIMIT %d) AS `old`)", quoted(r.Table), where, cmp.Or(r.Few, batch))
	statement := "DELETE FROM " + quoted(r.Table) + rows
	if len(r.Clear) > 0 {
		empty := vocab.Each(r.Clear, func(c string) string { return emptied(r.Table, c) })
		statement = "UPDATE " + quoted(r.Table) + " SET " + strings.Join(empty, ", ") + rows
	}
	done, err := s.SQL.ExecContext(ctx, statement, before)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// expire has those erased who have not signed in for long. Who holds a role is
// left alone; who has a record of study only where that is asked for.
func (s *Service) expire(ctx context.Context, before time.Time, record bool) (int, error) {
	ctx = viewer.AsSystem(ctx)
	which := []predicate.Person{person.ErasedAtIsNil(), person.SignedInAtLT(before), without("role_grants", "person_id"), without("erasures", "person_id")}
	if !record {
		which = append(which, without("applications", "learner_id"), without("credentials", "learner_id"))
	}
	found, err := s.DB.Person.Query().Where(which...).Order(person.ByID()).Limit(batch).IDs(ctx)
	if err != nil {
		return 0, err
	}
	for i, id := range found {
		if _, err := s.EraseOf(ctx, id); err != nil {
			return i, err
		}
	}
	return len(found), nil
}

// without finds people to whom no row of a table belongs.
func without(table, column string) predicate.Person {
	return func(s *sql.Selector) {
		t := sql.Dialect(s.Dialect()).Table(table)
		s.Where(sql.NotIn(s.C(person.FieldID), sql.Dialect(s.Dialect()).Select(t.C(column)).From(t)))
	}
}
