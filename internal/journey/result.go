package journey

import (
	"cmp"
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/grading"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Mark is what an examiner says of an attempt.
type Mark struct {
	Outcome     *result.Outcome // nil: as the grade says
	Grade       *string         // as the host gives it; none on the scale PASS_FAIL
	Scale       vocab.GradeScale
	SecondGrade *string // the same achievement on another scale
	SecondScale *vocab.GradeScale
	AchievedOn  string
}

// Assessed is the mark of one enrolment.
type Assessed struct {
	EnrolmentID ident.ID
	Mark
}

// Assessment records the result of an attempt.
type Assessment struct {
	Assessed
	IdempotencyKey *string
}

// Assessments record the results of many attempts.
type Assessments struct {
	Rows           []Assessed
	IdempotencyKey *string
}

// MaxRows bounds how many results are recorded or confirmed at once.
const MaxRows = 500

// Record notes the result of an attempt. It is provisional, and seen by the
// host's staff only, until a registrar confirms it. A pass earns the credits
// of the course version; a failed attempt earns none.
func (s *Service) Record(ctx context.Context, a Assessment) (*ent.Result, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toRecord, a.IdempotencyKey, a), s.DB.Result.Get, func(tx *ent.Tx) (*ent.Result, error) {
		return one(s.record(ctx, tx, []Assessed{a.Assessed}))
	})
}

// RecordAll records many results in one transaction. What is refused leaves the
// others as they are.
func (s *Service) RecordAll(ctx context.Context, a Assessments) ([]Outcome[*ent.Result], error) {
	return inBulk(ctx, s.DB, bulk[Assessed, *ent.Result]{
		verb: toRecord, key: a.IdempotencyKey, rows: a.Rows, name: "rows", most: MaxRows, do: s.record,
		load: func(ctx context.Context, ids []ident.ID) ([]*ent.Result, error) {
			return s.DB.Result.Query().Where(result.IDIn(ids...)).All(ctx)
		},
	})
}

// recorded is what a result is checked against, read for many at once.
type recorded struct {
	enrolments map[ident.ID]*ent.Enrolment
	attempts   map[ident.ID][]*ent.Result
	versions   map[ident.ID]*ent.CourseVersion
	hosts      map[ident.ID]*ent.Institution
}

// hold holds enrolments and reads what goes with them.
func holdEnrolments(ctx context.Context, tx *ent.Tx, ids []ident.ID) (r recorded, err error) {
	if err := storage.Hold(ctx, tx.Enrolment.Update().Where(enrolment.IDIn(ids...))); err != nil {
		return r, err
	}
	rows, err := tx.Enrolment.Query().Where(enrolment.IDIn(ids...)).All(ctx)
	if err != nil {
		return r, err
	}
	var versions, hosts []ident.ID
	for _, e := range rows {
		versions, hosts = append(versions, e.VersionID), append(hosts, e.HostID)
	}
	r.enrolments = byID(rows)
	attempts, err := tx.Result.Query().Where(result.EnrolmentIDIn(ids...)).Order(result.ByAttempt()).All(ctx)
	if err != nil {
		return r, err
	}
	r.attempts = map[ident.ID][]*ent.Result{}
	for _, a := range attempts {
		r.attempts[a.EnrolmentID] = append(r.attempts[a.EnrolmentID], a)
	}
	v, err := tx.CourseVersion.Query().Where(courseversion.IDIn(unique(versions)...)).All(ctx)
	if err != nil {
		return r, err
	}
	h, err := tx.Institution.Query().Where(institution.IDIn(unique(hosts)...)).All(ctx)
	r.versions, r.hosts = byID(v), byID(h)
	return r, err
}

