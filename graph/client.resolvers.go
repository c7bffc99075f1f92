package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func (r *apiClientResolver) Institution(ctx context.Context, objs []*ent.ApiClient) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.ApiClient) ident.ID { return o.InstitutionID }, r.root.institutions)
}

func (r *apiClientResolver) Keys(ctx context.Context, objs []*ent.ApiClient) ([][]*ent.ClientKey, error) {
	return r.root.clientKeysOf(ctx, objs)
}

func (r *apiClientResolver) ViewerActions(ctx context.Context, obj *ent.ApiClient) ([]*model.ViewerAction, error) {
	return actions(ctx, client.Actions(ctx, obj)), nil
}

func (r *apiClientKeyResolver) Algorithms(ctx context.Context, obj *ent.ClientKey) ([]string, error) {
	return client.AlgorithmsOf(obj), nil
}

func (r *mutationResolver) RegisterAPIClient(ctx context.Context, input client.Registration) (*model.APIClientPayload, error) {
	done, err := r.root.Clients.Register(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.APIClientPayload{APIClient: done}, nil
}

func (r *mutationResolver) UpdateAPIClient(ctx context.Context, input client.Update) (*model.APIClientPayload, error) {
	done, err := r.root.Clients.Update(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.APIClientPayload{APIClient: done}, nil
}

func (r *mutationResolver) AddAPIClientKey(ctx context.Context, input client.AnotherKey) (*model.APIClientPayload, error) {
	done, err := r.root.Clients.AddKey(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.APIClientPayload{APIClient: done}, nil
}

func (r *mutationResolver) RetireAPIClientKey(ctx context.Context, input model.RetireAPIClientKeyInput) (*model.APIClientPayload, error) {
	done, err := r.root.Clients.RetireKey(ctx, input.ClientID, input.KeyID)
	if err != nil {
		return nil, err
	}
	return &model.APIClientPayload{APIClient: done}, nil
}

func (r *mutationResolver) DisableAPIClient(ctx context.Context, input model.DisableAPIClientInput) (*model.APIClientPayload, error) {
	done, err := r.root.Clients.Disable(ctx, input.ClientID)
	if err != nil {
		return nil, err
	}
	return &model.APIClientPayload{APIClient: done}, nil
}

func (r *mutationResolver) EnableAPIClient(ctx context.Context, input model.EnableAPIClientInput) (*model.APIClientPayload, error) {
	done, err := r.root.Clients.Enable(ctx, input.ClientID)
	if err != nil {
		return nil, err
	}
	return &model.APIClientPayload{APIClient: done}, nil
}

func (r *queryResolver) APIClient(ctx context.Context, id ident.ID) (*ent.ApiClient, error) {
	return null(r.root.DB.ApiClient.Get(ctx, id))
}

func (r *queryResolver) APIClients(ctx context.Context, institutionID ident.ID, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.ApiClient], error) {
	return relay.List(ctx, r.root.DB.ApiClient.Query().Where(apiclient.InstitutionID(institutionID)), relay.Page{First: first, After: after, Last: last, Before: before}, relay.OldestFirst)
}

func (r *viewerResolver) Client(ctx context.Context, obj *viewer.Viewer) (*ent.ApiClient, error) {
	if obj.Kind != viewer.Program {
		return nil, nil
	}
	return null(r.root.DB.ApiClient.Get(viewer.AsSystem(ctx), obj.ClientID)) // who asks knows of itself
}

func (r *Resolver) ApiClient() generated.ApiClientResolver { return &apiClientResolver{r} }

func (r *Resolver) ApiClientKey() generated.ApiClientKeyResolver { return &apiClientKeyResolver{r} }

type apiClientResolver struct{ root *Resolver }
type apiClientKeyResolver struct{ root *Resolver }
