// Package recognition decides what an achievement elsewhere counts at home: at
// once when home has promised it or an agreed rule says so, and otherwise by an
// officer, with reasons.
//
//	OPEN → GRANTED           counts in full
//	OPEN → GRANTED_PARTIALLY counts in part; a substantial difference is named
//	OPEN → REFUSED           does not count; a substantial difference is named
//
// The burden of proof is home's (Lisbon Recognition Convention, III.3.5, V.1):
// anything but full needs a substantial difference, what would help, and a term
// for appeal (III.5). Home decides within four months of a complete request
// (Revised Recommendation on criteria and procedures, 2010).
package recognition

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service decides recognition cases.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

var states = lifecycle.Table[recognitioncase.State]{
	recognitioncase.StateOPEN:              {recognitioncase.StateGRANTED, recognitioncase.StateGRANTED_PARTIALLY, recognitioncase.StateREFUSED},
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

// Request is a learner's request that home counts a credential.
type Request struct {
	CredentialID   ident.ID
	ProgrammeID    *ident.ID // nil: the programme of the application
	IdempotencyKey *string
}

// facts are what a decision rests on.
type facts struct {
	credential  *ent.Credential
	result      *ent.Result
	application *ent.Application
	version     *ent.CourseVersion
	programme   *ident.ID
}

// Ask asks the learner's home to count a credential. What home promised when
// the learner applied is honoured first, whatever became of the rule; then a
// rule that is agreed now decides; otherwise an officer has to. It returns a
// CONFLICT problem for a credential that is not in force or is counted already.
func (s *Service) Ask(ctx context.Context, in Request) (*ent.RecognitionCase, error) {
	c, err := s.DB.Credential.Get(ctx, in.CredentialID)
	if err != nil {
		return nil, storage.Found(err, "credential", "input", "credentialId")
	}
	if err := authz.RequireSelf(ctx, c.LearnerID); err != nil {
		return nil, err
	}
	call := idempotency.Call{Verb: "requestRecognition", Key: in.IdempotencyKey, Input: in}
	return idempotency.Write(ctx, s.DB, call, s.DB.RecognitionCase.Get, func(tx *ent.Tx) (*ent.RecognitionCase, error) {
		f, err := gather(ctx, tx, c, in.ProgrammeID)
		if err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		create := tx.RecognitionCase.Create().SetLearnerID(c.LearnerID).SetHomeID(c.HomeID).SetHostID(c.InstitutionID).
			SetCredentialID(c.ID).SetNillableProgrammeID(f.programme).SetLiveKey(liveKey(c)).
			SetDifferences([]vocab.Difference{}).SetSubmittedAt(now).SetDueAt(now.AddDate(0, monthsToDecide, 0)).
			SetState(recognitioncase.StateOPEN).SetBasis(recognitioncase.BasisASSESSMENT)
		if err := s.decide(ctx, tx, f, create.Mutation(), now); err != nil {
			return nil, err
		}
		made, err := create.Save(ctx)
		if storage.IsDuplicate(err) {
			return nil, problem.New(problem.Conflict, "your home institution has counted this credential already, or decides about it now")
		}
		if err != nil {
			return nil, err
		}
		return made, record(ctx, tx, "recognition.request", made)
	})
}

func gather(ctx context.Context, tx *ent.Tx, c *ent.Credential, programme *ident.ID) (f facts, err error) {
	if c, err = tx.Credential.Get(ctx, c.ID); err != nil {
		return f, err
	}
	if c.State != credential.StateISSUED {
		return f, problem.New(problem.Conflict, "this credential is %s; only one in force can be recognised", c.State).With("from", string(c.State))
	}
	f.credential = c
	if f.result, err = tx.Result.Get(ctx, c.ResultID); err != nil {
		return f, err
	}
	e, err := tx.Enrolment.Query().Where(enrolment.ID(f.result.EnrolmentID)).Only(ctx)
	if err != nil {
		return f, err
	}
	if f.application, err = tx.Application.Get(ctx, e.ApplicationID); err != nil {
		return f, err
	}
	if f.version, err = tx.CourseVersion.Get(ctx, c.VersionID); err != nil {
		return f, err
	}
	f.programme = f.application.ProgrammeID
	if programme != nil {
		p, err := tx.Programme.Get(ctx, *programme)
		if err != nil {
			return f, storage.Found(err, "programme", "input", "programmeId")
		}
		if p.InstitutionID != c.HomeID {
			return f, problem.New(problem.Invalid, "the programme belongs to another institution").At("input", "programmeId")
		}
		f.programme = programme
	}
	return f, nil
}

// decide fills in the decision when a promise or a rule makes it.
func (s *Service) decide(ctx context.Context, tx *ent.Tx, f facts, m *ent.RecognitionCaseMutation, now time.Time) error {
	grant := func(basis recognitioncase.Basis, rule ident.ID, ects vocab.ECTS, transfer string) {
		m.SetState(recognitioncase.StateGRANTED)
		m.SetBasis(basis)
		m.SetRuleID(rule)
		m.SetEcts(min(ects, f.credential.Ects))
		m.SetDecidedAt(now)
		if transfer == string(recognitionrule.GradeTransferAS_GIVEN) && f.result.Grade != nil {
			m.SetGrade(*f.result.Grade)
		}
	}
	if p := f.application.Commitment; p != nil && p.Verdict == vocab.Counts && same(f.programme, p.ProgrammeID) {
		grant(recognitioncase.BasisCOMMITMENT, *p.RuleID, p.ECTS, p.Transfer)
		return nil
	}
	previews, err := (&agreement.Service{DB: tx.Client(), Now: s.Now}).
		PreviewAll(ctx, f.credential.HomeID, f.programme, []ident.ID{f.version.CourseID})
	if err != nil {
		return err
	}
	if p := previews[f.version.CourseID]; p.Verdict == vocab.Counts {
		grant(recognitioncase.BasisRULE, p.Rule.ID, p.ECTS, string(p.Rule.GradeTransfer))
	}
	return nil
}

func same(a, b *ident.ID) bool { return a == b || a != nil && b != nil && *a == *b }

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
			SetDifferences(append([]vocab.Difference{}, d.Differences...)).SetDecidedByID(v.PersonID).SetDecidedAt(now)
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

// Actions says what the viewer may do with a case now.
func Actions(ctx context.Context, c *ent.RecognitionCase) []authz.Action {
	return []authz.Action{authz.Act("decideRecognition",
		authz.Require(ctx, authz.DecideRecognition, c.HomeID), authz.RequireOther(ctx, c.LearnerID),
		states.Check("recognition case", c.State, recognitioncase.StateGRANTED))}
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

func record(ctx context.Context, tx *ent.Tx, verb string, c *ent.RecognitionCase) error {
	details := map[string]string{"to": string(c.State), "basis": string(c.Basis)}
	if err := audit.Record(ctx, tx, audit.Entry{Verb: verb, Object: c.ID, Institutions: []ident.ID{c.HomeID, c.HostID}, Details: details}); err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Event{Type: verb, Object: c.ID, Payload: details})
}

// liveKey is what two standing cases about one credential share.
func liveKey(c *ent.Credential) string {
	sum := sha256.Sum256([]byte(c.ID + "|" + c.HomeID))
	return hex.EncodeToString(sum[:])
}
