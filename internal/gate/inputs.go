package gate

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// checkInputs returns an INVALID problem for the first input of operation that
// breaks one of these rules, at the path that names it:
//
//   - first and last, where they are an Int, are 1 to MaxPage, or null;
//   - a list has at most MaxItems items;
//   - an Int is a number of 32 bits (GraphQL 3.5.1), and any other number one
//     that can be read at all;
//   - a String is a text, an ID a text or a whole number, a Float a number, an
//     enum a value spelled as in the schema, and a scalar of the owner what
//     Options.Scalars lets through;
//   - an input object with @oneOf has exactly one member, and that is not null
//     (GraphQL 3.10.1), also where a variable stands for it;
//   - the condition of @skip and @include is not null, and @defer, which
//     gqlparser adds to every schema, is not used.
//
// gqlgen and gqlparser check these in literals in part and in variables not at
// all. A path begins with "variables", or with the response names of the fields
// that lead to the argument.
func (o *operations) checkInputs(operation *graphql.OperationContext) *problem.Error {
	c := &checker{schema: o.schema, scalars: o.scalars, variables: operation.Variables, seen: map[*ast.FragmentDefinition]bool{}}
	for _, v := range operation.Operation.VariableDefinitions {
		value := c.variables[v.Variable]
		if p := c.value([]string{"variables", v.Variable}, v.Type, value); p != nil {
			return p
		}
	}
	return c.selections(nil, operation.Operation.SelectionSet)
}

type checker struct {
	schema    *ast.Schema
	scalars   map[string]func(any) error
	variables map[string]any
	seen      map[*ast.FragmentDefinition]bool // each fragment is checked once
}

// selections checks the literals of a selection set.
func (c *checker) selections(path []string, set ast.SelectionSet) *problem.Error {
	for _, selection := range set {
		if p := c.selection(path, selection); p != nil {
			return p
		}
	}
	return nil
}

func (c *checker) selection(path []string, selection ast.Selection) *problem.Error {
	switch s := selection.(type) {
	case *ast.Field:
		path = step(path, s.Alias)
		if p := c.arguments(path, s.Arguments); p != nil {
			return p
		}
		if p := c.directives(path, s.Directives); p != nil {
			return p
		}
		return c.selections(path, s.SelectionSet)
	case *ast.InlineFragment:
		if p := c.directives(path, s.Directives); p != nil {
			return p
		}
		return c.selections(path, s.SelectionSet)
	case *ast.FragmentSpread:
		if p := c.directives(path, s.Directives); p != nil {
			return p
		}
		if c.seen[s.Definition] {
			return nil
		}
		c.seen[s.Definition] = true
		return c.selections(path, s.Definition.SelectionSet)
	}
	return nil
}

func (c *checker) directives(path []string, directives ast.DirectiveList) *problem.Error {
	for _, d := range directives {
		at := step(path, "@"+d.Name)
		if p := c.arguments(at, d.Arguments); p != nil {
			return p
		}
		switch d.Name {
		case "skip", "include":
		case "defer":
			return problem.New(problem.Invalid, "@defer is not served: an answer comes in one piece").At(at...)
		default:
			continue
		}
		// The executor panics on a condition that is null, which a variable with
		// a default may be.
		condition := d.Arguments.ForName("if").Value
		if condition.Kind != ast.Variable {
			continue
		}
		if _, ok := c.variables[condition.Raw].(bool); !ok {
			return problem.New(problem.Invalid, "a condition must be true or false").At(step(at, "if")...)
		}
	}
	return nil
}

func (c *checker) arguments(path []string, arguments ast.ArgumentList) *problem.Error {
	for _, a := range arguments {
		at := step(path, a.Name)
		if p := c.literalPage(at, a.Name, a.Value); p != nil {
			return p
		}
		if p := c.literal(at, a.Value); p != nil {
			return p
		}
	}
	return nil
}

func (c *checker) literalPage(path []string, name string, value *ast.Value) *problem.Error {
	n, given := integer(value, c.variables)
	if !given {
		return nil
	}
	return page(path, name, value.ExpectedType, n)
}

// page checks a number that a member or an argument called name is given.
func page(path []string, name string, kind *ast.Type, n int) *problem.Error {
	if name != "first" && name != "last" || kind == nil || kind.NamedType != "Int" {
		return nil
	}
	if n < 1 || n > MaxPage {
		return problem.New(problem.Invalid, "%s must be 1 to %d", name, MaxPage).At(path...)
	}
	return nil
}

// literal checks a value of the document. Variables were checked before, so only
// what stands around them matters here.
func (c *checker) literal(path []string, value *ast.Value) *problem.Error {
	if check := c.scalars[nameOf(value)]; check != nil && value.Kind != ast.Variable && value.Kind != ast.NullValue && value.Kind != ast.ListValue {
		is, err := value.Value(c.variables)
		if err != nil {
			return tooLarge(path)
		}
		return unfitFor(path, check(is))
	}
	switch value.Kind {
	case ast.IntValue:
		bits := 64
		if nameOf(value) == "Int" {
			bits = 32
		}
		if _, err := strconv.ParseInt(value.Raw, 10, bits); err != nil {
			return tooLarge(path)
		}
	case ast.FloatValue:
		if _, err := strconv.ParseFloat(value.Raw, 64); err != nil {
			return tooLarge(path)
		}
	case ast.ListValue:
		if len(value.Children) > MaxItems {
			return tooMany(path)
		}
		for i, child := range value.Children {
			if p := c.literal(step(path, strconv.Itoa(i)), child.Value); p != nil {
				return p
			}
		}
	case ast.ObjectValue:
		if value.Definition != nil && isOneOf(value.Definition) && !c.isOne(value.Children) {
			return notOne(path, value.Definition)
		}
		for _, child := range value.Children {
			at := step(path, child.Name)
			if p := c.literalPage(at, child.Name, child.Value); p != nil {
				return p
			}
			if p := c.literal(at, child.Value); p != nil {
				return p
			}
		}
	}
	return nil
}

