package gate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func TestCost(t *testing.T) {
	h := New(resolvers(), Options{MaxCost: ceiling})
	for _, tt := range []struct {
		name, document, variables string
		want                      int
	}{
		{"leaf", `{ hello }`, "", 0},
		{"object", `{ me { id name } }`, "", 1},
		{"weight", `{ me { dear heavy { id } } }`, "", 1 + 7 + 50},
		{"nodes", `{ people(first: 10) { nodes { dear } } }`, "", 1 + 10*(1+7)},
		{"edges", `{ people(last: 10) { edges { node { id } } } }`, "", 1 + 10*(1+1)},
		{"whole", `{ people(first: 10) { totalCount } }`, "", 1 + 2},
		{"default page", `{ people { nodes { id } } }`, "", 1 + DefaultPage},
		{"null page", `{ people(first: null) { nodes { id } } }`, "", 1 + DefaultPage},
		{"larger page", `{ people(first: 3, last: 5) { nodes { id } } }`, "", 1 + 5},
		{"page of a variable", `query($n: Int) { people(first: $n) { nodes { id } } }`, `{"n":7}`, 1 + 7},
		{"page of a default", `query($n: Int = 8) { people(first: $n) { nodes { id } } }`, ``, 1 + 8},
		{"page of no variable", `query($n: Int) { people(first: $n) { nodes { id } } }`, ``, 1 + DefaultPage},
		{"pages", `{ people(first: 100) { nodes { friends(first: 100) { nodes { friends(first: 100) { nodes { id } } } } } } }`, "", 1 + 100*(1+1+100*(1+1+100))},
		{"list", `{ top(first: 4) { dear } }`, "", 1 + 4*7},
		{"list by the schema's default", `{ top { dear } }`, "", 1 + 10*7},
		{"list of a bound", `{ many { dear many: friends(first: 3) { nodes { id } } } }`, "", 1 + 40*(7+1+3)},
		{"list without a bound", `{ any { dear } }`, "", 1 + 7},
		{"list of arguments", `{ byIds(ids: ["1", "2", "3"]) { dear } }`, "", 1 + 3*7},
		{"list of one argument", `{ byIds(ids: "1") { dear } }`, "", 1 + 7},
		{"list of no argument", `{ byIds(ids: []) { dear } }`, "", 1},
		{"list of a variable", `query($ids: [ID!]!) { byIds(ids: $ids) { dear } }`, `{"ids":["1","2","3","4"]}`, 1 + 4*7},
		{"list of a variable's one item", `query($ids: [ID!]!) { byIds(ids: $ids) { dear } }`, `{"ids":"1"}`, 1 + 7},
		{"list of a variable within", `query($id: ID!) { byIds(ids: [$id, $id]) { dear } }`, `{"id":"1"}`, 1 + 2*7},
		{"fragment", `{ me { ...F self { ...F } } } fragment F on Person { dear }`, "", 2 + 14},
		{"fragment at two page sizes", `{ a: people(first: 2) { ...C } b: people(first: 3) { ...C } } fragment C on PersonConnection { nodes { id } totalCount }`, "", 2 + 2 + 3 + 2*2},
		{"inline fragment", `{ people(first: 2) { ... { nodes { id } } } }`, "", 1 + 2},
		{"left out", `query($no: Boolean!) { me @skip(if: true) { dear } ... @include(if: $no) { me { dear } } ...F @include(if: $no) hello } fragment F on Query { me { dear } }`, `{"no":false}`, 0},
		{"kept", `query($yes: Boolean!) { me @include(if: $yes) @skip(if: false) { dear } }`, `{"yes":true}`, 8},
		{"introspection", `{ __schema { types { name fields { name } } } }`, "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, h, tt.document, tt.variables)
			if a.Extensions.Cost == nil || a.Extensions.Cost.Used != tt.want || a.Extensions.Cost.Limit != ceiling {
				t.Errorf("cost %+v, want %d: %s", a.Extensions.Cost, tt.want, a.Body)
			}
		})
	}
}

func TestAnOperationAboveTheLimitIsRefused(t *testing.T) {
	h := New(resolvers(), Options{MaxCost: 41})
	const document = `query($n: Int) { people(first: $n) { nodes { self { id } } } }`
	if a := ask(t, h, document, `{"n":20}`); a.Status != 200 || a.Extensions.Cost.Used != 41 {
		t.Errorf("at the limit: %s", a.Body)
	}
	a := ask(t, h, document, `{"n":21}`)
	if a.Status != 429 || a.code() != "LIMITED" || len(a.Data) > 0 || a.Header.Get("Retry-After") != "" {
		t.Errorf("above the limit: %d %s", a.Status, a.Body)
	}
	if e := a.Errors[0].Extensions; e["cost"] != 43.0 || e["limit"] != 41.0 || a.Extensions.Cost.Used != 43 {
		t.Errorf("above the limit: %s", a.Body)
	}
}

// Costs that do not fit any number stop at the ceiling, and each fragment is
// priced once a page size, whatever it spreads out to.
func TestCostSaturatesInFewSteps(t *testing.T) {
	var b strings.Builder
	const levels = 40
	b.WriteString("{ people(first: 100) { ...F0 } }\n")
	for i := range levels {
		fmt.Fprintf(&b, "fragment F%d on PersonConnection { nodes { a: friends(first: 100) { ...F%d } b: friends(first: 100) { ...F%d } } }\n", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on PersonConnection { totalCount }\n", levels)
	doc, err := parser.ParseQuery(&ast.Source{Input: b.String()})
	if err != nil {
		t.Fatal(err)
	}
	if faults := validate(schema, doc); len(faults) > 0 {
		t.Fatal(faults)
	}
	p := newPricer(nil)
	if got := p.operation(doc.Operations[0]); got != ceiling {
		t.Errorf("cost = %d", got)
	}
	if want := 2 + levels*5 + 1; p.steps != want {
		t.Errorf("steps = %d, want %d", p.steps, want)
	}
}

func TestSumsAndProductsStopAtTheCeiling(t *testing.T) {
	if got := plus(ceiling, ceiling); got != ceiling {
		t.Errorf("plus = %d", got)
	}
	if got := times(ceiling, ceiling); got != ceiling {
		t.Errorf("times = %d", got)
	}
	if plus(2, 3) != 5 || times(2, 3) != 6 {
		t.Error("small numbers")
	}
}
