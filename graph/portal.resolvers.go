package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/portal"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *allianceResolver) Portals(ctx context.Context, obj *ent.Alliance, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Portal], error) {
	return relay.List(ctx, r.root.DB.Portal.Query().Where(portal.Of(obj.ID)), page(first, after, last, before), relay.NewestFirst)
}

func (r *institutionResolver) Portals(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Portal], error) {
	return relay.List(ctx, r.root.DB.Portal.Query().Where(portal.Of(obj.ID)), page(first, after, last, before), relay.NewestFirst)
}

func (r *mutationResolver) RegisterPortal(ctx context.Context, input portal.Registration) (*model.Payload[*ent.Portal], error) {
	return payload(r.root.Portals.Register(ctx, input))
}

func (r *mutationResolver) EndPortal(ctx context.Context, input model.EndPortalInput) (*model.Payload[*ent.Portal], error) {
	return payload(r.root.Portals.End(ctx, input.PortalID))
}

func (r *portalResolver) Institution(ctx context.Context, objs []*ent.Portal) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Portal) ident.ID { return maybe(o.InstitutionID) }, r.root.institutions())
}

func (r *portalResolver) Alliance(ctx context.Context, objs []*ent.Portal) ([]*ent.Alliance, error) {
	return follow(ctx, objs, func(o *ent.Portal) ident.ID { return maybe(o.AllianceID) }, r.root.alliances())
}

func (r *portalResolver) ViewerActions(ctx context.Context, obj *ent.Portal) ([]*model.ViewerAction, error) {
	return actions(ctx, portal.Actions(ctx, obj)), nil
}

func (r *Resolver) Portal() generated.PortalResolver { return &portalResolver{r} }

type portalResolver struct{ root *Resolver }
