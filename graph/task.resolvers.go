package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/task"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *taskResolver) Institution(ctx context.Context, objs []*task.Task) ([]*ent.Institution, error) {
	return providersOf(ctx, r.root, objs, func(t *task.Task) ident.ID { return t.At })
}

func (r *taskResolver) Application(ctx context.Context, objs []*task.Task) ([]*ent.Application, error) {
	return about(ctx, objs, ident.Application, r.root.applications)
}

func (r *taskResolver) Draft(ctx context.Context, objs []*task.Task) ([]*ent.Draft, error) {
	return about(ctx, objs, ident.Draft, r.root.drafts())
}

func (r *taskResolver) Enrolment(ctx context.Context, objs []*task.Task) ([]*ent.Enrolment, error) {
	return about(ctx, objs, ident.Enrolment, r.root.enrolments())
}

func (r *taskResolver) Result(ctx context.Context, objs []*task.Task) ([]*ent.Result, error) {
	return about(ctx, objs, ident.Result, r.root.results())
}

func (r *taskResolver) RecognitionCase(ctx context.Context, objs []*task.Task) ([]*ent.RecognitionCase, error) {
	return about(ctx, objs, ident.RecognitionCase, r.root.cases())
}

func (r *taskResolver) RecognitionRule(ctx context.Context, objs []*task.Task) ([]*ent.RecognitionRule, error) {
	return about(ctx, objs, ident.RecognitionRule, r.root.rules())
}

func (r *taskResolver) CourseVersion(ctx context.Context, objs []*task.Task) ([]*ent.CourseVersion, error) {
	return about(ctx, objs, ident.CourseVersion, r.root.versions)
}

func (r *viewerResolver) Tasks(ctx context.Context, obj *viewer.Viewer, filter *task.Filter, first *int, after *string, last *int, before *string) (*relay.Connection[*task.Task], error) {
	return r.root.Tasks.List(ctx, vocab.OrZero(filter), page(first, after, last, before))
}

func (r *viewerResolver) TaskCounts(ctx context.Context, obj *viewer.Viewer, filter *task.Filter) ([]*task.Count, error) {
	return r.root.Tasks.Counts(ctx, vocab.OrZero(filter))
}

func (r *Resolver) Task() generated.TaskResolver { return &taskResolver{r} }

type taskResolver struct{ root *Resolver }
