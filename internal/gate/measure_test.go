package gate

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// deep nests fields to the given depth.
func deep(depth int) string {
	return "{ me" + strings.Repeat(" { self", depth-2) + " { id" + strings.Repeat(" }", depth)
}

// bomb is a chain of fragments, each of which spreads the next one twice.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("{ me { ...F0 } }\n")
	for i := range levels {
		fmt.Fprintf(&b, "fragment F%d on Person { ...F%d ...F%d }\n", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Person { id }\n", levels)
	return b.String()
}

func TestMeasureCountsFragmentsWhereTheyAreSpread(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Size
	}{
		{`{ hello }`, Size{1, 1, 1, 1, 0}},
		{`{ a: hello b: hello me { id } }`, Size{2, 4, 3, 1, 0}},
		{`{ ...R ... { hello } ... on Query { me { id } } } fragment R on Query { x: hello me { name } }`, Size{2, 6, 4, 2, 0}},
		{`query A { me { ...P } } query B { me { ...P self { ...P } } } fragment P on Person { id name }`, Size{3, 9, 1, 2, 0}},
		{`{ __schema { types { name } } __type(name: "x") { name } }`, Size{3, 5, 2, 2, 2}},
		{`{ hello } fragment Unused on Person { self { self { self { id } } } }`, Size{4, 4, 1, 3, 0}},
		{`{ me { ...Unknown } }`, Size{1, 1, 1, 1, 0}},
		{bomb(3), Size{2, 9, 1, 1, 0}},
	} {
		got, err := Measure(tt.text)
		if err != nil || got != tt.want {
			t.Errorf("Measure(%s) = %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
	}
}

func TestMeasureReportsWhatItCannotMeasure(t *testing.T) {
	if _, err := Measure("{"); err == nil {
		t.Error("half a document was measured")
	}
	if _, err := Measure(`{ ...A } fragment A on Query { ...A }`); !errors.Is(err, problem.Is(problem.Invalid)) {
		t.Errorf("a cycle: %v", err)
	}
}

func TestMeasureStopsAtTheTokenLimit(t *testing.T) {
	fields := func(n int) string { return "{" + strings.Repeat(" a", n) + " }" }
	if _, err := Measure(fields(MaxTokens - 2)); err != nil {
		t.Error(err)
	}
	if _, err := Measure(fields(MaxTokens - 1)); err == nil {
		t.Error("a document of one token too many was measured")
	}
}

// A document takes as many steps as it has selections, whatever they spread out
// to, and the sum neither wraps nor runs on.
func TestMeasureTakesOneStepASelection(t *testing.T) {
	doc, err := parser.ParseQuery(&ast.Source{Input: bomb(40)})
	if err != nil {
		t.Fatal(err)
	}
	r := newRuler(doc)
	size, p := r.document(doc)
	if p != nil {
		t.Fatal(p)
	}
	if want := 2 + 2*40 + 1; r.steps != want {
		t.Errorf("steps = %d, want %d", r.steps, want)
	}
	if size.Fields != ceiling || size.Depth != 2 {
		t.Errorf("size = %+v", size)
	}
}

func TestDocumentsWithinLimitsOnly(t *testing.T) {
	h := New(resolvers(), Options{})
	aliases := func(n int, field string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d: %s ", i, field)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, text, code string
	}{
		{"depth", deep(MaxDepth), ""},
		{"too deep", deep(MaxDepth + 1), "LIMITED"},
		{"very deep", deep(900), "LIMITED"},
		{"deeper than the parser goes", deep(1200), "INVALID"},
		{"roots", "{" + aliases(MaxRoots, "hello") + "}", ""},
		{"too many roots", "{" + aliases(MaxRoots+1, "hello") + "}", "LIMITED"},
		{"too many roots in a fragment", "{ ...F ...G } fragment F on Query {" + aliases(16, "hello") + "} fragment G on Query { b: hello " + aliases(15, "hello") + "}", "LIMITED"},
		{"fields", "{ me {" + aliases(MaxFields-1, "id") + "} }", ""},
		{"too many fields", "{ me {" + aliases(MaxFields, "id") + "} }", "LIMITED"},
		{"too many fields in two operations", "query A { me {" + aliases(MaxFields/2, "id") + "} } query B { me {" + aliases(MaxFields/2, "id") + "} }", "LIMITED"},
		{"namesakes", "{ me {" + strings.Repeat("id ", MaxNamesakes) + "} }", ""},
		{"too many namesakes", "{ me {" + strings.Repeat("id ", MaxNamesakes+1) + "} }", "LIMITED"},
		{"one introspection", `{ __schema { queryType { name } } }`, ""},
		{"two introspections", `{ a: __schema { queryType { name } } b: __type(name: "Query") { name } }`, "LIMITED"},
		{"two introspections in a fragment", `{ ...F x: __typename } fragment F on Query { a: __schema { queryType { name } } ... { b: __schema { queryType { name } } } }`, "LIMITED"},
		{"too many tokens", "{ hello" + strings.Repeat(" @x", MaxTokens/2) + "}", "INVALID"},
		{"fragment bomb", bomb(40), "LIMITED"},
		{"fragment bomb without a fuse", "{ hello }" + strings.TrimPrefix(bomb(40), "{ me { ...F0 } }"), "LIMITED"},
		{"cycle of one", "{ me { ...F } } fragment F on Person { id ...F }", "INVALID"},
		{"cycle of two", "{ me { ...F } } fragment F on Person { self { ...G } } fragment G on Person { self { ...F } }", "INVALID"},
		{"cycle that nothing spreads", "{ hello } fragment F on Person { ...F }", "INVALID"},
		{"20 000 aliases", "{" + aliases(20000, "id") + "}", "INVALID"},
		{"20 000 times the same", "{" + strings.Repeat(" __typename", 20000) + "}", "INVALID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, h, tt.text, "")
			if a.code() != tt.code {
				t.Errorf("code %q, want %q: %.300s", a.code(), tt.code, a.Body)
			}
			if tt.code != "" && (len(a.Body) > 64<<10 || len(a.Data) > 0) {
				t.Errorf("the refusal has %d bytes, data %s", len(a.Body), a.Data)
			}
		})
	}
}
