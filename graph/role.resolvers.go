package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/rolerule"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *allianceResolver) RoleGrants(ctx context.Context, obj *ent.Alliance, filter *model.RoleGrantFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.RoleGrant], error) {
	return relay.List(ctx, r.root.DB.RoleGrant.Query().Where(append(r.root.grantsLike(filter), rolegrant.AllianceID(obj.ID))...), page(first, after, last, before), relay.NewestFirst)
}

func (r *institutionResolver) RoleGrants(ctx context.Context, obj *ent.Institution, filter *model.RoleGrantFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.RoleGrant], error) {
	return relay.List(ctx, r.root.DB.RoleGrant.Query().Where(append(r.root.grantsLike(filter), rolegrant.InstitutionID(obj.ID))...), page(first, after, last, before), relay.NewestFirst)
}

func (r *institutionResolver) RoleRules(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.RoleRule], error) {
	return relay.List(ctx, r.root.DB.RoleRule.Query().Where(rolerule.InstitutionID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *mutationResolver) GrantRole(ctx context.Context, input role.NewGrant) (*model.Payload[*ent.RoleGrant], error) {
	return payload(r.root.Roles.Grant(ctx, input))
}

func (r *mutationResolver) EndRole(ctx context.Context, input role.End) (*model.Payload[*ent.RoleGrant], error) {
	return payload(r.root.Roles.End(ctx, input))
}

func (r *mutationResolver) MakeRoleRule(ctx context.Context, input role.NewRule) (*model.Payload[*ent.RoleRule], error) {
	return payload(r.root.Roles.MakeRule(ctx, input))
}

func (r *mutationResolver) EndRoleRule(ctx context.Context, input role.RuleEnd) (*model.Payload[*ent.RoleRule], error) {
	return payload(r.root.Roles.EndRule(ctx, input))
}

func (r *roleGrantResolver) Person(ctx context.Context, objs []*ent.RoleGrant) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.RoleGrant) ident.ID { return o.PersonID }, r.root.people())
}

func (r *roleGrantResolver) Role(ctx context.Context, obj *ent.RoleGrant) (viewer.Role, error) {
	return viewer.Role(obj.Role), nil
}

func (r *roleGrantResolver) Institution(ctx context.Context, objs []*ent.RoleGrant) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.RoleGrant) ident.ID { return maybe(o.InstitutionID) }, r.root.institutions())
}

func (r *roleGrantResolver) Unit(ctx context.Context, objs []*ent.RoleGrant) ([]*ent.Unit, error) {
	return follow(ctx, objs, func(o *ent.RoleGrant) ident.ID { return maybe(o.UnitID) }, r.root.units())
}

func (r *roleGrantResolver) Alliance(ctx context.Context, objs []*ent.RoleGrant) ([]*ent.Alliance, error) {
	return follow(ctx, objs, func(o *ent.RoleGrant) ident.ID { return maybe(o.AllianceID) }, r.root.alliances())
}

func (r *roleGrantResolver) GrantedBy(ctx context.Context, objs []*ent.RoleGrant) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.RoleGrant) ident.ID { return maybe(o.GrantedByID) }, r.root.people())
}

func (r *roleGrantResolver) Rule(ctx context.Context, objs []*ent.RoleGrant) ([]*ent.RoleRule, error) {
	return follow(ctx, objs, func(o *ent.RoleGrant) ident.ID { return maybe(o.RuleID) }, r.root.roleRules())
}

func (r *roleGrantResolver) EndedBy(ctx context.Context, objs []*ent.RoleGrant) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.RoleGrant) ident.ID { return maybe(o.EndedByID) }, r.root.people())
}

func (r *roleGrantResolver) EndReason(ctx context.Context, obj *ent.RoleGrant) (*string, error) {
	return vocab.Given(obj.EndReason), nil
}

func (r *roleGrantResolver) ViewerActions(ctx context.Context, obj *ent.RoleGrant) ([]*model.ViewerAction, error) {
	return actions(ctx, role.GrantActions(ctx, obj, r.root.Now())), nil
}

func (r *roleRuleResolver) Institution(ctx context.Context, objs []*ent.RoleRule) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.RoleRule) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *roleRuleResolver) Role(ctx context.Context, obj *ent.RoleRule) (viewer.Role, error) {
	return viewer.Role(obj.Role), nil
}

func (r *roleRuleResolver) Unit(ctx context.Context, objs []*ent.RoleRule) ([]*ent.Unit, error) {
	return follow(ctx, objs, func(o *ent.RoleRule) ident.ID { return maybe(o.UnitID) }, r.root.units())
}

func (r *roleRuleResolver) CreatedBy(ctx context.Context, objs []*ent.RoleRule) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.RoleRule) ident.ID { return maybe(o.CreatedByID) }, r.root.people())
}

func (r *roleRuleResolver) ViewerActions(ctx context.Context, obj *ent.RoleRule) ([]*model.ViewerAction, error) {
	return actions(ctx, role.RuleActions(ctx, obj)), nil
}

func (r *Resolver) RoleGrant() generated.RoleGrantResolver { return &roleGrantResolver{r} }
func (r *Resolver) RoleRule() generated.RoleRuleResolver   { return &roleRuleResolver{r} }

type roleGrantResolver struct{ root *Resolver }
type roleRuleResolver struct{ root *Resolver }
