package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *compositionGroupResolver) Courses(ctx context.Context, objs []*vocab.CompositionGroup) ([][]*ent.Course, error) {
	return r.groupCourses(ctx, objs)
}

func (r *courseOrderResolver) Before(ctx context.Context, objs []*vocab.Order) ([]*ent.Course, error) {
	return follow(ctx, objs, func(o *vocab.Order) ident.ID { return ident.ID(o.Before) }, r.courses)
}

func (r *courseOrderResolver) After(ctx context.Context, objs []*vocab.Order) ([]*ent.Course, error) {
	return follow(ctx, objs, func(o *vocab.Order) ident.ID { return ident.ID(o.After) }, r.courses)
}

func (r *microDegreeResolver) Institution(ctx context.Context, objs []*ent.MicroDegree) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.MicroDegree) ident.ID { return o.InstitutionID }, r.institutions)
}

func (r *microDegreeResolver) Field(ctx context.Context, obj *ent.MicroDegree) (*model.FieldOfEducation, error) {
	return fieldOfEducation(obj.Isced), nil
}

func (r *microDegreeResolver) ViewerProgress(ctx context.Context, obj *ent.MicroDegree) (*model.MicroDegreeProgress, error) {
	p, err := r.Recognitions.Progress(ctx, obj)
	if p == nil || err != nil {
		return nil, err
	}
	return progress(*p), nil
}

func (r *microDegreeConnectionResolver) Edges(ctx context.Context, obj *model.MicroDegreeConnection) ([]*model.MicroDegreeEdge, error) {
	return obj.Edges, nil
}

func (r *microDegreeConnectionResolver) TotalCount(ctx context.Context, obj *model.MicroDegreeConnection) (int, error) {
	return obj.TotalCount(ctx)
}

func (r *queryResolver) MicroDegree(ctx context.Context, key string) (*ent.MicroDegree, error) {
	return null(r.microDegreeByKey(key).Only(ctx))
}

func (r *queryResolver) MicroDegrees(ctx context.Context, first *int, after *string, last *int, before *string) (*model.MicroDegreeConnection, error) {
	return relay.List(ctx, r.publishedMicroDegrees(), relay.Page{First: first, After: after, Last: last, Before: before}, relay.NewestFirst)
}

func (r *Resolver) CompositionGroup() generated.CompositionGroupResolver {
	return &compositionGroupResolver{r}
}

func (r *Resolver) CourseOrder() generated.CourseOrderResolver { return &courseOrderResolver{r} }

func (r *Resolver) MicroDegree() generated.MicroDegreeResolver { return &microDegreeResolver{r} }

func (r *Resolver) MicroDegreeConnection() generated.MicroDegreeConnectionResolver {
	return &microDegreeConnectionResolver{r}
}

type (
	compositionGroupResolver      struct{ *Resolver }
	courseOrderResolver           struct{ *Resolver }
	microDegreeResolver           struct{ *Resolver }
	microDegreeConnectionResolver struct{ *Resolver }
)
