package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// findingsOf pages the findings of a run. Who sees the run sees them.
func (r *Resolver) findingsOf(ctx context.Context, run *ent.ImportRun, page relay.Page) (*relay.Connection[*ent.ImportFinding], error) {
	return relay.List(viewer.AsSystem(ctx), r.DB.ImportFinding.Query().Where(importfinding.RunID(run.ID)), page, relay.OldestFirst)
}

func importProblems(ctx context.Context, f *ent.ImportFinding) []*model.ImportProblem {
	all := make([]*model.ImportProblem, len(f.Problems))
	for i, p := range f.Problems {
		all[i] = &model.ImportProblem{Field: p.Field, Message: p.Message.In(languageOf(ctx).String()), Blocking: p.Blocking}
	}
	return all
}

// missing counts the courses that a source had, and did not list in this run.
// Once a later run has seen one of them, it is not missing any more.
func (r *Resolver) missing(ctx context.Context, run *ent.ImportRun) (*int, error) {
	if run.SourceID == nil || run.State != importrun.StateDONE {
		return nil, nil
	}
	n, err := r.DB.Course.Query().Where(course.SourceID(*run.SourceID), course.SourceSeenAtLT(*run.StartedAt)).Count(ctx)
	return &n, err
}
