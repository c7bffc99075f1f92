package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *identityProviderResolver) ClaimNames(ctx context.Context, obj *ent.Provider) ([]*provider.ClaimName, error) {
	return pointers(provider.ClaimNamesOf(obj)), nil
}

func (r *identityProviderResolver) AcrValues(ctx context.Context, obj *ent.Provider) ([]*provider.ACRValue, error) {
	return pointers(provider.ACRValuesOf(obj)), nil
}

func (r *identityProviderResolver) Homes(ctx context.Context, obj *ent.Provider, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.ProviderHome], error) {
	return relay.List(ctx, r.root.DB.ProviderHome.Query().Where(providerhome.ProviderID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *identityProviderResolver) ProposedBy(ctx context.Context, objs []*ent.Provider) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Provider) ident.ID { return maybe(o.ProposedByID) }, r.root.people())
}

func (r *identityProviderResolver) ApprovedBy(ctx context.Context, objs []*ent.Provider) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Provider) ident.ID { return maybe(o.ApprovedByID) }, r.root.people())
}

func (r *identityProviderResolver) Proposal(ctx context.Context, objs []*ent.Provider) ([]*string, error) {
	found, err := r.root.Providers.Digests(ctx, objs)
	if err != nil {
		return nil, err
	}
	return each(objs, func(p *ent.Provider) *string {
		if found[p.ID] == "" {
			return nil
		}
		return new(found[p.ID])
	}), nil
}

func (r *identityProviderResolver) RedirectURI(ctx context.Context, obj *ent.Provider) (string, error) {
	return r.root.Providers.RedirectURI(obj), nil
}

func (r *identityProviderResolver) HealthReason(ctx context.Context, obj *ent.Provider) (*string, error) {
	if obj.HealthReason == nil {
		return nil, nil
	}
	return new(provider.Trouble(*obj.HealthReason).Sentence(languageOf(ctx))), nil
}

func (r *identityProviderResolver) ViewerActions(ctx context.Context, obj *ent.Provider) ([]*model.ViewerAction, error) {
	all, err := r.root.Providers.Actions(ctx, obj)
	if err != nil {
		return nil, err
	}
	return actions(ctx, all), nil
}

// SignIn says how people of each institution sign in.
func (r *institutionResolver) SignIn(ctx context.Context, objs []*ent.Institution) ([]*model.InstitutionSignIn, error) {
	found, err := lookUp(ctx, signInOfInstitution, ids(objs), r.root.Providers.SignInURLs)
	if err != nil {
		return nil, err
	}
	return each(objs, func(i *ent.Institution) *model.InstitutionSignIn {
		if found[i.ID] == "" {
			return nil
		}
		return &model.InstitutionSignIn{URL: found[i.ID]}
	}), nil
}

func (r *mutationResolver) ProposeProvider(ctx context.Context, input provider.Proposal) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.Propose(ctx, input))
}

func (r *mutationResolver) ApproveProvider(ctx context.Context, input provider.Approval) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.Approve(ctx, input))
}

func (r *mutationResolver) RejectProvider(ctx context.Context, input model.RejectProviderInput) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.Reject(ctx, input.ProviderID))
}

func (r *mutationResolver) UpdateProvider(ctx context.Context, input provider.Update) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.Update(ctx, input))
}

func (r *mutationResolver) AddProviderHome(ctx context.Context, input provider.NewHome) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.AddHome(ctx, input))
}

func (r *mutationResolver) RemoveProviderHome(ctx context.Context, input provider.OldHome) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.RemoveHome(ctx, input))
}

func (r *mutationResolver) DisableProvider(ctx context.Context, input model.DisableProviderInput) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.Disable(ctx, input.ProviderID))
}

func (r *mutationResolver) EnableProvider(ctx context.Context, input model.EnableProviderInput) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.Enable(ctx, input.ProviderID))
}

func (r *mutationResolver) CheckProvider(ctx context.Context, input model.CheckProviderInput) (*model.Payload[*ent.Provider], error) {
	return payload(r.root.Providers.CheckNow(ctx, input.ProviderID))
}

func (r *providerHomeResolver) Institution(ctx context.Context, objs []*ent.ProviderHome) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.ProviderHome) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *queryResolver) IdentityProviders(ctx context.Context, filter *model.IdentityProviderFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Provider], error) {
	return relay.List(ctx, r.root.DB.Provider.Query().Where(providersLike(filter)...), page(first, after, last, before), relay.OldestFirst)
}

func (r *Resolver) IdentityProvider() generated.IdentityProviderResolver {
	return &identityProviderResolver{r}
}
func (r *Resolver) ProviderHome() generated.ProviderHomeResolver { return &providerHomeResolver{r} }

type identityProviderResolver struct{ root *Resolver }
type providerHomeResolver struct{ root *Resolver }
