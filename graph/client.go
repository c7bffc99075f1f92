package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

func (r *Resolver) apiClients(ctx context.Context, ids []ident.ID) ([]*ent.ApiClient, error) {
	return r.DB.ApiClient.Query().Where(apiclient.IDIn(ids...)).All(ctx)
}
