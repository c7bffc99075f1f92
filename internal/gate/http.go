package gate

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// post is the transport of every kind of operation.
type post struct{ *gate }

func (post) Supports(r *http.Request) bool { return r.Method == http.MethodPost }

func (t post) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if r.Header.Get("Content-Encoding") != "" {
		t.refuse(w, r, http.StatusUnsupportedMediaType, problem.New(problem.Invalid, "send the body without a content encoding"))
		return
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		t.refuse(w, r, http.StatusUnsupportedMediaType, problem.New(problem.Invalid, "send the body as application/json in UTF-8"))
		return
	}
	start := graphql.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		t.refuse(w, r, http.StatusRequestEntityTooLarge, problem.New(problem.Limited, "the body is larger than %d bytes", MaxBody))
		return
	}
	if err != nil {
		t.refuse(w, r, http.StatusBadRequest, problem.New(problem.Invalid, "the body could not be read").Because(err))
		return
	}
	as := spelling{sum: sha256.Sum256(body)}
	if t.repeat(w, r, as) {
		return
	}
	asked, p := decodeBody(body)
	if p != nil {
		t.refuse(w, r, http.StatusBadRequest, p)
		return
	}
	asked.params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	t.run(w, r, exec, asked, as)
}

// isJSON reports whether a Content-Type is application/json, with no other
// parameter than a charset of UTF-8.
func isJSON(contentType string) bool {
	if contentType == plainJSON {
		return true
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "application/json" {
		return false
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// get is the transport of queries that caches and simple tools may ask.
type get struct{ *gate }

func (get) Supports(r *http.Request) bool { return r.Method == http.MethodGet }

func (t get) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if r.Header.Get(ClientHeader) == "" {
		t.refuse(w, r, http.StatusForbidden, problem.New(problem.Forbidden, "a GET must carry the header %s", ClientHeader))
		return
	}
	if len(r.URL.RawQuery) > MaxBody {
		t.refuse(w, r, http.StatusRequestURITooLong, problem.New(problem.Limited, "the parameters are larger than %d bytes", MaxBody))
		return
	}
	as := spelling{get: true, sum: sha256.Sum256([]byte(r.URL.RawQuery))}
	if t.repeat(w, r, as) {
		return
	}
	asked, p := decodeQuery(r.URL.RawQuery)
	if p != nil {
		t.refuse(w, r, http.StatusBadRequest, p)
		return
	}
	t.run(w, r, exec, asked, as)
}

// run executes what was asked and writes the answer. It began as s.
func (g *gate) run(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, asked request, s spelling) {
	key := g.viewer(r)
	if !g.running.enter(key) {
		g.refuse(w, r, http.StatusTooManyRequests, problem.New(problem.Limited,
			"%d operations of yours are running already", g.running.places).With(problem.RetryAfter(1)))
		return
	}
	defer g.running.leave(key)
	ctx, cancel := context.WithTimeout(r.Context(), g.timeout)
	defer cancel()

	if asked.documentID != "" {
		text, err := g.document(ctx, asked.documentID)
		if err != nil {
			g.answer(w, r, g.refused(ctx, err))
			return
		}
		asked.params.Query = text
	}
	asked.params.Headers = r.Header

	operation, errs := exec.CreateOperationContext(ctx, &asked.params)
	ctx = graphql.WithOperationContext(ctx, operation)
	if len(errs) > 0 {
		g.answer(w, r, exec.DispatchError(ctx, each(errs)))
		return
	}
	switch kind := operation.Operation.Operation; {
	case kind == ast.Subscription:
		g.refuse(w, r, http.StatusBadRequest, problem.New(problem.Invalid, "this address does not serve subscriptions"))
		return
	case kind == ast.Mutation && r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		g.refuse(w, r, http.StatusMethodNotAllowed, problem.New(problem.Invalid, "send a mutation by POST"))
		return
	}
	if isPublic(operation.Operation) {
		if who, ok := g.answers.audience(r); ok {
			g.share(ctx, w, r, exec, operation, s, who)
			return
		}
	}
	if g.pays(ctx, w, r, operation) {
		g.answer(w, r, g.execute(ctx, exec, operation))
	}
}

// pays takes what an operation costs from who asks, or answers that they have
// not enough.
func (g *gate) pays(ctx context.Context, w http.ResponseWriter, r *http.Request, operation *graphql.OperationContext) bool {
	points, _ := Cost(ctx)
	writes := 0
	if operation.Operation.Operation == ast.Mutation {
		writes = roots(operation.Operation.SelectionSet)
	}
	p := g.spend(ctx, w.Header(), points, writes)
	if p != nil {
		g.refuse(w, r, http.StatusTooManyRequests, p)
	}
	return p == nil
}

// roots counts the fields at the root of an operation, each as often as it is
// asked for. It takes no longer than MaxRoots allows.
func roots(set ast.SelectionSet) (n int) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			n++
		case *ast.InlineFragment:
			n += roots(s.SelectionSet)
		case *ast.FragmentSpread:
			n += roots(s.Definition.SelectionSet)
		}
	}
	return n
}

// execute returns the response to an operation that nothing speaks against.
func (g *gate) execute(ctx context.Context, exec graphql.GraphExecutor, operation *graphql.OperationContext) *graphql.Response {
	responses, ctx := exec.DispatchOperation(ctx, operation)
	var response *graphql.Response
	if responses != nil {
		response = responses(ctx)
	}
	if response == nil {
		// The executor answers nothing once its context has ended.
		response = g.refused(ctx, refusal(ended(ctx)))
	}
	return response
}

// refused is the response to a request that err has ended before its execution.
func (g *gate) refused(ctx context.Context, err error) *graphql.Response {
	return &graphql.Response{Errors: gqlerror.List{g.present(ctx, err)}}
}

// refuse answers with a status of its own.
func (g *gate) refuse(w http.ResponseWriter, r *http.Request, status int, p *problem.Error) {
	g.write(w, r, status, g.refused(r.Context(), refusal(p)))
}
