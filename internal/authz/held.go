package authz

import (
	"time"

	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
)

// Held are the grants of roles that hold at a moment.
func Held(at time.Time) predicate.RoleGrant {
	return rolegrant.And(rolegrant.ValidFromLTE(at), rolegrant.Or(rolegrant.ValidUntilIsNil(), rolegrant.ValidUntilGT(at)))
}
