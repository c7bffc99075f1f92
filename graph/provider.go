package graph

import (
	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

func providersLike(f *model.IdentityProviderFilter) (all []predicate.Provider) {
	if f == nil {
		return nil
	}
	all = among(all, f.States, row.StateIn)
	all = when(all, f.Health, row.HealthEQ)
	return when(all, f.InstitutionID, func(id ident.ID) predicate.Provider {
		return func(s *sql.Selector) {
			h := sql.Dialect(s.Dialect()).Table(providerhome.Table)
			s.Where(sql.In(s.C(row.FieldID), sql.Dialect(s.Dialect()).Select(h.C(providerhome.FieldProviderID)).From(h).
				Where(sql.EQ(h.C(providerhome.FieldInstitutionID), string(id)))))
		}
	})
}

// signingIn keeps the institutions with which people can sign in, or those with
// which they cannot. That is as public as the chooser.
func signingIn(can bool) predicate.Institution {
	return func(s *sql.Selector) {
		d := sql.Dialect(s.Dialect())
		h, p := d.Table(providerhome.Table), d.Table(row.Table)
		some := d.Select(h.C(providerhome.FieldInstitutionID)).From(h).Join(p).On(p.C(row.FieldID), h.C(providerhome.FieldProviderID)).
			Where(sql.EQ(p.C(row.FieldState), string(row.StateACTIVE)))
		if can {
			s.Where(sql.In(s.C(institution.FieldID), some))
		} else {
			s.Where(sql.NotIn(s.C(institution.FieldID), some))
		}
	}
}

func pointers[T any](all []T) []*T { return each(all, func(v T) *T { return &v }) }
