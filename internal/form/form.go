// Package form holds what an offering asks of its applicants: questions, with the
// answers that fit them; requirements; and what they share with the host. It reads
// no database.
package form

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Limits of the form of one offering. Texts are counted in characters.
const (
	MaxQuestions    = 20
	MaxRequirements = 20
	maxChoices      = 30
	maxText         = 500  // of a question, a choice or a requirement
	maxAnswer       = 4000 // of an answer
	usualAnswer     = 2000 // unless the question says otherwise
)

// Question is a question as a provider plans it.
type Question struct {
	Key       string
	Kind      vocab.QuestionKind
	Text      []vocab.Translation
	Required  *bool
	MaxLength *int     // of a text
	Min, Max  *float64 // of a number
	Choices   []Choice
}

// Choice is an answer to choose, as a provider plans it.
type Choice struct {
	Key  string
	Text []vocab.Translation
}

// Requirement is a requirement as a provider plans it.
type Requirement struct {
	Key      string
	Kind     vocab.RequirementKind
	CourseID *ident.ID
	Language *string
	Level    *vocab.LanguageLevel
	Text     []vocab.Translation
}

// keys are what questions, choices and requirements are named by.
var keys = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

// list collects what is wrong with the items of a list.
type list struct {
	path  []string
	seen  map[string]bool
	found []error
}

func newList(path ...string) *list { return &list{path: path, seen: map[string]bool{}} }

func (l *list) at(i int, field string) []string {
	return append(slices.Clone(l.path), strconv.Itoa(i), field)
}

func (l *list) add(err error) { l.found = append(l.found, err) }

func (l *list) invalid(i int, field, format string, args ...any) {
	l.add(problem.New(problem.Invalid, format, args...).At(l.at(i, field)...))
}

// key checks the key of an item.
func (l *list) key(i int, key string) {
	switch {
	case !keys.MatchString(key):
		l.invalid(i, "key", "a key has 1 to 40 letters a to z, digits, - and _, and begins with a letter or digit")
	case l.seen[key]:
		l.invalid(i, "key", "the key %q stands twice", key)
	}
	l.seen[key] = true
}

// text reads the text of an item, which it needs.
func (l *list) text(i int, in []vocab.Translation, needed bool) vocab.Text {
	t, err := vocab.TextOf(maxText, in, l.at(i, "text")...)
	l.add(err)
	if needed && err == nil && len(t) == 0 {
		l.invalid(i, "text", "a text is needed in at least one language")
	}
	return t
}

// Questions checks the questions of an offering. It returns an INVALID problem for
// each value that is wrong.
func Questions(in []Question, path ...string) ([]vocab.Question, error) {
	if len(in) > MaxQuestions {
		return nil, problem.New(problem.Invalid, "an offering asks at most %d questions", MaxQuestions).At(path...)
	}
	l, all := newList(path...), []vocab.Question{}
	for i, q := range in {
		l.key(i, q.Key)
		out := vocab.Question{Key: q.Key, Kind: q.Kind, Text: l.text(i, q.Text, true), Required: vocab.OrZero(q.Required), Min: q.Min, Max: q.Max}
		needless := func(given bool, field string, of vocab.QuestionKind) {
			if given && q.Kind != of {
				l.invalid(i, field, "only a question of the kind %s has this", of)
			}
		}
		needless(q.MaxLength != nil, "maxLength", vocab.AskText)
		needless(q.Min != nil, "min", vocab.AskNumber)
		needless(q.Max != nil, "max", vocab.AskNumber)
		needless(len(q.Choices) > 0, "choices", vocab.AskChoice)
		switch q.Kind {
		case vocab.AskText:
			out.MaxLength = usualAnswer
			if q.MaxLength != nil {
				out.MaxLength = *q.MaxLength
			}
			if out.MaxLength < 1 || out.MaxLength > maxAnswer {
				l.invalid(i, "maxLength", "an answer has 1 to %d characters, not %d", maxAnswer, out.MaxLength)
			}
		case vocab.AskNumber:
			if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
				l.invalid(i, "max", "the largest number is smaller than the smallest")
			}
		case vocab.AskChoice:
			out.Choices = choices(l, i, q.Choices)
		}
		all = append(all, out)
	}
	return all, problem.Join(l.found...)
}

func choices(l *list, i int, in []Choice) []vocab.Choice {
	if len(in) < 2 || len(in) > maxChoices {
		l.invalid(i, "choices", "a question has 2 to %d choices, not %d", maxChoices, len(in))
		return nil
	}
	inner, all := newList(l.at(i, "choices")...), make([]vocab.Choice, len(in))
	for j, c := range in {
		inner.key(j, c.Key)
		all[j] = vocab.Choice{Key: c.Key, Text: inner.text(j, c.Text, true)}
	}
	l.found = append(l.found, inner.found...)
	return all
}

// Requirements checks the requirements of an offering, but not that their courses
// exist. It returns an INVALID problem for each value that is wrong.
func Requirements(in []Requirement, path ...string) ([]vocab.Requirement, error) {
	if len(in) > MaxRequirements {
		return nil, problem.New(problem.Invalid, "an offering has at most %d requirements", MaxRequirements).At(path...)
	}
	l, all := newList(path...), []vocab.Requirement{}
	for i, r := range in {
		l.key(i, r.Key)
		out := vocab.Requirement{Key: r.Key, Kind: r.Kind, CourseID: string(vocab.OrZero(r.CourseID)), Language: vocab.OrZero(r.Language), Level: vocab.OrZero(r.Level),
			Text: l.text(i, r.Text, r.Kind == vocab.NeedsStatement)}
		for _, f := range []struct {
			field string
			given bool
			of    vocab.RequirementKind
		}{{"courseId", r.CourseID != nil, vocab.NeedsCourse}, {"language", r.Language != nil, vocab.NeedsLanguage}, {"level", r.Level != nil, vocab.NeedsLanguage}} {
			switch {
			case f.given && r.Kind != f.of:
				l.invalid(i, f.field, "only a requirement of the kind %s has this", f.of)
			case !f.given && r.Kind == f.of:
				l.invalid(i, f.field, "a requirement of the kind %s needs this", f.of)
			}
		}
		if r.Language != nil {
			l.add(vocab.CheckLanguage(*r.Language, l.at(i, "language")...))
		}
		all = append(all, out)
	}
	return all, problem.Join(l.found...)
}
