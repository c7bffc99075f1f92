package gate

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// pricer counts the points of selections, each fragment once.
//
// A field costs its weight and what is selected below it. The weight is that of
// @cost, else 1 for a field of objects and 0 for a leaf. Below a field that
// returns a connection, or a list by an argument called first, everything
// counts as often as the page has items: first or last, whichever is larger,
// else the default of the argument, else DefaultPage. What @skip and @include
// leave out is free. Fields of several types, and fields that are asked for
// twice, all count, so that the result is never below what is executed.
type pricer struct {
	variables map[string]any
	priced    map[*ast.FragmentDefinition]int
	steps     int // selections looked at, for the tests
}

func newPricer(variables map[string]any) *pricer {
	return &pricer{variables: variables, priced: map[*ast.FragmentDefinition]int{}}
}

// selections needs a valid document: its fragments contain no cycle.
func (p *pricer) selections(set ast.SelectionSet) int {
	total := 0
	for _, selection := range set {
		p.steps++
		total = plus(total, p.selection(selection))
	}
	return total
}

func (p *pricer) selection(selection ast.Selection) int {
	switch s := selection.(type) {
	case *ast.Field:
		if p.leavesOut(s.Directives) {
			return 0
		}
		return plus(weight(s.Definition, s.SelectionSet), times(p.repeats(s), p.selections(s.SelectionSet)))
	case *ast.InlineFragment:
		if p.leavesOut(s.Directives) {
			return 0
		}
		return p.selections(s.SelectionSet)
	case *ast.FragmentSpread:
		if p.leavesOut(s.Directives) {
			return 0
		}
		cost, known := p.priced[s.Definition]
		if !known {
			cost = p.selections(s.Definition.SelectionSet)
			p.priced[s.Definition] = cost
		}
		return cost
	}
	return 0
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

// repeats returns how often the selections below field count.
func (p *pricer) repeats(field *ast.Field) int {
	arguments := field.Definition.Arguments
	isConnection := strings.HasSuffix(field.Definition.Type.Name(), "Connection")
	isPagedList := field.Definition.Type.Elem != nil && arguments.ForName("first") != nil
	if !isConnection && !isPagedList {
		return 1
	}
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
	if first := arguments.ForName("first"); first != nil && first.DefaultValue != nil {
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
