package agreement

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/recognition/rules"
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
func CountingTowards(ctx context.Context, db *ent.Client, now time.Time, programme ident.ID) ([]ident.ID, error) {
	p, err := db.Programme.Get(ctx, programme)
	if err != nil {
		return nil, storage.Found(err, "programme", "filter", "countsTowardsProgrammeId")
	}
	asked, err := inForce(ctx, db, now, p.InstitutionID, &programme)
	if err != nil {
		return nil, err
	}
	found, err := asked.Limit(maxCounting).All(ctx)
	if err != nil {
		return nil, err
	}
	// Not nil: no course is not every course.
	return vocab.Each(found, func(r *ent.RecognitionRule) ident.ID { return r.CourseID }), nil
}

// inForce asks for the rules of a home that are valid on its day and concern the
// programme, oldest first.
func inForce(ctx context.Context, db *ent.Client, now time.Time, home ident.ID, programme *ident.ID) (*ent.RecognitionRuleQuery, error) {
	day, err := today(ctx, db, now, home)
	if err != nil {
		return nil, err
	}
	forProgramme := []predicate.RecognitionRule{recognitionrule.ProgrammeIDIsNil()}
	if programme != nil {
		forProgramme = append(forProgramme, recognitionrule.ProgrammeID(*programme))
	}
	return db.RecognitionRule.Query().Where(recognitionrule.HomeID(home), recognitionrule.StateEQ(recognitionrule.StateAGREED),
		recognitionrule.ValidFromLTE(day), recognitionrule.Or(recognitionrule.ValidUntilIsNil(), recognitionrule.ValidUntilGTE(day)),
		recognitionrule.Or(forProgramme...)).Order(recognitionrule.ByID()), nil
}

// today is the calendar date at a home institution, by which its rules hold; for
// a home that does not exist, which has no rules, the date in UTC.
func today(ctx context.Context, db *ent.Client, now time.Time, home ident.ID) (string, error) {
	inst, err := db.Institution.Get(ctx, home)
	if ent.IsNotFound(err) {
		return vocab.Day(now, "UTC"), nil
	}
	if err != nil {
		return "", err
	}
	return vocab.Day(now, inst.Zone), nil
}

// PreviewAll answers for many course versions at once, by their id, with two
// statements.
func PreviewAll(ctx context.Context, db *ent.Client, now time.Time, home ident.ID, programme *ident.ID, versions []*ent.CourseVersion) (map[ident.ID]Preview, error) {
	courses := vocab.Each(versions, func(v *ent.CourseVersion) ident.ID { return v.CourseID })
	asked, err := inForce(ctx, db, now, home, programme)
	if err != nil {
		return nil, err
	}
	found, err := asked.Where(recognitionrule.CourseIDIn(courses...)).All(ctx)
	if err != nil {
		return nil, err
	}
	first := map[ident.ID]*ent.RecognitionRule{}
	for _, r := range found {
		if old := first[r.CourseID]; old == nil || terms(r).Before(*terms(old)) {
			first[r.CourseID] = r
		}
	}
	previews := map[ident.ID]Preview{}
	for _, v := range versions {
		p := Preview{Rule: first[v.CourseID]}
		p.Verdict, p.ECTS = rules.Counts(terms(p.Rule), v.Ects)
		previews[v.ID] = p
	}
	return previews, nil
}

// terms is a stored rule, or nil, as the rules of recognition know it.
func terms(r *ent.RecognitionRule) *rules.Rule {
	if r == nil {
		return nil
	}
	return &rules.Rule{ID: r.ID, ProgrammeID: r.ProgrammeID, ECTS: r.Ects}
}
