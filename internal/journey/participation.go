package journey

import (
	"cmp"
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Participation is how far a learner has taken part. What is nil stays as it is.
type Participation struct {
	EnrolmentID ident.ID
	StartedOn   *string
	Attendance  *int // per cent
}

// Participations are how far many learners have taken part.
type Participations struct {
	Rows           []Participation
	IdempotencyKey *string
}

// DropOut is that a learner did not come, or not to the end.
type DropOut struct {
	EnrolmentID    ident.ID
	LastDay        *string
	Reason         string
	IdempotencyKey *string
}

// Reopening has an enrolment take results again.
type Reopening struct {
	EnrolmentID    ident.ID
	Reason         string
	IdempotencyKey *string
}

// TakePart notes that learners have begun, and how much they attend.
func (s *Service) TakePart(ctx context.Context, p Participations) ([]Outcome[*ent.Enrolment], error) {
	return inBulk(ctx, s.DB, bulk[Participation, *ent.Enrolment]{
		verb: toTakePart, key: p.IdempotencyKey, rows: p.Rows, name: "rows", most: MaxRows, do: s.takePart,
		load: func(ctx context.Context, ids []ident.ID) ([]*ent.Enrolment, error) {
			return s.DB.Enrolment.Query().Where(enrolment.IDIn(ids...)).All(ctx)
		},
	})
}

func (s *Service) takePart(ctx context.Context, tx *ent.Tx, rows []Participation) ([]Done[*ent.Enrolment], error) {
	known, err := holdEnrolments(ctx, tx, vocab.Each(rows, func(p Participation) ident.ID { return p.EnrolmentID }))
	if err != nil {
		return nil, err
	}
	all := make([]Done[*ent.Enrolment], len(rows))
	for i, p := range rows {
		e := known.enrolments[p.EnrolmentID]
		if e == nil {
			all[i].Refused = problem.Missing("enrolment").At("input", "enrolmentId")
			continue
		}
		today := vocab.Day(s.Now(), known.hosts[e.HostID].Zone)
		if all[i].Refused = cmp.Or(toTakePart.Require(ctx, e.HostID), authz.RequireOther(ctx, e.LearnerID), takesPart(e), p.check(today)); all[i].Refused != nil {
			continue
		}
		update := tx.Enrolment.Update().SetNillableAttendance(p.Attendance).SetStartedOn(vocab.OrZero(cmp.Or(p.StartedOn, e.StartedOn, &today)))
		if e.State == enrolment.StateENROLLED {
			err = storage.Move(ctx, enrolmentStates, e.ID, e.State, enrolment.StateSTARTED, update)
		} else {
			err = update.Where(enrolment.ID(e.ID)).Exec(ctx)
		}
		if all[i].Row, err = ledger.NotedAs(ctx, tx, err, toTakePart, func(e *ent.Enrolment) ledger.Thing { return ofEnrolment(e, e.ID) }, tx.Enrolment.Get, e.ID); err != nil {
			return nil, err
		}
		known.enrolments[e.ID] = all[i].Row
	}
	return all, nil
}

func (p Participation) check(today string) error {
	var days error
	if p.StartedOn != nil {
		days = problem.Join(vocab.CheckDay(*p.StartedOn, "input", "startedOn"),
			problem.If(*p.StartedOn > today, problem.New(problem.Invalid, "nobody has begun in the future").At("input", "startedOn")))
	}
	return problem.Join(days, problem.If(p.Attendance != nil && (*p.Attendance < 0 || *p.Attendance > 100),
		problem.New(problem.Invalid, "attendance is 0 to 100 per cent").At("input", "attendance")))
}

// DropOut notes that a learner did not come, or not to the end. The seat stays
// taken: the course runs.
func (s *Service) DropOut(ctx context.Context, d DropOut) (*ent.Enrolment, error) {
	return s.enrolmentMoves(ctx, toDropOut, d.IdempotencyKey, d, d.EnrolmentID, d.Reason, func(e *ent.Enrolment, today string, u *ent.EnrolmentUpdate) (enrolment.State, error) {
		if d.LastDay != nil {
			u.SetDroppedOutOn(*d.LastDay)
			if err := problem.Join(vocab.CheckDay(*d.LastDay, "input", "lastDay"),
				problem.If(*d.LastDay > today, problem.New(problem.Invalid, "nobody has left in the future").At("input", "lastDay")),
				problem.If(*d.LastDay < vocab.OrZero(e.StartedOn),
					problem.New(problem.Invalid, "nobody leaves before they have begun, on %s", vocab.OrZero(e.StartedOn)).At("input", "lastDay"))); err != nil {
				return "", err
			}
		}
		u.SetEndedAt(vocab.Now(s.Now))
		return enrolment.StateDROPPED_OUT, takesPart(e)
	})
}

// reopens returns nil for an enrolment that the host may reopen.
func reopens(e *ent.Enrolment) error {
	return problem.If(e.State != enrolment.StateWITHDRAWN && e.State != enrolment.StateDROPPED_OUT,
		problem.New(problem.Conflict, "this enrolment is %s; only one that the learner has left is reopened", e.State).With(problem.Transition{From: string(e.State)}))
}

// Reopen has an enrolment take results again that the learner has left. It takes no
// seat: what the learner did before they left is judged, or they come back beside
// those who have one.
func (s *Service) Reopen(ctx context.Context, r Reopening) (*ent.Enrolment, error) {
	return s.enrolmentMoves(ctx, toReopen, r.IdempotencyKey, r, r.EnrolmentID, r.Reason, func(e *ent.Enrolment, _ string, u *ent.EnrolmentUpdate) (enrolment.State, error) {
		u.ClearEndedAt().ClearDroppedOutOn()
		return enrolment.StateSTARTED, reopens(e)
	})
}

// enrolmentMoves takes an enrolment to the state that fn says, with what else it sets.
func (s *Service) enrolmentMoves(
	ctx context.Context, verb *ledger.Verb, key *string, in any, id ident.ID, reason string, fn func(*ent.Enrolment, string, *ent.EnrolmentUpdate) (enrolment.State, error),
) (*ent.Enrolment, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(verb, key, in), s.DB.Enrolment.Get, func(tx *ent.Tx) (*ent.Enrolment, error) {
		e, err := storage.Held(ctx, tx.Enrolment, id)
		if err != nil {
			return nil, storage.Found(err, "enrolment", "input", "enrolmentId")
		}
		if err := cmp.Or(verb.Require(ctx, e.HostID), authz.RequireOther(ctx, e.LearnerID)); err != nil {
			return nil, err
		}
		why, err := needReason(reason)
		if err != nil {
			return nil, err
		}
		host, err := tx.Institution.Get(ctx, e.HostID)
		if err != nil {
			return nil, err
		}
		update := tx.Enrolment.Update().SetReason(why)
		to, err := fn(e, vocab.Day(s.Now(), host.Zone), update)
		if err != nil {
			return nil, err
		}
		if verb == toReopen {
			other := tx.Enrolment.Query().Where(enrolment.LearnerID(e.LearnerID), enrolment.OfferingID(e.OfferingID), enrolment.IDNEQ(e.ID),
				enrolment.StateIn(enrolment.StateENROLLED, enrolment.StateSTARTED, enrolment.StateCOMPLETED))
			if err := storage.IfAny(ctx, other, problem.New(problem.Conflict, "the learner has another seat in this offering")); err != nil {
				return nil, err
			}
		}
		done := storage.Move(ctx, enrolmentStates, e.ID, e.State, to, update)
		return ledger.NotedAs(ctx, tx, done, verb, func(e *ent.Enrolment) ledger.Thing { return ofEnrolment(e, e.ID) }, tx.Enrolment.Get, e.ID)
	})
}
