package graph

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/internal/gate"
	"github.com/peregrine-exchange/peregrine/internal/plan"
)

// A plan answers a root field of the public catalogue without gqlgen's field
// execution, which costs ten times the search itself: a selection is compiled
// once into functions that write JSON straight from the read model, and the gate
// keeps them as long as the document that they belong to. A plan
// knows only the good case. Whatever it does not know, a field, an argument, a
// directive, a course that is not in the read model, an error, it leaves to
// gqlgen, which then answers as if there were no plan. A test compares both.

type (
	pass         = plan.Pass[*Resolver]
	emit[T any]  = plan.Emit[*Resolver, T]
	table[T any] = plan.Table[*Resolver, T]
)

// Plans answers root fields by plans. It is an extension of gqlgen.
type Plans struct {
	r     *Resolver
	roots map[string]func(f *ast.Field) root
}

// root is a compiled root field; nil when gqlgen has to answer.
type root func(p *pass, b []byte) ([]byte, error)

func newPlans(r *Resolver) *Plans {
	return &Plans{r: r, roots: map[string]func(*ast.Field) root{"catalogue": planCatalogue, "course": planCourse, "applications": planApplications, "viewer": planViewer}}
}

// ExtensionName is part of gqlgen's HandlerExtension.
func (*Plans) ExtensionName() string { return "Plans" }

// Validate is part of gqlgen's HandlerExtension.
func (*Plans) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptRootField is gqlgen's RootFieldInterceptor.
func (s *Plans) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	f := graphql.GetRootFieldContext(ctx).Field.Field
	compile, ok := s.roots[f.Name]
	if !ok || f.ObjectDefinition.Name != "Query" {
		return next(ctx)
	}
	run := gate.Note(ctx, f, func() root { return compile(f) })
	if run == nil {
		return next(ctx)
	}
	p := &pass{Ctx: ctx, Env: s.r, Vars: graphql.GetOperationContext(ctx).Variables, Now: s.r.Now()}
	out, err := run(p, make([]byte, 0, 4096))
	if err != nil {
		return next(ctx)
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(out) })
}
