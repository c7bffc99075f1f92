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
// text, so that the texts are counted too. What the owner keeps with a document
// grows with its fields, with every fragment spread out, and these count as
// much as text of that size.
const (
	cachedDocuments = 1000
	cachedText      = 1 << 20 // bytes, of all documents together
	cachedEach      = 64 << 10
	textOfField     = 8 // bytes, for a field that is spread out
)

// verdict is what was found about a document: it may be executed, or it is
// refused.
type verdict struct {
	doc      *ast.QueryDocument // linked to the schema; nil when refused
	refusals gqlerror.List
	fields   int      // spread out
	notes    sync.Map // what the owner keeps with the document
}

// weight is how much text a kept verdict counts as.
func (v *verdict) weight(text string) int { return max(len(text), textOfField*v.fields) }

// Note returns what made returned when it was first asked for under a key in an
// operation of the same document. It is kept as long as the document is, so
// that it may hold on to the document's parts, and its size should not grow
// faster than the fields that the document spreads out to. made may be called
// more than once at a time.
func Note[V any](ctx context.Context, key any, made func() V) V {
	v, known := graphql.GetOperationContext(ctx).Stats.GetExtension(documentKey).(*verdict)
	if !known {
		return made()
	}
	if note, has := v.notes.Load(key); has {
		return note.(V)
	}
	note, _ := v.notes.LoadOrStore(key, made())
	return note.(V)
}

// documents is the extension that looks at the document of a request, before
// gqlgen does: it parses, measures and validates, in this order, so that no
// step meets more than the one before has let through.
type documents struct {
	schema *ast.Schema

	mu   sync.Mutex
	kept *simplelru.LRU[string, *verdict]
	size int // weights of kept
}

func newDocuments(schema *ast.Schema) *documents {
	d := &documents{schema: schema}
	kept, err := simplelru.NewLRU(cachedDocuments, func(text string, v *verdict) { d.size -= v.weight(text) })
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
	if operation := v.doc.Operations.ForName(params.OperationName); operation != nil {
		if p := unreadable(operation, params.Variables); p != nil {
			return refusal(p)
		}
	}
	graphql.GetOperationContext(ctx).Stats.SetExtension(documentKey, v)
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
	return &verdict{doc: doc, fields: size.Fields}
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
	d.size += v.weight(text)
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
	v, ok := graphql.GetOperationContext(ctx).Stats.GetExtension(documentKey).(*verdict)
	if !ok {
		return nil, false
	}
	return v.doc, true
}

func (prepared) Add(context.Context, string, *ast.QueryDocument) {}
