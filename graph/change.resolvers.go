package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/graph/model"
)

func (r *queryResolver) ChangesCursor(ctx context.Context) (*string, error) {
	return r.root.changesCursor(ctx)
}

func (r *queryResolver) Changes(ctx context.Context, after string, types []model.ChangeType, first *int) (*model.ChangePage, error) {
	return r.root.changesAfter(ctx, after, types, first)
}
