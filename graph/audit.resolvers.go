package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *auditEntryResolver) Words(ctx context.Context, obj *ent.AuditEntry) (string, error) {
	return lang.Say(languageOf(ctx), "verb."+obj.Verb), nil
}

func (r *auditEntryResolver) Actor(ctx context.Context, objs []*ent.AuditEntry) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.AuditEntry) ident.ID { return maybe(o.ActorID) }, r.root.people())
}

func (r *auditEntryResolver) Details(ctx context.Context, obj *ent.AuditEntry) ([]*model.AuditDetail, error) {
	return each(slices.Sorted(maps.Keys(obj.Details)), func(key string) *model.AuditDetail { return &model.AuditDetail{Key: key, Value: obj.Details[key]} }), nil
}

func (r *queryResolver) AuditEntries(ctx context.Context, filter *model.AuditEntryFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.AuditEntry], error) {
	return relay.List(ctx, r.root.DB.AuditEntry.Query().Where(entriesLike(filter)...), page(first, after, last, before), relay.NewestFirst)
}

func (r *Resolver) AuditEntry() generated.AuditEntryResolver { return &auditEntryResolver{r} }

type auditEntryResolver struct{ root *Resolver }
