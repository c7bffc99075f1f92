package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *applicationResolver) Documents(ctx context.Context, objs []*ent.Application) ([][]*ent.Document, error) {
	found, err := lookUp(ctx, documentsOfApplication, relay.Keys(objs, (*ent.Application).NodeID), r.root.Documents.Of)
	return each(objs, func(o *ent.Application) []*ent.Document { return found[o.ID] }), err
}

func (r *documentResolver) Question(ctx context.Context, obj *ent.Document) (*string, error) {
	return vocab.Given(obj.Question), nil
}

func (r *documentResolver) ViewerActions(ctx context.Context, obj *ent.Document) ([]*model.ViewerAction, error) {
	return actions(ctx, document.Actions(ctx, obj)), nil
}

func (r *mutationResolver) RemoveDocument(ctx context.Context, input document.Removal) (*model.Payload[*ent.Document], error) {
	return payload(r.root.Documents.Remove(ctx, input))
}

func (r *Resolver) Document() generated.DocumentResolver { return &documentResolver{r} }

type documentResolver struct{ root *Resolver }
