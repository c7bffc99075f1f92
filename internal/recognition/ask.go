package recognition

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/recognition/rules"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
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
// CONFLICT problem for a credential that is not in force, and for a result that
// is counted already.
func (s *Service) Ask(ctx context.Context, in Request) (*ent.RecognitionCase, error) {
	call := idempotency.Of(toRequest, in.IdempotencyKey, in)
	return idempotency.Write(ctx, s.DB, call, s.DB.RecognitionCase.Get, func(tx *ent.Tx) (*ent.RecognitionCase, error) {
		f, err := gather(ctx, tx, in)
		if err != nil {
			return nil, err
		}
		c := f.credential
		now := vocab.Now(s.Now)
		create := tx.RecognitionCase.Create().SetLearnerID(c.LearnerID).SetHomeID(c.HomeID).SetHostID(c.InstitutionID).
			SetCredentialID(c.ID).SetNillableProgrammeID(f.programme).SetLiveKey(liveKey(c)).
			SetDifferences([]vocab.Difference{}).SetSubmittedAt(now).SetDueAt(rules.DueAt(now)).
			SetState(recognitioncase.StateOPEN).SetBasis(recognitioncase.BasisASSESSMENT)
		if err := s.decide(ctx, tx, f, create.Mutation(), now); err != nil {
			return nil, err
		}
		return ledger.Made(ctx, tx, toRequest, ofCase, ErrCounted, create)
	})
}

// gather holds the credential, so that it is not revoked meanwhile, and reads
// what a decision rests on.
func gather(ctx context.Context, tx *ent.Tx, in Request) (f facts, err error) {
	c, err := storage.Held(ctx, tx.Credential, in.CredentialID)
	if err != nil {
		return f, storage.Found(err, "credential", "input", "credentialId")
	}
	if err := cmp.Or(authz.RequireSelf(ctx, c.LearnerID), inForce(c)); err != nil {
		return f, err
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
	if in.ProgrammeID != nil {
		p, err := tx.Programme.Get(ctx, *in.ProgrammeID)
		if err != nil {
			return f, storage.Found(err, "programme", "input", "programmeId")
		}
		if p.InstitutionID != c.HomeID {
			return f, problem.New(problem.Invalid, "the programme belongs to another institution").At("input", "programmeId")
		}
		f.programme = in.ProgrammeID
	}
	return f, nil
}

// decide fills in the decision when a promise or a rule makes it.
func (s *Service) decide(ctx context.Context, tx *ent.Tx, f facts, create *ent.RecognitionCaseMutation, now time.Time) error {
	claim := rules.Claim{ECTS: f.credential.Ects, Grade: f.result.Grade, Programme: f.programme}
	basis, terms := recognitioncase.BasisCOMMITMENT, rules.Promised(f.application.Commitment, claim)
	if terms == nil { // then what home would promise now
		previews, err := agreement.PreviewAll(ctx, tx.Client(), now, f.credential.HomeID, f.programme, []*ent.CourseVersion{f.version})
		if err != nil {
			return err
		}
		basis, terms = recognitioncase.BasisRULE, rules.Promised(previews[f.version.ID].Commitment(f.programme), claim)
	}
	if terms == nil {
		return nil
	}
	granted := terms.Grants(claim)
	create.SetState(recognitioncase.State(granted.Outcome))
	create.SetBasis(basis)
	create.SetRuleID(terms.RuleID)
	create.SetEcts(granted.ECTS)
	create.SetDifferences(granted.Differences)
	create.SetDecidedAt(now)
	if granted.Grade != nil {
		create.SetGrade(*granted.Grade)
	}
	if before := rules.AppealBefore(granted.Outcome, now); before != nil {
		create.SetAppealBefore(*before)
	}
	return nil
}

// ErrCounted refuses a second request about one result.
var ErrCounted = problem.New(problem.Conflict, "your home institution has counted this result already, or decides about it now")

// Counted says which of the results home has counted, or decides about.
func Counted(ctx context.Context, db *ent.Client, results ...ident.ID) (map[ident.ID]bool, error) {
	standing, err := db.RecognitionCase.Query().Where(recognitioncase.LiveKeyNotNil(), recognitioncase.HasCredentialWith(credential.ResultIDIn(results...))).
		WithCredential().All(ctx)
	counted := map[ident.ID]bool{}
	for _, c := range standing {
		counted[c.Edges.Credential.ResultID] = true
	}
	return counted, err
}

// liveKey is what two standing cases about one achievement share. It names the
// result: a credential that is issued anew proves nothing more.
func liveKey(c *ent.Credential) string { return storage.Digest(string(c.ResultID + "|" + c.HomeID)) }
