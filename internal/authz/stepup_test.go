package authz

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// R19: where a place asks for it, a weighty verb needs a step-up, of people.
func TestR19WeightyVerbsNeedAStepUp(t *testing.T) {
	registrar := []viewer.Grant{{Role: viewer.Registrar, At: "ins_here"}}
	for name, tt := range map[string]struct {
		verb  Verb
		who   viewer.Viewer
		wants problem.Code
	}{
		"nobody asks":         {IssueCredential, viewer.Viewer{Kind: viewer.Person, Grants: registrar}, ""},
		"asked":               {IssueCredential, viewer.Viewer{Kind: viewer.Person, Grants: registrar, StepUpAt: []ident.ID{"ins_here"}}, problem.StepUpRequired},
		"another place asks":  {IssueCredential, viewer.Viewer{Kind: viewer.Person, Grants: registrar, StepUpAt: []ident.ID{"ins_there"}}, ""},
		"stepped up":          {IssueCredential, viewer.Viewer{Kind: viewer.Person, Grants: registrar, StepUpAt: []ident.ID{"ins_here"}, SteppedUp: true}, ""},
		"a light verb":        {RecordResult, viewer.Viewer{Kind: viewer.Person, Grants: registrar, StepUpAt: []ident.ID{"ins_here"}}, ""},
		"a program":           {IssueCredential, viewer.Viewer{Kind: viewer.Program, ClientAt: "ins_here", Scopes: []string{string(IssueCredential)}, StepUpAt: []ident.ID{"ins_here"}}, ""},
		"without the right":   {ManageKeys, viewer.Viewer{Kind: viewer.Person, Grants: registrar, StepUpAt: []ident.ID{"ins_here"}}, problem.Forbidden},
		"the system, as ever": {IssueCredential, viewer.Viewer{Kind: viewer.System, StepUpAt: []ident.ID{"ins_here"}}, ""},
	} {
		err := Require(viewer.With(context.Background(), &tt.who), tt.verb, "ins_here")
		if tt.wants == "" && err != nil || tt.wants != "" && !errors.Is(err, problem.Is(tt.wants)) {
			t.Errorf("%s: %v", name, err)
		}
		if p, ok := errors.AsType[*problem.Error](err); ok && p.Code == problem.StepUpRequired && p.Detail("stepUpUrl") != StepUpPath {
			t.Errorf("%s: leads to %v", name, p.Details())
		}
	}
	for _, verb := range []Verb{ManageAlliance, GrantRoles, ManageKeys, ManageClients, ConfirmResult, IssueCredential, RevokeCredential} {
		if !weighty[verb] {
			t.Errorf("%s needs no step-up", verb)
		}
	}
}

// R19: only the second factor of REFEDS counts, for half an hour.
func TestR19ProofThatCounts(t *testing.T) {
	now := time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		acr  string
		at   time.Time
		want bool
	}{
		{MultiFactor, now, true}, {MultiFactor, now.Add(-30 * time.Minute), true}, {MultiFactor, now.Add(-30*time.Minute - time.Second), false},
		{"", now, false}, {"https://refeds.org/profile/sfa", now, false}, {MultiFactor + "/", now, false}, {MultiFactor, time.Time{}, false},
	} {
		if got := SteppedUp(tt.acr, tt.at, now); got != tt.want {
			t.Errorf("SteppedUp(%q, %s) = %t", tt.acr, tt.at, got)
		}
	}
}
