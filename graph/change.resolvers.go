package graph

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/relay"
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

// Changes returns a page of the change feed, each object as the viewer
// sees it now.
func (r *queryResolver) Changes(ctx context.Context, after string, types []model.ChangeType, first *int) (*model.ChangePage, error) {
	sequence, err := outbox.ParseCursor(after, "after")
	if err != nil {
		return nil, err
	}
	size, err := relay.Page{First: first}.Size()
	if err != nil {
		return nil, err
	}
	var kinds []ident.Kind
	for kind, t := range changeTypes {
		if len(types) == 0 || slices.Contains(types, t) {
			kinds = append(kinds, kind)
		}
	}
	page, err := outbox.Feed(ctx, r.root.DB, sequence, kinds, size)
	if err != nil {
		return nil, err
	}
	seen, err := r.root.nodes(ctx, each(page.Events, func(e *ent.OutboxEvent) ident.ID { return e.ObjectID }))
	if err != nil {
		return nil, err
	}
	left, err := r.root.existing(ctx, page.Events, seen)
	if err != nil {
		return nil, err
	}
	out := &model.ChangePage{Nodes: []*model.Change{}, Cursor: outbox.Cursor(page.Next), HasMore: page.HasMore}
	for i, e := range page.Events {
		state := model.ChangeStateVisible
		if seen[i] == nil {
			state = model.ChangeStateDeleted
			if left[e.ObjectID] {
				state = model.ChangeStateNoLongerVisible
			}
		}
		out.Nodes = append(out.Nodes, &model.Change{
			Cursor: outbox.Cursor(*e.Sequence), At: e.CreatedAt, Event: e.Type, Type: changeTypes[e.ObjectID.Kind()],
			ObjectID: e.ObjectID, State: state, Node: seen[i],
		})
	}
	return out, nil
}
