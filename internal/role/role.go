// Package role holds who may act for an institution or an alliance: roles that
// a person gives to another, and roles that follow from what an identity
// provider asserts, where an institution has made a rule for that.
//
// A role holds from a moment, and until one or without an end. It acts on
// running sessions at once, because the viewer is built anew for each request.
//
//	Who gives and ends roles   those with the right role.grant there
//	The first administrator    the alliance that brought the institution, while it has none
//	Themselves                 nobody gives a role to themselves; everybody may give one up
//	The last administrator     stays: at least one holds the role without an end
//	By rule                    never ADMINISTRATOR or ALLIANCE_ADMINISTRATOR, for at most 13
//	                           months, and only while home asserts the value; what somebody
//	                           ended by hand is not given by the same rule again
//
// No claim gives anything without a rule.
package role

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Service gives and ends roles.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// maxReason bounds the reason of an end, in characters.
const maxReason = 500

// lock makes changes of the roles of an institution or alliance come one after
// the other: together, two administrators could end what neither could alone.
// It writes the row itself, which every node of a cluster notices; it is the
// first statement of its transaction, so that what is read next is current.
func lock(ctx context.Context, tx *ent.Tx, place ident.ID) error {
	ctx = viewer.AsSystem(ctx)
	if place.Kind() == ident.Alliance {
		return storage.Hold(ctx, tx.Alliance.Update().Where(alliance.ID(place)))
	}
	return storage.Hold(ctx, tx.Institution.Update().Where(institution.ID(place)))
}

// placeOf returns the institution or alliance at which a role is held.
func placeOf(g *ent.RoleGrant) ident.ID { return *cmp.Or(g.AllianceID, g.InstitutionID) }

// administering are the grants of a place's administrators that hold now and
// have no end.
func administering(place ident.ID, now time.Time) predicate.RoleGrant {
	here := rolegrant.And(rolegrant.InstitutionID(place), rolegrant.RoleEQ(rolegrant.RoleADMINISTRATOR))
	if place.Kind() == ident.Alliance {
		here = rolegrant.And(rolegrant.AllianceID(place), rolegrant.RoleEQ(rolegrant.RoleALLIANCE_ADMINISTRATOR))
	}
	return rolegrant.And(here, rolegrant.ValidFromLTE(now), rolegrant.ValidUntilIsNil())
}

// administers says whether a grant makes somebody administrator.
func administers(r rolegrant.Role) bool {
	return r == rolegrant.RoleADMINISTRATOR || r == rolegrant.RoleALLIANCE_ADMINISTRATOR
}

// ofGrant is the grant for the record, which names whom it is about.
func ofGrant(g *ent.RoleGrant) ledger.Thing {
	details := map[string]string{"role": string(g.Role), "grant": string(g.ID)}
	if g.UnitID != nil {
		details["unit"] = string(*g.UnitID)
	}
	if g.RuleID != nil {
		details["rule"] = string(*g.RuleID)
	}
	if g.ValidUntil != nil {
		details["until"] = g.ValidUntil.UTC().Format(time.RFC3339)
	}
	return ledger.Thing{ID: g.PersonID, At: []ident.ID{placeOf(g)}, Details: details}
}
