package agreement

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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

// PreviewAll answers for many courses at once, with one statement. A rule for
// the learner's programme goes before one for every programme, a younger one
// before an older.
func (s *Service) PreviewAll(ctx context.Context, home ident.ID, programme *ident.ID, courses []ident.ID) (map[ident.ID]Preview, error) {
	today := s.Now().UTC().Format("2006-01-02")
	forProgramme := []predicate.RecognitionRule{recognitionrule.ProgrammeIDIsNil()}
	if programme != nil {
		forProgramme = append(forProgramme, recognitionrule.ProgrammeID(*programme))
	}
	rules, err := s.DB.RecognitionRule.Query().Where(
		recognitionrule.HomeID(home), recognitionrule.CourseIDIn(courses...),
		recognitionrule.StateEQ(recognitionrule.StateAGREED),
		recognitionrule.ValidFromLTE(today),
		recognitionrule.Or(recognitionrule.ValidUntilIsNil(), recognitionrule.ValidUntilGTE(today)),
		recognitionrule.Or(forProgramme...),
	).Order(recognitionrule.ByID()).All(ctx)
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