// nameOf returns the name of the type that a literal is to have.
func nameOf(value *ast.Value) string {
	if value.ExpectedType == nil {
		return ""
	}
	return value.ExpectedType.Name()
}

// isOne reports whether exactly one member is written, and is not null.
func (c *checker) isOne(members ast.ChildValueList) bool {
	if len(members) != 1 {
		return false
	}
	switch value := members[0].Value; value.Kind {
	case ast.NullValue:
		return false
	case ast.Variable:
		return c.variables[value.Raw] != nil
	}
	return true
}

// value checks a variable, or a part of one, of the given type.
func (c *checker) value(path []string, kind *ast.Type, value any) *problem.Error {
	if value == nil {
		return nil
	}
	if items := reflect.ValueOf(value); items.Kind() == reflect.Slice {
		return c.items(path, kind, items)
	}
	for kind.Elem != nil {
		kind = kind.Elem // one item may stand for a list of it
	}
	definition := c.schema.Types[kind.NamedType]
	switch members, isObject := value.(map[string]any); {
	case isObject && definition.Kind == ast.InputObject:
		return c.members(path, definition, members)
	case isObject:
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if p := c.value(step(path, name), kind, members[name]); p != nil {
				return p
			}
		}
	case definition.Kind == ast.Enum:
		if name, _ := value.(string); definition.EnumValues.ForName(name) == nil {
			return problem.New(problem.Invalid, "not a value of %s", definition.Name).At(path...)
		}
	default:
		return c.scalar(path, definition.Name, value)
	}
	return nil
}

// scalar checks a value that has no parts. A number of JSON passes gqlparser for
// a text, and a text with digits for a number.
func (c *checker) scalar(path []string, kind string, value any) *problem.Error {
	_, isText := value.(string)
	switch kind {
	case "Int":
		if n, ok := whole(value); !ok || n < math.MinInt32 || n > math.MaxInt32 {
			return tooLarge(path)
		}
	case "Float":
		if isText {
			return tooLarge(path)
		}
	case "String":
		if !isText {
			return problem.New(problem.Invalid, "a String is a text").At(path...)
		}
	case "ID":
		if _, isWhole := whole(value); !isText && !isWhole {
			return problem.New(problem.Invalid, "an ID is a text or a whole number").At(path...)
		}
	}
	if check := c.scalars[kind]; check != nil {
		return unfitFor(path, check(value))
	}
	return nil
}

// unfitFor gives what a check of the owner found its path.
func unfitFor(path []string, err error) *problem.Error {
	if err == nil {
		return nil
	}
	if all := problem.All(err); len(all) > 0 {
		return all[0].At(path...)
	}
	return problem.New(problem.Invalid, "not a value that this input can hold").Because(err).At(path...)
}

// unreadable returns an INVALID problem for a variable of a number's type that
// is another number. gqlparser refuses it in words about the number 0.
func unreadable(operation *ast.OperationDefinition, variables map[string]any) *problem.Error {
	for _, v := range operation.VariableDefinitions {
		n, ok := variables[v.Variable].(json.Number)
		if !ok {
			continue
		}
		var err error
		switch v.Type.NamedType {
		case "Int":
			_, err = n.Int64()
		case "Float":
			_, err = n.Float64()
		}
		if err != nil {
			return tooLarge([]string{"variables", v.Variable})
		}
	}
	return nil
}

// items checks the items of a list. Within a scalar of our own, such as one for
// any JSON, all parts are of that scalar.
func (c *checker) items(path []string, kind *ast.Type, items reflect.Value) *problem.Error {
	if items.Len() > MaxItems {
		return tooMany(path)
	}
	if kind.Elem != nil {
		kind = kind.Elem
	}
	for i := range items.Len() {
		if p := c.value(step(path, strconv.Itoa(i)), kind, items.Index(i).Interface()); p != nil {
			return p
		}
	}
	return nil
}

func (c *checker) members(path []string, definition *ast.Definition, members map[string]any) *problem.Error {
	if isOneOf(definition) {
		if len(members) != 1 {
			return notOne(path, definition)
		}
		for _, value := range members {
			if value == nil {
				return notOne(path, definition)
			}
		}
	}
	for _, field := range definition.Fields {
		value, at := members[field.Name], step(path, field.Name)
		if n, isNumber := whole(value); isNumber {
			if p := page(at, field.Name, field.Type, n); p != nil {
				return p
			}
		}
		if p := c.value(at, field.Type, value); p != nil {
			return p
		}
	}
	return nil
}

func isOneOf(definition *ast.Definition) bool {
	return definition.Kind == ast.InputObject && definition.Directives.ForName("oneOf") != nil
}

func notOne(path []string, definition *ast.Definition) *problem.Error {
	return problem.New(problem.Invalid, "%s takes exactly one member, which is not null", definition.Name).At(path...)
}

func tooMany(path []string) *problem.Error {
	return problem.New(problem.Invalid, "a list has at most %d items", MaxItems).At(path...)
}

func tooLarge(path []string) *problem.Error {
	return problem.New(problem.Invalid, "not a number that this input can hold").At(path...)
}

// step returns path and one more name. It copies, since siblings share path.
func step(path []string, name string) []string {
	return append(path[:len(path):len(path)], name)
}
