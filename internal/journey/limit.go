package journey

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// nominated lists the states of an application that its home has sent on its way.
var nominated = append([]application.State{application.StateNOMINATED, application.StateWAITLISTED}, catalogue.Seated...)

// sendsMore returns nil while the policy of a home allows it to nominate one more
// learner for an offering. Its caller holds the offering, so that two officers at
// once do not nominate one too many.
func sendsMore(ctx context.Context, tx *ent.Tx, app *ent.Application, rules policy.Rules) error {
	most := rules.NominationsPerOffering
	if most == nil {
		return nil
	}
	sent := tx.Application.Query().Where(application.OfferingID(app.OfferingID), application.HomeID(app.HomeID), application.StateIn(nominated...))
	return storage.IfFull(viewer.AsSystem(ctx), sent, *most, problem.New(problem.Conflict, "your institution nominates at most %d learners for an offering", *most))
}

// withinCredits returns nil while the policy of a home allows the learner of an
// application the credits that they would take.
func (s *Service) withinCredits(ctx context.Context, tx *ent.Tx, app *ent.Application, o *ent.Offering, rules policy.Rules) error {
	if rules.ECTSPerTerm == nil {
		return nil
	}
	mine, err := ownOf(ctx, tx.Client(), app.LearnerID, o.VersionID)
	if err != nil {
		return err
	}
	return eligible.OverLimit(s.credits(mine, app.HomeID, o, rules))
}
