package recognition

import (
	"context"
	"strconv"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
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
	c, err := s.DB.RecognitionCase.Get(ctx, d.CaseID)
	if err != nil {
		return nil, err
	}
	if err := authz.Require(ctx, authz.DecideRecognition, c.HomeID); err != nil {
		return nil, err
	}
	if err := authz.RequireOther(ctx, c.LearnerID); err != nil {
		return nil, err
	}
	v, err := authz.SignedIn(ctx)
	if err != nil {
		return nil, err
	}
	cred, err := s.DB.Credential.Get(ctx, c.CredentialID)
	if err != nil {
		return nil, err
	}
	ects, err := d.check(cred.Ects)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Verb: "decideRecognition", Key: d.IdempotencyKey, Input: d}
	return idempotency.Write(ctx, s.DB, call, s.DB.RecognitionCase.Get, func(tx *ent.Tx) (*ent.RecognitionCase, error) {
		if err := states.Check("recognition case", c.State, d.Outcome); err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		update := tx.RecognitionCase.Update().Where(recognitioncase.ID(c.ID), recognitioncase.StateEQ(recognitioncase.StateOPEN)).
			SetState(d.Outcome).SetBasis(recognitioncase.BasisASSESSMENT).SetEcts(ects).SetReasons(d.Reasons).
			SetDifferences(append([]vocab.Difference{}, d.Differences...)).SetNillableDecidedByID(v.ByPerson()).SetDecidedAt(now)
		if d.Outcome != recognitioncase.StateGRANTED {
			update.SetAppealBefore(now.AddDate(0, monthsToAppeal, 0))
		}
		if d.Outcome == recognitioncase.StateREFUSED {
			update.ClearLiveKey() // a refused credential may be presented again, with what was missing
		}
		n, err := update.Save(ctx)
		if err != nil {
			return nil, err
		}
		if n != 1 {
			return nil, problem.Raced("recognition case", c.ID)
		}
		decided, err := tx.RecognitionCase.Get(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		return decided, record(ctx, tx, "recognition.decide", decided)
	})
}

// check returns the credits that count.
func (d *Decision) check(all vocab.ECTS) (vocab.ECTS, error) {
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
	for i := range d.Differences {
		at := strconv.Itoa(i)
		d.Differences[i].Text = line(maxDifference, d.Differences[i].Text, "input", "differences", at, "text")
		d.Differences[i].Remedy = line(maxDifference, d.Differences[i].Remedy, "input", "differences", at, "remedy")
	}
	return ects, problem.Join(found...)
}
