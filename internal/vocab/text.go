// Package vocab holds the words of the field as types: credits, levels, fields
// of education, languages, local deadlines, identifiers of institutions. A
// value of one of these types is valid, or its parser has refused it.
package vocab

import (
	"maps"
	"slices"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Text is a text for people in one or more languages, from BCP 47 tag to text.
type Text map[string]string

// Translation is one language's version of a Text.
type Translation struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}

// MaxTranslations bounds the languages of one text.
const MaxTranslations = 24

// pick returns the tag whose text suits the wanted languages best: the first
// that can be matched, else English, else the first tag in alphabetical order.
func (t Text) pick(wanted []string) string {
	var tags []string // sorted, once somebody needs to know
	var matcher language.Matcher
	for i := range len(wanted) + 1 {
		w := "en"
		if i < len(wanted) {
			w = wanted[i]
		}
		if _, exact := t[w]; exact {
			return w // nearly always, and a hundred times faster than matching
		}
		if matcher == nil {
			if tags = slices.Sorted(maps.Keys(t)); len(tags) == 0 {
				return ""
			}
			have := make([]language.Tag, len(tags))
			for i, tag := range tags {
				have[i] = language.Make(tag)
			}
			matcher = language.NewMatcher(have)
		}
		tag, err := language.Parse(w)
		if err != nil {
			continue
		}
		if _, i, confidence := matcher.Match(tag); confidence >= language.High {
			return tags[i]
		}
	}
	return tags[0]
}

// In returns the text that suits the wanted languages best. It falls back to
// English and then to any language, so a reader always gets a text.
func (t Text) In(wanted ...string) string { return t[t.pick(wanted)] }

// TextIn is In for a list of languages.
func (t Text) TextIn(languages []string) string { return t.In(languages...) }

// LanguageIn returns the BCP 47 tag of what In returns, for a lang attribute.
func (t Text) LanguageIn(languages []string) string { return t.pick(languages) }

// IsFallbackIn says whether what In returns is in none of the languages; of no
// languages, whether it is not English. An empty text is no fallback.
func (t Text) IsFallbackIn(languages []string) bool {
	if len(t) == 0 {
		return false
	}
	if len(languages) == 0 {
		languages = []string{"en"}
	}
	for _, wanted := range languages {
		if _, exact := t[wanted]; exact {
			return false // nearly always; matching costs a hundred times as much
		}
	}
	matcher := language.NewMatcher([]language.Tag{language.Make(t.pick(languages))})
	return !slices.ContainsFunc(languages, func(wanted string) bool {
		tag, err := language.Parse(wanted)
		if err != nil {
			return false
		}
		_, _, confidence := matcher.Match(tag)
		return confidence >= language.High
	})
}

// Translations lists all versions in order of their tags.
func (t Text) Translations() []Translation {
	var all []Translation
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		all = append(all, Translation{Language: tag, Text: t[tag]})
	}
	return all
}

// TextOf makes a Text of translations. It returns an INVALID problem at the
// given field for an unknown language tag, a repeated language, an empty or
// untidy text, or one that is longer than limit characters.
func TextOf(limit int, translations []Translation, field ...string) (Text, error) {
	if len(translations) > MaxTranslations {
		return nil, problem.New(problem.Invalid, "at most %d languages are allowed", MaxTranslations).At(field...)
	}
	t := Text{}
	for _, tr := range translations {
		tag, err := parseLanguage(tr.Language)
		if err != nil {
			return nil, noLanguage(tr.Language).At(field...)
		}
		if _, twice := t[tag.String()]; twice {
			return nil, problem.New(problem.Invalid, "the language %q stands twice", tag.String()).At(field...)
		}
		text, err := Line(limit, tr.Text, field...)
		if err != nil {
			return nil, err
		}
		if text == "" {
			return nil, problem.New(problem.Invalid, "the text in language %q is empty", tag.String()).At(field...)
		}
		t[tag.String()] = text
	}
	return t, nil
}
