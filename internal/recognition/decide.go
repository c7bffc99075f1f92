package recognition

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/recognition/rules"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Decision is an officer's decision of an open case.
type Decision struct {
	CaseID         ident.ID
	Outcome        recognitioncase.State
	ECTS           *vocab.ECTS
	Reasons        string
	Differences    []vocab.Difference
	IdempotencyKey *string
}

// Decide decides an open case. It returns an INVALID problem when the credits
// do not fit the outcome, or when anything but a full grant names no
// substantial difference or no remedy.
func (s *Service) Decide(ctx context.Context, d Decision) (*ent.RecognitionCase, error) {
	v := viewer.From(ctx)
	call := idempotency.Of(toDecide, d.IdempotencyKey, d)
	return idempotency.Write(ctx, s.DB, call, s.DB.RecognitionCase.Get, func(tx *ent.Tx) (*ent.RecognitionCase, error) {
		// The case is held, so that nobody else decides it, nor ends it because its
		// credential is revoked: a case that is open has a credential in force.
		c, err := storage.Held(ctx, tx.RecognitionCase, d.CaseID)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(toDecide.Require(ctx, c.HomeID), authz.RequireOther(ctx, c.LearnerID)); err != nil {
			return nil, err
		}
		cred, err := tx.Credential.Get(ctx, c.CredentialID)
		if err != nil {
			return nil, err
		}
		a, ects, err := rules.Assessment{
			Outcome: rules.Outcome(d.Outcome), ECTS: d.ECTS, Reasons: d.Reasons, Differences: d.Differences,
		}.Checked(cred.Ects)
		if err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		update := tx.RecognitionCase.Update().SetBasis(recognitioncase.BasisASSESSMENT).SetEcts(ects).SetReasons(a.Reasons).
			SetDifferences(a.Differences).SetNillableDecidedByID(v.ByPerson()).SetDecidedAt(now)
		if before := rules.AppealBefore(a.Outcome, now); before != nil {
			update.SetAppealBefore(*before)
		}
		if !a.Outcome.Stands() {
			update.ClearLiveKey()
		}
		done := storage.Move(ctx, states, c.ID, c.State, d.Outcome, update)
		return ledger.NotedAs(ctx, tx, done, toDecide, ofCase, tx.RecognitionCase.Get, c.ID)
	})
}

// EndOpenTx ends what waits for a decision about a credential that its caller
// revokes in the same transaction. The cases are home's, so the system ends
// them. What home has granted stands: home hears of the revocation, and the
// result is not counted twice.
func (s *Service) EndOpenTx(ctx context.Context, tx *ent.Tx, credential ident.ID, now time.Time) error {
	open, err := tx.RecognitionCase.Query().
		Where(recognitioncase.CredentialID(credential), recognitioncase.StateEQ(recognitioncase.StateOPEN)).All(viewer.AsSystem(ctx))
	if err != nil {
		return err
	}
	for _, c := range open {
		ended := tx.RecognitionCase.Update().Where(recognitioncase.ID(c.ID)).SetDecidedAt(now).ClearLiveKey()
		n, err := storage.MoveAll(viewer.AsSystem(ctx), states, recognitioncase.StateOPEN, recognitioncase.StateWITHDRAWN, ended)
		if err != nil {
			return err
		}
		if n != 1 {
			continue // an officer decided first
		}
		c.State = recognitioncase.StateWITHDRAWN
		if err := ledger.Note(ctx, tx, toEnd, ofCase(c)); err != nil {
			return err
		}
	}
	return nil
}
