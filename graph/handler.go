package graph

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/gate"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Schema is the executable schema on r.
func Schema(r *Resolver) graphql.ExecutableSchema {
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: r})
	undeferred.Do(func() { delete(schema.Schema().Directives, "defer") })
	return schema
}

// undeferred takes away, from the one schema that all share, the directive that
// gqlparser adds: clients that find it use it, and it is not served.
var undeferred sync.Once

// NewHandler serves r by GraphQL over HTTP, within the limits of the gate.
func NewHandler(r *Resolver) http.Handler {
	return gate.New(Schema(r), gate.Options{
		Present: Presenter(r.Problems),
		Scalars: scalars,
		Cache: &gate.Cache{
			Version: func() string { return r.Discovery.Version() },
			Shareable: func(ctx context.Context) (string, bool) {
				v := viewer.From(ctx)
				return "", v != nil && v.Kind == viewer.Anonymous
			},
			Language: func(ctx context.Context) string { return languageOf(ctx).String() },
		},
		Extensions: []graphql.HandlerExtension{r.Loading, Disclosing{r.Privacy, r.Problems}, Freshness{r.Discovery}, newPlans(r), Refusals{r.Problems}},
		Spend: func(ctx context.Context, h http.Header, points, writes int) *problem.Error {
			payer := budget.Of(ctx)
			if writes > 0 {
				taken := payer.Take(budget.Writes, writes)
				taken.Show(h)
				if p := taken.Problem(); p != nil {
					return p
				}
			}
			taken := payer.Take(budget.Points, points)
			taken.Show(h)
			return taken.Problem()
		},
		ViewerKey: func(req *http.Request) string {
			if v := viewer.From(req.Context()); v != nil && v.Actor() != "" {
				return string(v.Actor())
			}
			return req.RemoteAddr
		},
	})
}

// SDL prints the schema as text.
func SDL() string {
	var b bytes.Buffer
	schema := Schema(&Resolver{}).Schema()
	// The formatter leaves out what the schema says of itself.
	fmt.Fprintf(&b, "\"\"\"\n%s\n\"\"\"\nschema {\n  query: %s\n  mutation: %s\n}\n", schema.Description, schema.Query.Name, schema.Mutation.Name)
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(schema)
	return b.String()
}
