package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/grading"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *gradingScaleResolver) Institution(ctx context.Context, obj *grading.Scale) (*ent.Institution, error) {
	found, err := follow(ctx, []*grading.Scale{obj}, func(s *grading.Scale) ident.ID { return vocab.OrZero(s.InstitutionID) }, r.root.institutions())
	return found[0], err
}

func (r *gradingScaleResolver) ViewerActions(ctx context.Context, obj *grading.Scale) ([]*model.ViewerAction, error) {
	return actions(ctx, grading.Actions(ctx, obj)), nil
}

func (r *mutationResolver) DefineGradingScale(ctx context.Context, input grading.Definition) (*model.Payload[*grading.Scale], error) {
	return payload(r.root.Grading.Define(ctx, input))
}

func (r *mutationResolver) RetireGradingScale(ctx context.Context, input grading.Retirement) (*model.Payload[*grading.Scale], error) {
	return payload(r.root.Grading.Retire(ctx, input))
}

func (r *queryResolver) GradingScales(ctx context.Context, institutionID *ident.ID) ([]*grading.Scale, error) {
	return r.root.Grading.List(ctx, institutionID)
}

func (r *Resolver) GradingScale() generated.GradingScaleResolver { return &gradingScaleResolver{r} }

type gradingScaleResolver struct{ root *Resolver }
