package privacy

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Watch has a client note each row about somebody else that a viewer reads and
// that is personal as a whole: results, credentials, affiliations. What an
// operation reads on behalf of the system, to do its work, shows nothing.
func Watch(db *ent.Client) {
	watch(db.Result, vocab.FieldResult, func(r *ent.Result) (ident.ID, []ident.ID) { return r.LearnerID, []ident.ID{r.HostID, r.HomeID} })
	watch(db.Credential, vocab.FieldCredential, func(c *ent.Credential) (ident.ID, []ident.ID) {
		return c.LearnerID, []ident.ID{c.InstitutionID, c.HomeID}
	})
	watch(db.Affiliation, vocab.FieldAffiliations, func(a *ent.Affiliation) (ident.ID, []ident.ID) { return a.PersonID, []ident.ID{a.InstitutionID} })
}

func watch[T any](table interface{ Intercept(...ent.Interceptor) }, f vocab.PersonalField, of func(T) (person ident.ID, at []ident.ID)) {
	table.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			value, err := next.Query(ctx, q)
			v := viewer.From(ctx)
			rows, ok := value.([]T)
			if err != nil || !ok || v.Kind == viewer.System {
				return value, err
			}
			for _, row := range rows {
				person, at := of(row)
				if person == "" {
					return nil, errUnnoted // the query leaves out whose it is
				}
				if person == v.PersonID {
					continue
				}
				if err := note(ctx, person, groundAt(v, at), f); err != nil {
					return nil, err
				}
			}
			return value, nil
		})
	}))
}

// groundAt is where, of the institutions that may see a row, the viewer works.
func groundAt(v *viewer.Viewer, at []ident.ID) authz.Ground {
	for _, id := range at {
		if role, ok := authz.WorksAs(v, id, viewer.Roles); ok {
			return authz.Ground{Institution: id, Role: role}
		}
	}
	return authz.Ground{}
}
