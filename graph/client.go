package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/ent/clientkey"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func (r *Resolver) apiClients(ctx context.Context, ids []ident.ID) ([]*ent.ApiClient, error) {
	return r.DB.ApiClient.Query().Where(apiclient.IDIn(ids...)).All(ctx)
}

// clientKeysOf returns the keys of each program. Who sees the program sees them.
func (r *Resolver) clientKeysOf(ctx context.Context, clients []*ent.ApiClient) ([][]*ent.ClientKey, error) {
	return gather(ctx, keysOfProgram, clients, func(k *ent.ClientKey) ident.ID { return k.ClientID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.ClientKey, error) {
			return r.DB.ClientKey.Query().Where(clientkey.ClientIDIn(ids...)).Order(clientkey.ByID()).All(viewer.AsSystem(ctx))
		})
}
