package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/accessneeds"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// forms returns each offering with its form, which the read model does not hold:
// it is read by who is about to apply.
func (r *Resolver) forms(ctx context.Context, objs []*ent.Offering) ([]*ent.Offering, error) {
	found, err := lookUp(ctx, formOfOffering, relay.Keys(objs, (*ent.Offering).NodeID), func(ctx context.Context, ids []ident.ID) (map[ident.ID]*ent.Offering, error) {
		all, err := r.DB.Offering.Query().Where(offering.IDIn(ids...)).
			Modify(only([]string{offering.FieldID, offering.FieldQuestions, offering.FieldRequirements, offering.FieldAsks, offering.FieldSessions})).All(ctx)
		by := map[ident.ID]*ent.Offering{}
		for _, o := range all {
			by[o.ID] = o
		}
		return by, err
	})
	return each(objs, func(o *ent.Offering) *ent.Offering {
		if f := found[o.ID]; f != nil {
			return f
		}
		return &ent.Offering{}
	}), err
}

// needsOf returns what the learners of applications need to take part, for whom to
// show it is decided elsewhere.
func (r *Resolver) needsOf(ctx context.Context, objs []*ent.Application) (map[ident.ID]*string, error) {
	return lookUp(ctx, needsOfApplication, relay.Keys(objs, (*ent.Application).NodeID), func(ctx context.Context, ids []ident.ID) (map[ident.ID]*string, error) {
		all, err := r.DB.AccessNeeds.Query().Where(accessneeds.ApplicationIDIn(ids...)).All(viewer.AsSystem(ctx))
		by := map[ident.ID]*string{}
		for _, n := range all {
			by[n.ApplicationID] = &n.Text
		}
		return by, err
	})
}
