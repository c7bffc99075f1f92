// Package plan compiles selections of GraphQL into functions that write JSON
// straight from Go values. It knows nothing of what the fields are: a package
// that has types in memory gives their tables.
//
// A plan knows only the good case. Whatever it does not know, a field, an
// argument, a directive, it leaves to the executor, which then answers as if
// there were no plan.
package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// Emit appends the JSON of a value of a type, or says why it cannot.
type Emit[E, T any] func(p *Pass[E], v T, b []byte) ([]byte, error)

// Maker compiles one selected field of a type. It returns nil for Arguments
// and selections that it does not know.
type Maker[E, T any] func(f *ast.Field) Emit[E, T]

// Table holds the fields of a type that plans know.
type Table[E, T any] map[string]Maker[E, T]

// Pass is one execution of a plan.
type Pass[E any] struct {
	Ctx  context.Context
	Env  E // what the fields of the plan ask
	Vars map[string]any
	Now  time.Time
}

// ErrNone sends a field to gqlgen.
var ErrNone = errors.New("plan: none")

// Object compiles a selection of a type whose values are never null.
func Object[E, T any](name string, fields Table[E, T], selected ast.SelectionSet) Emit[E, T] {
	type member struct {
		key   []byte
		value Emit[E, T]
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
					m.value = constant[E, T](strconv.Quote(name))
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
	return func(p *Pass[E], v T, b []byte) ([]byte, error) {
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

func constant[E, T any](text string) Emit[E, T] {
	return func(_ *Pass[E], _ T, b []byte) ([]byte, error) { return append(b, text...), nil }
}

// Nested compiles a field that leads to an object.
func Nested[E, T, V any](name string, fields func() Table[E, V], of func(p *Pass[E], v T) (*V, error)) Maker[E, T] {
	return func(f *ast.Field) Emit[E, T] {
		inner := Object(name, fields(), f.SelectionSet)
		if inner == nil || len(f.Arguments) > 0 {
			return nil
		}
		return func(p *Pass[E], v T, b []byte) ([]byte, error) {
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

// List appends a List of values.
func List[E, V any](p *Pass[E], all []V, one Emit[E, V], b []byte) ([]byte, error) {
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

// Lists compiles a field that leads to a List of objects.
func Lists[E, T, V any](name string, fields func() Table[E, V], of func(p *Pass[E], v T) []V) Maker[E, T] {
	return func(f *ast.Field) Emit[E, T] {
		inner := Object(name, fields(), f.SelectionSet)
		if inner == nil || len(f.Arguments) > 0 {
			return nil
		}
		return func(p *Pass[E], v T, b []byte) ([]byte, error) { return List(p, of(p, v), inner, b) }
	}
}

// Plain compiles a field without Arguments whose value is written by add.
func Plain[E, T, V any](of func(p *Pass[E], v T) V, add func([]byte, V) []byte) Maker[E, T] {
	return func(f *ast.Field) Emit[E, T] {
		if len(f.Arguments) > 0 {
			return nil
		}
		return func(p *Pass[E], v T, b []byte) ([]byte, error) { return add(b, of(p, v)), nil }
	}
}

func Text[S ~string](b []byte, s S) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf && !utf8.ValidString(string(s)) {
			quoted, _ := json.Marshal(string(s))
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func Int(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

func Bool(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }

func Stringer[S fmt.Stringer](b []byte, s S) []byte { return Text(b, s.String()) }

// MaybeNull writes null for nil.
func MaybeNull[V any](add func([]byte, V) []byte) func([]byte, *V) []byte {
	return func(b []byte, v *V) []byte {
		if v == nil {
			return append(b, "null"...)
		}
		return add(b, *v)
	}
}

func ListOf[V any](add func([]byte, V) []byte) func([]byte, []V) []byte {
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

// Arguments returns a function that reads the Arguments of a field into V. What
// holds no variable is read once.
func Arguments[V, E any](f *ast.Field) func(p *Pass[E]) (V, error) {
	read := func(vars map[string]any) (v V, err error) {
		raw, err := json.Marshal(f.ArgumentMap(vars))
		if err != nil {
			return v, err
		}
		return v, json.Unmarshal(raw, &v)
	}
	for _, a := range f.Arguments {
		if variable(a.Value) {
			return func(p *Pass[E]) (V, error) { return read(p.Vars) }
		}
	}
	v, err := read(nil)
	return func(*Pass[E]) (V, error) { return v, err }
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
