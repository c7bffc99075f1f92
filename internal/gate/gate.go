// Package gate owns what comes between HTTP and the GraphQL executor: the
// transports, the limits of a document and of its inputs, its cost, the
// deadline, and the status of the answer. It knows no schema of its own, only
// three conventions: @cost(weight: Int!) and @public on a field definition, and
// types whose names end in Connection.
//
// # The way of a request
//
//	transport   method, media types, size and nesting of the body (http.go, request.go)
//	cache       an answer that everybody may see and that was given before to the
//	            same bytes (cache.go, share.go)
//	turnstile   at most Options.Concurrent operations of one viewer (turnstile.go)
//	document    parsed and measured in one pass over the text, then validated;
//	            the verdict is cached by text (document.go, measure.go, validate.go)
//	inputs      page sizes, lists, 32-bit integers, @oneOf (inputs.go)
//	cost        weights times page sizes (cost.go)
//	extensions  those of the owner, in the order of Options.Extensions
//	cache       the same, for what is spelled in another way and means the same
//	budget      of who asks, in points and writes; what the cache has is free (Options.Spend)
//	execution   under a deadline; a client that goes away ends it too, unless
//	            others wait for the same answer (flight.go)
//	answer      one write with Content-Length (answer.go)
//
// # Media types
//
// A request is a POST of application/json, or a GET of a query that carries a
// non-empty X-Peregrine-Client. Neither can be sent by a form or a link of
// another site. The answer is application/graphql-response+json where Accept
// prefers it, and else application/json. The status does not depend on which.
//
// # Caches
//
// Every answer is no-store, but that to a GET of a public query for a viewer
// who is nobody in particular: it may be stored for a moment (Cache.MaxAge) and
// has a strong ETag, with which the next GET is answered 304 while the answer
// is the same.
//
// # Status
//
//	405  another method than GET and POST; a mutation by GET (Allow names what would do)
//	403  a GET without X-Peregrine-Client
//	413  a body above MaxBody
//	414  a GET whose parameters are above MaxBody
//	415  a body that is not application/json in UTF-8, or has a Content-Encoding
//
// An answer without "data", where nothing was executed, has the status of the
// code of its first error:
//
//	400  INVALID (malformed JSON, a batch, parse and validation errors), NOT_FOUND
//	     (a documentId nobody registered), CONFLICT
//	401  UNAUTHENTICATED, with WWW-Authenticate: Bearer
//	403  FORBIDDEN
//	429  LIMITED, with Retry-After where waiting helps (extensions.retryAfter)
//	500  INTERNAL
//	503  UNAVAILABLE, with Retry-After: 5 or what extensions.retryAfter says
//
// An answer without any value, because its data or each root field is null, is
// 503 when one of its errors is UNAVAILABLE.
// Every other answer with data, in part or in full, is 200.
//
// Sources: GraphQL specification of September 2025; GraphQL over HTTP, working
// draft, of which the statuses 422 and 294 are not followed while it moves.
package gate

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// The limits of every request. Those of one document are compared before it is
// validated.
const (
	MaxBody           = 256 << 10 // bytes of a body, or of the parameters of a GET
	MaxNesting        = 64        // objects and lists within each other, in the JSON of a request
	MaxTokens         = 5000      // tokens of a document
	MaxDepth          = 15        // fields below each other, which standard introspection needs
	MaxFields         = 1500      // fields of all operations, with every fragment spread out
	MaxRoots          = 30        // fields at the root of an operation
	MaxNamesakes      = 250       // fields of one response name in the text, which validation compares in pairs
	MaxIntrospections = 1         // __schema and __type of a document
	MaxPage           = 100       // first and last
	MaxItems          = 100       // items of a list among the inputs
	MaxErrors         = 20        // errors of a request that is refused
	MaxMessage        = 500       // characters of such an error
	DefaultPage       = 20        // what a page counts for in the cost when neither first nor last is given
)

// ClientHeader is what a GET must carry, so that no link of another site can
// ask a query in the name of a viewer.
const ClientHeader = "X-Peregrine-Client"

