package role

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// InstitutionActions says what the viewer may do about roles at an institution.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	give := toGrant.Require(ctx, institution)
	return []authz.Action{toGrant.Act(give), toMakeRule.Act(give)}
}

// AllianceActions says what the viewer may do about roles in an alliance.
func AllianceActions(ctx context.Context, alliance ident.ID) []authz.Action {
	return []authz.Action{toGrant.Act(toGrant.Require(ctx, alliance))}
}

// GrantActions says what the viewer may do with a role now. Whether it is that
// of the last administrator shows when it is ended.
func GrantActions(ctx context.Context, g *ent.RoleGrant, now time.Time) []authz.Action {
	return []authz.Action{toEnd.Act(mayEnd(ctx, g), running(g, now))}
}

// RuleActions says what the viewer may do with a rule now.
func RuleActions(ctx context.Context, r *ent.RoleRule) []authz.Action {
	ended := problem.If(r.EndedAt != nil, errRuleEnded)
	return []authz.Action{toEndRule.Act(toEndRule.Require(ctx, r.InstitutionID), ended)}
}
