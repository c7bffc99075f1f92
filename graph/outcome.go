package graph

import (
	"context"
	"strconv"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/amendment"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/ent/resultstep"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// outcomes says what became of each of many, in order. What was refused is reported
// as a refusal of the whole would be.
func outcomes[T, O any](ctx context.Context, r *Resolver, place string, all []journey.Outcome[T], as func(int, T, []model.UserError) O) []O {
	out := make([]O, len(all))
	for i, o := range all {
		for _, p := range o.Refused {
			r.Problems.Report(ctx, p, place+"."+strconv.Itoa(i))
		}
		out[i] = as(i, o.Row, each(o.Refused, func(p *problem.Error) model.UserError { return userError(p, languageOf(ctx)) }))
	}
	return out
}

func (r *Resolver) resultOutcomes(ctx context.Context, place string) func([]journey.Outcome[*ent.Result], error) (*model.ResultOutcomesPayload, error) {
	return func(all []journey.Outcome[*ent.Result], err error) (*model.ResultOutcomesPayload, error) {
		if err != nil {
			return nil, err
		}
		return &model.ResultOutcomesPayload{Outcomes: outcomes(ctx, r, place, all, func(i int, row *ent.Result, errors []model.UserError) *model.ResultOutcomeOfMany {
			return &model.ResultOutcomeOfMany{Index: i, Result: row, Errors: errors}
		})}, nil
	}
}

// resultHistory returns the steps of each result, the first one first, read behind
// results that the viewer sees. What was done before a result was confirmed is the
// host's own business: others see it from there on.
func (r *Resolver) resultHistory(ctx context.Context, results []*ent.Result) ([][]*model.ResultStep, error) {
	steps, err := r.DB.ResultStep.Query().Where(resultstep.ResultIDIn(ids(results)...)).Order(resultstep.ByNumber()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	people, err := follow(ctx, steps, func(s *ent.ResultStep) ident.ID { return vocab.OrZero(s.PersonID) }, r.people())
	if err != nil {
		return nil, err
	}
	atHost := map[ident.ID]bool{}
	for _, o := range results {
		atHost[o.ID] = journey.AtHost(ctx, o)
	}
	of := map[ident.ID][]*model.ResultStep{}
	for i, s := range steps {
		if !atHost[s.ResultID] && (s.State == string(result.StateRECORDED) || s.State == string(result.StateDISCARDED)) {
			continue
		}
		of[s.ResultID] = append(of[s.ResultID], &model.ResultStep{Number: s.Number, Verb: s.Verb, Label: lang.Say(languageOf(ctx), "verb."+s.Verb),
			State: result.State(s.State), Achieved: s.Achieved, Person: people[i], Reason: s.Reason, At: s.At})
	}
	return each(results, func(o *ent.Result) []*model.ResultStep { return of[o.ID] }), nil
}

// amendmentsOf returns the amendments of each result, oldest first.
func (r *Resolver) amendmentsOf(ctx context.Context, results []*ent.Result) ([][]*ent.Amendment, error) {
	return gather(ctx, amendmentsOfResult, results, func(a *ent.Amendment) ident.ID { return a.ResultID },
		rows(r.DB.Amendment.Query().Order(amendment.ByID()).Clone, amendment.ResultIDIn))
}

// effects are those of an amendment that the viewer may know of: a host does not
// learn what a home counts, nor what else a learner does.
func (r *Resolver) effects(ctx context.Context, a *ent.Amendment) ([]*vocab.Effect, error) {
	return pointers(journey.EffectsFor(ctx, a)), nil
}
