package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *applicationResolver) Learner(ctx context.Context, objs []*ent.Application) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Application) ident.ID { return o.LearnerID }, r.root.people())
}

func (r *applicationResolver) Offering(ctx context.Context, objs []*ent.Application) ([]*ent.Offering, error) {
	return offeringOf(ctx, r.root, objs, func(o *ent.Application) ident.ID { return o.OfferingID })
}

func (r *applicationResolver) Home(ctx context.Context, objs []*ent.Application) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Application) ident.ID { return o.HomeID }, r.root.institutions())
}

func (r *applicationResolver) Host(ctx context.Context, objs []*ent.Application) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Application) ident.ID { return o.HostID }, r.root.institutions())
}

func (r *applicationResolver) Programme(ctx context.Context, objs []*ent.Application) ([]*ent.Programme, error) {
	ids, err := r.root.shown(ctx, objs, vocab.FieldHomeProgramme, func(o *ent.Application) *string { return (*string)(o.ProgrammeID) })
	if err != nil {
		return nil, err
	}
	return follow(ctx, ids, func(id *string) ident.ID { return ident.ID(vocab.OrZero(id)) }, r.root.programmes())
}

func (r *applicationResolver) Motivation(ctx context.Context, objs []*ent.Application) ([]*string, error) {
	return r.root.shown(ctx, objs, vocab.FieldMotivation, func(o *ent.Application) *string { return o.Motivation })
}

func (r *applicationResolver) Answers(ctx context.Context, objs []*ent.Application) ([][]*vocab.Answer, error) {
	seen, err := r.root.shown(ctx, objs, vocab.FieldAnswers, func(o *ent.Application) *string {
		if len(o.Answers) == 0 {
			return nil
		}
		return new("")
	})
	all := make([][]*vocab.Answer, len(objs))
	for i := range seen {
		if seen[i] != nil {
			all[i] = pointers(objs[i].Answers)
		}
	}
	return all, err
}

func (r *applicationResolver) AccessNeeds(ctx context.Context, objs []*ent.Application) ([]*string, error) {
	needs, err := r.root.needsOf(ctx, objs)
	if err != nil {
		return nil, err
	}
	return r.root.shown(ctx, objs, vocab.FieldAccessNeeds, func(o *ent.Application) *string { return needs[o.ID] })
}

func (r *applicationResolver) Reason(ctx context.Context, objs []*ent.Application) ([]*string, error) {
	return r.root.shown(ctx, objs, vocab.FieldReason, func(o *ent.Application) *string { return o.Reason })
}

func (r *applicationResolver) Condition(ctx context.Context, objs []*ent.Application) ([]*string, error) {
	return r.root.shown(ctx, objs, vocab.FieldReason, func(o *ent.Application) *string { return o.Condition })
}

func (r *applicationResolver) WaitlistRank(ctx context.Context, objs []*ent.Application) ([]*int, error) {
	return r.root.Journeys.Ranks(ctx, objs)
}

func (r *applicationResolver) Call(ctx context.Context, objs []*ent.Application) ([]*ent.Call, error) {
	return follow(ctx, objs, func(a *ent.Application) ident.ID { return maybe(a.CallID) }, r.root.calls())
}

func (r *applicationResolver) HomeRank(ctx context.Context, obj *ent.Application) (*int, error) {
	return journey.HomeRank(ctx, obj), nil
}

func (r *applicationResolver) DrawTicket(ctx context.Context, objs []*ent.Application) ([]*string, error) {
	offerings, err := offeringOf(ctx, r.root, objs, func(o *ent.Application) ident.ID { return o.OfferingID })
	tickets := make([]*string, len(objs))
	for i, o := range offerings {
		if o != nil && o.DrawsAt != nil {
			tickets[i] = new(journey.Ticket(objs[i].ID))
		}
	}
	return tickets, err
}

func (r *applicationResolver) Enrolment(ctx context.Context, objs []*ent.Application) ([]*ent.Enrolment, error) {
	return r.root.enrolmentOf(ctx, objs)
}

func (r *applicationResolver) History(ctx context.Context, objs []*ent.Application) ([][]*model.ApplicationStep, error) {
	return r.root.history(ctx, objs)
}

// ViewerActions says what the viewer may do with an application. Only its
// learner needs to know of the seat, and only the host of who draws lots.
func (r *applicationResolver) ViewerActions(ctx context.Context, obj *ent.Application) ([]*model.ViewerAction, error) {
	var leaves, lot error
	if authz.RequireSelf(ctx, obj.LearnerID) == nil {
		seats, err := r.root.enrolmentOf(ctx, []*ent.Application{obj})
		if err != nil {
			return nil, err
		}
		if seats[0] != nil {
			leaves = journey.Leaves(seats[0])
		}
	}
	if obj.State == application.StateNOMINATED {
		offerings, err := offeringOf(ctx, r.root, []*ent.Application{obj}, func(o *ent.Application) ident.ID { return o.OfferingID })
		if err != nil {
			return nil, err
		}
		if offerings[0] != nil {
			lot = journey.ByLot(obj, offerings[0])
		}
	}
	return actions(ctx, r.root.Journeys.ApplicationActions(ctx, obj, leaves, lot)), nil
}

