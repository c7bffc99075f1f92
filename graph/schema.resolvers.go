package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

func (r *queryResolver) Node(ctx context.Context, id ident.ID) (model.Node, error) {
	return r.root.node(ctx, id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []ident.ID) ([]model.Node, error) {
	return r.root.nodes(ctx, ids)
}

func (r *Resolver) Mutation() generated.MutationResolver { return &mutationResolver{r} }
func (r *Resolver) Query() generated.QueryResolver       { return &queryResolver{r} }

type mutationResolver struct{ root *Resolver }
type queryResolver struct{ root *Resolver }
