package journey

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// nominated lists the states of an application that its home has sent on its way.
var nominated = append([]application.State{application.StateNOMINATED, application.StateWAITLISTED}, catalogue.Seated...)

// withinLimits returns nil while the policy of a home allows it to nominate one
// more learner for an offering, and this learner so many credits. Its caller holds
// the offering, so that two officers at once do not nominate one too many.
func (s *Service) withinLimits(ctx context.Context, tx *ent.Tx, app *ent.Application, o *ent.Offering, rules policy.Rules) error {
	system := viewer.AsSystem(ctx)
	if most := rules.NominationsPerOffering; most != nil {
		sent := tx.Application.Query().Where(application.OfferingID(o.ID), application.HomeID(app.HomeID), application.StateIn(nominated...))
		if err := storage.IfFull(system, sent, *most, problem.New(problem.Conflict, "your institution nominates at most %d learners for an offering", *most)); err != nil {
			return err
		}
	}
	credits, err := s.credits(ctx, tx, app.LearnerID, app.HomeID, o, rules)
	if err != nil {
		return err
	}
	return eligible.OverLimit(credits)
}

// credits are those that a learner takes, or has applied for, in the term of an
// offering, this one counted; nil when their home sets no limit.
func (s *Service) credits(ctx context.Context, tx *ent.Tx, learner, home ident.ID, o *ent.Offering, rules policy.Rules) (*eligible.Credits, error) {
	if rules.ECTSPerTerm == nil {
		return nil, nil
	}
	ctx = viewer.AsSystem(ctx)
	alive, err := tx.Application.Query().Where(application.LearnerID(learner), application.HomeID(home), application.StateIn(Alive...)).All(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := tx.Offering.Query().Where(offering.IDIn(vocab.Each(alive, func(a *ent.Application) ident.ID { return a.OfferingID })...)).All(ctx)
	if err != nil {
		return nil, err
	}
	term, now := s.term(o, rules), vocab.Now(s.Now)
	versions := []ident.ID{}
	for _, r := range runs {
		over := r.EndsOn != nil && *r.EndsOn < vocab.Day(now, r.Zone)
		if r.ID != o.ID && s.term(r, rules) == term && !over {
			versions = append(versions, r.VersionID)
		}
	}
	contents, err := tx.CourseVersion.Query().Where(courseversion.IDIn(append(versions, o.VersionID)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	ects := map[ident.ID]vocab.ECTS{}
	for _, v := range contents {
		ects[v.ID] = v.Ects
	}
	sum := &eligible.Credits{Sum: ects[o.VersionID], Limit: *rules.ECTSPerTerm, Term: term}
	for _, id := range versions { // one may stand there twice, by two offerings
		sum.Sum += ects[id]
	}
	return sum, nil
}

// term is that of the first day of an offering, or of today for one on demand.
func (s *Service) term(o *ent.Offering, rules policy.Rules) string {
	day := vocab.Day(s.Now(), o.Zone)
	if o.StartsOn != nil {
		day = *o.StartsOn
	}
	return policy.Term(day, rules.Terms)
}
