package authz

import (
	"time"

	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
)

// Held are the grants of roles that hold at a moment. What somebody has ended at
// once holds nowhere, also where the clock is behind theirs.
func Held(at time.Time) predicate.RoleGrant {
	return rolegrant.And(rolegrant.Ended(false), rolegrant.ValidFromLTE(at), rolegrant.Or(rolegrant.ValidUntilIsNil(), rolegrant.ValidUntilGT(at)))
}
