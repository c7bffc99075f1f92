package gate

import (
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// pricer counts the points of selections, each fragment once for each page size
// it stands under.
//
// A field costs its weight and what is selected below it, which below a list
// counts as often as the list has items. The weight is that of @cost, else 1
// for a field of objects and 0 for a leaf. The length of a list is what @items
// says; else that of the lists among its arguments, such as ids; else its own
// first; else that of the field above, whose page it holds, as nodes and edges
// do, and then its weight counts for each item too; else 1. What a page says of
// the whole, such as its totalCount, counts once. A page has first or last items,
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

// selections returns the points of a set below a page of so many items.
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
		if !p.leavesOut(s.Directives) {
			return p.field(s, page)
		}
	case *ast.InlineFragment:
		if !p.leavesOut(s.Directives) {
			return p.selections(s.SelectionSet, page)
		}
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

// field returns the points of a field right below a page of so many items.
func (p *pricer) field(f *ast.Field, page int) int {
	own, first := weight(f.Definition, f.SelectionSet), 1
	paged := f.Definition.Arguments.ForName("first") != nil
	if paged {
		first = p.page(f)
	}
	below := func(length, page int) int { return plus(own, times(length, p.selections(f.SelectionSet, page))) }
	if f.Definition.Type.Elem == nil {
		return below(1, first)
	}
	if n, is := stated(f.Definition, "items", "max"); is {
		return below(n, 1)
	}
	if n, is := p.listed(f); is {
		return below(n, first)
	}
	if paged {
		return below(first, 1)
	}
	return times(page, below(1, 1))
}

// listed returns how many items the lists among the arguments of a field have
// together, and false when it takes none.
func (p *pricer) listed(f *ast.Field) (n int, is bool) {
	n = 1
	for _, arg := range f.Definition.Arguments {
		if arg.Type.Elem == nil {
			continue
		}
		is = true
		if given := f.Arguments.ForName(arg.Name); given != nil {
			n = times(n, p.items(given.Value))
		}
	}
	return n, is
}

// items returns how many items a list among the arguments has. One value may
// stand for a list of it.
func (p *pricer) items(value *ast.Value) int {
	switch value.Kind {
	case ast.ListValue:
		return len(value.Children)
	case ast.Variable:
		if given := reflect.ValueOf(p.variables[value.Raw]); given.Kind() == reflect.Slice {
			return given.Len()
		}
	}
	return 1
}

func weight(definition *ast.FieldDefinition, below ast.SelectionSet) int {
	if n, stated := stated(definition, "cost", "weight"); stated {
		return n
	}
	if len(below) > 0 {
		return 1
	}
	return 0
}

// stated returns the number that a directive of a field gives.
func stated(definition *ast.FieldDefinition, directive, argument string) (int, bool) {
	d := definition.Directives.ForName(directive)
	if d == nil {
		return 0, false
	}
	arg := d.Arguments.ForName(argument)
	if arg == nil {
		return 0, false
	}
	n, ok := number(arg.Value.Raw)
	return min(max(n, 0), ceiling), ok
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
