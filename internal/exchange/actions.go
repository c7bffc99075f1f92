package exchange

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Actions says what the viewer may do for the imports of an institution.
func Actions(ctx context.Context, institution ident.ID) []authz.Action {
	may := toStart.Require(ctx, institution)
	return []authz.Action{toStart.Act(may), toAddSource.Act(may)}
}

// RunActions says what the viewer may do with a run now.
func RunActions(ctx context.Context, run *ent.ImportRun) []authz.Action {
	may := toCancel.Require(ctx, run.InstitutionID)
	return []authz.Action{toCancel.Act(may, states.Check(run.State, importrun.StateCANCELLED))}
}

// SourceActions says what the viewer may do with a source now.
func SourceActions(ctx context.Context, source *ent.ImportSource) []authz.Action {
	may := toEditSource.Require(ctx, source.InstitutionID)
	active := problem.If(source.State != importsource.StateACTIVE, paused(source.ID))
	return []authz.Action{
		toEditSource.Act(may),
		toPauseSource.Act(may, sourceStates.Check(source.State, importsource.StatePAUSED)),
		toResumeSource.Act(may, sourceStates.Check(source.State, importsource.StateACTIVE)),
		toPullSource.Act(may, active),
	}
}
