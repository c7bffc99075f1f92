package graph

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	row "github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/microdegree/rules"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *compositionGroupResolver) Courses(ctx context.Context, objs []*vocab.CompositionGroup) ([][]*ent.Course, error) {
	return r.root.coursesOf(ctx, each(objs, func(g *vocab.CompositionGroup) []string { return g.Courses }))
}

func (r *courseOrderResolver) Before(ctx context.Context, objs []*vocab.Order) ([]*ent.Course, error) {
	return follow(ctx, objs, func(o *vocab.Order) ident.ID { return ident.ID(o.Before) }, r.root.courses())
}

func (r *courseOrderResolver) After(ctx context.Context, objs []*vocab.Order) ([]*ent.Course, error) {
	return follow(ctx, objs, func(o *vocab.Order) ident.ID { return ident.ID(o.After) }, r.root.courses())
}

func (r *microDegreeResolver) Institution(ctx context.Context, objs []*ent.MicroDegree) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.MicroDegree) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *microDegreeResolver) Field(ctx context.Context, obj *ent.MicroDegree) (*model.FieldOfEducation, error) {
	return fieldOfEducation(obj.Isced), nil
}

func (r *microDegreeResolver) ViewerProgress(ctx context.Context, obj *ent.MicroDegree) (*model.MicroDegreeProgress, error) {
	p, err := r.root.Recognitions.Progress(ctx, obj)
	if p == nil || err != nil {
		return nil, err
	}
	return progress(obj, p), nil
}

func (r *microDegreeResolver) Plan(ctx context.Context, obj *ent.MicroDegree, candidateIds []ident.ID, first *int) (*model.MicroDegreePlan, error) {
	limit := 3
	if first != nil {
		limit = *first
	}
	p, err := r.root.Recognitions.Plan(ctx, obj, candidateIds, limit)
	if err != nil {
		return nil, err
	}
	return r.root.planned(ctx, p)
}

func (r *microDegreeResolver) Issues(ctx context.Context, obj *ent.MicroDegree) ([]*model.PublicationIssue, error) {
	blocking, err := r.root.MicroDegrees.Issues(ctx, obj)
	if err != nil {
		return nil, err
	}
	return issuesOf(ctx, blocking, true), nil
}

func (r *microDegreeResolver) ViewerActions(ctx context.Context, obj *ent.MicroDegree) ([]*model.ViewerAction, error) {
	return actions(ctx, microdegree.Actions(ctx, obj)), nil
}

func (r *mutationResolver) CreateMicroDegree(ctx context.Context, input microdegree.New) (*model.Payload[*ent.MicroDegree], error) {
	return payload(r.root.MicroDegrees.Create(ctx, input))
}

func (r *mutationResolver) UpdateMicroDegree(ctx context.Context, input microdegree.Update) (*model.Payload[*ent.MicroDegree], error) {
	return payload(r.root.MicroDegrees.Update(ctx, input))
}

func (r *mutationResolver) PublishMicroDegree(ctx context.Context, input model.PublishMicroDegreeInput) (*model.Payload[*ent.MicroDegree], error) {
	return payload(r.root.MicroDegrees.Publish(ctx, input.MicroDegreeID))
}

func (r *mutationResolver) WithdrawMicroDegree(ctx context.Context, input model.WithdrawMicroDegreeInput) (*model.Payload[*ent.MicroDegree], error) {
	return payload(r.root.MicroDegrees.Withdraw(ctx, input.MicroDegreeID))
}

func (r *queryResolver) MicroDegree(ctx context.Context, key string) (*ent.MicroDegree, error) {
	return null(r.root.DB.MicroDegree.Query().Where(row.Key(key)).Only(ctx))
}

func (r *queryResolver) MicroDegrees(ctx context.Context, updatedSince *time.Time, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.MicroDegree], error) {
	like := when([]predicate.MicroDegree{row.StateEQ(row.StatePUBLISHED)}, updatedSince, row.UpdatedAtGTE)
	return relay.List(ctx, r.root.DB.MicroDegree.Query().Where(like...), page(first, after, last, before), relay.NewestFirst)
}

func (r *ruleReportResolver) Group(ctx context.Context, obj *rules.Node) (*string, error) {
	return groupOf(obj), nil
}

func (r *ruleReportResolver) Courses(ctx context.Context, objs []*rules.Node) ([][]*ent.Course, error) {
	return r.root.coursesOf(ctx, each(objs, subjects))
}

func (r *ruleReportResolver) Have(ctx context.Context, obj *rules.Node) (float64, error) {
	return amount(obj.Have, obj.Unit), nil
}

func (r *ruleReportResolver) Need(ctx context.Context, obj *rules.Node) (float64, error) {
	return amount(obj.Need, obj.Unit), nil
}

func (r *ruleReportResolver) Counted(ctx context.Context, objs []*rules.Node) ([][]*ent.Course, error) {
	return r.root.coursesOf(ctx, each(objs, func(n *rules.Node) []string { return n.Counted }))
}

func (r *uncountedCourseResolver) Course(ctx context.Context, objs []*rules.Uncounted) ([]*ent.Course, error) {
	return follow(ctx, objs, func(u *rules.Uncounted) ident.ID { return ident.ID(u.CourseID) }, r.root.courses())
}

func (r *Resolver) CompositionGroup() generated.CompositionGroupResolver {
	return &compositionGroupResolver{r}
}
func (r *Resolver) CourseOrder() generated.CourseOrderResolver { return &courseOrderResolver{r} }
func (r *Resolver) MicroDegree() generated.MicroDegreeResolver { return &microDegreeResolver{r} }
func (r *Resolver) RuleReport() generated.RuleReportResolver   { return &ruleReportResolver{r} }
func (r *Resolver) UncountedCourse() generated.UncountedCourseResolver {
	return &uncountedCourseResolver{r}
}

type compositionGroupResolver struct{ root *Resolver }
type courseOrderResolver struct{ root *Resolver }
type microDegreeResolver struct{ root *Resolver }
type ruleReportResolver struct{ root *Resolver }
type uncountedCourseResolver struct{ root *Resolver }
