package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *catalogueConnectionResolver) TotalCount(ctx context.Context, obj *model.CatalogueConnection) (int, error) {
	return obj.Result.Total(ctx)
}

func (r *catalogueConnectionResolver) Facets(ctx context.Context, obj *model.CatalogueConnection, keys []discovery.Facet, first *int) ([]*discovery.Counted, error) {
	size, err := relay.Page{First: first}.Size()
	if err != nil {
		return nil, err
	}
	return obj.Result.Count(keys, size)
}

// Course returns the course of each entry: from the read model unless the
// fields that move without it are asked for.
func (r *catalogueEntryResolver) Course(ctx context.Context, objs []*model.CatalogueEntry) ([]*ent.Course, error) {
	if !selects(ctx, movingFields) {
		return each(objs, func(e *model.CatalogueEntry) *ent.Course { return e.Course }), nil
	}
	return follow(ctx, objs, func(e *model.CatalogueEntry) ident.ID { return e.Course.ID }, r.root.courses())
}

func (r *catalogueEntryResolver) Recognition(ctx context.Context, objs []*model.CatalogueEntry, homeID *ident.ID, programmeID *ident.ID) ([]*agreement.Preview, error) {
	return r.root.previews(ctx, each(objs, func(e *model.CatalogueEntry) provided {
		return provided{maybe(e.Course.PublishedVersionID), e.Course.InstitutionID}
	}), homeID, programmeID)
}

func (r *queryResolver) Catalogue(ctx context.Context, text *string, filter *model.CatalogueFilter, orderBy *discovery.Order, atLeast *string, first *int, after *string, last *int, before *string) (*model.CatalogueConnection, error) {
	return r.root.searchCatalogue(ctx, text, filter, orderBy, atLeast, page(first, after, last, before))
}

func (r *Resolver) CatalogueConnection() generated.CatalogueConnectionResolver {
	return &catalogueConnectionResolver{r}
}
func (r *Resolver) CatalogueEntry() generated.CatalogueEntryResolver {
	return &catalogueEntryResolver{r}
}

type catalogueConnectionResolver struct{ root *Resolver }
type catalogueEntryResolver struct{ root *Resolver }
