package graph

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
	"github.com/peregrine-exchange/peregrine/ent/erasure"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *applicationResolver) Sharing(ctx context.Context, obj *ent.Application) ([]*vocab.Share, error) {
	return pointers(obj.Sharing), nil
}

func (r *disclosureResolver) Institution(ctx context.Context, objs []*ent.Disclosure) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Disclosure) ident.ID { return maybe(o.InstitutionID) }, r.root.institutions())
}

func (r *disclosureResolver) Role(ctx context.Context, obj *ent.Disclosure) (*viewer.Role, error) {
	return vocab.Given(viewer.Role(obj.Role)), nil
}

func (r *erasureResolver) ViewerActions(ctx context.Context, obj *ent.Erasure) ([]*model.ViewerAction, error) {
	return actions(ctx, privacy.Actions(ctx, obj)), nil
}

func (r *keptDataResolver) Basis(ctx context.Context, obj *privacy.Kept) (vocab.Text, error) {
	return obj.Basis.Words(), nil
}

func (r *mutationResolver) GiveConsent(ctx context.Context, input journey.Consent) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.GiveConsent(ctx, input))
}

func (r *mutationResolver) WithdrawConsent(ctx context.Context, input journey.Consent) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.WithdrawConsent(ctx, input))
}

func (r *mutationResolver) RequestErasure(ctx context.Context, input privacy.ErasureWish) (*model.Payload[*ent.Erasure], error) {
	return payload(r.root.Privacy.RequestErasure(ctx, input))
}

func (r *mutationResolver) CancelErasure(ctx context.Context, input model.CancelErasureInput) (*model.Payload[*ent.Erasure], error) {
	return payload(r.root.Privacy.CancelErasure(ctx, input.ErasureID))
}

func (r *personResolver) Withheld(ctx context.Context, objs []*ent.Person) ([][]vocab.PersonalField, error) {
	sights, err := r.root.sights(ctx, objs)
	return each(sights, (*privacy.Sight).Withheld), err
}

func (r *personResolver) Erased(ctx context.Context, obj *ent.Person) (bool, error) {
	return obj.ErasedAt != nil, nil
}

func (r *queryResolver) ConsentText(ctx context.Context, version *string) (*vocab.Consent, error) {
	wanted := vocab.CurrentConsent().Version
	if version != nil {
		wanted = *version
	}
	i := slices.IndexFunc(vocab.Consents, func(c vocab.Consent) bool { return c.Version == wanted })
	if i < 0 {
		return nil, nil
	}
	return &vocab.Consents[i], nil
}

func (r *viewerResolver) Disclosures(ctx context.Context, obj *viewer.Viewer, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Disclosure], error) {
	return relay.List(ctx, r.root.DB.Disclosure.Query().Where(disclosure.PersonID(obj.PersonID)), page(first, after, last, before), relay.NewestFirst)
}

func (r *viewerResolver) Erasure(ctx context.Context, obj *viewer.Viewer) (*ent.Erasure, error) {
	return null(r.root.DB.Erasure.Query().Where(erasure.PersonID(obj.PersonID)).Order(erasure.ByID(sql.OrderDesc())).First(ctx))
}

func (r *viewerResolver) KeptAfterErasure(ctx context.Context, obj *viewer.Viewer) ([]*privacy.Kept, error) {
	if obj.Kind != viewer.Person {
		return []*privacy.Kept{}, nil
	}
	return r.root.Privacy.Preview(ctx)
}

func (r *Resolver) Disclosure() generated.DisclosureResolver { return &disclosureResolver{r} }
func (r *Resolver) Erasure() generated.ErasureResolver       { return &erasureResolver{r} }
func (r *Resolver) KeptData() generated.KeptDataResolver     { return &keptDataResolver{r} }

type disclosureResolver struct{ root *Resolver }
type erasureResolver struct{ root *Resolver }
type keptDataResolver struct{ root *Resolver }
