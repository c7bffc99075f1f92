package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *admissionPolicyResolver) Institution(ctx context.Context, objs []*ent.AdmissionPolicy) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.AdmissionPolicy) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *admissionPolicyResolver) Partner(ctx context.Context, objs []*ent.AdmissionPolicy) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.AdmissionPolicy) ident.ID { return maybe(o.PartnerID) }, r.root.institutions())
}

func (r *admissionPolicyResolver) Kind(ctx context.Context, obj *ent.AdmissionPolicy) (*course.Kind, error) {
	return (*course.Kind)(obj.Kind), nil
}

func (r *admissionPolicyResolver) ViewerActions(ctx context.Context, obj *ent.AdmissionPolicy) ([]*model.ViewerAction, error) {
	return actions(ctx, policy.Actions(ctx, obj)), nil
}

func (r *institutionResolver) AdmissionPolicies(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.AdmissionPolicy], error) {
	return relay.List(ctx, r.root.DB.AdmissionPolicy.Query().Where(admissionpolicy.InstitutionID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *mutationResolver) SetAdmissionPolicy(ctx context.Context, input policy.Setting) (*model.Payload[*ent.AdmissionPolicy], error) {
	return payload(r.root.Policies.Set(ctx, input))
}

func (r *mutationResolver) RemoveAdmissionPolicy(ctx context.Context, input policy.Removal) (*model.Payload[*ent.Institution], error) {
	return payload(r.root.Policies.Remove(ctx, input))
}

func (r *Resolver) AdmissionPolicy() generated.AdmissionPolicyResolver {
	return &admissionPolicyResolver{r}
}

type admissionPolicyResolver struct{ root *Resolver }
