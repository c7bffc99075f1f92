package intake

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Most problems and lost fields that are told of one row: a hostile source can
// make very many of very few bytes.
const (
	maxProblems = 50
	maxLost     = 100
)

// Record gathers what is to be said about one row while it is read.
type Record struct {
	problems []error
	notes    []error
	lost     []string
}

// Refuse notes a problem, if err is one.
func (r *Record) Refuse(err error) {
	if err != nil && len(r.problems) < maxProblems {
		r.problems = append(r.problems, err)
	}
}

// LeaveOut notes why a part of the row, which has a record of its own, is left
// out. The rest is worth having without it.
func (r *Record) LeaveOut(part *Record) {
	r.notes = append(r.notes, part.problems[:min(len(part.problems), maxProblems-len(r.notes))]...)
}

// Keep takes over what is lost of a part of the row.
func (r *Record) Keep(part *Record) {
	for _, name := range part.lost {
		r.Lose(name)
	}
}

// Lose notes that a field of the source has no place here.
func (r *Record) Lose(path ...string) {
	if len(r.lost) == maxLost {
		return
	}
	if name := vocab.Clean(200, strings.Join(path, ".")); !slices.Contains(r.lost, name) {
		r.lost = append(r.lost, name)
	}
}

// Err returns all problems as one, or nil.
func (r *Record) Err() error { return problem.Join(r.problems...) }

// Row returns the row of a course.
func (r *Record) Row(place string, c format.Course) format.Row {
	return format.Row{Place: place, Course: c, Err: r.Err(), Notes: problem.Join(r.notes...), Lost: r.lost}
}

// wrong is the problem of a value of another type, such as a list for a text.
func (r *Record) wrong(path []string) {
	r.Refuse(problem.New(problem.Invalid, "this is not the type of value that the format has here").At(path...))
}

// Object is a JSON object of a row. Whoever reads a member takes it out; what
// remains in the end has no place here.
type Object struct {
	*Record
	path    []string
	members Members
}

// Object returns a value as an object, or refuses it. The path says where it
// stands in the row.
func (r *Record) Object(value any, path ...string) Object {
	members, ok := value.(Members)
	if !ok {
		r.wrong(path)
	}
	return Object{Record: r, path: path, members: maps.Clone(members)}
}

// At returns the path of a member.
func (o Object) At(name ...string) []string { return append(slices.Clone(o.path), name...) }

// Has says whether a member is there and not null.
func (o Object) Has(name string) bool { return o.members[name] != nil }

// Peek returns a member and leaves it.
func (o Object) Peek(name string) any { return o.members[name] }

// Take takes a member out, nil when there is none.
func (o Object) Take(name string) any {
	v := o.members[name]
	delete(o.members, name)
	return v
}

// member takes out a member of type T. It refuses another type.
func member[T any](o Object, name string) (v T, ok bool) {
	raw := o.Take(name)
	if raw == nil {
		return v, false
	}
	if v, ok = raw.(T); !ok {
		o.wrong(o.At(name))
	}
	return v, ok
}

// Line takes out a tidy text, "" when there is none.
func (o Object) Line(name string) string {
	s, _ := member[string](o, name)
	return o.Record.Line(s, o.At(name)...)
}

// Needed is Line for a member without which the row makes no sense.
func (o Object) Needed(name string) string {
	had := len(o.problems)
	s := o.Line(name)
	if s == "" && len(o.problems) == had {
		o.Refuse(problem.New(problem.Invalid, "this text is needed").At(o.At(name)...))
	}
	return s
}

// Bool takes out a truth value, false when there is none.
func (o Object) Bool(name string) bool {
	v, _ := member[bool](o, name)
	return v
}

// List takes out a list, nil when there is none.
func (o Object) List(name string) []any {
	v, _ := member[[]any](o, name)
	return v
}

// Lines takes out a list of tidy texts, without empty ones.
func (o Object) Lines(name string) []string {
	var all []string
	for i, v := range o.List(name) {
		s, ok := v.(string)
		if !ok {
			o.wrong(o.At(name, strconv.Itoa(i)))
		}
		if s = o.Record.Line(s, o.At(name, strconv.Itoa(i))...); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// Inner takes out an object. ok is false when there is none.
func (o Object) Inner(name string) (inner Object, ok bool) {
	v, ok := member[Members](o, name)
	if !ok {
		return Object{Record: o.Record}, false
	}
	return o.Record.Object(v, o.At(name)...), true
}

// Rest notes every member that is left as lost. An empty one says nothing.
func (o Object) Rest() {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		switch v := o.members[name].(type) {
		case nil:
			continue
		case string:
			if strings.TrimSpace(v) == "" {
				continue
			}
		case []any:
			if len(v) == 0 {
				continue
			}
		case Members:
			if len(v) == 0 {
				continue
			}
		}
		o.Lose(o.At(name)...)
	}
}
