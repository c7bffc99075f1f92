// Package microdegree holds awards that are put together from courses of
// several partners, and how far a learner has come towards one.
//
//	DRAFT → PUBLISHED → WITHDRAWN
package microdegree

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service changes micro-degrees.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// New is a micro-degree with all that Annex I asks for.
type New struct {
	InstitutionID ident.ID
	Key           string
	Title         vocab.Text
	Summary       vocab.Text
	Description   vocab.Text
	Outcomes      []vocab.Outcome
	ECTS          vocab.ECTS
	EQF           int
	ISCED         vocab.ISCEDF
	Quality       vocab.QualityAssurance
	Groups        []vocab.CompositionGroup
	Bounds        vocab.Bounds
}

// Publish makes a micro-degree and publishes it. It returns an INVALID problem
// when its credits are out of bounds, when the groups ask for more or less than
// the whole, or when a group cannot be completed with the published courses
// that it lists.
func (s *Service) Publish(ctx context.Context, n New) (*ent.MicroDegree, error) {
	if err := authz.Require(ctx, authz.EditMicroDegree, n.InstitutionID); err != nil {
		return nil, err
	}
	credits, err := s.credits(ctx, n.Groups)
	if err != nil {
		return nil, err
	}
	if err := problem.Join(vocab.CheckEQF(n.EQF, "eqfLevel"), Feasible(n.ECTS, n.Bounds, n.Groups, credits)); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.MicroDegree, error) {
		made, err := tx.MicroDegree.Create().SetInstitutionID(n.InstitutionID).SetKey(n.Key).SetState(microdegree.StatePUBLISHED).
			SetTitle(n.Title).SetSummary(n.Summary).SetDescription(n.Description).SetOutcomes(n.Outcomes).
			SetEcts(n.ECTS).SetEqf(n.EQF).SetIsced(n.ISCED).SetQuality(&n.Quality).SetComposition(vocab.Composition{Groups: n.Groups}).
			SetPublishedAt(vocab.Now(s.Now)).Save(ctx)
		if storage.IsDuplicate(err) {
			return nil, problem.New(problem.Conflict, "there is a micro-degree with the key %q already", n.Key).At("key")
		}
		if err != nil {
			return nil, err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Verb: "micro_degree.publish", Object: made.ID, Institutions: []ident.ID{n.InstitutionID}}); err != nil {
			return nil, err
		}
		return made, outbox.Append(ctx, tx, outbox.Event{Type: "micro_degree.publish", Object: made.ID, Public: true})
	})
}

// credits returns the ECTS credits of each published course in the groups.
func (s *Service) credits(ctx context.Context, groups []vocab.CompositionGroup) (map[string]vocab.ECTS, error) {
	var ids []ident.ID
	for _, g := range groups {
		for _, c := range g.Courses {
			ids = append(ids, ident.ID(c))
		}
	}
	courses, err := s.DB.Course.Query().Where(course.IDIn(ids...), course.StateEQ(course.StatePUBLISHED)).All(ctx)
	if err != nil {
		return nil, err
	}
	var versions []ident.ID
	for _, c := range courses {
		versions = append(versions, *c.PublishedVersionID)
	}
	found, err := s.DB.CourseVersion.Query().Where(courseversion.IDIn(versions...)).All(ctx)
	if err != nil {
		return nil, err
	}
	credits := map[string]vocab.ECTS{}
	for _, v := range found {
		credits[string(v.CourseID)] = v.Ects
	}
	return credits, nil
}

// Feasible returns an INVALID problem for each rule that the groups break.
// credits holds the courses that are on offer.
func Feasible(total vocab.ECTS, bounds vocab.Bounds, groups []vocab.CompositionGroup, credits map[string]vocab.ECTS) error {
	var found []error
	if total < bounds.Min || total > bounds.Max {
		found = append(found, problem.New(problem.Invalid, "%s ECTS credits are outside the %s to %s of a %s in this alliance", total, bounds.Min, bounds.Max, bounds.Kind).At("ects"))
	}
	var sum vocab.ECTS
	var seen []string
	for _, g := range groups {
		sum += g.MinECTS
		var available vocab.ECTS
		for _, c := range g.Courses {
			if _, offered := credits[c]; !offered {
				found = append(found, problem.New(problem.Invalid, "the group %q lists a course that is not published", g.Key).At("groups", g.Key))
			}
			if slices.Contains(seen, c) {
				found = append(found, problem.New(problem.Invalid, "a course stands in two groups, so its credits would count twice").At("groups", g.Key))
			}
			seen = append(seen, c)
			available += credits[c]
		}
		if available < g.MinECTS {
			found = append(found, problem.New(problem.Invalid, "the group %q asks for %s ECTS credits and offers %s", g.Key, g.MinECTS, available).At("groups", g.Key))
		}
	}
	if sum != total {
		found = append(found, problem.New(problem.Invalid, "the groups ask for %s ECTS credits, the micro-degree has %s", sum, total).At("ects"))
	}
	return problem.Join(found...)
}
