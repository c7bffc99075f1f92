package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/portal"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

func (r *Resolver) portals(ctx context.Context, ids []ident.ID) ([]*ent.Portal, error) {
	return r.DB.Portal.Query().Where(portal.IDIn(ids...)).All(ctx)
}
