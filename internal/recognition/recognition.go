// Package recognition decides what an achievement elsewhere counts at home: at
// once when home has promised it or an agreed rule says so, and otherwise by an
// officer, with reasons.
//
//	OPEN → GRANTED, GRANTED_PARTIALLY, REFUSED, WITHDRAWN, SUPERSEDED
//	GRANTED → SUPERSEDED
//	GRANTED_PARTIALLY → SUPERSEDED
//	REFUSED (final)
//	WITHDRAWN (final)
//	SUPERSEDED (final)
//
// What is granted counts in full. What counts in part or not at all names a
// substantial difference. The system withdraws a case whose credential is
// revoked, and supersedes one whose result is corrected or annulled (follow.go).
//
// What stands, open or granted, stands for the achievement and not for the
// paper: a credential that is issued anew of the same result is not counted again.
//
// What counts and in which terms is decided in package rules.
package recognition

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service decides recognition cases.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

var states = lifecycle.New("recognition case", lifecycle.Next[recognitioncase.State]{
	recognitioncase.StateOPEN: {
		recognitioncase.StateGRANTED,
		recognitioncase.StateGRANTED_PARTIALLY,
		recognitioncase.StateREFUSED,
		recognitioncase.StateWITHDRAWN,
		recognitioncase.StateSUPERSEDED,
	},
	recognitioncase.StateGRANTED:           {recognitioncase.StateSUPERSEDED},
	recognitioncase.StateGRANTED_PARTIALLY: {recognitioncase.StateSUPERSEDED},
	recognitioncase.StateREFUSED:           {},
	recognitioncase.StateWITHDRAWN:         {},
	recognitioncase.StateSUPERSEDED:        {},
})

// Actions says what the viewer may do with a case now.
func Actions(ctx context.Context, c *ent.RecognitionCase) []authz.Action {
	return []authz.Action{toDecide.Act(toDecide.Require(ctx, c.HomeID), authz.RequireOther(ctx, c.LearnerID),
		states.Check(c.State, recognitioncase.StateGRANTED))}
}

// CredentialActions says whether the viewer may ask that a credential be
// recognised now. counted says why its result is not, once more, if it is not.
func CredentialActions(ctx context.Context, c *ent.Credential, counted error) []authz.Action {
	return []authz.Action{toRequest.Act(authz.RequireSelf(ctx, c.LearnerID), inForce(c), counted)}
}

// inForce returns nil for a credential that can be recognised.
func inForce(c *ent.Credential) error {
	return problem.If(c.State != credential.StateISSUED,
		problem.New(problem.Conflict, "this credential is %s; only one in force can be recognised", c.State).With(problem.Transition{From: string(c.State)}))
}

// ofCase is the case for the record. The host may read of it, and is not told.
func ofCase(c *ent.RecognitionCase) ledger.Thing {
	return ledger.Thing{ID: c.ID, Home: c.HomeID, Person: c.LearnerID, At: []ident.ID{c.HostID},
		Payload: vocab.Payload{To: string(c.State), Basis: string(c.Basis)}}
}