func (r *draftResolver) Offering(ctx context.Context, objs []*ent.Draft) ([]*ent.Offering, error) {
	return offeringOf(ctx, r.root, objs, func(o *ent.Draft) ident.ID { return o.OfferingID })
}

func (r *draftResolver) Home(ctx context.Context, objs []*ent.Draft) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Draft) ident.ID { return vocab.OrZero(o.HomeID) }, r.root.institutions())
}

func (r *draftResolver) Programme(ctx context.Context, objs []*ent.Draft) ([]*ent.Programme, error) {
	return follow(ctx, objs, func(o *ent.Draft) ident.ID { return vocab.OrZero(o.ProgrammeID) }, r.root.programmes())
}

func (r *draftResolver) Documents(ctx context.Context, objs []*ent.Draft) ([][]*ent.Document, error) {
	return gather(ctx, documentsOfDraft, objs, func(d *ent.Document) ident.ID { return vocab.OrZero(d.DraftID) },
		rows(r.root.DB.Document.Query().Where(document.StateEQ(document.StateSTORED)).Order(document.ByID()).Clone, document.DraftIDIn))
}

func (r *draftResolver) ViewerActions(ctx context.Context, obj *ent.Draft) ([]*model.ViewerAction, error) {
	return actions(ctx, journey.DraftActions(ctx, obj)), nil
}

func (r *mutationResolver) SaveDraft(ctx context.Context, input journey.Saving) (*model.Payload[*ent.Draft], error) {
	return payload(r.root.Journeys.SaveDraft(ctx, input))
}

func (r *mutationResolver) DiscardDraft(ctx context.Context, input journey.Discard) (*model.Payload[*ent.Draft], error) {
	return payload(r.root.Journeys.DiscardDraft(ctx, input))
}

func (r *mutationResolver) SubmitApplication(ctx context.Context, input journey.Submission) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.Submit(ctx, input))
}

func (r *mutationResolver) WithdrawApplication(ctx context.Context, input journey.Renunciation) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.Withdraw(ctx, input))
}

func (r *mutationResolver) NominateApplication(ctx context.Context, input journey.Nomination) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.Nominate(ctx, input))
}

func (r *mutationResolver) RefuseNomination(ctx context.Context, input journey.Refusal) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.RefuseNomination(ctx, input))
}

func (r *mutationResolver) AdmitApplication(ctx context.Context, input journey.Admission) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.Admit(ctx, input))
}

func (r *mutationResolver) RefuseApplication(ctx context.Context, input journey.Refusal) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.Refuse(ctx, input))
}

func (r *mutationResolver) WaitlistApplication(ctx context.Context, input journey.Admission) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.Waitlist(ctx, input))
}

func (r *mutationResolver) AdmitConditionally(ctx context.Context, input journey.ConditionalAdmission) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.AdmitConditionally(ctx, input))
}

func (r *mutationResolver) FulfilCondition(ctx context.Context, input journey.Admission) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.Fulfil(ctx, input))
}

func (r *mutationResolver) AcceptSeat(ctx context.Context, input journey.Reply) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.AcceptSeat(ctx, input))
}

func (r *mutationResolver) DeclineSeat(ctx context.Context, input journey.Renunciation) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.DeclineSeat(ctx, input))
}

func (r *mutationResolver) DecideApplications(ctx context.Context, input journey.Decisions) (*model.ApplicationOutcomesPayload, error) {
	all, err := r.root.Journeys.DecideAll(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.ApplicationOutcomesPayload{Outcomes: outcomes(ctx, r.root, "decideApplications.items", all, func(i int, a *ent.Application, errors []model.UserError) *model.ApplicationOutcome {
		return &model.ApplicationOutcome{ApplicationID: input.Items[i].ApplicationID, Application: a, Errors: errors}
	})}, nil
}

func (r *offeringRequirementResolver) Course(ctx context.Context, obj *vocab.Requirement) (*ent.Course, error) {
	if obj.CourseID == "" {
		return nil, nil
	}
	return null(r.root.DB.Course.Get(ctx, ident.ID(obj.CourseID)))
}

func (r *queryResolver) Application(ctx context.Context, id ident.ID) (*ent.Application, error) {
	return null(r.root.DB.Application.Get(ctx, id))
}

func (r *queryResolver) Applications(ctx context.Context, filter *model.ApplicationFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Application], error) {
	return relay.List(ctx, applicationsFor(ctx, r.root.DB.Application.Query().Where(applicationsLike(filter)...)), page(first, after, last, before), relay.NewestFirst)
}

func (r *queryResolver) Drafts(ctx context.Context, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Draft], error) {
	return relay.List(ctx, r.root.DB.Draft.Query(), page(first, after, last, before), relay.NewestFirst)
}

func (r *Resolver) Application() generated.ApplicationResolver { return &applicationResolver{r} }
func (r *Resolver) Draft() generated.DraftResolver             { return &draftResolver{r} }
func (r *Resolver) OfferingRequirement() generated.OfferingRequirementResolver {
	return &offeringRequirementResolver{r}
}

type applicationResolver struct{ root *Resolver }
type draftResolver struct{ root *Resolver }
type offeringRequirementResolver struct{ root *Resolver }
