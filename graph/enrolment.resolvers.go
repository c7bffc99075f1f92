package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *achievedResolver) Outcome(ctx context.Context, obj *vocab.Achieved) (result.Outcome, error) {
	return result.Outcome(obj.Outcome), nil
}

func (r *amendmentResolver) Result(ctx context.Context, objs []*ent.Amendment) ([]*ent.Result, error) {
	return follow(ctx, objs, func(o *ent.Amendment) ident.ID { return o.ResultID }, r.root.results())
}

func (r *amendmentResolver) Effects(ctx context.Context, obj *ent.Amendment) ([]*vocab.Effect, error) {
	return r.root.effects(ctx, obj)
}

func (r *amendmentResolver) ProposedBy(ctx context.Context, objs []*ent.Amendment) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Amendment) ident.ID { return vocab.OrZero(o.ProposedByID) }, r.root.people())
}

func (r *amendmentResolver) ViewerActions(ctx context.Context, obj *ent.Amendment) ([]*model.ViewerAction, error) {
	return actions(ctx, journey.AmendmentActions(ctx, obj)), nil
}

func (r *effectResolver) Label(ctx context.Context, obj *vocab.Effect) (string, error) {
	return lang.Say(languageOf(ctx), "effect."+string(obj.Kind)), nil
}

func (r *enrolmentResolver) Application(ctx context.Context, objs []*ent.Enrolment) ([]*ent.Application, error) {
	return follow(ctx, objs, func(o *ent.Enrolment) ident.ID { return o.ApplicationID }, r.root.applications)
}

func (r *enrolmentResolver) Learner(ctx context.Context, objs []*ent.Enrolment) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Enrolment) ident.ID { return o.LearnerID }, r.root.people())
}

func (r *enrolmentResolver) Offering(ctx context.Context, objs []*ent.Enrolment) ([]*ent.Offering, error) {
	return offeringOf(ctx, r.root, objs, func(o *ent.Enrolment) ident.ID { return o.OfferingID })
}

func (r *enrolmentResolver) Results(ctx context.Context, objs []*ent.Enrolment) ([][]*ent.Result, error) {
	return r.root.resultsOf(ctx, objs)
}

func (r *enrolmentResolver) ViewerActions(ctx context.Context, obj *ent.Enrolment) ([]*model.ViewerAction, error) {
	return r.root.enrolmentActions(ctx, obj)
}

func (r *mutationResolver) RecordResult(ctx context.Context, input journey.Assessment) (*model.Payload[*ent.Result], error) {
	return payload(r.root.Journeys.Record(ctx, input))
}

func (r *mutationResolver) ConfirmResult(ctx context.Context, input journey.Confirmation) (*model.Payload[*ent.Result], error) {
	return payload(r.root.Journeys.Confirm(ctx, input))
}

func (r *mutationResolver) RecordResults(ctx context.Context, input journey.Assessments) (*model.ResultOutcomesPayload, error) {
	return r.root.resultOutcomes(ctx, "recordResults.rows")(r.root.Journeys.RecordAll(ctx, input))
}

func (r *mutationResolver) ConfirmResults(ctx context.Context, input journey.Confirmations) (*model.ResultOutcomesPayload, error) {
	return r.root.resultOutcomes(ctx, "confirmResults.resultIds")(r.root.Journeys.ConfirmAll(ctx, input))
}

func (r *mutationResolver) ReviseResult(ctx context.Context, input journey.Correction) (*model.Payload[*ent.Result], error) {
	return payload(r.root.Journeys.Revise(ctx, input))
}

func (r *mutationResolver) DiscardResult(ctx context.Context, input journey.Annulment) (*model.Payload[*ent.Result], error) {
	return payload(r.root.Journeys.Discard(ctx, input))
}

func (r *mutationResolver) CorrectResult(ctx context.Context, input journey.Correction) (*model.Payload[*ent.Amendment], error) {
	return payload(r.root.Journeys.Correct(ctx, input))
}

func (r *mutationResolver) AnnulResult(ctx context.Context, input journey.Annulment) (*model.Payload[*ent.Amendment], error) {
	return payload(r.root.Journeys.Annul(ctx, input))
}

func (r *mutationResolver) ApproveAmendment(ctx context.Context, input journey.Approval) (*model.Payload[*ent.Amendment], error) {
	return payload(r.root.Journeys.Approve(ctx, input))
}