// record stores the results of many enrolments, and says what became of each row.
func (s *Service) record(ctx context.Context, tx *ent.Tx, rows []Assessed) ([]Done[*ent.Result], error) {
	known, err := holdEnrolments(ctx, tx, vocab.Each(rows, func(a Assessed) ident.ID { return a.EnrolmentID }))
	if err != nil {
		return nil, err
	}
	v, now := viewer.From(ctx), vocab.Now(s.Now)
	all := make([]Done[*ent.Result], len(rows))
	var creates []*ent.ResultCreate
	var at []int
	seen := map[ident.ID]bool{}
	for i, a := range rows {
		e := known.enrolments[a.EnrolmentID]
		if e == nil {
			all[i].Refused = problem.Missing("enrolment").At("input", "enrolmentId")
			continue
		}
		if seen[e.ID] {
			all[i].Refused = problem.New(problem.Invalid, "this enrolment stands twice in what was sent").At("input", "enrolmentId")
			continue
		}
		seen[e.ID] = true
		attempts := known.attempts[e.ID]
		refused := cmp.Or(toRecord.Require(ctx, e.HostID), authz.RequireOther(ctx, e.LearnerID), takesResults(e), takesAnother(attempts, known.versions[e.VersionID]))
		if refused != nil {
			all[i].Refused = refused
			continue
		}
		got, err := s.read(ctx, tx, a.Mark, known, e)
		if err != nil {
			if problem.All(err) == nil {
				return nil, err
			}
			all[i].Refused = err
			continue
		}
		creates = append(creates, tx.Result.Create().SetEnrolmentID(e.ID).SetLearnerID(e.LearnerID).SetHomeID(e.HomeID).SetHostID(e.HostID).
			SetAttempt(len(attempts)+1).SetState(result.StateRECORDED).SetOutcome(result.Outcome(got.Outcome)).
			SetNillableGrade(got.Grade).SetScale(got.Scale).SetNillableSecondGrade(got.SecondGrade).SetNillableSecondScale(got.SecondScale).
			SetEcts(got.ECTS).SetAchievedOn(got.AchievedOn).
			SetNillableRecordedByID(v.ByPerson()).SetNillableRecordedByClientID(v.ByClient()).SetRecordedAt(now))
		at = append(at, i)
	}
	if len(creates) == 0 {
		return all, nil
	}
	made, err := tx.Result.CreateBulk(creates...).Save(ctx)
	if err != nil {
		return nil, err
	}
	for n, r := range made {
		all[at[n]].Row = r
	}
	return all, s.noted(ctx, tx, toRecord, "", made)
}

// noted writes the history of results that a verb has moved, and the record of it.
func (s *Service) noted(ctx context.Context, tx *ent.Tx, verb *ledger.Verb, reason string, moved []*ent.Result) error {
	v, now := viewer.From(ctx), vocab.Now(s.Now)
	var changes []ledger.Change
	for some := range slices.Chunk(moved, atOnce) {
		var steps []*ent.ResultStepCreate
		for _, r := range some {
			steps = append(steps, tx.ResultStep.Create().SetResultID(r.ID).SetLearnerID(r.LearnerID).SetNumber(r.Version).SetVerb(verb.Name()).
				SetState(string(r.State)).SetAchieved(saidBy(r)).SetNillablePersonID(v.ByPerson()).SetNillableClientID(v.ByClient()).
				SetNillableReason(vocab.Given(reason)).SetAt(now))
			changes = append(changes, ledger.Change{Verb: verb, Thing: ofResult(r)})
		}
		if err := tx.ResultStep.CreateBulk(steps...).Exec(ctx); err != nil {
			return err
		}
	}
	return ledger.NoteAll(ctx, tx, changes...)
}

// saidBy is what a result says.
func saidBy(r *ent.Result) vocab.Achieved {
	return vocab.Achieved{Outcome: string(r.Outcome), Grade: r.Grade, Scale: r.Scale, SecondGrade: r.SecondGrade, SecondScale: r.SecondScale, ECTS: r.Ects, AchievedOn: r.AchievedOn}
}

