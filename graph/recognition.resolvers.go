package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func (r *mutationResolver) ProposeRecognitionRule(ctx context.Context, input agreement.Proposal) (*model.Payload[*ent.RecognitionRule], error) {
	return payload(r.root.Agreements.Propose(ctx, input))
}

func (r *mutationResolver) AnswerRecognitionRule(ctx context.Context, input agreement.Answer) (*model.Payload[*ent.RecognitionRule], error) {
	return payload(r.root.Agreements.Answer(ctx, input))
}

func (r *mutationResolver) TerminateRecognitionRule(ctx context.Context, input model.TerminateRecognitionRuleInput) (*model.Payload[*ent.RecognitionRule], error) {
	return payload(r.root.Agreements.Terminate(ctx, input.RuleID))
}

func (r *mutationResolver) RequestRecognition(ctx context.Context, input recognition.Request) (*model.Payload[*ent.RecognitionCase], error) {
	return payload(r.root.Recognitions.Ask(ctx, input))
}

func (r *mutationResolver) DecideRecognition(ctx context.Context, input recognition.Decision) (*model.Payload[*ent.RecognitionCase], error) {
	return payload(r.root.Recognitions.Decide(ctx, input))
}

func (r *queryResolver) RecognitionRule(ctx context.Context, id ident.ID) (*ent.RecognitionRule, error) {
	return null(r.root.DB.RecognitionRule.Get(ctx, id))
}

func (r *queryResolver) RecognitionRules(ctx context.Context, filter *model.RecognitionRuleFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.RecognitionRule], error) {
	return relay.List(ctx, r.root.DB.RecognitionRule.Query().Where(rulesLike(filter)...), page(first, after, last, before), relay.NewestFirst)
}

func (r *queryResolver) RecognitionCase(ctx context.Context, id ident.ID) (*ent.RecognitionCase, error) {
	return null(r.root.DB.RecognitionCase.Get(ctx, id))
}

func (r *queryResolver) RecognitionCases(ctx context.Context, filter *model.RecognitionCaseFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.RecognitionCase], error) {
	return relay.List(ctx, r.root.DB.RecognitionCase.Query().Where(casesLike(filter)...), page(first, after, last, before), relay.NewestFirst)
}

func (r *recognitionCaseResolver) Learner(ctx context.Context, objs []*ent.RecognitionCase) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.RecognitionCase) ident.ID { return o.LearnerID }, r.root.people())
}

func (r *recognitionCaseResolver) Home(ctx context.Context, objs []*ent.RecognitionCase) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.RecognitionCase) ident.ID { return o.HomeID }, r.root.institutions())
}

func (r *recognitionCaseResolver) Host(ctx context.Context, objs []*ent.RecognitionCase) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.RecognitionCase) ident.ID { return o.HostID }, r.root.institutions())
}

func (r *recognitionCaseResolver) Credential(ctx context.Context, objs []*ent.RecognitionCase) ([]*ent.Credential, error) {
	return follow(ctx, objs, func(o *ent.RecognitionCase) ident.ID { return o.CredentialID }, r.root.credentials)
}

func (r *recognitionCaseResolver) Programme(ctx context.Context, objs []*ent.RecognitionCase) ([]*ent.Programme, error) {
	return follow(ctx, objs, func(o *ent.RecognitionCase) ident.ID { return maybe(o.ProgrammeID) }, r.root.programmes())
}

func (r *recognitionCaseResolver) Rule(ctx context.Context, objs []*ent.RecognitionCase) ([]*ent.RecognitionRule, error) {
	return follow(ctx, objs, func(o *ent.RecognitionCase) ident.ID { return maybe(o.RuleID) }, r.root.rules())
}

func (r *recognitionCaseResolver) ViewerActions(ctx context.Context, obj *ent.RecognitionCase) ([]*model.ViewerAction, error) {
	return actions(ctx, recognition.Actions(ctx, obj)), nil
}

func (r *recognitionRuleResolver) Home(ctx context.Context, objs []*ent.RecognitionRule) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.RecognitionRule) ident.ID { return o.HomeID }, r.root.institutions())
}

func (r *recognitionRuleResolver) Host(ctx context.Context, objs []*ent.RecognitionRule) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.RecognitionRule) ident.ID { return o.HostID }, r.root.institutions())
}

func (r *recognitionRuleResolver) Course(ctx context.Context, objs []*ent.RecognitionRule) ([]*ent.Course, error) {
	return follow(ctx, objs, func(o *ent.RecognitionRule) ident.ID { return o.CourseID }, r.root.courses())
}

func (r *recognitionRuleResolver) Programme(ctx context.Context, objs []*ent.RecognitionRule) ([]*ent.Programme, error) {
	return follow(ctx, objs, func(o *ent.RecognitionRule) ident.ID { return maybe(o.ProgrammeID) }, r.root.programmes())
}

func (r *recognitionRuleResolver) Module(ctx context.Context, objs []*ent.RecognitionRule) ([]*ent.HomeModule, error) {
	return follow(ctx, objs, func(o *ent.RecognitionRule) ident.ID { return maybe(o.ModuleID) }, r.root.modules())
}

func (r *recognitionRuleResolver) ViewerActions(ctx context.Context, obj *ent.RecognitionRule) ([]*model.ViewerAction, error) {
	return actions(ctx, agreement.Actions(ctx, obj)), nil
}

func (r *Resolver) RecognitionCase() generated.RecognitionCaseResolver {
	return &recognitionCaseResolver{r}
}
func (r *Resolver) RecognitionRule() generated.RecognitionRuleResolver {
	return &recognitionRuleResolver{r}
}

type recognitionCaseResolver struct{ root *Resolver }
type recognitionRuleResolver struct{ root *Resolver }
