package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/internal/gate"
)

// A plan answers a root field of the public catalogue without gqlgen's field
// execution, which costs ten times the search itself: a selection is compiled
// once into functions that write JSON straight from the read model, and the gate
// keeps them as long as the document that they belong to. A plan
// knows only the good case. Whatever it does not know, a field, an argument, a
// directive, a course that is not in the read model, an error, it leaves to
// gqlgen, which then answers as if there were no plan. A test compares both.

// emit appends the JSON of a value of a type, or says why it cannot.
type emit[T any] func(p *pass, v T, b []byte) ([]byte, error)

// maker compiles one selected field of a type. It returns nil for arguments
// and selections that it does not know.
type maker[T any] func(f *ast.Field) emit[T]

// table holds the fields of a type that plans know.
type table[T any] map[string]maker[T]

// pass is one execution of a plan.
type pass struct {
	ctx  context.Context
	r    *Resolver
	vars map[string]any
	now  time.Time
}

// errNoPlan sends a field to gqlgen.
var errNoPlan = errors.New("graph: no plan")

// Plans answers root fields by plans. It is an extension of gqlgen.
type Plans struct {
	r     *Resolver
	roots map[string]func(f *ast.Field) root
}

// root is a compiled root field; nil when gqlgen has to answer.
type root func(p *pass, b []byte) ([]byte, error)

func newPlans(r *Resolver) *Plans {
	return &Plans{r: r, roots: map[string]func(*ast.Field) root{"catalogue": planCatalogue, "course": planCourse}}
}

// ExtensionName is part of gqlgen's HandlerExtension.
func (*Plans) ExtensionName() string { return "Plans" }

// Validate is part of gqlgen's HandlerExtension.
func (*Plans) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptRootField is gqlgen's RootFieldInterceptor.
func (s *Plans) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	f := graphql.GetRootFieldContext(ctx).Field.Field
	compile, ok := s.roots[f.Name]
	if !ok || f.ObjectDefinition.Name != "Query" {
		return next(ctx)
	}
	run := gate.Note(ctx, f, func() root { return compile(f) })
	if run == nil {
		return next(ctx)
	}
	p := &pass{ctx: ctx, r: s.r, vars: graphql.GetOperationContext(ctx).Variables, now: s.r.Now()}
	out, err := run(p, make([]byte, 0, 4096))
	if err != nil {
		return next(ctx)
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(out) })
}

// object compiles a selection of a type whose values are never null.
func object[T any](name string, fields table[T], selected ast.SelectionSet) emit[T] {
	type member struct {
		key   []byte
		value emit[T]
	}
	var members []member
	seen := map[string]bool{}
	var collect func(ast.SelectionSet) bool
	collect = func(set ast.SelectionSet) bool {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if len(s.Directives) > 0 || seen[s.Alias] { // gqlgen merges what is selected twice
					return false
				}
				seen[s.Alias] = true
				m := member{key: append(strconv.AppendQuote(nil, s.Alias), ':')}
				if s.Name == "__typename" {
					m.value = constant[T](strconv.Quote(name))
				} else if make, ok := fields[s.Name]; ok {
					m.value = make(s)
				}
				if m.value == nil {
					return false
				}
				members = append(members, m)
			case *ast.InlineFragment:
				if len(s.Directives) > 0 || s.TypeCondition != "" && s.TypeCondition != name || !collect(s.SelectionSet) {
					return false
				}
			case *ast.FragmentSpread:
				if len(s.Directives) > 0 || s.Definition.TypeCondition != name || !collect(s.Definition.SelectionSet) {
					return false
				}
			}
		}
		return true
	}
	if !collect(selected) {
		return nil
	}
	return func(p *pass, v T, b []byte) ([]byte, error) {
		for i, m := range members {
			b = append(b, "{,"[min(i, 1)])
			b = append(b, m.key...)
			var err error
			if b, err = m.value(p, v, b); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
}

func constant[T any](text string) emit[T] {
	return func(_ *pass, _ T, b []byte) ([]byte, error) { return append(b, text...), nil }
}

// nested compiles a field that leads to an object.
func nested[T, V any](name string, fields func() table[V], of func(p *pass, v T) (*V, error)) maker[T] {
	return func(f *ast.Field) emit[T] {
		inner := object(name, fields(), f.SelectionSet)
		if inner == nil || len(f.Arguments) > 0 {
			return nil
		}
		return func(p *pass, v T, b []byte) ([]byte, error) {
			o, err := of(p, v)
			if err != nil {
				return nil, err
			}
			if o == nil {
				return append(b, "null"...), nil
			}
			return inner(p, *o, b)
		}
	}
}

// list appends a list of values.
func list[V any](p *pass, all []V, one emit[V], b []byte) ([]byte, error) {
	b = append(b, '[')
	for i, v := range all {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = one(p, v, b); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// lists compiles a field that leads to a list of objects.
func lists[T, V any](name string, fields func() table[V], of func(p *pass, v T) []V) maker[T] {
	return func(f *ast.Field) emit[T] {
		inner := object(name, fields(), f.SelectionSet)
		if inner == nil || len(f.Arguments) > 0 {
			return nil
		}
		return func(p *pass, v T, b []byte) ([]byte, error) { return list(p, of(p, v), inner, b) }
	}
}

// plain compiles a field without arguments whose value is written by add.
func plain[T, V any](of func(p *pass, v T) V, add func([]byte, V) []byte) maker[T] {
	return func(f *ast.Field) emit[T] {
		if len(f.Arguments) > 0 {
			return nil
		}
		return func(p *pass, v T, b []byte) ([]byte, error) { return add(b, of(p, v)), nil }
	}
}

func addText[S ~string](b []byte, s S) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf && !utf8.ValidString(string(s)) {
			quoted, _ := json.Marshal(string(s))
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func addInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

func addBool(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }

func addStringer[S fmt.Stringer](b []byte, s S) []byte { return addText(b, s.String()) }

// maybeNull writes null for nil.
func maybeNull[V any](add func([]byte, V) []byte) func([]byte, *V) []byte {
	return func(b []byte, v *V) []byte {
		if v == nil {
			return append(b, "null"...)
		}
		return add(b, *v)
	}
}

func addList[V any](add func([]byte, V) []byte) func([]byte, []V) []byte {
	return func(b []byte, all []V) []byte {
		b = append(b, '[')
		for i, v := range all {
			if i > 0 {
				b = append(b, ',')
			}
			b = add(b, v)
		}
		return append(b, ']')
	}
}

// arguments returns a function that reads the arguments of a field into V. What
// holds no variable is read once.
func arguments[V any](f *ast.Field) func(p *pass) (V, error) {
	read := func(vars map[string]any) (v V, err error) {
		raw, err := json.Marshal(f.ArgumentMap(vars))
		if err != nil {
			return v, err
		}
		return v, json.Unmarshal(raw, &v)
	}
	for _, a := range f.Arguments {
		if variable(a.Value) {
			return func(p *pass) (V, error) { return read(p.vars) }
		}
	}
	v, err := read(nil)
	return func(*pass) (V, error) { return v, err }
}

func variable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, c := range v.Children {
		if variable(c.Value) {
			return true
		}
	}
	return false
}
