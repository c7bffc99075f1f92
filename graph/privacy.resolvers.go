package graph

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
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

func (r *mutationResolver) GiveConsent(ctx context.Context, input journey.Consent) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.GiveConsent(ctx, input))
}

func (r *mutationResolver) WithdrawConsent(ctx context.Context, input journey.Consent) (*model.Payload[*ent.Application], error) {
	return payload(r.root.Journeys.WithdrawConsent(ctx, input))
}

func (r *personResolver) Withheld(ctx context.Context, objs []*ent.Person) ([][]vocab.PersonalField, error) {
	sights, err := r.root.sights(ctx, objs)
	return each(sights, (*privacy.Sight).Withheld), err
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

func (r *Resolver) Disclosure() generated.DisclosureResolver { return &disclosureResolver{r} }

type disclosureResolver struct{ root *Resolver }
