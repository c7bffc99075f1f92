package recognition

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/microdegree/rules"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Progress says how far the signed-in learner has come towards a micro-degree,
// by confirmed results that are not annulled; nil when nobody has signed in.
func (s *Service) Progress(ctx context.Context, m *ent.MicroDegree) (*rules.Report, error) {
	if viewer.From(ctx).Kind != viewer.Person {
		return nil, nil
	}
	done, err := completedBy(ctx, s.DB, viewer.From(ctx).PersonID)
	if err != nil {
		return nil, err
	}
	report := rules.Evaluate(m.Composition, m.Ects, done, s.Now())
	return &report, nil
}

// Bounds of a plan.
const (
	maxCandidates = 60
	maxPaths      = 10
)

// Plan says how the signed-in learner can finish a micro-degree with the
// courses that they consider, and finds up to limit cheapest ways. Whoever has
// not signed in has completed nothing yet.
func (s *Service) Plan(ctx context.Context, m *ent.MicroDegree, candidates []ident.ID, limit int) (*rules.Planned, error) {
	if len(candidates) > maxCandidates {
		return nil, problem.New(problem.Invalid, "at most %d courses can be considered at once", maxCandidates).At("candidateIds")
	}
	if limit < 0 || limit > maxPaths {
		return nil, problem.New(problem.Invalid, "at most %d ways to finish are found", maxPaths).At("first")
	}
	var done []rules.Completed
	if viewer.From(ctx).Kind == viewer.Person {
		var err error
		if done, err = completedBy(ctx, s.DB, viewer.From(ctx).PersonID); err != nil {
			return nil, err
		}
	}
	offered, err := microdegree.Offered(ctx, s.DB, m.Composition, s.Now())
	if err != nil {
		return nil, err
	}
	considered := vocab.Each(candidates, func(id ident.ID) string { return string(id) })
	plan := rules.Plan(m.Composition, m.Ects, done, considered, offered, s.Now(), limit)
	return &plan, nil
}

// completedBy lists what a learner has passed, without what is annulled.
func completedBy(ctx context.Context, db *ent.Client, learner ident.ID) ([]rules.Completed, error) {
	annulled, err := db.Credential.Query().
		Where(credential.LearnerID(learner), credential.RevocationReasonIn(vocab.Annulling...)).
		Select(credential.FieldID, credential.FieldLearnerID, credential.FieldResultID).All(ctx)
	if err != nil {
		return nil, err
	}
	void := vocab.Each(annulled, func(c *ent.Credential) ident.ID { return c.ResultID })
	passed, err := db.Result.Query().
		Where(result.LearnerID(learner), result.StateEQ(result.StateCONFIRMED), result.OutcomeEQ(result.OutcomePASSED), result.IDNotIn(void...)).
		WithEnrolment(func(q *ent.EnrolmentQuery) {
			q.Select(enrolment.FieldID, enrolment.FieldVersionID, enrolment.FieldEnrolledAt)
		}).All(ctx)
	if err != nil {
		return nil, err
	}
	return completed(ctx, db, passed)
}

// completed are results as micro-degrees count them.
func completed(ctx context.Context, db *ent.Client, passed []*ent.Result) ([]rules.Completed, error) {
	var versions []ident.ID
	for _, r := range passed {
		if e := r.Edges.Enrolment; e != nil {
			versions = append(versions, e.VersionID)
		}
	}
	contents, err := db.CourseVersion.Query().Where(courseversion.IDIn(versions...)).
		Select(courseversion.FieldID, courseversion.FieldCourseID, courseversion.FieldEqf).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[ident.ID]*ent.CourseVersion{}
	for _, v := range contents {
		byID[v.ID] = v
	}
	var done []rules.Completed
	for _, r := range passed {
		e := r.Edges.Enrolment
		if e == nil || byID[e.VersionID] == nil {
			continue
		}
		v := byID[e.VersionID]
		c := rules.Completed{CourseID: string(v.CourseID), InstitutionID: r.HostID, ECTS: r.Ects, StartedAt: e.EnrolledAt}
		if v.Eqf != nil {
			c.EQF = *v.Eqf
		}
		if c.CompletedAt, err = time.Parse(time.DateOnly, r.AchievedOn); err != nil {
			return nil, err
		}
		if c.StartedAt.After(c.CompletedAt) { // achieved on the day of enrolment
			c.StartedAt = c.CompletedAt
		}
		done = append(done, c)
	}
	return done, nil
}