// read reads a mark for an enrolment. It returns an INVALID problem for each value
// that does not fit.
func (s *Service) read(ctx context.Context, tx *ent.Tx, m Mark, known recorded, e *ent.Enrolment) (vocab.Achieved, error) {
	host := known.hosts[e.HostID]
	found := []error{m.checkDay(max(vocab.Day(e.EnrolledAt, host.Zone), vocab.OrZero(e.StartedOn)), vocab.Day(s.Now(), host.Zone))}
	outcome := m.Outcome
	graded := func(text *string, code vocab.GradeScale, textField, scaleField string) (*string, error) {
		scale, err := grading.For(ctx, tx.Client(), e.HostID, code, "input", scaleField)
		switch {
		case err != nil:
			return nil, err
		case !scale.Graded():
			return nil, problem.If(text != nil, problem.New(problem.Invalid, "the scale PASS_FAIL has no grades").At("input", textField))
		case text == nil:
			return nil, problem.New(problem.Invalid, "a grade on the scale %s is needed", code).At("input", textField)
		}
		g, err := scale.Read(*text, "input", textField)
		if err != nil {
			return nil, err
		}
		says := result.OutcomeFAILED
		if g.Passed {
			says = result.OutcomePASSED
		}
		if outcome == nil {
			outcome = &says
		}
		return &g.Text, problem.If(*outcome != says, problem.New(problem.Invalid, "the grade %s and the outcome %s contradict each other", g.Text, *outcome).At("input", "outcome"))
	}
	first, err := graded(m.Grade, m.Scale, "grade", "scale")
	found = append(found, err)
	var second *string
	switch {
	case m.SecondScale != nil && *m.SecondScale == m.Scale:
		found = append(found, problem.New(problem.Invalid, "the second grade is on another scale than the first").At("input", "secondScale"))
	case m.SecondScale != nil:
		second, err = graded(m.SecondGrade, *m.SecondScale, "secondGrade", "secondScale")
		found = append(found, err)
	default:
		found = append(found, problem.If(m.SecondGrade != nil, problem.New(problem.Invalid, "a grade without its scale is no grade").At("input", "secondScale")))
	}
	if err := problem.Join(found...); err != nil {
		return vocab.Achieved{}, err
	}
	if outcome == nil {
		return vocab.Achieved{}, problem.New(problem.Invalid, "the outcome is needed where there is no grade").At("input", "outcome")
	}
	got := vocab.Achieved{Outcome: string(*outcome), Grade: first, Scale: m.Scale, SecondGrade: second, SecondScale: m.SecondScale, AchievedOn: m.AchievedOn}
	if *outcome == result.OutcomePASSED {
		got.ECTS = known.versions[e.VersionID].Ects
	}
	return got, nil
}

// checkDay compares with the first day on which something can be achieved, and
// with today, both at the host.
func (m Mark) checkDay(first, today string) error {
	return problem.Join(vocab.CheckDay(m.AchievedOn, "input", "achievedOn"),
		problem.If(m.AchievedOn < first, problem.New(problem.Invalid, "a result cannot be achieved before the enrolment on %s", first).At("input", "achievedOn")),
		problem.If(m.AchievedOn > today, problem.New(problem.Invalid, "a result cannot be achieved in the future").At("input", "achievedOn")))
}

// Confirmation makes a recorded result final.
type Confirmation struct {
	ResultID       ident.ID
	IdempotencyKey *string
}

// Confirmations make many recorded results final.
type Confirmations struct {
	ResultIds      []ident.ID
	IdempotencyKey *string
}

// Confirm makes a result final and tells learner and home. A passed result
// completes the enrolment.
func (s *Service) Confirm(ctx context.Context, c Confirmation) (*ent.Result, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toConfirm, c.IdempotencyKey, c), s.DB.Result.Get, func(tx *ent.Tx) (*ent.Result, error) {
		return one(s.confirm(ctx, tx, []ident.ID{c.ResultID}))
	})
}

// ConfirmAll makes many results final in one transaction. What is refused leaves
// the others as they are.
func (s *Service) ConfirmAll(ctx context.Context, c Confirmations) ([]Outcome[*ent.Result], error) {
	return inBulk(ctx, s.DB, bulk[ident.ID, *ent.Result]{
		verb: toConfirm, key: c.IdempotencyKey, rows: c.ResultIds, name: "resultIds", most: MaxRows, do: s.confirm,
		load: func(ctx context.Context, ids []ident.ID) ([]*ent.Result, error) {
			return s.DB.Result.Query().Where(result.IDIn(ids...)).All(ctx)
		},
	})
}

