package gate

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// The verdicts that are kept. A parsed document takes up to some 60 times its
// text, so that the texts are counted too.
const (
	cachedDocuments = 1000
	cachedText      = 1 << 20 // bytes, of all documents together
	cachedEach      = 64 << 10
)

// verdict is what was found about a document: it may be executed, or it is
// refused.
type verdict struct {
	doc      *ast.QueryDocument // linked to the schema; nil when refused
	refusals gqlerror.List
}

// documents is the extension that looks at the document of a request, before
// gqlgen does: it parses, measures and validates, in this order, so that no
// step meets more than the one before has let through.
type documents struct {
	schema *ast.Schema

	mu   sync.Mutex
	kept *simplelru.LRU[string, *verdict]
	size int // bytes of the keys of kept
}

func newDocuments(schema *ast.Schema) *documents {
	d := &documents{schema: schema}
	kept, err := simplelru.NewLRU(cachedDocuments, func(text string, _ *verdict) { d.size -= len(text) })
	if err != nil {
		panic(err) // only a size below one is refused
	}
	d.kept = kept
	return d
}

func (*documents) ExtensionName() string                   { return "GateDocuments" }
func (*documents) Validate(graphql.ExecutableSchema) error { return nil }

var _ graphql.OperationParameterMutator = (*documents)(nil)

func (d *documents) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	v := d.verdict(params.Query)
	if len(v.refusals) > 0 {
		// Copied, because the executor writes to the errors it passes on.
		all := make(gqlerror.List, len(v.refusals))
		for i, err := range v.refusals {
			one := *err
			all[i] = &one
		}
		return &gqlerror.Error{Message: all[0].Message, Err: all}
	}
	if params.OperationName == "" && len(v.doc.Operations) > 1 {
		return refusal(problem.New(problem.Invalid, "name the operation to run: the document holds %d", len(v.doc.Operations)))
	}
	graphql.GetOperationContext(ctx).Stats.SetExtension(documentKey, v.doc)
	return nil
}

func (d *documents) verdict(text string) *verdict {
	if v, known := d.get(text); known {
		return v
	}
	v := d.judge(text)
	d.keep(text, v)
	return v
}

func (d *documents) judge(text string) *verdict {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, MaxTokens)
	if err != nil {
		unparsed := gqlerror.Wrap(err)
		if located, ok := err.(*gqlerror.Error); ok {
			unparsed = located
		}
		unparsed.Message = cut(unparsed.Message)
		errcode.Set(unparsed, errcode.ParseFailed)
		return &verdict{refusals: gqlerror.List{unparsed}}
	}
	if len(doc.Operations) == 0 {
		return &verdict{refusals: gqlerror.List{refusal(problem.New(problem.Invalid, "the document holds no operation"))}}
	}
	size, p := newRuler(doc).document(doc)
	if p == nil {
		p = size.refusal()
	}
	if p != nil {
		return &verdict{refusals: gqlerror.List{refusal(p)}}
	}
	if faults := validate(d.schema, doc); len(faults) > 0 {
		return &verdict{refusals: faults}
	}
	return &verdict{doc: doc}
}

func (d *documents) get(text string) (*verdict, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept.Get(text)
}

func (d *documents) keep(text string, v *verdict) {
	if len(text) > cachedEach {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept.Contains(text) {
		return // another request was faster
	}
	d.size += len(text)
	d.kept.Add(text, v)
	for d.size > cachedText {
		d.kept.RemoveOldest()
	}
}

const documentKey = "gate.document"

// prepared stands where gqlgen looks for documents it knows. It hands over the
// one that documents has judged in the same request, so that gqlgen neither
// parses nor validates again.
type prepared struct{}

var _ graphql.Cache[*ast.QueryDocument] = prepared{}

func (prepared) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := graphql.GetOperationContext(ctx).Stats.GetExtension(documentKey).(*ast.QueryDocument)
	return doc, ok
}

func (prepared) Add(context.Context, string, *ast.QueryDocument) {}
