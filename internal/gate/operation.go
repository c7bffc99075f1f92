package gate

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// operations is the extension that looks at an operation whose document is
// valid and whose variables gqlgen has coerced.
type operations struct {
	schema  *ast.Schema
	scalars map[string]func(any) error
	maxCost int
}

func (*operations) ExtensionName() string                   { return "GateOperations" }
func (*operations) Validate(graphql.ExecutableSchema) error { return nil }

var (
	_ graphql.OperationContextMutator = (*operations)(nil)
	_ graphql.ResponseInterceptor     = (*operations)(nil)
)

func (o *operations) MutateOperationContext(_ context.Context, operation *graphql.OperationContext) *gqlerror.Error {
	operation.DisableIntrospection = false // the schema is public; its reading is measured
	if p := o.checkInputs(operation); p != nil {
		return refusal(p)
	}
	cost := newPricer(operation.Variables).operation(operation.Operation)
	operation.Stats.SetExtension(costKey, cost)
	if cost > o.maxCost {
		return refusal(problem.New(problem.Limited, "the operation costs %d points, more than the %d it may: ask for smaller pages or fewer fields", cost, o.maxCost).
			With(problem.Cost{Cost: cost, Limit: o.maxCost}))
	}
	return nil
}

func (o *operations) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if cost, known := Cost(ctx); known {
		graphql.RegisterExtension(ctx, "cost", map[string]int{"used": cost, "limit": o.maxCost})
	}
	return next(ctx)
}

const costKey = "gate.cost"

// Cost returns the points of the operation in ctx, and false before they were
// counted.
func Cost(ctx context.Context) (int, bool) {
	if !graphql.HasOperationContext(ctx) {
		return 0, false
	}
	cost, known := graphql.GetOperationContext(ctx).Stats.GetExtension(costKey).(int)
	return cost, known
}
