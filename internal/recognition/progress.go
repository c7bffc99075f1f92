package recognition

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Progress says how far the signed-in learner has come towards a micro-degree,
// by confirmed results; nil when nobody has signed in.
func (s *Service) Progress(ctx context.Context, m *ent.MicroDegree) (*microdegree.Progress, error) {
	v := viewer.From(ctx)
	if v.Kind != viewer.Person {
		return nil, nil
	}
	passed, err := s.DB.Result.Query().
		Where(result.LearnerID(v.PersonID), result.StateEQ(result.StateCONFIRMED), result.OutcomeEQ(result.OutcomePASSED)).
		WithEnrolment(func(q *ent.EnrolmentQuery) { q.Select(enrolment.FieldID, enrolment.FieldVersionID) }).All(ctx)
	if err != nil {
		return nil, err
	}
	var versions []ident.ID
	ects := map[ident.ID]vocab.ECTS{} // by version; nothing counts twice
	for _, r := range passed {
		if e := r.Edges.Enrolment; e != nil {
			versions = append(versions, e.VersionID)
			ects[e.VersionID] = max(ects[e.VersionID], r.Ects)
		}
	}
	courses, err := s.DB.CourseVersion.Query().Where(courseversion.IDIn(versions...)).
		Select(courseversion.FieldID, courseversion.FieldCourseID).All(ctx)
	if err != nil {
		return nil, err
	}
	earned := map[string]vocab.ECTS{}
	for _, c := range courses {
		earned[string(c.CourseID)] = max(earned[string(c.CourseID)], ects[c.ID])
	}
	p := microdegree.Evaluate(m.Composition.Groups, earned)
	return &p, nil
}
