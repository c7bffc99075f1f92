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
// those that all of its alliances allow, because each of them lists it. It
// returns a FORBIDDEN problem when the institution is no active member of one,
// because only members publish.
func BoundsAt(ctx context.Context, db *ent.Client, institutionID ident.ID, kind vocab.CredentialKind) (vocab.Bounds, error) {
	alliances, err := alliancesOf(ctx, db, institutionID)
	if err != nil {
		return vocab.Bounds{}, err
	}
	return within(alliances, kind), nil
}

// alliancesOf returns the alliances of which an institution is an active member.
func alliancesOf(ctx context.Context, db *ent.Client, institutionID ident.ID) ([]*ent.Alliance, error) {
	active, err := db.Membership.Query().
		Where(membership.InstitutionID(institutionID), membership.StateEQ(membership.StateACTIVE)).All(ctx)
	if err != nil {
		return nil, err
	}
	if len(active) == 0 {
		return nil, problem.New(problem.Forbidden, "the institution is no active member of an alliance")
	}
	ids := vocab.Each(active, func(m *ent.Membership) ident.ID { return m.AllianceID })
	return db.Alliance.Query().Where(alliance.IDIn(ids...)).All(ctx)
}

// within returns the bounds that hold in all of the alliances. Where nothing
// lies within them, nothing is published.
func within(alliances []*ent.Alliance, kind vocab.CredentialKind) vocab.Bounds {
	all := vocab.BoundsOf(nil, kind)
	for _, a := range alliances {
		b := vocab.BoundsOf(a.Bounds, kind)
		all.Min, all.Max = max(all.Min, b.Min), min(all.Max, b.Max)
	}
	return all
}
