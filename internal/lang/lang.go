// Package lang says everything that Peregrine says to people, in each of its
// languages. All texts stand in locale/, one file a language; a new language is
// one file more, and the tests say what it lacks.
//
// A message is a format of fmt with the arguments of the call, which it may
// index (%[2]s) to say them in another order. One that counts is an object with
// a format for each plural form of the language, and the argument that counts:
//
//	{"argument": 1, "one": "%d person", "other": "%d people"}
//
// The key of a problem is its English format, so English has no entry for it
// unless it counts. The words that problems say of things have the key "word."
// and the English word, and no English entry either. Every other key is a name
// and in every file. German says "Sie" and names people without gender. Values
// of the API, such as states, stay as they are.
package lang

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message/catalog"
)

//go:embed locale/*.json
var locales embed.FS

var all = must(read(locales))

// Languages are those of locale/, English first: it is what a reader gets whose
// languages are not there.
var Languages = all.languages

var matcher = language.NewMatcher(Languages)

// texts are what the files of a folder locale/ hold.
type texts struct {
	languages []language.Tag
	files     map[language.Tag]map[string]message
	messages  *catalog.Builder
}

// must panics for a file that cannot be read: it is a fault of the build, as a
// broken template is.
func must(t *texts, err error) *texts {
	if err != nil {
		panic(fmt.Errorf("lang: %w", err))
	}
	return t
}

func read(from fs.FS) (*texts, error) {
	names, err := fs.Glob(from, "locale/*.json")
	if err != nil {
		return nil, err
	}
	t := &texts{[]language.Tag{language.English}, map[language.Tag]map[string]message{}, catalog.NewBuilder()}
	for _, name := range names {
		tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		file := map[string]message{}
		if err := json.Unmarshal(body, &file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, m := range file {
			if err := t.messages.Set(tag, key, m.compiled()); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", name, key, err)
			}
		}
		if t.files[tag] = file; tag != language.English {
			t.languages = append(t.languages, tag)
		}
	}
	return t, nil
}

// message is one format, which is Other, or one for each plural form that the
// language has.
type message struct {
	Argument                         int // which one counts, from 1; 0 when none does
	Zero, One, Two, Few, Many, Other string
}

// UnmarshalJSON reads a string or an object.
func (m *message) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, &m.Other)
	}
	type object message
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode((*object)(m))
}

// forms are the formats that m has.
func (m message) forms() map[plural.Form]string {
	forms := map[plural.Form]string{plural.Zero: m.Zero, plural.One: m.One, plural.Two: m.Two, plural.Few: m.Few, plural.Many: m.Many, plural.Other: m.Other}
	maps.DeleteFunc(forms, func(_ plural.Form, format string) bool { return format == "" })
	return forms
}

func (m message) compiled() catalog.Message {
	if m.Argument == 0 {
		return catalog.String(m.Other)
	}
	forms := m.forms()
	delete(forms, plural.Other) // fits always, so it comes last
	var cases []any
	for form, format := range forms {
		cases = append(cases, form, format)
	}
	return plural.Selectf(m.Argument, "%d", append(cases, plural.Other, m.Other)...)
}

// Match returns which of the Languages fits the tags best, in the order of
// preference, and English when none does.
func Match(tags ...language.Tag) language.Tag {
	_, i, _ := matcher.Match(tags...)
	return Languages[i]
}

// MatchStrings does so for wishes as of Accept-Language. An earlier wish that
// can be met counts more than all that follow; one that is malformed is none.
func MatchStrings(wishes ...string) language.Tag {
	_, i := language.MatchStrings(matcher, wishes...)
	return Languages[i]
}

// Say says the message of a key in the language that fits tag best. A key
// without an entry is itself what is said.
func Say(tag language.Tag, key string, args ...any) string {
	r := renderer{args: args}
	if all.messages.Context(Match(tag), &r).Execute(key) != nil {
		r.Render(key)
	}
	return r.said
}

// Has reports whether there is an entry for the key in the language that fits
// tag best.
func Has(tag language.Tag, key string) bool {
	_, has := all.files[Match(tag)][key]
	return has
}

// Keys returns the keys of the language that fits tag best, in alphabetical
// order.
func Keys(tag language.Tag) []string { return slices.Sorted(maps.Keys(all.files[Match(tag)])) }

// renderer formats the format that the catalogue has chosen. It does so with
// fmt, so that years, identifiers and limits keep their digits as they are,
// without the grouping of a message.Printer.
type renderer struct {
	args []any
	said string
}

// Render is given the format.
func (r *renderer) Render(format string) { r.said = fmt.Sprintf(format, r.args...) }

// Arg is asked for the argument that counts.
func (r *renderer) Arg(i int) any {
	if i < 1 || i > len(r.args) {
		return nil
	}
	return r.args[i-1]
}
