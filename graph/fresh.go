package graph

import (
	"context"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Freshness lets whoever changes something find it in the catalogue at once:
// after each field of a mutation the read model of this server takes in what
// the field has touched. Other servers follow within a second.
type Freshness struct{ Discovery *discovery.Service }

// ExtensionName is part of gqlgen's HandlerExtension.
func (Freshness) ExtensionName() string { return "Freshness" }

// Validate is part of gqlgen's HandlerExtension.
func (Freshness) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptRootField is gqlgen's RootFieldInterceptor.
func (f Freshness) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Mutation {
		return next(ctx)
	}
	ctx, events := ledger.Collect(ctx)
	answer := next(ctx)
	// The change is made, so a failure here must not look like its failure.
	if err := f.Discovery.Refresh(ctx, events.Take()); err != nil {
		slog.ErrorContext(ctx, "the catalogue is not up to date", "err", err)
	}
	return answer
}