func (r *mutationResolver) DismissAmendment(ctx context.Context, input journey.Dismissal) (*model.Payload[*ent.Amendment], error) {
	return payload(r.root.Journeys.Dismiss(ctx, input))
}

func (r *mutationResolver) RecordParticipation(ctx context.Context, input journey.Participations) (*model.EnrolmentOutcomesPayload, error) {
	all, err := r.root.Journeys.TakePart(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.EnrolmentOutcomesPayload{Outcomes: outcomes(ctx, r.root, "recordParticipation.rows", all, func(i int, e *ent.Enrolment, errors []model.UserError) *model.EnrolmentOutcome {
		return &model.EnrolmentOutcome{Index: i, Enrolment: e, Errors: errors}
	})}, nil
}

func (r *mutationResolver) NoteDropOut(ctx context.Context, input journey.DropOut) (*model.Payload[*ent.Enrolment], error) {
	return payload(r.root.Journeys.DropOut(ctx, input))
}

func (r *mutationResolver) ReopenEnrolment(ctx context.Context, input journey.Reopening) (*model.Payload[*ent.Enrolment], error) {
	return payload(r.root.Journeys.Reopen(ctx, input))
}

func (r *queryResolver) PreviewCorrection(ctx context.Context, input journey.Correction) ([]*vocab.Effect, error) {
	effects, err := r.root.Journeys.PreviewCorrection(ctx, input)
	return pointers(effects), err
}

func (r *queryResolver) PreviewAnnulment(ctx context.Context, input journey.Annulment) ([]*vocab.Effect, error) {
	effects, err := r.root.Journeys.PreviewAnnulment(ctx, input)
	return pointers(effects), err
}

func (r *queryResolver) Enrolment(ctx context.Context, id ident.ID) (*ent.Enrolment, error) {
	return null(r.root.DB.Enrolment.Get(ctx, id))
}

func (r *queryResolver) Enrolments(ctx context.Context, filter *model.EnrolmentFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Enrolment], error) {
	return relay.List(ctx, r.root.DB.Enrolment.Query().Where(enrolmentsLike(filter)...), page(first, after, last, before), relay.NewestFirst)
}

func (r *resultResolver) Enrolment(ctx context.Context, objs []*ent.Result) ([]*ent.Enrolment, error) {
	return follow(ctx, objs, func(o *ent.Result) ident.ID { return o.EnrolmentID }, r.root.enrolments())
}

func (r *resultResolver) History(ctx context.Context, objs []*ent.Result) ([][]*model.ResultStep, error) {
	return r.root.resultHistory(ctx, objs)
}

func (r *resultResolver) Amendments(ctx context.Context, objs []*ent.Result) ([][]*ent.Amendment, error) {
	return r.root.amendmentsOf(ctx, objs)
}

func (r *resultResolver) Credential(ctx context.Context, objs []*ent.Result) ([]*ent.Credential, error) {
	return r.root.credentialOf(ctx, objs)
}

func (r *resultResolver) ViewerActions(ctx context.Context, obj *ent.Result) ([]*model.ViewerAction, error) {
	hosts, err := follow(ctx, []*ent.Result{obj}, func(o *ent.Result) ident.ID { return o.HostID }, r.root.institutions())
	if err != nil {
		return nil, err
	}
	live, err := r.root.credentialOf(ctx, []*ent.Result{obj})
	if err != nil {
		return nil, err
	}
	return actions(ctx, append(journey.ResultActions(ctx, obj, hosts[0]), credential.ResultActions(ctx, obj, live[0])...)), nil
}

func (r *Resolver) Achieved() generated.AchievedResolver   { return &achievedResolver{r} }
func (r *Resolver) Amendment() generated.AmendmentResolver { return &amendmentResolver{r} }
func (r *Resolver) Effect() generated.EffectResolver       { return &effectResolver{r} }
func (r *Resolver) Enrolment() generated.EnrolmentResolver { return &enrolmentResolver{r} }
func (r *Resolver) Result() generated.ResultResolver       { return &resultResolver{r} }

type achievedResolver struct{ root *Resolver }
type amendmentResolver struct{ root *Resolver }
type effectResolver struct{ root *Resolver }
type enrolmentResolver struct{ root *Resolver }
type resultResolver struct{ root *Resolver }
