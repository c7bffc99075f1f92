package agreement

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Preview is what a course will count at home.
type Preview struct {
	Verdict vocab.Verdict
	ECTS    vocab.ECTS           // credits that will count; none without a rule
	Rule    *ent.RecognitionRule // the basis; nil when a case is needed
}

// Commitment freezes the preview for an application.
func (p Preview) Commitment(programme *ident.ID) *vocab.Commitment {
	c := &vocab.Commitment{Verdict: p.Verdict, ECTS: p.ECTS, ProgrammeID: programme}
	if p.Rule != nil {
		c.RuleID, c.ModuleID, c.Transfer = &p.Rule.ID, p.Rule.ModuleID, string(p.Rule.GradeTransfer)
	}
	return c
}

// maxCounting bounds the courses that CountingTowards returns.
const maxCounting = 5000

// CountingTowards lists the courses for which a rule in force counts credits
// towards a study programme.
func (s *Service) CountingTowards(ctx context.Context, programme ident.ID) ([]ident.ID, error) {
	p, err := s.DB.Programme.Get(ctx, programme)
	if err != nil {
		return nil, storage.Found(err, "programme", "filter", "countsTowardsProgrammeId")
	}
	rules, err := s.inForce(p.InstitutionID, &programme).Limit(maxCounting).All(ctx)
	if err != nil {
		return nil, err
	}
	courses := []ident.ID{} // not nil: no course is not every course
	for _, r := range rules {
		courses = append(courses, r.CourseID)
	}
	return courses, nil
}

// inForce asks for the rules of a home that are valid today and concern the
// programme, oldest first.
func (s *Service) inForce(home ident.ID, programme *ident.ID) *ent.RecognitionRuleQuery {
	today := s.Now().UTC().Format("2006-01-02")
	forProgramme := []predicate.RecognitionRule{recognitionrule.ProgrammeIDIsNil()}
	if programme != nil {
		forProgramme = append(forProgramme, recognitionrule.ProgrammeID(*programme))
	}
	return s.DB.RecognitionRule.Query().Where(
		recognitionrule.HomeID(home),
		recognitionrule.StateEQ(recognitionrule.StateAGREED),
		recognitionrule.ValidFromLTE(today),
		recognitionrule.Or(recognitionrule.ValidUntilIsNil(), recognitionrule.ValidUntilGTE(today)),
		recognitionrule.Or(forProgramme...),
	).Order(recognitionrule.ByID())
}

// PreviewAll answers for many courses at once, with one statement. A rule for
// the learner's programme goes before one for every programme, a younger one
// before an older.
func (s *Service) PreviewAll(ctx context.Context, home ident.ID, programme *ident.ID, courses []ident.ID) (map[ident.ID]Preview, error) {
	rules, err := s.inForce(home, programme).Where(recognitionrule.CourseIDIn(courses...)).All(ctx)
	if err != nil {
		return nil, err
	}
	previews := map[ident.ID]Preview{}
	for _, c := range courses {
		previews[c] = Preview{Verdict: vocab.NeedsCase}
	}
	for _, r := range rules {
		if old := previews[r.CourseID].Rule; old != nil && old.ProgrammeID != nil && r.ProgrammeID == nil {
			continue
		}
		previews[r.CourseID] = Preview{Verdict: vocab.Counts, ECTS: r.Ects, Rule: r}
	}
	return previews, nil
}
