package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

const sdl = `
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @items(max: Int!) on FIELD_DEFINITION
directive @public on FIELD_DEFINITION
scalar JSON
scalar Day
scalar Odd
type Query {
  hello: String
  open(first: Int = 2, name: String, by: By): String @public
  shown: Person @public @cost(weight: 3)
  broken: String @public
  breaks: String @public
  me: Person
  wait: String
  fault: String
  panic: String
  fail(code: String): String
  must(code: String): String!
  people(first: Int, last: Int, ids: [ID!]): PersonConnection
  top(first: Int = 10): [Person!]
  many: [Person!] @items(max: 40)
  any: [Person!]
  byIds(ids: [ID!]!): [Person]
  find(by: By): Person
  findAll(by: [By!]): Person
  plan(on: Day, days: [Day!], term: Term, odd: Odd): String
  take(input: Inputs, size: Int, share: Float, any: JSON, sizes: [Int!], color: Color): String
}
type Mutation { set(by: By): String, put: String @public }
type Subscription { ticks: Int }
enum Color { RED BLUE }
input By @oneOf { id: ID, key: String, near: Near }
input Near @oneOf { town: String, size: Int }
input Inputs { by: By, list: [By!], size: Int, first: Int, names: Names, tags: [String!] }
input Term { from: Day }
input Names { first: String, last: String }
type Person {
  id: ID
  name: String
  self: Person
  dear: String @cost(weight: 7)
  heavy: Person @cost(weight: 50)
  friends(first: Int, last: Int): PersonConnection
}
type PersonConnection { nodes: [Person!], edges: [PersonEdge!], totalCount: Int @cost(weight: 2) }
type PersonEdge { node: Person }
`

var schema = gqlparser.MustLoadSchema(&ast.Source{Name: "test", Input: sdl})

// stub executes root fields by name and leaves what is below them alone.
type stub map[string]func(ctx context.Context, args map[string]any) (any, error)

func (stub) Schema() *ast.Schema { return schema }

func (stub) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s stub) Exec(context.Context) graphql.ResponseHandler {
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		operation := graphql.GetOperationContext(ctx)
		data, lost := map[string]any{}, false
		for _, f := range graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{"Query", "Mutation"}) {
			value, err := s.field(ctx, operation, f)
			if err != nil {
				graphql.AddError(graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: f}), err)
				lost = lost || f.Definition.Type.NonNull
			}
			data[f.Alias] = value
		}
		if lost {
			return &graphql.Response{Data: []byte("null")}
		}
		raw, err := json.Marshal(data)
		if err != nil {
			panic(err)
		}
		return &graphql.Response{Data: raw}
	}
}

func (s stub) field(ctx context.Context, operation *graphql.OperationContext, f graphql.CollectedField) (value any, err error) {
	if s[f.Name] == nil {
		return nil, nil
	}
	return s[f.Name](ctx, f.ArgumentMap(operation.Variables))
}

func resolvers() stub {
	fail := func(_ context.Context, args map[string]any) (any, error) {
		return nil, problem.New(problem.Code(args["code"].(string)), "as asked")
	}
	return stub{
		"hello": func(context.Context, map[string]any) (any, error) { return "world", nil },
		"set":   func(context.Context, map[string]any) (any, error) { return "done", nil },
		"take":  func(context.Context, map[string]any) (any, error) { return "taken", nil },
		"fault": func(context.Context, map[string]any) (any, error) { return nil, errors.New("secret of the database") },
		"panic": func(context.Context, map[string]any) (any, error) { panic("secret of a bug") },
		"fail":  fail,
		"must":  fail,
		"wait": func(ctx context.Context, _ map[string]any) (any, error) {
			<-ctx.Done()
			return nil, errors.New("driver: interrupted")
		},
	}
}

// answered is what a client sees.
type answered struct {
	Status     int
	Header     http.Header
	Body       string
	Errors     []shownError
	Data       json.RawMessage
	Extensions struct{ Cost *struct{ Used, Limit int } }
}

type shownError struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

func (a answered) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

func (a answered) field() string {
	if len(a.Errors) == 0 {
		return ""
	}
	var path []string
	field, _ := a.Errors[0].Extensions["field"].([]any)
	for _, step := range field {
		path = append(path, step.(string))
	}
	return strings.Join(path, ".")
}

// serve sends r and holds every answer to the rules that all of them obey.
func serve(t *testing.T, h http.Handler, r *http.Request) answered {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answered{Status: w.Code, Header: w.Result().Header, Body: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, a.Body)
	}
	for name, want := range map[string]string{
		"Content-Length": strconv.Itoa(w.Body.Len()),
		"Cache-Control":  "no-store",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, e := range a.Errors {
		if _, ok := e.Extensions["code"].(string); !ok {
			t.Errorf("an error without a code: %s", a.Body)
		}
	}
	if a.Status >= 400 && a.Status < 500 && bytes.Contains(w.Body.Bytes(), []byte(`"data":`)) {
		t.Errorf("a request error with data: %s", a.Body)
	}
	return a
}

