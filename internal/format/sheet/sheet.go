// Package sheet owns the tables by which a partner without developers fills
// the catalogue: CSV and XLSX, with a template for both. One slice, columns,
// says everything about every column; reading, writing, the template and its
// help follow from it.
//
// A row is a course, or one more offering of the course in the row above when
// both have the same externalId. Texts have a column for each language, such as
// "title:en". Lists are separated by "|", learning outcomes by line breaks.
package sheet

import (
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Limits of a table.
const (
	MaxColumns = 200
	MaxRows    = 1 << 20 // as many as a sheet of a spreadsheet can hold
)

// subject is what a row is about.
type subject struct {
	course   *format.Course
	offering *format.Offering // nil in the columns of courses
	listed   *format.Listed   // nil when reading
}

// cell is one filled cell that is read. Its text is tidy.
type cell struct {
	text  string
	tag   string // language of the column, BCP 47
	name  string // name of the column, for problems
	dates epoch
}

// part says what a column is about.
type part int

const (
	ofCourse part = iota
	ofOffering
	ofListing // written for people and left aside when it is read
)

// column is all there is to know about a column.
type column struct {
	name            string
	part            part
	required        bool
	example         []string // one; or in English and German when the column has a language
	english, german string   // what it means
	codec
}

// codec is how a column is read and written.
type codec struct {
	spoken bool     // one column for each language
	codes  []string // all values that it may have, when they are few
	many   bool     // several of the codes at once
	read   func(subject, cell) error
	write  func(s subject, tag string) string
	tags   func(subject) vocab.Text // of a spoken column: a text whose tags are those to write
}

// word checks a value that stays as it is written.
func word(get func(subject) *string, check func(string, ...string) error) codec {
	return codec{
		read: func(s subject, c cell) error {
			*get(s) = c.text
			if check == nil {
				return nil
			}
			return check(c.text, c.name)
		},
		write: func(s subject, _ string) string { return *get(s) },
	}
}

// parsed is a value that parse reads and say writes.
func parsed[T any](get func(subject) *T, parse func(text, name string) (T, error), say func(T) string) codec {
	return codec{
		read: func(s subject, c cell) (err error) {
			*get(s), err = parse(c.text, c.name)
			return err
		},
		write: func(s subject, _ string) string { return say(*get(s)) },
	}
}

// text is a text for people.
func text(get func(subject) *vocab.Text) codec {
	return codec{
		spoken: true,
		read: func(s subject, c cell) error {
			t := get(s)
			if *t == nil {
				*t = vocab.Text{}
			}
			(*t)[c.tag] = c.text
			return nil
		},
		write: func(s subject, tag string) string { return (*get(s))[tag] },
		tags:  func(s subject) vocab.Text { return *get(s) },
	}
}

// code is one value of an enumeration of the API.
func code[T ~string](all []T, get func(subject) *T) codec {
	c := parsed(get, func(text, name string) (T, error) { return oneOf(all, text, name) }, func(v T) string { return string(v) })
	c.codes = plain(all)
	return c
}

// codeList is a list of values of an enumeration of the API.
func codeList[T ~string](all []T, get func(subject) *[]T) codec {
	return codec{
		codes: plain(all), many: true,
		read: func(s subject, c cell) error {
			var found []error
			for _, item := range split(c.text) {
				v, err := oneOf(all, item, c.name)
				found = append(found, err)
				*get(s) = append(*get(s), v)
			}
			return problem.Join(found...)
		},
		write: func(s subject, _ string) string { return join(plain(*get(s))) },
	}
}

// wordList is a list of words, each of which fix may change or refuse.
func wordList(get func(subject) *[]string, fix func(item, name string) (string, error)) codec {
	return codec{
		read: func(s subject, c cell) error {
			var found []error
			for _, item := range split(c.text) {
				v, err := fix(item, c.name)
				found = append(found, err)
				*get(s) = append(*get(s), v)
			}
			return problem.Join(found...)
		},
		write: func(s subject, _ string) string { return join(*get(s)) },
	}
}

// whole is a whole number; an empty cell is 0.
func whole(least, most int, get func(subject) *int) codec {
	return parsed(get, func(text, name string) (int, error) { return wholeNumber(text, least, most, name) }, unlessZero)
}

// shown is a column that is written and never read.
func shown(write func(format.Listed) string) codec {
	return codec{write: func(s subject, _ string) string { return write(*s.listed) }}
}
