// Package recognition decides what an achievement elsewhere counts at home: at
// once when home has promised it or an agreed rule says so, and otherwise by an
// officer, with reasons.
//
//	OPEN → GRANTED           counts in full
//	OPEN → GRANTED_PARTIALLY counts in part; a substantial difference is named
//	OPEN → REFUSED           does not count; a substantial difference is named
//	OPEN → WITHDRAWN         by the system, when the credential is revoked
//
// What stands, open or granted, stands for the achievement and not for the
// paper: a credential that is issued anew of the same result is not counted again.
//
// The burden of proof is home's (Lisbon Recognition Convention, III.3.5, V.1):
// anything but full needs a substantial difference, what would help, and a term
// for appeal (III.5). Home decides within four months of a complete request
// (Revised Recommendation on criteria and procedures, 2010).
package recognition

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
)

// Service decides recognition cases.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

var states = lifecycle.Table[recognitioncase.State]{
	recognitioncase.StateOPEN:              {recognitioncase.StateGRANTED, recognitioncase.StateGRANTED_PARTIALLY, recognitioncase.StateREFUSED, recognitioncase.StateWITHDRAWN},
	recognitioncase.StateGRANTED:           {},
	recognitioncase.StateGRANTED_PARTIALLY: {},
	recognitioncase.StateREFUSED:           {},
	recognitioncase.StateWITHDRAWN:         {},
}

// Time limits, in months.
const (
	monthsToDecide = 4
	monthsToAppeal = 1
)

// Actions says what the viewer may do with a case now.
func Actions(ctx context.Context, c *ent.RecognitionCase) []authz.Action {
	return []authz.Action{authz.Act("decideRecognition",
		authz.Require(ctx, authz.DecideRecognition, c.HomeID), authz.RequireOther(ctx, c.LearnerID),
		states.Check("recognition case", c.State, recognitioncase.StateGRANTED))}
}

func record(ctx context.Context, tx *ent.Tx, verb string, c *ent.RecognitionCase) error {
	details := map[string]string{"to": string(c.State), "basis": string(c.Basis)}
	if err := audit.Record(ctx, tx, audit.Entry{Verb: verb, Object: c.ID, Institutions: []ident.ID{c.HomeID, c.HostID}, Details: details}); err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Event{Type: verb, Object: c.ID, Payload: details, Home: c.HomeID, Person: c.LearnerID})
}
