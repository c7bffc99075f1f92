package graph

import (
	"context"
	"fmt"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/provider"
)

func (r *identityProviderResolver) ClaimNames(ctx context.Context, obj *ent.Provider) ([]*provider.ClaimName, error) {
	panic(fmt.Errorf("not implemented: ClaimNames - claimNames"))
}

func (r *identityProviderResolver) AcrValues(ctx context.Context, obj *ent.Provider) ([]*provider.ACRValue, error) {
	panic(fmt.Errorf("not implemented: AcrValues - acrValues"))
}

func (r *identityProviderResolver) Homes(ctx context.Context, obj *ent.Provider, first *int, after *string, last *int, before *string) (*model.ProviderHomeConnection, error) {
	panic(fmt.Errorf("not implemented: Homes - homes"))
}

func (r *identityProviderResolver) ProposedBy(ctx context.Context, objs []*ent.Provider) ([]*ent.Person, error) {
	panic(fmt.Errorf("not implemented: ProposedBy - proposedBy"))
}

func (r *identityProviderResolver) ApprovedBy(ctx context.Context, objs []*ent.Provider) ([]*ent.Person, error) {
	panic(fmt.Errorf("not implemented: ApprovedBy - approvedBy"))
}

func (r *identityProviderResolver) Proposal(ctx context.Context, objs []*ent.Provider) ([]*string, error) {
	panic(fmt.Errorf("not implemented: Proposal - proposal"))
}

func (r *identityProviderResolver) RedirectURI(ctx context.Context, obj *ent.Provider) (string, error) {
	panic(fmt.Errorf("not implemented: RedirectURI - redirectUri"))
}

func (r *identityProviderResolver) HealthReason(ctx context.Context, obj *ent.Provider) (*string, error) {
	panic(fmt.Errorf("not implemented: HealthReason - healthReason"))
}

func (r *identityProviderResolver) ViewerActions(ctx context.Context, obj *ent.Provider) ([]*model.ViewerAction, error) {
	panic(fmt.Errorf("not implemented: ViewerActions - viewerActions"))
}

func (r *identityProviderConnectionResolver) Edges(ctx context.Context, obj *model.IdentityProviderConnection) ([]*model.IdentityProviderEdge, error) {
	panic(fmt.Errorf("not implemented: Edges - edges"))
}

func (r *identityProviderConnectionResolver) TotalCount(ctx context.Context, obj *model.IdentityProviderConnection) (int, error) {
	panic(fmt.Errorf("not implemented: TotalCount - totalCount"))
}

func (r *institutionResolver) SignIn(ctx context.Context, objs []*ent.Institution) ([]*model.InstitutionSignIn, error) {
	panic(fmt.Errorf("not implemented: SignIn - signIn"))
}

func (r *mutationResolver) ProposeProvider(ctx context.Context, input provider.Proposal) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: ProposeProvider - proposeProvider"))
}

func (r *mutationResolver) ApproveProvider(ctx context.Context, input provider.Approval) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: ApproveProvider - approveProvider"))
}

func (r *mutationResolver) RejectProvider(ctx context.Context, input model.RejectProviderInput) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: RejectProvider - rejectProvider"))
}

func (r *mutationResolver) UpdateProvider(ctx context.Context, input provider.Update) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: UpdateProvider - updateProvider"))
}

func (r *mutationResolver) AddProviderHome(ctx context.Context, input provider.NewHome) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: AddProviderHome - addProviderHome"))
}

func (r *mutationResolver) RemoveProviderHome(ctx context.Context, input provider.OldHome) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: RemoveProviderHome - removeProviderHome"))
}

func (r *mutationResolver) DisableProvider(ctx context.Context, input model.DisableProviderInput) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: DisableProvider - disableProvider"))
}

func (r *mutationResolver) EnableProvider(ctx context.Context, input model.EnableProviderInput) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: EnableProvider - enableProvider"))
}

func (r *mutationResolver) CheckProvider(ctx context.Context, input model.CheckProviderInput) (*model.IdentityProviderPayload, error) {
	panic(fmt.Errorf("not implemented: CheckProvider - checkProvider"))
}

func (r *providerHomeResolver) Institution(ctx context.Context, objs []*ent.ProviderHome) ([]*ent.Institution, error) {
	panic(fmt.Errorf("not implemented: Institution - institution"))
}

func (r *providerHomeConnectionResolver) Edges(ctx context.Context, obj *model.ProviderHomeConnection) ([]*model.ProviderHomeEdge, error) {
	panic(fmt.Errorf("not implemented: Edges - edges"))
}

func (r *providerHomeConnectionResolver) TotalCount(ctx context.Context, obj *model.ProviderHomeConnection) (int, error) {
	panic(fmt.Errorf("not implemented: TotalCount - totalCount"))
}

func (r *queryResolver) IdentityProviders(ctx context.Context, filter *model.IdentityProviderFilter, first *int, after *string, last *int, before *string) (*model.IdentityProviderConnection, error) {
	panic(fmt.Errorf("not implemented: IdentityProviders - identityProviders"))
}

func (r *Resolver) IdentityProvider() generated.IdentityProviderResolver {
	return &identityProviderResolver{r}
}

func (r *Resolver) IdentityProviderConnection() generated.IdentityProviderConnectionResolver {
	return &identityProviderConnectionResolver{r}
}

func (r *Resolver) ProviderHome() generated.ProviderHomeResolver { return &providerHomeResolver{r} }

func (r *Resolver) ProviderHomeConnection() generated.ProviderHomeConnectionResolver {
	return &providerHomeConnectionResolver{r}
}

type (
	identityProviderResolver           struct{ *Resolver }
	identityProviderConnectionResolver struct{ *Resolver }
	providerHomeResolver               struct{ *Resolver }
	providerHomeConnectionResolver     struct{ *Resolver }
)
