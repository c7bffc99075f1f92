package exchange

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Actions says what the viewer may do for the imports of an institution.
func Actions(ctx context.Context, institution ident.ID) []authz.Action {
	may := authz.Require(ctx, authz.ImportCatalogue, institution)
	return []authz.Action{authz.Act("startImport", may), authz.Act("addImportSource", may)}
}

// RunActions says what the viewer may do with a run now.
func RunActions(ctx context.Context, run *ent.ImportRun) []authz.Action {
	may := authz.Require(ctx, authz.ImportCatalogue, run.InstitutionID)
	return []authz.Action{authz.Act("cancelImport", may, states.Check("import", run.State, importrun.StateCANCELLED))}
}

// SourceActions says what the viewer may do with a source now.
func SourceActions(ctx context.Context, source *ent.ImportSource) []authz.Action {
	may := authz.Require(ctx, authz.ImportCatalogue, source.InstitutionID)
	var active error
	if source.State != importsource.StateACTIVE {
		active = paused(source.ID)
	}
	return []authz.Action{
		authz.Act("updateImportSource", may),
		authz.Act("pauseImportSource", may, sourceStates.Check("source", source.State, importsource.StatePAUSED)),
		authz.Act("resumeImportSource", may, sourceStates.Check("source", source.State, importsource.StateACTIVE)),
		authz.Act("pullImportSource", may, active),
	}
}
