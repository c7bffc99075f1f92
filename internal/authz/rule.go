package authz

import (
	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// rule returns the predicate under which a viewer sees a row of the selected
// table, or nil when they see every row.
type rule func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate

// everyone sees every row.
func everyone(*viewer.Viewer, *sql.Selector) *sql.Predicate { return nil }

// where sees the rows whose column has one of the values.
func where[V ~string](column string, values ...V) rule {
	return func(_ *viewer.Viewer, s *sql.Selector) *sql.Predicate { return in(s.C(column), values) }
}

// staff sees the rows of the institutions at which they hold any role.
func staff(column string) rule {
	return func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate { return in(s.C(column), v.StaffAt()) }
}

// holding sees the rows of the institutions or alliances at which they hold the role.
func holding(role viewer.Role, column string) rule {
	return func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		var at []ident.ID
		for _, g := range v.Grants {
			if g.Role == role {
				at = append(at, g.At)
			}
		}
		return in(s.C(column), at)
	}
}

// allianceAdministrators see every row.
func allianceAdministrators(v *viewer.Viewer, _ *sql.Selector) *sql.Predicate {
	for _, g := range v.Grants {
		if g.Role == viewer.AllianceAdministrator {
			return nil
		}
	}
	return sql.False()
}

// speakingForMine sees the identity providers that speak for an institution of
// which the viewer is administrator.
func speakingForMine(column string) rule {
	return func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		var at []ident.ID
		for _, g := range v.Grants {
			if g.Role == viewer.Administrator && g.Unit == "" {
				at = append(at, g.At)
			}
		}
		if len(at) == 0 {
			return sql.False()
		}
		t := sql.Dialect(s.Dialect()).Table(providerhome.Table)
		return sql.In(s.C(column), sql.Dialect(s.Dialect()).Select(t.C(providerhome.FieldProviderID)).From(t).Where(in(t.C(providerhome.FieldInstitutionID), at)))
	}
}

// self sees the rows about themselves.
func self(column string) rule {
	return func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		if v.Kind != viewer.Person {
			return sql.False()
		}
		return sql.EQ(s.C(column), v.PersonID)
	}
}

// applicantsOf sees the rows about people who have applied from or to an
// institution at which the viewer is staff.
func applicantsOf(column string) rule {
	return func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		at := v.StaffAt()
		if len(at) == 0 {
			return sql.False()
		}
		t := sql.Dialect(s.Dialect()).Table(application.Table)
		return sql.In(s.C(column), sql.Dialect(s.Dialect()).Select(t.C(application.FieldLearnerID)).From(t).
			Where(sql.Or(in(t.C(application.FieldHomeID), at), in(t.C(application.FieldHostID), at))))
	}
}

// either sees what any of the rules sees.
func either(rules ...rule) rule {
	return func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		var ps []*sql.Predicate
		for _, r := range rules {
			p := r(v, s)
			if p == nil {
				return nil
			}
			ps = append(ps, p)
		}
		return sql.Or(ps...)
	}
}

// both sees what each of the rules sees.
func both(rules ...rule) rule {
	return func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		var ps []*sql.Predicate
		for _, r := range rules {
			if p := r(v, s); p != nil {
				ps = append(ps, p)
			}
		}
		if len(ps) == 0 {
			return nil
		}
		return sql.And(ps...)
	}
}

func in[V ~string](column string, values []V) *sql.Predicate {
	if len(values) == 0 {
		return sql.False()
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	return sql.In(column, args...)
}
