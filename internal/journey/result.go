package journey

import (
	"cmp"
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Assessment is what a learner achieved in one attempt.
type Assessment struct {
	EnrolmentID    ident.ID
	Outcome        result.Outcome
	Grade          *string // as the host gives it; none on the scale PASS_FAIL
	Scale          vocab.GradeScale
	AchievedOn     string
	IdempotencyKey *string
}

// maxAttempts bounds the attempts of one enrolment.
const maxAttempts = 10

// Record notes the result of an attempt. It is provisional, and seen by the
// host's staff only, until a registrar confirms it. A pass earns the credits
// of the course version; a failed attempt earns none.
func (s *Service) Record(ctx context.Context, a Assessment) (*ent.Result, error) {
	v := viewer.From(ctx)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toRecord, a.IdempotencyKey, a), s.DB.Result.Get, func(tx *ent.Tx) (*ent.Result, error) {
		e, err := storage.Held(ctx, tx.Enrolment, a.EnrolmentID)
		if err != nil {
			return nil, storage.Found(err, "enrolment", "input", "enrolmentId")
		}
		if err := cmp.Or(toRecord.Require(ctx, e.HostID), authz.RequireOther(ctx, e.LearnerID)); err != nil {
			return nil, err
		}
		host, err := tx.Institution.Get(ctx, e.HostID)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(a.check(vocab.Day(e.EnrolledAt, host.Zone), vocab.Day(s.Now(), host.Zone)), takesResults(e)); err != nil {
			return nil, err
		}
		attempts, err := tx.Result.Query().Where(result.EnrolmentID(e.ID)).All(ctx)
		if err != nil {
			return nil, err
		}
		if err := takesAnother(attempts); err != nil {
			return nil, err
		}
		version, err := tx.CourseVersion.Get(ctx, e.VersionID)
		if err != nil {
			return nil, err
		}
		create := tx.Result.Create().SetEnrolmentID(e.ID).SetLearnerID(e.LearnerID).SetHomeID(e.HomeID).SetHostID(e.HostID).
			SetAttempt(len(attempts) + 1).SetState(result.StateRECORDED).SetOutcome(a.Outcome).
			SetNillableGrade(a.Grade).SetScale(a.Scale).SetEcts(0).SetAchievedOn(a.AchievedOn).
			SetNillableRecordedByID(v.ByPerson()).SetNillableRecordedByClientID(v.ByClient()).SetRecordedAt(vocab.Now(s.Now))
		if a.Outcome == result.OutcomePASSED {
			create.SetEcts(version.Ects)
		}
		return ledger.Made(ctx, tx, toRecord, func(r *ent.Result) ledger.Thing { return ofEnrolment(e, r.ID) }, nil, create)
	})
}

// check compares with the day of enrolment and with today, both at the host.
func (a Assessment) check(enrolled, today string) error {
	found := []error{vocab.CheckDay(a.AchievedOn, "input", "achievedOn")}
	found = append(found, problem.If(a.AchievedOn < enrolled,
		problem.New(problem.Invalid, "a result cannot be achieved before the enrolment on %s", enrolled).At("input", "achievedOn")))
	found = append(found, problem.If(a.AchievedOn > today,
		problem.New(problem.Invalid, "a result cannot be achieved in the future").At("input", "achievedOn")))
	switch {
	case a.Scale == vocab.PassFail && a.Grade != nil:
		found = append(found, problem.New(problem.Invalid, "the scale PASS_FAIL has no grades").At("input", "grade"))
	case a.Scale != vocab.PassFail && a.Grade == nil:
		found = append(found, problem.New(problem.Invalid, "a grade on the scale %s is needed", a.Scale).At("input", "grade"))
	case a.Grade != nil:
		passed, err := vocab.ReadGrade(a.Scale, *a.Grade, "input", "grade")
		found = append(found, err)
		found = append(found, problem.If(err == nil && passed != (a.Outcome == result.OutcomePASSED),
			problem.New(problem.Invalid, "the grade %s and the outcome %s contradict each other", *a.Grade, a.Outcome).At("input", "outcome")))
	}
	return problem.Join(found...)
}

// Confirmation makes a recorded result final.
type Confirmation struct {
	ResultID       ident.ID
	IdempotencyKey *string
}

// Confirm makes a result final and tells learner and home. A passed result
// completes the enrolment.
func (s *Service) Confirm(ctx context.Context, c Confirmation) (*ent.Result, error) {
	v := viewer.From(ctx)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toConfirm, c.IdempotencyKey, c), s.DB.Result.Get, func(tx *ent.Tx) (*ent.Result, error) {
		r, err := tx.Result.Get(ctx, c.ResultID)
		if err != nil {
			return nil, err
		}
		e, err := storage.Held(ctx, tx.Enrolment, r.EnrolmentID)
		if err != nil {
			return nil, err
		}
		if r, err = tx.Result.Get(ctx, r.ID); err != nil { // as it stands now that nobody else moves it
			return nil, err
		}
		if err := cmp.Or(toConfirm.Require(ctx, r.HostID), authz.RequireOther(ctx, r.LearnerID)); err != nil {
			return nil, err
		}
		host, err := tx.Institution.Get(ctx, r.HostID)
		if err != nil {
			return nil, err
		}
		if err := confirmedByAnother(v, r, host); err != nil {
			return nil, err
		}
		update := tx.Result.Update().SetNillableConfirmedByID(v.ByPerson()).SetConfirmedAt(vocab.Now(s.Now))
		if err := storage.Move(ctx, resultStates, r.ID, r.State, result.StateCONFIRMED, update); err != nil {
			return nil, err
		}
		confirmed, err := tx.Result.Get(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		if err := ledger.Note(ctx, tx, toConfirm, ofEnrolment(e, r.ID)); err != nil || r.Outcome != result.OutcomePASSED {
			return confirmed, err
		}
		if err := s.end(ctx, tx, e, enrolment.StateCOMPLETED); err != nil {
			return nil, err
		}
		return confirmed, ledger.Note(ctx, tx, toComplete, ofEnrolment(e, e.ID))
	})
}

// confirmedByAnother returns a FORBIDDEN problem to a program that has recorded
// the result itself, and to a person who has where the host asks for a second
// person: confirming is a second look.
func confirmedByAnother(v *viewer.Viewer, r *ent.Result, host *ent.Institution) error {
	if v.Kind == viewer.Program && r.RecordedByClientID != nil && *r.RecordedByClientID == v.ClientID {
		return problem.New(problem.Forbidden, "this program has recorded the result; somebody else confirms it")
	}
	return problem.If(host.ResultConfirmation == institution.ResultConfirmationREQUIRED && v.Kind == viewer.Person &&
		r.RecordedByID != nil && *r.RecordedByID == v.PersonID,
		problem.New(problem.Forbidden, "here a second person confirms a result; you have recorded this one"))
}
