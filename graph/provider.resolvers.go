package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *identityProviderResolver) ClaimNames(ctx context.Context, obj *ent.Provider) ([]*provider.Spelling, error) {
	return spellings(obj.ClaimNames), nil
}

func (r *identityProviderResolver) AcrValues(ctx context.Context, obj *ent.Provider) ([]*provider.Spelling, error) {
	return spellings(obj.AcrValues), nil
}

func (r *identityProviderResolver) Domains(ctx context.Context, objs []*ent.Provider) ([][]*model.ProviderDomain, error) {
	return r.domainsOf(ctx, objs)
}

func (r *identityProviderResolver) ProposedBy(ctx context.Context, objs []*ent.Provider) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Provider) ident.ID { return maybe(o.ProposedByID) }, r.people)
}

func (r *identityProviderResolver) ApprovedBy(ctx context.Context, objs []*ent.Provider) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Provider) ident.ID { return maybe(o.ApprovedByID) }, r.people)
}

func (r *identityProviderResolver) ViewerActions(ctx context.Context, obj *ent.Provider) ([]*model.ViewerAction, error) {
	return actions(ctx, provider.Actions(ctx, obj)), nil
}

func (r *identityProviderConnectionResolver) Edges(ctx context.Context, obj *model.IdentityProviderConnection) ([]*model.IdentityProviderEdge, error) {
	return obj.Edges, nil
}

func (r *identityProviderConnectionResolver) TotalCount(ctx context.Context, obj *model.IdentityProviderConnection) (int, error) {
	return obj.TotalCount(ctx)
}

func (r *institutionResolver) SignInURL(ctx context.Context, objs []*ent.Institution) ([]*string, error) {
	return r.signInURLs(ctx, objs)
}

func (r *mutationResolver) ProposeIdentityProvider(ctx context.Context, input provider.Proposal) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.Propose(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *mutationResolver) ApproveIdentityProvider(ctx context.Context, input model.ApproveIdentityProviderInput) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.Approve(ctx, input.ProviderID)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *mutationResolver) UpdateIdentityProvider(ctx context.Context, input provider.Update) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.Update(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *mutationResolver) AddProviderDomain(ctx context.Context, input provider.NewHome) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.AddDomain(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *mutationResolver) RemoveProviderDomain(ctx context.Context, input model.RemoveProviderDomainInput) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.RemoveDomain(ctx, input.ProviderID, input.Domain)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *mutationResolver) DisableIdentityProvider(ctx context.Context, input model.DisableIdentityProviderInput) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.Disable(ctx, input.ProviderID)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *mutationResolver) EnableIdentityProvider(ctx context.Context, input model.EnableIdentityProviderInput) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.Enable(ctx, input.ProviderID)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *mutationResolver) CheckIdentityProvider(ctx context.Context, input model.CheckIdentityProviderInput) (*model.IdentityProviderPayload, error) {
	done, err := r.Providers.CheckNow(ctx, input.ProviderID)
	if err != nil {
		return nil, err
	}
	return &model.IdentityProviderPayload{IdentityProvider: done}, nil
}

func (r *providerDomainResolver) Institution(ctx context.Context, objs []*model.ProviderDomain) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *model.ProviderDomain) ident.ID { return o.InstitutionID }, r.institutions)
}

func (r *queryResolver) IdentityProviders(ctx context.Context, filter *model.IdentityProviderFilter, first *int, after *string, last *int, before *string) (*model.IdentityProviderConnection, error) {
	return relay.List(ctx, r.DB.Provider.Query().Where(providersLike(filter)...), relay.Page{First: first, After: after, Last: last, Before: before}, relay.NewestFirst)
}

func (r *Resolver) IdentityProvider() generated.IdentityProviderResolver {
	return &identityProviderResolver{r}
}

func (r *Resolver) IdentityProviderConnection() generated.IdentityProviderConnectionResolver {
	return &identityProviderConnectionResolver{r}
}

func (r *Resolver) ProviderDomain() generated.ProviderDomainResolver {
	return &providerDomainResolver{r}
}

type (
	identityProviderResolver           struct{ *Resolver }
	identityProviderConnectionResolver struct{ *Resolver }
	providerDomainResolver             struct{ *Resolver }
)