// confirm makes results final, and says what became of each. It holds their
// enrolments first, as whoever records or corrects does.
func (s *Service) confirm(ctx context.Context, tx *ent.Tx, ids []ident.ID) ([]Done[*ent.Result], error) {
	v, now := viewer.From(ctx), vocab.Now(s.Now)
	seen, err := tx.Result.Query().Where(result.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	if err := storage.Hold(ctx, tx.Enrolment.Update().Where(enrolment.IDIn(unique(vocab.Each(seen, func(r *ent.Result) ident.ID { return r.EnrolmentID }))...))); err != nil {
		return nil, err
	}
	rows, err := tx.Result.Query().Where(result.IDIn(ids...)).WithEnrolment().All(ctx) // as they stand now that nobody else moves them
	if err != nil {
		return nil, err
	}
	hosts, err := tx.Institution.Query().Where(institution.IDIn(unique(vocab.Each(rows, func(r *ent.Result) ident.ID { return r.HostID }))...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byResult, byHost := byID(rows), byID(hosts)
	all := make([]Done[*ent.Result], len(ids))
	var final []ident.ID
	var passed []*ent.Enrolment
	var at []int
	for i, id := range ids {
		r := byResult[id]
		if r == nil {
			all[i].Refused = problem.New(problem.NotFound, "there is no such thing, or it is not visible to you")
			continue
		}
		e := r.Edges.Enrolment
		refused := cmp.Or(toConfirm.Require(ctx, r.HostID), authz.RequireOther(ctx, r.LearnerID), confirmedByAnother(v, r, byHost[r.HostID]),
			problem.If(slices.Contains(final, id), problem.New(problem.Invalid, "this result stands twice in what was sent").At("input", "resultId")),
			resultStates.Check(r.State, result.StateCONFIRMED), takesResults(e))
		if refused != nil {
			all[i].Refused = refused
			continue
		}
		if final, at = append(final, id), append(at, i); r.Outcome == result.OutcomePASSED {
			passed = append(passed, e)
		}
	}
	if len(final) == 0 {
		return all, nil
	}
	update := tx.Result.Update().Where(result.IDIn(final...)).SetNillableConfirmedByID(v.ByPerson()).SetConfirmedAt(now).AddVersion(1)
	if n, err := storage.MoveAll(ctx, resultStates, result.StateRECORDED, result.StateCONFIRMED, update); err != nil || n != len(final) {
		return nil, cmp.Or(err, error(problem.Raced("result", final[0])))
	}
	confirmed, err := tx.Result.Query().Where(result.IDIn(final...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byResult = byID(confirmed)
	for _, i := range at {
		all[i].Row = byResult[ids[i]]
	}
	if err := s.noted(ctx, tx, toConfirm, "", confirmed); err != nil || len(passed) == 0 {
		return all, err
	}
	return all, s.complete(ctx, tx, passed)
}

// complete ends enrolments that their caller holds, as passed.
func (s *Service) complete(ctx context.Context, tx *ent.Tx, rows []*ent.Enrolment) error {
	ids := vocab.Each(rows, func(e *ent.Enrolment) ident.ID { return e.ID })
	for _, from := range []enrolment.State{enrolment.StateENROLLED, enrolment.StateSTARTED} {
		if !slices.ContainsFunc(rows, func(e *ent.Enrolment) bool { return e.State == from }) {
			continue
		}
		update := tx.Enrolment.Update().Where(enrolment.IDIn(ids...)).SetEndedAt(vocab.Now(s.Now))
		if _, err := storage.MoveAll(ctx, enrolmentStates, from, enrolment.StateCOMPLETED, update); err != nil {
			return err
		}
	}
	return ledger.NoteAll(ctx, tx, vocab.Each(rows, func(e *ent.Enrolment) ledger.Change {
		return ledger.Change{Verb: toComplete, Thing: ofEnrolment(e, e.ID)}
	})...)
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

// ofResult is a result for the record.
func ofResult(r *ent.Result) ledger.Thing {
	return ledger.Thing{ID: r.ID, Home: r.HomeID, Host: r.HostID, Person: r.LearnerID}
}

func unique(ids []ident.ID) []ident.ID {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

func byID[E interface{ NodeID() ident.ID }](rows []E) map[ident.ID]E {
	all := map[ident.ID]E{}
	for _, r := range rows {
		all[r.NodeID()] = r
	}
	return all
}
