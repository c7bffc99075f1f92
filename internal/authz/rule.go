package authz

import (
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/auditreader"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// rule says who sees which rows of a table: to the database and, in the same
// breath, to a reader.
type rule struct {
	// rows returns the predicate under which a viewer sees a row of the
	// selected table, or nil when they see every row.
	rows func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate
	says []Clause // any one of them is enough
}

// everyone sees every row.
var everyone = rule{rows: func(*viewer.Viewer, *sql.Selector) *sql.Predicate { return nil }, says: []Clause{{}}}

// where sees the rows whose column has one of the values. Most rows have, so
// SQLite is kept from looking them up by it (the plus): it would sort them for
// each page.
func where[V ~string](column string, values ...V) rule {
	return rule{
		rows: func(_ *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			if s.Dialect() != dialect.SQLite {
				return in(s.C(column), values)
			}
			c := s.C(column)
			return sql.P(func(b *sql.Builder) {
				b.WriteString("+").Ident(c).WriteOp(sql.OpIn).Wrap(func(b *sql.Builder) { b.Args(anys(values)...) })
			})
		},
		says: []Clause{{While: []Condition{{Column: column, Values: texts(values)}}}},
	}
}

// staff sees the rows of the institutions at which they hold any role.
func staff(column string) rule {
	return rule{rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate { return in(s.C(column), v.StaffAt()) },
		says: []Clause{{Who: []Group{{Staff, column, ""}}}}}
}

// holding sees the rows of the institutions or alliances at which they hold the role.
func holding(role viewer.Role, column string) rule {
	return rule{rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate { return in(s.C(column), holdingAt(v, role)) },
		says: []Clause{{Who: []Group{{Holders, column, role}}}}}
}

// working sees the rows of the institutions at which they hold one of the roles,
// or whose program they are.
func working(column string, roles []viewer.Role) rule {
	r := rule{rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate { return in(s.C(column), workingAt(v, roles)) }}
	for _, role := range roles {
		r.says = append(r.says, Clause{Who: []Group{{Holders, column, role}}})
	}
	return r
}

// workingAt lists where the viewer holds one of the roles. A program comes here
// only where its token opens the rows.
func workingAt(v *viewer.Viewer, roles []viewer.Role) (at []ident.ID) {
	if v.Kind == viewer.Program {
		return []ident.ID{v.ClientAt}
	}
	for _, role := range roles {
		for _, id := range holdingAt(v, role) {
			if !slices.Contains(at, id) {
				at = append(at, id)
			}
		}
	}
	return at
}

func holdingAt(v *viewer.Viewer, role viewer.Role) []ident.ID {
	var at []ident.ID
	for _, g := range v.Grants {
		if g.Role == role {
			at = append(at, g.At)
		}
	}
	return at
}

// allianceAdministrators see every row.
var allianceAdministrators = rule{
	rows: func(v *viewer.Viewer, _ *sql.Selector) *sql.Predicate {
		if len(holdingAt(v, viewer.AllianceAdministrator)) > 0 {
			return nil
		}
		return sql.False()
	},
	says: []Clause{{Who: []Group{{AllianceAdministrators, "", ""}}}},
}

// administratorsOfItsAlliances see the rows of the institutions that are members
// of an alliance that they administer.
func administratorsOfItsAlliances(column string) rule {
	return rule{
		rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			t := sql.Dialect(s.Dialect()).Table(membership.Table)
			return sql.In(s.C(column), sql.Dialect(s.Dialect()).Select(t.C(membership.FieldInstitutionID)).From(t).
				Where(sql.And(in(t.C(membership.FieldAllianceID), holdingAt(v, viewer.AllianceAdministrator)),
					in(t.C(membership.FieldState), []membership.State{membership.StateACTIVE, membership.StateSUSPENDED}))))
		},
		says: []Clause{{Who: []Group{{AdministratorsOfItsAlliances, column, ""}}}},
	}
}

// speakingFor sees the providers that speak for an institution at which the
// viewer is an administrator.
func speakingFor(column string) rule {
	return rule{
		rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			t := sql.Dialect(s.Dialect()).Table(providerhome.Table)
			return sql.In(s.C(column), sql.Dialect(s.Dialect()).Select(t.C(providerhome.FieldProviderID)).From(t).
				Where(in(t.C(providerhome.FieldInstitutionID), holdingAt(v, viewer.Administrator))))
		},
		says: []Clause{{Who: []Group{{AdministratorsSpokenFor, column, ""}}}},
	}
}

// self sees the rows about themselves.
func self(column string) rule {
	return rule{
		rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			if v.Kind != viewer.Person {
				return sql.False()
			}
			return sql.EQ(s.C(column), v.PersonID)
		},
		says: []Clause{{Who: []Group{{Self, column, ""}}}},
	}
}

// applicantsOf sees the rows about people who have applied from or to an
// institution at which the viewer handles that.
func applicantsOf(column string) rule {
	return rule{
		rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			home, host := workingAt(v, atHome), workingAt(v, atHost)
			if len(home)+len(host) == 0 {
				return sql.False()
			}
			t := sql.Dialect(s.Dialect()).Table(application.Table)
			return sql.In(s.C(column), sql.Dialect(s.Dialect()).Select(t.C(application.FieldLearnerID)).From(t).
				Where(sql.Or(in(t.C(application.FieldHomeID), home), in(t.C(application.FieldHostID), host))))
		},
		says: []Clause{{Who: []Group{{StaffOfApplicants, column, ""}}}},
	}
}

