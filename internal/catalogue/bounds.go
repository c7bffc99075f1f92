package catalogue

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// BoundsAt returns the credits that a kind of award may have at an institution:
// the bounds of its alliance. It returns a FORBIDDEN problem when the
// institution is no active member of one, because only members publish.
func BoundsAt(ctx context.Context, db *ent.Client, institutionID ident.ID, kind vocab.CredentialKind) (vocab.Bounds, error) {
	active, err := db.Membership.Query().
		Where(membership.InstitutionID(institutionID), membership.StateEQ(membership.StateACTIVE)).
		Order(membership.ByID()).All(ctx)
	if err != nil {
		return vocab.Bounds{}, err
	}
	if len(active) == 0 {
		return vocab.Bounds{}, problem.New(problem.Forbidden, "the institution is no active member of an alliance")
	}
	a, err := db.Alliance.Query().Where(alliance.ID(active[0].AllianceID)).Only(ctx)
	if err != nil {
		return vocab.Bounds{}, err
	}
	return vocab.BoundsOf(a.Bounds, kind), nil
}
