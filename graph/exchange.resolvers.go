package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *importFindingResolver) Course(ctx context.Context, objs []*ent.ImportFinding) ([]*ent.Course, error) {
	return follow(ctx, objs, func(o *ent.ImportFinding) ident.ID { return maybe(o.CourseID) }, r.root.courses())
}

func (r *importFindingResolver) Problems(ctx context.Context, obj *ent.ImportFinding) ([]*model.ImportProblem, error) {
	return each(obj.Problems, func(p vocab.Finding) *model.ImportProblem {
		return &model.ImportProblem{Field: p.Field, Message: p.Message.In(languageOf(ctx).String()), Blocking: p.Blocking}
	}), nil
}

func (r *importFindingConnectionResolver) TotalCount(ctx context.Context, obj *relay.Connection[*ent.ImportFinding]) (int, error) {
	return obj.TotalCount(viewer.AsSystem(ctx)) // the run was seen
}

func (r *importRunResolver) Institution(ctx context.Context, objs []*ent.ImportRun) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.ImportRun) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *importRunResolver) Source(ctx context.Context, objs []*ent.ImportRun) ([]*ent.ImportSource, error) {
	return follow(ctx, objs, func(o *ent.ImportRun) ident.ID { return maybe(o.SourceID) }, r.root.importSources())
}

func (r *importRunResolver) StartedBy(ctx context.Context, objs []*ent.ImportRun) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.ImportRun) ident.ID { return maybe(o.StartedByID) }, r.root.people())
}

// Missing counts the courses that a source had, and did not list in this run.
// Once a later run has seen one of them, it is not missing any more.
func (r *importRunResolver) Missing(ctx context.Context, obj *ent.ImportRun) (*int, error) {
	if obj.SourceID == nil || obj.State != importrun.StateDONE {
		return nil, nil
	}
	n, err := r.root.DB.Course.Query().Where(course.SourceID(*obj.SourceID), course.SourceSeenAtLT(*obj.StartedAt)).Count(ctx)
	return &n, err
}

// Findings pages the findings of a run. Who sees the run sees them.
func (r *importRunResolver) Findings(ctx context.Context, obj *ent.ImportRun, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.ImportFinding], error) {
	return relay.List(viewer.AsSystem(ctx), r.root.DB.ImportFinding.Query().Where(importfinding.RunID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *importRunResolver) ViewerActions(ctx context.Context, obj *ent.ImportRun) ([]*model.ViewerAction, error) {
	return actions(ctx, exchange.RunActions(ctx, obj)), nil
}

func (r *importSourceResolver) Institution(ctx context.Context, objs []*ent.ImportSource) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.ImportSource) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *importSourceResolver) Format(ctx context.Context, obj *ent.ImportSource) (importrun.Format, error) {
	return importrun.Format(obj.Format), nil
}

func (r *importSourceResolver) ViewerActions(ctx context.Context, obj *ent.ImportSource) ([]*model.ViewerAction, error) {
	return actions(ctx, exchange.SourceActions(ctx, obj)), nil
}

func (r *mutationResolver) StartImport(ctx context.Context, input exchange.Small) (*model.Payload[*ent.ImportRun], error) {
	return payload(r.root.Exchange.Start(ctx, input))
}

func (r *mutationResolver) CancelImport(ctx context.Context, input model.CancelImportInput) (*model.Payload[*ent.ImportRun], error) {
	return payload(r.root.Exchange.Cancel(ctx, input.RunID))
}

func (r *mutationResolver) AddImportSource(ctx context.Context, input exchange.NewSource) (*model.Payload[*ent.ImportSource], error) {
	return payload(r.root.Exchange.AddSource(ctx, input))
}

func (r *mutationResolver) UpdateImportSource(ctx context.Context, input exchange.SourceUpdate) (*model.Payload[*ent.ImportSource], error) {
	return payload(r.root.Exchange.UpdateSource(ctx, input))
}

func (r *mutationResolver) PauseImportSource(ctx context.Context, input model.PauseImportSourceInput) (*model.Payload[*ent.ImportSource], error) {
	return payload(r.root.Exchange.PauseSource(ctx, input.SourceID))
}

func (r *mutationResolver) ResumeImportSource(ctx context.Context, input model.ResumeImportSourceInput) (*model.Payload[*ent.ImportSource], error) {
	return payload(r.root.Exchange.ResumeSource(ctx, input.SourceID))
}

func (r *mutationResolver) PullImportSource(ctx context.Context, input model.PullImportSourceInput) (*model.Payload[*ent.ImportSource], error) {
	return payload(r.root.Exchange.PullSource(ctx, input.SourceID))
}

func (r *queryResolver) ImportRun(ctx context.Context, id ident.ID) (*ent.ImportRun, error) {
	return null(r.root.DB.ImportRun.Get(ctx, id))
}

func (r *queryResolver) ImportRuns(ctx context.Context, institutionID ident.ID, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.ImportRun], error) {
	return relay.List(ctx, r.root.DB.ImportRun.Query().Where(importrun.InstitutionID(institutionID)), page(first, after, last, before), relay.NewestFirst)
}

func (r *Resolver) ImportFinding() generated.ImportFindingResolver { return &importFindingResolver{r} }
func (r *Resolver) ImportFindingConnection() generated.ImportFindingConnectionResolver {
	return &importFindingConnectionResolver{r}
}
func (r *Resolver) ImportRun() generated.ImportRunResolver       { return &importRunResolver{r} }
func (r *Resolver) ImportSource() generated.ImportSourceResolver { return &importSourceResolver{r} }

type importFindingResolver struct{ root *Resolver }
type importFindingConnectionResolver struct{ root *Resolver }
type importRunResolver struct{ root *Resolver }
type importSourceResolver struct{ root *Resolver }
