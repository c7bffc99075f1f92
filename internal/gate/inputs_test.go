package gate

import (
	"errors"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func list(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

// byRule stands for a field where gqlparser refuses the literal itself and says
// where by line and column.
const byRule = "by rule"

func TestInputs(t *testing.T) {
	h := New(resolvers(), Options{Scalars: map[string]func(any) error{"Day": func(v any) error {
		if v == "2027-03-01" {
			return nil
		}
		return problem.New(problem.Invalid, "no day")
	}, "Odd": func(v any) error {
		if v == "odd" {
			return nil
		}
		return errors.New("even")
	}}})
	const (
		find  = `query($by: By) { find(by: $by) { id } }`
		all   = `query($by: [By!]) { findAll(by: $by) { id } }`
		take  = `query($input: Inputs) { take(input: $input) }`
		byID  = `query($x: ID!) { found: find(by: {id: $x}) { id } }`
		pages = `query($n: Int) { people(first: $n) { totalCount } }`
	)
	for _, tt := range []struct {
		name, document, variables string
		field                     string // empty when the input is fine
	}{
		// Pages.
		{"page 1", `{ people(first: 1) { totalCount } }`, "", ""},
		{"page 100", `{ people(last: 100) { totalCount } }`, "", ""},
		{"page null", `{ people(first: null) { totalCount } }`, "", ""},
		{"page 0", `{ people(first: 0) { totalCount } }`, "", "people.first"},
		{"page -1", `{ p: people(last: -1) { totalCount } }`, "", "p.last"},
		{"page 101", `{ people(first: 1) { nodes { friends(first: 101) { totalCount } } } }`, "", "people.nodes.friends.first"},
		{"page in a fragment", `{ me { ...F } } fragment F on Person { friends(last: 0) { totalCount } }`, "", "me.friends.last"},
		{"page that wraps", `{ people(first: 6148914691236517206) { totalCount } }`, "", "people.first"},
		{"page of a variable", pages, `{"n":100}`, ""},
		{"page of a null variable", pages, `{"n":null}`, ""},
		{"page of no variable", pages, ``, ""},
		{"page 0 of a variable", pages, `{"n":0}`, "people.first"},
		{"page 101 of a variable", pages, `{"n":101}`, "people.first"},
		{"page of a default", `query($n: Int = 1000) { people(first: $n) { totalCount } }`, ``, "people.first"},
		{"page member", `{ take(input: {first: 101}) }`, "", "take.input.first"},
		{"page member of a variable", take, `{"input":{"first":0}}`, "variables.input.first"},
		{"page member by a variable", `query($n: Int) { take(input: {first: $n}) }`, `{"n":0}`, "take.input.first"},
		{"first name", `{ take(input: {names: {first: "Ada", last: "L"}}) }`, "", ""},
		{"first name of a variable", take, `{"input":{"names":{"first":"Ada","last":"500"}}}`, ""},

		// Lists.
		{"list", `query($i: [ID!]) { people(ids: $i) { totalCount } }`, `{"i":` + list(100, `"x"`) + `}`, ""},
		{"long list", `query($i: [ID!]) { people(ids: $i) { totalCount } }`, `{"i":` + list(101, `"x"`) + `}`, "variables.i"},
		{"literal list", `{ people(ids: ` + list(100, `"x"`) + `) { totalCount } }`, "", ""},
		{"long literal list", `{ people(ids: ` + list(101, `"x"`) + `) { totalCount } }`, "", "people.ids"},
		{"long list in an object", take, `{"input":{"tags":` + list(101, `"x"`) + `}}`, "variables.input.tags"},
		{"long literal list in an object", `{ take(input: {tags: ` + list(101, `"x"`) + `}) }`, "", "take.input.tags"},
		{"long list in a scalar", `query($x: JSON) { take(any: $x) }`, `{"x":{"b":1,"a":[[1],` + list(101, "1") + `]}}`, "variables.x.a.1"},
		{"long literal list in a scalar", `{ take(any: {a: [[1], ` + list(101, "1") + `]}) }`, "", "take.any.a.1"},
		{"scalar", `query($x: JSON) { take(any: $x) }`, `{"x":{"a":[1,"b",{"first":500}],"c":null}}`, ""},
		{"one for a list", `query($i: [ID!]) { people(ids: $i) { totalCount } }`, `{"i":"x"}`, ""},

		// Numbers.
		{"largest", `{ take(size: 2147483647) }`, "", ""},
		{"larger", `{ take(size: 2147483648) }`, "", "take.size"},
		{"smaller", `{ take(size: -2147483649) }`, "", "take.size"},
		{"in a list", `{ take(sizes: [1, 2147483648]) }`, "", "take.sizes.1"},
		{"one for a list of numbers", `{ take(sizes: 2147483648) }`, "", "take.sizes"},
		{"largest of a variable", `query($n: Int) { take(size: $n) }`, `{"n":2147483647}`, ""},
		{"larger of a variable", `query($n: Int) { take(size: $n) }`, `{"n":2147483648}`, "variables.n"},
		{"smaller of a variable", `query($n: Int) { take(size: $n) }`, `{"n":-2147483649}`, "variables.n"},
		{"larger of a list", `query($n: [Int!]) { take(sizes: $n) }`, `{"n":[1,2147483648]}`, "variables.n.1"},
		{"one for a list of a variable", `query($n: [Int!]) { take(sizes: $n) }`, `{"n":2147483648}`, "variables.n.0"},
		{"larger of a member", take, `{"input":{"size":2147483648}}`, "variables.input.size"},
		{"text of a member", take, `{"input":{"size":"5"}}`, "variables.input.size"},
		{"larger of a default", `query($n: Int = 2147483648) { take(size: $n) }`, ``, "variables.n"},
		{"Float", `{ take(share: 2147483648) }`, "", ""},
		{"custom scalar beyond 64 bits", `{ take(any: 99999999999999999999) }`, "", "take.any"},
		{"custom scalar beyond a float", `{ take(any: 1e999) }`, "", "take.any"},

		{"fraction of a variable", `query($n: Int) { take(size: $n) }`, `{"n":1.5}`, "variables.n"},
		{"text of a variable", `query($n: Int) { take(size: $n) }`, `{"n":"5"}`, "variables.n"},
		{"text for a Float", `query($n: Float) { take(share: $n) }`, `{"n":"1.5"}`, "variables.n"},
		{"beyond a Float", `query($n: Float) { take(share: $n) }`, `{"n":1e999}`, "variables.n"},
		{"fraction for a Float", `query($n: Float) { take(share: $n) }`, `{"n":1.5}`, ""},

		// Texts, identifiers and enums.
		{"number for a String", `query($s: String) { open(name: $s) }`, `{"s":5}`, "variables.s"},
		{"literal number for a String", `{ open(name: 5) }`, "", byRule},
		{"number for a String of a list", take, `{"input":{"tags":["a",5]}}`, "variables.input.tags.1"},
		{"number for a String of a member", take, `{"input":{"names":{"last":5}}}`, "variables.input.names.last"},
		{"number for an ID", byID, `{"x":5}`, ""},
		{"literal number for an ID", `{ find(by: {id: 5}) { id } }`, "", ""},
		{"fraction for an ID", byID, `{"x":5.5}`, "variables.x"},
		{"huge number for an ID", byID, `{"x":99999999999999999999}`, "variables.x"},
		{"literal fraction for an ID", `{ find(by: {id: 5.5}) { id } }`, "", byRule},
		{"literal huge number for an ID", `{ find(by: {id: 99999999999999999999}) { id } }`, "", byRule},
		{"fraction for an ID of a member", find, `{"by":{"id":5.5}}`, "variables.by.id"},
		{"truth for an ID", byID, `{"x":true}`, "variables.x"},
		{"fraction for an ID of a list", `query($i: [ID!]) { people(ids: $i) { totalCount } }`, `{"i":[5,5.5]}`, "variables.i.1"},
		{"value of an enum", `query($c: Color) { take(color: $c) }`, `{"c":"RED"}`, ""},
		{"value of an enum, in small letters", `query($c: Color) { take(color: $c) }`, `{"c":"red"}`, "variables.c"},
		{"number for an enum", `query($c: Color) { take(color: $c) }`, `{"c":0}`, "variables.c"},

		// Scalars of the owner.
		{"Day", `query($d: Day) { plan(on: $d) }`, `{"d":"2027-03-01"}`, ""},
		{"no Day", `query($d: Day) { plan(on: $d) }`, `{"d":"tomorrow"}`, "variables.d"},
		{"null for a Day", `query($d: Day) { plan(on: $d) }`, `{"d":null}`, ""},
		{"Day of a default", `query($d: Day = "tomorrow") { plan(on: $d) }`, ``, "variables.d"},
		{"literal Day", `{ plan(on: "2027-03-01") }`, "", ""},
		{"literal null for a Day", `{ plan(on: null) }`, "", ""},
		{"literal that is no Day", `{ plan(on: "tomorrow") }`, "", "plan.on"},
		{"literal number that is no Day", `{ plan(on: 7) }`, "", "plan.on"},
		{"literal object that is no Day", `{ plan(on: {a: 1}) }`, "", "plan.on"},
		{"Days", `query($d: [Day!]) { plan(days: $d) }`, `{"d":["2027-03-01","tomorrow"]}`, "variables.d.1"},
		{"literal Days", `{ plan(days: ["2027-03-01", "tomorrow"]) }`, "", "plan.days.1"},
		{"literal Days with a variable", `query($d: Day!) { plan(days: ["2027-03-01", $d]) }`, `{"d":"2027-03-01"}`, ""},
		{"Day of a member", `query($t: Term) { plan(term: $t) }`, `{"t":{"from":"tomorrow"}}`, "variables.t.from"},
		{"literal Day of a member", `{ plan(term: {from: "tomorrow"}) }`, "", "plan.term.from"},
		{"refused without a problem", `query($o: Odd) { plan(odd: $o) }`, `{"o":"two"}`, "variables.o"},
		{"let through", `query($o: Odd) { plan(odd: $o) }`, `{"o":"odd"}`, ""},

		// oneOf, of a variable.
		{"one", find, `{"by":{"id":"1"}}`, ""},
		{"none at all", find, ``, ""},
		{"null for it", find, `{"by":null}`, ""},
		{"no member", find, `{"by":{}}`, "variables.by"},
		{"two members", find, `{"by":{"id":"1","key":"k"}}`, "variables.by"},
		{"one and one null", find, `{"by":{"id":"1","key":null}}`, "variables.by"},
		{"one that is null", find, `{"by":{"id":null}}`, "variables.by"},
		{"within", find, `{"by":{"near":{"town":"x"}}}`, ""},
		{"two within", find, `{"by":{"near":{"town":"x","size":1}}}`, "variables.by.near"},
		{"number within", find, `{"by":{"near":{"size":4294967296}}}`, "variables.by.near.size"},
		{"in a list of", all, `{"by":[{"id":"1"},{"key":"k"}]}`, ""},
		{"two in a list of", all, `{"by":[{"id":"1"},{"id":"1","key":"k"}]}`, "variables.by.1"},
		{"null in a list of", all, `{"by":[{"id":null}]}`, "variables.by.0"},
		{"one for a list of", all, `{"by":{"id":null}}`, "variables.by.0"},
		{"in an object", take, `{"input":{"by":{"id":"1"},"list":[{"key":"k"}]}}`, ""},
		{"two in an object", take, `{"input":{"by":{"id":"1","key":"k"}}}`, "variables.input.by"},
		{"two in a list in an object", take, `{"input":{"list":[{"key":"k"},{}]}}`, "variables.input.list.1"},
		{"of a default", `query($by: By = {id: "1"}) { find(by: $by) { id } }`, ``, ""},
		{"in a mutation", `mutation($by: By) { set(by: $by) }`, `{"by":{}}`, "variables.by"},

		// oneOf, of a literal with a variable.
		{"its variable", byID, `{"x":"1"}`, ""},
		{"its variable is null", byID, `{"x":null}`, "variables.x"},
		{"its variable is absent", byID, ``, "variables.x"},
		{"its variable may be null", `query($x: ID) { find(by: {id: $x}) { id } }`, `{"x":"1"}`, byRule},
		{"its variable in a list", `query($x: ID!) { findAll(by: [{key: "k"}, {id: $x}]) { id } }`, `{"x":"1"}`, ""},
		{"its object is a variable", `query($x: Near!) { find(by: {near: $x}) { id } }`, `{"x":{"town":null}}`, "variables.x"},

		// Directives.
		{"skip", `query($s: Boolean!) { hello @skip(if: $s) }`, `{"s":true}`, ""},
		{"skip null", `query($s: Boolean = true) { hello @skip(if: $s) }`, `{"s":null}`, "hello.@skip.if"},
		{"include null", `query($s: Boolean = true) { ... @include(if: $s) { hello } }`, `{"s":null}`, "@include.if"},
		{"include null at a spread", `query($s: Boolean = true) { ...F @include(if: $s) } fragment F on Query { hello }`, `{"s":null}`, "@include.if"},
		{"skip of a constant", `{ hello @skip(if: false) }`, "", ""},
		{"defer", `{ ... @defer { hello } }`, ``, "@defer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, h, tt.document, tt.variables)
			if tt.field == "" {
				if len(a.Errors) > 0 || a.Status != 200 {
					t.Errorf("refused: %s", a.Body)
				}
				return
			}
			if a.Status != 400 || a.code() != "INVALID" || len(a.Data) > 0 {
				t.Fatalf("not refused: %d %s", a.Status, a.Body)
			}
			if tt.field == byRule {
				if !strings.Contains(a.Body, `"locations"`) {
					t.Errorf("not by a rule of validation: %s", a.Body)
				}
				return
			}
			if a.field() != tt.field {
				t.Errorf("field %q, want %q: %s", a.field(), tt.field, a.Body)
			}
		})
	}
}

func TestOneOfLiteralsAreRefused(t *testing.T) {
	h := New(resolvers(), Options{})
	for _, by := range []string{`{}`, `{id: null}`, `{id: "1", key: "k"}`, `{near: {}}`, `{near: {town: null}}`} {
		if a := ask(t, h, `{ find(by: `+by+`) { id } }`, ""); a.code() != "INVALID" || a.Status != 400 {
			t.Errorf("%s: %s", by, a.Body)
		}
	}
}

// Validation wants variables in @oneOf to be non-null. The walk over the inputs
// does not lean on that.
func TestOneOfLiteralsAreCheckedWithTheirVariables(t *testing.T) {
	for _, tt := range []struct {
		by        string
		variables map[string]any
		fine      bool
	}{
		{`{id: $x}`, map[string]any{"x": "1"}, true},
		{`{id: $x}`, map[string]any{"x": nil}, false},
		{`{id: $x}`, nil, false},
		{`{id: $x, key: $y}`, map[string]any{"x": "1"}, false},
		{`{id: null}`, nil, false},
		{`{}`, nil, false},
		{`{near: {town: $y}}`, map[string]any{"y": "here"}, true},
		{`{near: {town: $y}}`, nil, false},
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: `query($x: ID, $y: String) { find(by: ` + tt.by + `) { id } }`})
		if err != nil {
			t.Fatal(err)
		}
		validate(schema, doc) // links the document, and refuses it
		p := (&operations{schema: schema}).checkInputs(&graphql.OperationContext{Operation: doc.Operations[0], Variables: tt.variables})
		if (p == nil) != tt.fine {
			t.Errorf("%s with %v: %v", tt.by, tt.variables, p)
		}
	}
}
