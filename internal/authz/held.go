package authz

import (
	"time"

	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Held are the grants of roles that hold at a moment. What somebody has ended at
// once holds nowhere, also where the clock is behind theirs.
func Held(at time.Time) predicate.RoleGrant {
	return rolegrant.And(HeldOrComing(at), rolegrant.ValidFromLTE(at))
}

// HeldOrComing are the grants that hold at a moment or will later.
func HeldOrComing(at time.Time) predicate.RoleGrant {
	return rolegrant.And(rolegrant.Ended(false), rolegrant.Or(rolegrant.ValidUntilIsNil(), rolegrant.ValidUntilGT(at)))
}

// Governs are the grants by which somebody is administrator of an institution at
// a moment. While there is none, who brought the institution here acts for it.
func Governs(institution ident.ID, at time.Time) predicate.RoleGrant {
	return rolegrant.And(rolegrant.InstitutionID(institution), rolegrant.RoleEQ(rolegrant.RoleADMINISTRATOR), Held(at))
}
