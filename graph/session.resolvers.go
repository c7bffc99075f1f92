package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	sessions "github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func (r *mutationResolver) EndSession(ctx context.Context, input model.EndSessionInput) (*model.Payload[*ent.Session], error) {
	return payload(r.root.Sessions.EndOwn(ctx, input.SessionID))
}

func (r *mutationResolver) EndOtherSessions(ctx context.Context, input model.EndOtherSessionsInput) (*model.OtherSessionsPayload, error) {
	stays, n, err := r.root.Sessions.EndOthers(ctx, input.ExceptSessionID)
	if err != nil {
		return nil, err
	}
	return &model.OtherSessionsPayload{Session: stays, Ended: &n}, nil
}

func (r *mutationResolver) UnlinkIdentity(ctx context.Context, input model.UnlinkIdentityInput) (*model.Payload[*viewer.Viewer], error) {
	return payload(viewer.From(ctx), r.root.Learners.Unlink(ctx, input.IdentityID))
}

func (r *sessionResolver) Current(ctx context.Context, obj *ent.Session) (bool, error) {
	return obj.ID == viewer.From(ctx).SessionID, nil
}

func (r *sessionResolver) Identity(ctx context.Context, objs []*ent.Session) ([]*ent.Identity, error) {
	return follow(ctx, objs, func(o *ent.Session) ident.ID { return o.IdentityID }, rows(r.root.DB.Identity.Query, identity.IDIn))
}

func (r *viewerResolver) Sessions(ctx context.Context, obj *viewer.Viewer, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Session], error) {
	live := r.root.DB.Session.Query().Where(session.PersonID(obj.PersonID), sessions.Alive(r.root.Now()))
	return relay.List(ctx, live, page(first, after, last, before), relay.NewestFirst)
}

func (r *viewerResolver) Identities(ctx context.Context, obj *viewer.Viewer, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Identity], error) {
	return relay.List(ctx, r.root.DB.Identity.Query().Where(identity.PersonID(obj.PersonID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *Resolver) Session() generated.SessionResolver { return &sessionResolver{r} }

type sessionResolver struct{ root *Resolver }
