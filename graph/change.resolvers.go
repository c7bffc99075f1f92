package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
)

func (r *queryResolver) ChangesCursor(ctx context.Context) (*string, error) {
	if _, err := outbox.Number(ctx, r.root.DB); err != nil {
		return nil, err
	}
	head, err := outbox.Head(ctx, r.root.DB)
	if err != nil {
		return nil, err
	}
	return new(outbox.Cursor(head)), nil
}

func (r *queryResolver) Changes(ctx context.Context, after string, types []model.ChangeType, first *int) (*model.ChangePage, error) {
	return r.root.changesAfter(ctx, after, types, first)
}
