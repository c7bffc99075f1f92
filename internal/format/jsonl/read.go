package jsonl

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Read reads what Write wrote. The id of a course or offering stands for its
// external id when there is none; what else belongs to the listing, and not to
// the course, is left aside. Problems have paths such as ["ects"] or
// ["offerings", "0", "closesAtLocal"].
//
// The rows end with a problem when the last line is missing, counts another
// number of courses, or is not the last.
func Read(r io.Reader) format.Rows {
	return func(yield func(format.Row, error) bool) {
		stop := func(err error) { yield(format.Row{}, err) }
		in := bufio.NewScanner(r)
		in.Buffer(nil, format.MaxRow)
		n, number, ended := 0, 0, false
		for in.Scan() {
			number++
			text := bytes.TrimSpace(in.Bytes())
			if len(text) == 0 {
				continue
			}
			if ended {
				stop(problem.New(problem.Invalid, "there is a line after the last one"))
				return
			}
			l, lost, err := parse(text)
			if err == nil && l.End {
				if l.Count == nil || *l.Count != n {
					stop(problem.New(problem.Invalid, "the file has %d courses, which is not what its last line counts", n))
					return
				}
				ended = true
				continue
			}
			n++
			row := format.Row{Place: fmt.Sprintf("line %d", number), Lost: lost, Err: err}
			if err == nil {
				row.Course, row.Err = courseOf(l)
			}
			if !yield(row, nil) {
				return
			}
		}
		switch err := in.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			stop(tooLarge().At(fmt.Sprintf("line %d", number+1)))
		case err != nil:
			stop(err)
		case !ended:
			stop(problem.New(problem.Invalid, "the file has no last line with the number of its courses, so it was cut off"))
		}
	}
}

// maxLost bounds the unknown fields that are listed of one line.
const maxLost = 100

// parse reads one line and lists its fields that are unknown here.
func parse(text []byte) (l line, lost []string, err error) {
	if !utf8.Valid(text) {
		return l, nil, problem.New(problem.Invalid, "the text is not valid UTF-8")
	}
	if err := json.Unmarshal(text, &l); err != nil {
		p := problem.New(problem.Invalid, "this is no JSON object with the values that belong here").Because(err)
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			p = p.At(strings.Split(wrong.Field, ".")...)
		}
		return l, nil, p
	}
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		return l, nil, err
	}
	lost = unknown(nil, "", all, reflect.TypeFor[line]())
	slices.Sort(lost)
	lost = slices.Compact(lost)
	return l, lost[:min(len(lost), maxLost)], nil
}

// unknown appends the paths of all members of v that t has no field for.
func unknown(lost []string, path string, v any, t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if t.Kind() == reflect.Slice {
				lost = unknown(lost, path+"[]", item, t.Elem())
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return lost
		}
		for name, member := range v {
			at := strings.TrimPrefix(path+"."+name, ".")
			f, known := t.FieldByNameFunc(func(field string) bool {
				f, _ := t.FieldByName(field)
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				return strings.EqualFold(tag, name)
			})
			if !known {
				lost = append(lost, at)
				continue
			}
			lost = unknown(lost, at, member, f.Type)
		}
	}
	return lost
}

// courseOf returns the course of a line, or all that is wrong with it.
func courseOf(l line) (format.Course, error) {
	listed := l.listed()
	c := listed.Course
	c.ExternalID = cmp.Or(c.ExternalID, listed.ID)
	for i := range c.Offerings {
		c.Offerings[i].ExternalID = cmp.Or(c.Offerings[i].ExternalID, listed.OfferingIDs[i])
	}
	return c, check(l, &c)
}
