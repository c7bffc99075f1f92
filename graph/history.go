package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// history returns the steps of each application, the first one first: no more than
// ten, for its table of states has no way round in a circle. They are
// read behind applications that the viewer sees; why a step was taken is for those
// who see why the application was decided.
func (r *Resolver) history(ctx context.Context, apps []*ent.Application) ([][]*model.ApplicationStep, error) {
	system := viewer.AsSystem(ctx)
	steps, err := r.DB.ApplicationStep.Query().
		Where(applicationstep.ApplicationIDIn(ids(apps)...)).
		Order(applicationstep.ByNumber()).All(system)
	if err != nil {
		return nil, err
	}
	of := map[ident.ID][]*ent.ApplicationStep{}
	why := map[ident.ID]*string{}
	for _, s := range steps {
		of[s.ApplicationID] = append(of[s.ApplicationID], s)
		if s.Reason != nil {
			why[s.ApplicationID] = s.Reason
		}
	}
	seen, err := r.shown(ctx, apps, vocab.FieldReason, func(a *ent.Application) *string { return why[a.ID] })
	if err != nil {
		return nil, err
	}
	people, err := follow(ctx, steps, func(s *ent.ApplicationStep) ident.ID { return vocab.OrZero(s.PersonID) }, r.people())
	if err != nil {
		return nil, err
	}
	who := map[ident.ID]*ent.Person{}
	for i, s := range steps {
		who[s.ID] = people[i]
	}
	all := make([][]*model.ApplicationStep, len(apps))
	for i, a := range apps {
		all[i] = each(of[a.ID], func(s *ent.ApplicationStep) *model.ApplicationStep {
			step := &model.ApplicationStep{Number: s.Number, Verb: s.Verb, Label: lang.Say(languageOf(ctx), "verb."+s.Verb), From: vocab.Given(application.State(s.From)),
				To:   application.State(s.To),
				Side: s.Side, Person: who[s.ID], ReasonCode: s.ReasonCode, DueAt: s.DueAt, At: s.At}
			if seen[i] != nil {
				step.Reason = s.Reason
			}
			return step
		})
	}
	return all, nil
}
