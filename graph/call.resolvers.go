package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/call"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *callResolver) Institution(ctx context.Context, objs []*ent.Call) ([]*ent.Institution, error) {
	return providersOf(ctx, r.root, objs, func(c *ent.Call) ident.ID { return c.InstitutionID })
}

func (r *callResolver) Offerings(ctx context.Context, objs []*ent.Call, first *int, after *string, last *int, before *string) ([]*relay.Connection[*ent.Offering], error) {
	visible, err := authz.Rows(ctx, ent.TypeOffering)
	if err != nil {
		return nil, err
	}
	of := relay.Of[*ent.Offering]{Table: offering.Table, Column: offering.FieldCallID, Visible: visible,
		Parent: func(o *ent.Offering) ident.ID { return maybe(o.CallID) }}
	return relay.Children(ctx, r.root.DB.Offering.Query(), of, ids(objs), page(first, after, last, before), relay.NewestFirst)
}

func (r *callResolver) ViewerActions(ctx context.Context, obj *ent.Call) ([]*model.ViewerAction, error) {
	own, err := r.root.Journeys.CallActions(ctx, obj)
	return actions(ctx, append(catalogue.CallActions(ctx, obj), own...)), err
}

func (r *mutationResolver) CreateCall(ctx context.Context, input catalogue.NewCall) (*model.Payload[*ent.Call], error) {
	return payload(r.root.Catalogue.CreateCall(ctx, input))
}

func (r *mutationResolver) UpdateCall(ctx context.Context, input catalogue.CallUpdate) (*model.Payload[*ent.Call], error) {
	return payload(r.root.Catalogue.UpdateCall(ctx, input))
}

func (r *mutationResolver) ReorderChoices(ctx context.Context, input journey.Reordering) (*model.Payload[*ent.Call], error) {
	return payload(r.root.Journeys.Reorder(ctx, input))
}

func (r *mutationResolver) RankApplications(ctx context.Context, input journey.Ranking) (*model.Payload[*ent.Offering], error) {
	return payload(r.root.Journeys.Rank(ctx, input))
}

func (r *queryResolver) Call(ctx context.Context, id ident.ID) (*ent.Call, error) {
	return null(r.root.DB.Call.Get(ctx, id))
}

func (r *queryResolver) Calls(ctx context.Context, institutionID ident.ID, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Call], error) {
	return relay.List(ctx, r.root.DB.Call.Query().Where(call.InstitutionID(institutionID)), page(first, after, last, before), relay.NewestFirst)
}

func (r *Resolver) Call() generated.CallResolver { return &callResolver{r} }

type callResolver struct{ root *Resolver }