func postBody(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// ask posts a document and the JSON of its variables.
func ask(t *testing.T, h http.Handler, document, variables string) answered {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	if variables == "" {
		variables = "null"
	}
	return serve(t, h, postBody(`{"query":`+string(text)+`,"variables":`+variables+`}`))
}

func TestAnswerHoldsDataAndCost(t *testing.T) {
	a := ask(t, New(resolvers(), Options{}), `{ hello me { name } }`, "")
	if want := `{"data":{"hello":"world","me":null},"extensions":{"cost":{"limit":5000,"used":1}}}`; a.Body != want {
		t.Errorf("body = %s, want %s", a.Body, want)
	}
	if a.Status != http.StatusOK {
		t.Errorf("status = %d", a.Status)
	}
}

func TestR49FaultsShowNothing(t *testing.T) {
	for _, document := range []string{`{ hello fault }`, `{ panic }`} {
		a := ask(t, New(resolvers(), Options{}), document, "")
		if a.code() != "INTERNAL" || strings.Contains(a.Body, "secret") {
			t.Errorf("%s: %s", document, a.Body)
		}
	}
}

func TestPanicOutsideAResolverIsInternal(t *testing.T) {
	a := ask(t, New(resolvers(), Options{}), `{ panic }`, "")
	if a.Status != http.StatusInternalServerError || a.code() != "INTERNAL" || len(a.Data) > 0 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestOwnerPresentsAndRefusalsKeepTheirDetails(t *testing.T) {
	h := New(resolvers(), Options{
		MaxCost: 1,
		Present: func(_ context.Context, err error) *gqlerror.Error {
			p := problem.All(err)
			if p == nil {
				return nil
			}
			return &gqlerror.Error{Message: "in my words", Extensions: map[string]any{"code": string(p[0].Code), "requestId": "r1"}}
		},
	})
	a := ask(t, h, `{ me { self { name } } }`, "")
	if a.Errors[0].Message != "in my words" || a.Errors[0].Extensions["requestId"] != "r1" || a.Errors[0].Extensions["cost"] != 2.0 {
		t.Errorf("refusal: %s", a.Body)
	}
	if a := ask(t, h, `{ fault }`, ""); a.code() != "INTERNAL" {
		t.Errorf("a presenter that says nothing: %s", a.Body)
	}
	if a := ask(t, h, `{ nothing }`, ""); a.code() != "INVALID" || a.Errors[0].Message == "in my words" {
		t.Errorf("validation: %s", a.Body)
	}
}

// hook is an extension of an owner.
type hook struct {
	name   string
	params func(*graphql.RawParams) *gqlerror.Error
	mutate func(context.Context) *gqlerror.Error
	around func(context.Context, graphql.OperationHandler) graphql.ResponseHandler
}

func (h hook) ExtensionName() string                   { return h.name }
func (h hook) Validate(graphql.ExecutableSchema) error { return nil }

func (h hook) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	if h.params == nil {
		return nil
	}
	return h.params(p)
}

func (h hook) MutateOperationContext(ctx context.Context, _ *graphql.OperationContext) *gqlerror.Error {
	if h.mutate == nil {
		return nil
	}
	return h.mutate(ctx)
}

func (h hook) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if h.around == nil {
		return next(ctx)
	}
	return h.around(ctx, next)
}

func TestOwnersExtensions(t *testing.T) {
	t.Run("know the cost and may refuse", func(t *testing.T) {
		h := New(resolvers(), Options{Extensions: []graphql.HandlerExtension{hook{mutate: func(ctx context.Context) *gqlerror.Error {
			cost, known := Cost(ctx)
			if !known || cost != 1 {
				t.Errorf("Cost = %d, %v", cost, known)
			}
			return refusal(problem.New(problem.Limited, "your minute is spent").With(problem.RetryAfter(30)))
		}}}})
		a := ask(t, h, `{ me { name } }`, "")
		if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "30" || a.Extensions.Cost == nil {
			t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
		}
	})
	t.Run("may wrap an operation", func(t *testing.T) {
		h := New(resolvers(), Options{Extensions: []graphql.HandlerExtension{hook{around: func(ctx context.Context, _ graphql.OperationHandler) graphql.ResponseHandler {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{refusal(problem.New(problem.Unavailable, "closed"))}})
		}}}})
		if a := ask(t, h, `{ hello }`, ""); a.Status != http.StatusServiceUnavailable {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
	t.Run("cannot bring a document past the measure", func(t *testing.T) {
		h := New(resolvers(), Options{Extensions: []graphql.HandlerExtension{hook{params: func(p *graphql.RawParams) *gqlerror.Error {
			p.Query = deep(MaxDepth + 1)
			return nil
		}}}})
		if a := ask(t, h, `{ hello }`, ""); a.code() != "LIMITED" {
			t.Errorf("%s", a.Body)
		}
	})
	t.Run("Cost is unknown outside an operation", func(t *testing.T) {
		if cost, known := Cost(t.Context()); known || cost != 0 {
			t.Errorf("Cost = %d, %v", cost, known)
		}
	})
}
