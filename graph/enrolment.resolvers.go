package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

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

func (r *queryResolver) Enrolment(ctx context.Context, id ident.ID) (*ent.Enrolment, error) {
	return null(r.root.DB.Enrolment.Get(ctx, id))
}

func (r *queryResolver) Enrolments(ctx context.Context, filter *model.EnrolmentFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Enrolment], error) {
	return relay.List(ctx, r.root.DB.Enrolment.Query().Where(enrolmentsLike(filter)...), page(first, after, last, before), relay.NewestFirst)
}

func (r *resultResolver) Enrolment(ctx context.Context, objs []*ent.Result) ([]*ent.Enrolment, error) {
	return follow(ctx, objs, func(o *ent.Result) ident.ID { return o.EnrolmentID }, r.root.enrolments())
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

func (r *Resolver) Enrolment() generated.EnrolmentResolver { return &enrolmentResolver{r} }
func (r *Resolver) Result() generated.ResultResolver       { return &resultResolver{r} }

type enrolmentResolver struct{ root *Resolver }
type resultResolver struct{ root *Resolver }