// Options are what the owner of a schema decides. The zero value works.
type Options struct {
	// ViewerKey names whom a request is counted for: a person, a client, an
	// address. Nil counts all requests together.
	ViewerKey func(*http.Request) string

	// Spend counts an operation that is about to be executed: its points and, for
	// a mutation, the fields at its root. It may add to the headers of the answer.
	// What it returns refuses the operation; nil lets it run. Nil counts nothing.
	Spend func(ctx context.Context, h http.Header, points, writes int) *problem.Error

	// Document returns the text registered under a documentId, or a NOT_FOUND
	// problem. Nil means that nothing is registered.
	Document func(ctx context.Context, id string) (string, error)

	// Present shows an error to the caller, as gqlgen's error presenters do. It
	// also words the refusals of this package, which are problems; what it
	// leaves out of their extensions is added. Errors of parsing and validation
	// do not pass it. Nil shows problems in English and logs all else.
	Present graphql.ErrorPresenterFunc

	// Scalars check a value of a scalar of the owner, by name, as gqlgen will be
	// given it. What is refused is INVALID at its place among the inputs, before
	// anything is executed.
	Scalars map[string]func(value any) error

	// Extensions are hooks of the owner. Those that look at an operation run
	// after its inputs and its cost were checked, so Cost answers in them.
	Extensions []graphql.HandlerExtension

	// Cache makes answers that everybody may see be given again. Nil means that
	// every operation is executed and no answer may be stored by anybody.
	Cache *Cache

	Timeout    time.Duration // for a whole operation; default 10 s
	Concurrent int           // operations of one viewer at a time; default 4
	MaxCost    int           // points of one operation; default 5000
}

// New returns the handler that serves schema.
func New(schema graphql.ExecutableSchema, o Options) http.Handler {
	g := &gate{
		exec: executor.New(schema), document: o.Document, show: o.Present, viewer: o.ViewerKey, spend: o.Spend,
		timeout: cmp.Or(o.Timeout, 10*time.Second), running: turnstile{places: cmp.Or(o.Concurrent, 4)}, answers: newAnswers(o.Cache),
	}
	if g.show == nil {
		g.show = show
	}
	if g.document == nil {
		g.document = func(context.Context, string) (string, error) { return "", unknownDocument() }
	}
	if g.viewer == nil {
		g.viewer = func(*http.Request) string { return "" }
	}
	if g.spend == nil {
		g.spend = func(context.Context, http.Header, int, int) *problem.Error { return nil }
	}
	g.transports = []graphql.Transport{post{g}, get{g}}

	g.exec.SetErrorPresenter(g.present)
	g.exec.SetRecoverFunc(recovered)
	g.exec.SetQueryCache(prepared{})
	g.exec.Use(&operations{schema: schema.Schema(), scalars: o.Scalars, maxCost: cmp.Or(o.MaxCost, 5000)})
	for _, extension := range o.Extensions {
		g.exec.Use(extension)
	}
	// Last, so that a document is measured as the owner's extensions left it.
	g.exec.Use(newDocuments(schema.Schema()))
	return g
}

type gate struct {
	exec       *executor.Executor
	transports []graphql.Transport
	document   func(context.Context, string) (string, error)
	show       graphql.ErrorPresenterFunc
	viewer     func(*http.Request) string
	spend      func(ctx context.Context, h http.Header, points, writes int) *problem.Error
	timeout    time.Duration
	running    turnstile
	answers    *answers // nil without a cache
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			panic(v)
		default:
			g.answer(w, r, g.refused(r.Context(), recovered(r.Context(), v)))
		}
	}()
	r = r.WithContext(graphql.StartOperationTrace(r.Context()))
	for _, t := range g.transports {
		if t.Supports(r) {
			t.Do(w, r, g.exec)
			return
		}
	}
	w.Header().Set("Allow", "GET, POST")
	g.refuse(w, r, http.StatusMethodNotAllowed, problem.New(problem.Invalid, "this address answers GET and POST only"))
}

// recovered turns a panic into a fault that carries its stack for the log.
func recovered(_ context.Context, v any) error {
	return fmt.Errorf("panic: %v\n%s", v, debug.Stack())
}
