package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/ent/clientkey"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func (r *apiClientResolver) Institution(ctx context.Context, objs []*ent.ApiClient) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.ApiClient) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *apiClientResolver) Keys(ctx context.Context, objs []*ent.ApiClient) ([][]*ent.ClientKey, error) {
	// Who sees the program sees them.
	return gather(ctx, keysOfProgram, objs, func(k *ent.ClientKey) ident.ID { return k.ClientID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.ClientKey, error) {
			return r.root.DB.ClientKey.Query().Where(clientkey.ClientIDIn(ids...)).Order(clientkey.ByID()).All(viewer.AsSystem(ctx))
		})
}

func (r *apiClientResolver) ViewerActions(ctx context.Context, obj *ent.ApiClient) ([]*model.ViewerAction, error) {
	return actions(ctx, client.Actions(ctx, obj)), nil
}

func (r *apiClientKeyResolver) Algorithms(ctx context.Context, obj *ent.ClientKey) ([]string, error) {
	return client.AlgorithmsOf(obj), nil
}

func (r *mutationResolver) RegisterAPIClient(ctx context.Context, input client.Registration) (*model.Payload[*ent.ApiClient], error) {
	return payload(r.root.Clients.Register(ctx, input))
}

func (r *mutationResolver) UpdateAPIClient(ctx context.Context, input client.Update) (*model.Payload[*ent.ApiClient], error) {
	return payload(r.root.Clients.Update(ctx, input))
}

func (r *mutationResolver) AddAPIClientKey(ctx context.Context, input client.AnotherKey) (*model.Payload[*ent.ApiClient], error) {
	return payload(r.root.Clients.AddKey(ctx, input))
}

func (r *mutationResolver) RetireAPIClientKey(ctx context.Context, input model.RetireAPIClientKeyInput) (*model.Payload[*ent.ApiClient], error) {
	return payload(r.root.Clients.RetireKey(ctx, input.ClientID, input.KeyID))
}

func (r *mutationResolver) DisableAPIClient(ctx context.Context, input model.DisableAPIClientInput) (*model.Payload[*ent.ApiClient], error) {
	return payload(r.root.Clients.Disable(ctx, input.ClientID))
}

func (r *mutationResolver) EnableAPIClient(ctx context.Context, input model.EnableAPIClientInput) (*model.Payload[*ent.ApiClient], error) {
	return payload(r.root.Clients.Enable(ctx, input.ClientID))
}

func (r *queryResolver) APIClient(ctx context.Context, id ident.ID) (*ent.ApiClient, error) {
	return null(r.root.DB.ApiClient.Get(ctx, id))
}

func (r *queryResolver) APIClients(ctx context.Context, institutionID ident.ID, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.ApiClient], error) {
	return relay.List(ctx, r.root.DB.ApiClient.Query().Where(apiclient.InstitutionID(institutionID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *viewerResolver) Client(ctx context.Context, obj *viewer.Viewer) (*ent.ApiClient, error) {
	if obj.Kind != viewer.Program {
		return nil, nil
	}
	return null(r.root.DB.ApiClient.Get(viewer.AsSystem(ctx), obj.ClientID)) // who asks knows of itself
}

func (r *Resolver) ApiClient() generated.ApiClientResolver       { return &apiClientResolver{r} }
func (r *Resolver) ApiClientKey() generated.ApiClientKeyResolver { return &apiClientKeyResolver{r} }

type apiClientResolver struct{ root *Resolver }
type apiClientKeyResolver struct{ root *Resolver }
