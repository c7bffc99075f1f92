package gate

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Size is how large a document is once its fragments are spread out. Counts
// stop at a number far above every limit.
type Size struct {
	Depth          int // fields below each other, in the deepest operation
	Fields         int // fields, in all operations together
	Roots          int // fields at the root, in the widest operation
	Namesakes      int // fields of the same response name in the text, fragments not spread out
	Introspections int // __schema and __type, in all operations together
}

// Measure returns the size of a document. Its effort grows with the text, not
// with what the text spreads out to. It returns an error when text does not
// parse, and an INVALID problem when a fragment contains itself.
func Measure(text string) (Size, error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, MaxTokens)
	if err != nil {
		return Size{}, err
	}
	size, p := newRuler(doc).document(doc)
	if p != nil {
		return Size{}, p
	}
	return size, nil
}

// refusal returns a LIMITED problem for the first limit that s exceeds.
func (s Size) refusal() *problem.Error {
	for _, m := range []struct {
		size, limit int
		refusal     *problem.Error
	}{
		{s.Depth, MaxDepth, problem.New(problem.Limited, "the document nests more than %d levels of fields", MaxDepth)},
		{s.Fields, MaxFields, problem.New(problem.Limited, "the document asks for more than %d fields", MaxFields)},
		{s.Roots, MaxRoots, problem.New(problem.Limited, "the operation asks for more than %d fields at its root", MaxRoots)},
		{s.Namesakes, MaxNamesakes, problem.New(problem.Limited, "the document has more than %d fields of the same name", MaxNamesakes)},
		{s.Introspections, MaxIntrospections, problem.New(problem.Limited, "the document asks for __schema or __type more than once")},
	} {
		if m.size > m.limit {
			return m.refusal
		}
	}
	return nil
}

// ruler measures selections, each fragment once.
type ruler struct {
	fragments map[string]*ast.FragmentDefinition
	measured  map[*ast.FragmentDefinition]Size
	open      map[*ast.FragmentDefinition]bool
	named     map[string]int // fields of the text by response name
	steps     int            // selections looked at, for the tests
}

func newRuler(doc *ast.QueryDocument) *ruler {
	r := &ruler{
		fragments: make(map[string]*ast.FragmentDefinition, len(doc.Fragments)),
		measured:  make(map[*ast.FragmentDefinition]Size, len(doc.Fragments)),
		open:      map[*ast.FragmentDefinition]bool{},
		named:     map[string]int{},
	}
	for _, f := range doc.Fragments {
		r.fragments[f.Name] = f
	}
	return r
}

// document measures doc. A fragment that nothing spreads counts as well, since
// validation works on it before it finds that out.
func (r *ruler) document(doc *ast.QueryDocument) (Size, *problem.Error) {
	var all Size
	for _, operation := range doc.Operations {
		size, p := r.selections(operation.SelectionSet)
		if p != nil {
			return Size{}, p
		}
		all.Depth, all.Roots = max(all.Depth, size.Depth), max(all.Roots, size.Roots)
		all.Fields, all.Introspections = plus(all.Fields, size.Fields), plus(all.Introspections, size.Introspections)
	}
	for _, fragment := range doc.Fragments {
		size, p := r.fragment(fragment)
		if p != nil {
			return Size{}, p
		}
		all.Depth, all.Fields = max(all.Depth, size.Depth), max(all.Fields, size.Fields)
	}
	for _, n := range r.named {
		all.Namesakes = max(all.Namesakes, n)
	}
	return all, nil
}

// selections measures one set. Its Roots are the fields of its first level.
func (r *ruler) selections(set ast.SelectionSet) (Size, *problem.Error) {
	var all Size
	for _, selection := range set {
		r.steps++
		size, p := r.selection(selection)
		if p != nil {
			return Size{}, p
		}
		all.Depth = max(all.Depth, size.Depth)
		all.Fields = plus(all.Fields, size.Fields)
		all.Roots = plus(all.Roots, size.Roots)
		all.Introspections = plus(all.Introspections, size.Introspections)
	}
	return all, nil
}

func (r *ruler) selection(selection ast.Selection) (Size, *problem.Error) {
	switch s := selection.(type) {
	case *ast.Field:
		r.named[s.Alias]++
		size, p := r.selections(s.SelectionSet)
		size.Depth, size.Fields, size.Roots = size.Depth+1, plus(size.Fields, 1), 1
		if s.Name == "__schema" || s.Name == "__type" {
			size.Introspections = plus(size.Introspections, 1)
		}
		return size, p
	case *ast.InlineFragment:
		return r.selections(s.SelectionSet)
	case *ast.FragmentSpread:
		if fragment, known := r.fragments[s.Name]; known {
			return r.fragment(fragment)
		}
	}
	return Size{}, nil // a spread of nothing, which validation refuses
}

func (r *ruler) fragment(fragment *ast.FragmentDefinition) (Size, *problem.Error) {
	if size, done := r.measured[fragment]; done {
		return size, nil
	}
	if r.open[fragment] {
		return Size{}, problem.New(problem.Invalid, "a fragment contains itself")
	}
	r.open[fragment] = true
	size, p := r.selections(fragment.SelectionSet)
	if p != nil {
		return Size{}, p
	}
	r.measured[fragment] = size
	return size, nil
}

// ceiling is where sums and products of this package stop. The product of two
// numbers below it still fits an int of 64 bits.
const ceiling = 1<<31 - 1

func plus(a, b int) int  { return min(a+b, ceiling) }
func times(a, b int) int { return min(a*b, ceiling) }
