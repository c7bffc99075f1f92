package gate

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// pricer counts the points of selections, each fragment once for each page size
// it stands under.
//
// A field costs its weight and what is selected below it. The weight is that of
// @cost, else 1 for a field of objects and 0 for a leaf. The nodes and edges of
// a connection count as often as its page has items; what it says of the whole,
// such as its totalCount, counts once. Below a list with an argument called
// first everything counts as often as that. A page has first or last items,
// whichever is larger, else those of the default of first, else DefaultPage.
// What @skip and @include leave out is free. Fields of several types, and fields
// that are asked for twice, all count, so that the result is never below what
// is executed.
type pricer struct {
	variables map[string]any
	priced    map[pricedFragment]int
	steps     int // selections looked at, for the tests
}

type pricedFragment struct {
	fragment *ast.FragmentDefinition
	page     int
}

func newPricer(variables map[string]any) *pricer {
	return &pricer{variables: variables, priced: map[pricedFragment]int{}}
}

// operation returns the points of an operation of a valid document, whose
// fragments contain no cycle.
func (p *pricer) operation(o *ast.OperationDefinition) int { return p.selections(o.SelectionSet, 1) }

// selections returns the points of a set in which nodes and edges count page
// times.
func (p *pricer) selections(set ast.SelectionSet, page int) int {
	total := 0
	for _, selection := range set {
		p.steps++
		total = plus(total, p.selection(selection, page))
	}
	return total
}

func (p *pricer) selection(selection ast.Selection, page int) int {
	switch s := selection.(type) {
	case *ast.Field:
		if p.leavesOut(s.Directives) {
			return 0
		}
		cost := p.field(s)
		if s.Name == "nodes" || s.Name == "edges" {
			cost = times(cost, page)
		}
		return cost
	case *ast.InlineFragment:
		if p.leavesOut(s.Directives) {
			return 0
		}
		return p.selections(s.SelectionSet, page)
	case *ast.FragmentSpread:
		if p.leavesOut(s.Directives) {
			return 0
		}
		key := pricedFragment{s.Definition, page}
		cost, known := p.priced[key]
		if !known {
			cost = p.selections(s.Definition.SelectionSet, page)
			p.priced[key] = cost
		}
		return cost
	}
	return 0
}

func (p *pricer) field(f *ast.Field) int {
	own := weight(f.Definition, f.SelectionSet)
	switch {
	case strings.HasSuffix(f.Definition.Type.Name(), "Connection"):
		return plus(own, p.selections(f.SelectionSet, p.page(f)))
	case f.Definition.Type.Elem != nil && f.Definition.Arguments.ForName("first") != nil:
		return plus(own, times(p.page(f), p.selections(f.SelectionSet, 1)))
	}
	return plus(own, p.selections(f.SelectionSet, 1))
}

func weight(definition *ast.FieldDefinition, below ast.SelectionSet) int {
	if d := definition.Directives.ForName("cost"); d != nil {
		if arg := d.Arguments.ForName("weight"); arg != nil {
			if n, ok := number(arg.Value.Raw); ok {
				return min(max(n, 0), ceiling)
			}
		}
	}
	if len(below) > 0 {
		return 1
	}
	return 0
}

// page returns how many items the page of a field may have.
func (p *pricer) page(field *ast.Field) int {
	page := 0
	for _, name := range []string{"first", "last"} {
		if arg := field.Arguments.ForName(name); arg != nil {
			if n, given := integer(arg.Value, p.variables); given {
				page = max(page, min(n, ceiling))
			}
		}
	}
	if page > 0 {
		return page
	}
	if first := field.Definition.Arguments.ForName("first"); first != nil && first.DefaultValue != nil {
		if n, given := integer(first.DefaultValue, nil); given && n > 0 {
			return n
		}
	}
	return DefaultPage
}

// leavesOut reports whether @skip or @include keep a selection from execution.
func (p *pricer) leavesOut(directives ast.DirectiveList) bool {
	is := func(name string, wanted bool) bool {
		d := directives.ForName(name)
		if d == nil {
			return false
		}
		value, _ := d.Arguments.ForName("if").Value.Value(p.variables)
		return value == wanted
	}
	return is("skip", true) || is("include", false)
}

// integer returns the number that a literal or a variable stands for, and false
// when it is absent, null or no whole number of 64 bits.
func integer(value *ast.Value, variables map[string]any) (int, bool) {
	switch value.Kind {
	case ast.IntValue:
		return number(value.Raw)
	case ast.Variable:
		return whole(variables[value.Raw])
	}
	return 0, false
}

// whole reads a coerced variable: gqlgen leaves numbers as int64 at the top and
// as json.Number below it.
func whole(value any) (int, bool) {
	switch n := value.(type) {
	case int64:
		return int(n), true
	case json.Number:
		return number(n.String())
	}
	return 0, false
}

func number(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}
