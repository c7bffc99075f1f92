package ledger

import (
	"context"
	"errors"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// R19: where a place asks for it, a weighty verb needs a step-up, of people.
func TestR19WeightyVerbsNeedAStepUp(t *testing.T) {
	var book Book
	light := book.Declare("result.record", "recordResult", Host).By(authz.RecordResult)
	weighty := book.Declare("credential.issue", "issueCredential", Parties).By(authz.IssueCredential, authz.ManageKeys).Weighs()
	registrar := []viewer.Grant{{Role: viewer.Registrar, At: "ins_here"}}
	admin := []viewer.Grant{{Role: viewer.Administrator, At: "ins_here"}}
	program := viewer.Viewer{Kind: viewer.Program, ClientAt: "ins_here", Scopes: []string{string(authz.IssueCredential)}}
	asked := func(v viewer.Viewer) viewer.Viewer {
		v.StepUpAt = []ident.ID{"ins_here"}
		return v
	}
	for name, tt := range map[string]struct {
		require func(context.Context, ident.ID, ...*ident.ID) error
		who     viewer.Viewer
		wants   problem.Code
	}{
		"nobody asks":         {weighty.Require, viewer.Viewer{Kind: viewer.Person, Grants: registrar}, ""},
		"asked":               {weighty.Require, asked(viewer.Viewer{Kind: viewer.Person, Grants: registrar}), problem.StepUpRequired},
		"by the other right":  {weighty.RequireOr, asked(viewer.Viewer{Kind: viewer.Person, Grants: admin}), problem.StepUpRequired},
		"another place asks":  {weighty.Require, viewer.Viewer{Kind: viewer.Person, Grants: registrar, StepUpAt: []ident.ID{"ins_there"}}, ""},
		"stepped up":          {weighty.Require, asked(viewer.Viewer{Kind: viewer.Person, Grants: registrar, SteppedUp: true}), ""},
		"a light verb":        {light.Require, asked(viewer.Viewer{Kind: viewer.Person, Grants: registrar}), ""},
		"a program":           {weighty.Require, asked(program), ""},
		"without the right":   {weighty.RequireOr, asked(viewer.Viewer{Kind: viewer.Person, Grants: registrar}), problem.Forbidden},
		"nobody":              {weighty.Require, viewer.Viewer{Kind: viewer.Anonymous}, problem.Unauthenticated},
		"the system, as ever": {weighty.Require, asked(viewer.Viewer{Kind: viewer.System}), ""},
	} {
		err := tt.require(viewer.With(context.Background(), &tt.who), "ins_here")
		if tt.wants == "" && err != nil || tt.wants != "" && !errors.Is(err, problem.Is(tt.wants)) {
			t.Errorf("%s: %v", name, err)
		}
		if p, ok := errors.AsType[*problem.Error](err); ok && p.Code == problem.StepUpRequired && p.Detail() != problem.StepUp(authz.StepUpPath) {
			t.Errorf("%s: leads to %v", name, p.Detail())
		}
	}
}
