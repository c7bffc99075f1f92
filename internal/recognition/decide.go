package recognition

import (
	"context"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
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

// Longest texts, in characters.
const (
	maxReasons     = 4000
	maxDifference  = 1000
	maxDifferences = 20
)

// Decide decides an open case. It returns an INVALID problem when the credits
// do not fit the outcome, or when anything but a full grant names no
// substantial difference or no remedy.
func (s *Service) Decide(ctx context.Context, d Decision) (*ent.RecognitionCase, error) {
	v, err := authz.SignedIn(ctx)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Verb: toDecide, Key: d.IdempotencyKey, Input: d}
	return idempotency.Write(ctx, s.DB, call, s.DB.RecognitionCase.Get, func(tx *ent.Tx) (*ent.RecognitionCase, error) {
		// The case is held, so that nobody else decides it, nor ends it because its
		// credential is revoked: a case that is open has a credential in force.
		if err := storage.Hold(ctx, tx.RecognitionCase.Update().Where(recognitioncase.ID(d.CaseID))); err != nil {
			return nil, err
		}
		c, err := tx.RecognitionCase.Get(ctx, d.CaseID)
		if err != nil {
			return nil, err
		}
		if err := toDecide.Require(ctx, c.HomeID); err != nil {
			return nil, err
		}
		if err := authz.RequireOther(ctx, c.LearnerID); err != nil {
			return nil, err
		}
		cred, err := tx.Credential.Get(ctx, c.CredentialID)
		if err != nil {
			return nil, err
		}
		d, ects, err := d.checked(cred.Ects)
		if err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		update := tx.RecognitionCase.Update().SetBasis(recognitioncase.BasisASSESSMENT).SetEcts(ects).SetReasons(d.Reasons).
			SetDifferences(d.Differences).SetNillableDecidedByID(v.ByPerson()).SetDecidedAt(now)
		if d.Outcome != recognitioncase.StateGRANTED {
			update.SetAppealBefore(vocab.AddMonths(now, monthsToAppeal))
		}
		if d.Outcome == recognitioncase.StateREFUSED {
			update.ClearLiveKey() // a refused credential may be presented again, with what was missing
		}
		if err := storage.Move(ctx, states, c.ID, c.State, d.Outcome, update); err != nil {
			return nil, err
		}
		decided, err := tx.RecognitionCase.Get(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		return decided, ledger.Note(ctx, tx, toDecide, ofCase(decided))
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

// checked returns the decision with its texts tidied, and the credits that count.
func (d Decision) checked(all vocab.ECTS) (Decision, vocab.ECTS, error) {
	var found []error
	invalid := func(field, format string, args ...any) {
		found = append(found, problem.New(problem.Invalid, format, args...).At("input", field))
	}
	var ects vocab.ECTS
	if d.ECTS != nil {
		ects = *d.ECTS
	}
	switch d.Outcome {
	case recognitioncase.StateGRANTED:
		if d.ECTS == nil {
			ects = all
		}
		if ects != all {
			invalid("ects", "granted in full counts all %s ECTS credits", all)
		}
	case recognitioncase.StateGRANTED_PARTIALLY:
		if ects <= 0 || ects >= all {
			invalid("ects", "granted in part counts more than none and fewer than all %s ECTS credits", all)
		}
	case recognitioncase.StateREFUSED:
		if ects != 0 {
			invalid("ects", "a refused case counts no credits")
		}
	default:
		invalid("outcome", "a decision is GRANTED, GRANTED_PARTIALLY or REFUSED, not %s", d.Outcome)
	}
	line := func(limit int, s string, path ...string) string {
		text, err := vocab.Line(limit, s, path...)
		found = append(found, err)
		if err == nil && text == "" {
			found = append(found, problem.New(problem.Invalid, "this text is needed").At(path...))
		}
		return text
	}
	d.Reasons = line(maxReasons, d.Reasons, "input", "reasons")
	if d.Outcome != recognitioncase.StateGRANTED && len(d.Differences) == 0 {
		invalid("differences", "anything but a full grant names a substantial difference")
	}
	if len(d.Differences) > maxDifferences {
		invalid("differences", "at most %d differences are allowed", maxDifferences)
	}
	d.Differences = append([]vocab.Difference{}, d.Differences...) // the caller keeps its own, for another try
	for i := range d.Differences {
		at := strconv.Itoa(i)
		d.Differences[i].Text = line(maxDifference, d.Differences[i].Text, "input", "differences", at, "text")
		d.Differences[i].Remedy = line(maxDifference, d.Differences[i].Remedy, "input", "differences", at, "remedy")
	}
	return d, ects, problem.Join(found...)
}