// colleaguesOf sees the rows about people who hold or held a role at an
// institution or in an alliance that the viewer administers.
func colleaguesOf(column string) rule {
	return rule{
		rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			institutions, alliances := holdingAt(v, viewer.Administrator), holdingAt(v, viewer.AllianceAdministrator)
			if len(institutions)+len(alliances) == 0 {
				return sql.False()
			}
			t := sql.Dialect(s.Dialect()).Table(rolegrant.Table)
			return sql.In(s.C(column), sql.Dialect(s.Dialect()).Select(t.C(rolegrant.FieldPersonID)).From(t).
				Where(sql.Or(in(t.C(rolegrant.FieldInstitutionID), institutions), in(t.C(rolegrant.FieldAllianceID), alliances))))
		},
		says: []Clause{{Who: []Group{{AdministratorsOfStaff, column, ""}}}},
	}
}

// readers sees the entries of the audit that name them as somebody who reads
// them: the person, and who answers for an institution or alliance. The rows by
// which they are found are written when an entry is sealed (package audit).
func readers(column string) rule {
	r := rule{
		rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			if v.Kind != viewer.Person {
				return sql.False()
			}
			as := []ident.ID{v.PersonID}
			for _, role := range auditReaders {
				as = append(as, holdingAt(v, role)...)
			}
			t := sql.Dialect(s.Dialect()).Table(auditreader.Table)
			return sql.In(s.C(column), sql.Dialect(s.Dialect()).Select(t.C(auditreader.FieldEntryID)).From(t).Where(in(t.C(auditreader.FieldReaderID), as)))
		},
		says: []Clause{{Who: []Group{{Self, auditentry.FieldActorID, ""}}}, {Who: []Group{{Self, auditentry.FieldPersonID, ""}}}},
	}
	for _, role := range auditReaders {
		r.says = append(r.says, Clause{Who: []Group{{Holders, auditentry.FieldInstitutions, role}}})
	}
	return r
}

// auditReaders are the roles that read the audit of the place where they are held.
var auditReaders = []viewer.Role{viewer.Administrator, viewer.AllianceAdministrator, viewer.Auditor}

// concerned sees what readers sees, and the entries that name a present member of
// an alliance of which the viewer is an auditor. Those auditors see most of all entries, so each is asked
// in the order of the page: a list of all of them would be made for each page.
func concerned(column string) rule {
	return rule{
		rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
			named := readers(column).rows(v, s)
			alliances := auditedAlliances(v)
			if len(alliances) == 0 {
				return named // alone, because MariaDB looks nothing up by a part of an OR
			}
			d := sql.Dialect(s.Dialect())
			t, m := d.Table(auditreader.Table), d.Table(membership.Table)
			one := d.Select(t.C(auditreader.FieldEntryID)).From(t).Join(m).On(m.C(membership.FieldInstitutionID), t.C(auditreader.FieldReaderID)).
				Where(sql.And(sql.ColumnsEQ(t.C(auditreader.FieldEntryID), s.C(column)), in(m.C(membership.FieldAllianceID), alliances),
					in(m.C(membership.FieldState), []membership.State{membership.StateACTIVE, membership.StateSUSPENDED}))).Limit(1)
			return sql.Or(named, sql.P(func(b *sql.Builder) { // not EXISTS, of which MariaDB makes that list
				b.Ident(s.C(column)).WriteOp(sql.OpEQ).Wrap(func(b *sql.Builder) { b.Join(one) })
			}))
		},
		says: append(readers(column).says, Clause{Who: []Group{{AuditorsOfMembers, "", ""}}}),
	}
}

func auditedAlliances(v *viewer.Viewer) []ident.ID {
	return slices.DeleteFunc(holdingAt(v, viewer.Auditor), func(id ident.ID) bool { return id.Kind() != ident.Alliance })
}

// either sees what any of the rules sees.
func either(rules ...rule) rule {
	var says []Clause
	for _, r := range rules {
		says = append(says, r.says...)
	}
	return rule{says: says, rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		var ps []*sql.Predicate
		for _, r := range rules {
			p := r.rows(v, s)
			if p == nil {
				return nil
			}
			ps = append(ps, p)
		}
		return sql.Or(ps...)
	}}
}

// both sees what each of the rules sees.
func both(rules ...rule) rule {
	says := everyone.says
	for _, r := range rules {
		says = each(says, r.says)
	}
	return rule{says: says, rows: func(v *viewer.Viewer, s *sql.Selector) *sql.Predicate {
		var ps []*sql.Predicate
		for _, r := range rules {
			if p := r.rows(v, s); p != nil {
				ps = append(ps, p)
			}
		}
		if len(ps) == 0 {
			return nil
		}
		return sql.And(ps...)
	}}
}

func in[V ~string](column string, values []V) *sql.Predicate {
	if len(values) == 0 {
		return sql.False()
	}
	return sql.In(column, anys(values)...)
}

func anys[V ~string](values []V) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
