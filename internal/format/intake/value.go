package intake

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Most hours of work and seats that a course can have.
const (
	maxHours = 20_000
	MaxSeats = 100_000
)

// Unsaid is the language of a text whose language the source does not say.
const Unsaid = "und"

// clip keeps an echoed value short.
func clip(s string) string { return vocab.Clean(40, s) }

// Line returns a tidy text.
func (r *Record) Line(s string, path ...string) string {
	s, err := vocab.Line(format.MaxRow, s, path...)
	r.Refuse(err)
	return s
}

// Text returns a text in languages, nil when no translation says anything. Of
// variants in one language the first counts, the others are lost.
func (r *Record) Text(all []vocab.Translation, path ...string) vocab.Text {
	var said []vocab.Translation
	known := map[string]bool{}
	for _, t := range all {
		if strings.TrimSpace(t.Text) == "" {
			continue
		}
		t.Language = cmp.Or(t.Language, Unsaid)
		tag := t.Language
		if parsed, err := language.Parse(tag); err == nil {
			tag = parsed.String()
		}
		if known[tag] {
			r.Lose(append(slices.Clone(path), tag)...)
			continue
		}
		known[tag] = true
		said = append(said, t)
	}
	if said == nil {
		return nil
	}
	text, err := vocab.TextOf(format.MaxRow, said, path...)
	r.Refuse(err)
	return text
}

// Texts takes out a list of objects, each a text and its language.
func (o Object) Texts(name, text, tag string) vocab.Text {
	return o.Record.Translations(o.List(name), text, tag, o.At(name)...)
}

// Translations reads a list of objects, each a text and its language.
func (r *Record) Translations(list []any, text, tag string, path ...string) vocab.Text {
	var all []vocab.Translation
	for i, v := range list {
		t := r.Object(v, append(slices.Clone(path), strconv.Itoa(i))...)
		all = append(all, vocab.Translation{Language: t.Line(tag), Text: t.Line(text)})
	}
	return r.Text(all, path...)
}

// Language returns a language, written as BCP 47 or ISO 639-2 or -3, as a tag
// of BCP 47 in its usual spelling: "nld" and "dut" are "nl". What stands for no
// language, several or one unknown is lost.
func (r *Record) Language(s string, path ...string) string {
	if s == "" {
		return ""
	}
	tag, err := language.Parse(s)
	if err != nil {
		r.Refuse(vocab.CheckLanguage(s, path...))
		return ""
	}
	switch base, _ := tag.Base(); base.String() {
	case "und", "mul", "mis", "zxx":
		r.Lose(path...)
		return ""
	}
	return tag.String()
}

// Number takes out a number. ok is false when there is none.
func (o Object) Number(name string) (n string, ok bool) {
	v, ok := member[json.Number](o, name)
	return v.String(), ok
}

// ECTS returns a decimal as credits.
func (r *Record) ECTS(n string, path ...string) vocab.ECTS {
	if f, err := strconv.ParseFloat(n, 64); err == nil { // "5.0" and "5e0" are 5
		n = strconv.FormatFloat(f, 'f', -1, 64)
	}
	credits, err := vocab.ParseECTS(n)
	if p := problem.All(err); len(p) > 0 {
		r.Refuse(p[0].At(path...))
	}
	return credits
}

// Hours returns a decimal as whole hours. A part of an hour is lost.
func (r *Record) Hours(n string, path ...string) int {
	f, err := strconv.ParseFloat(n, 64)
	if err != nil || !(f >= 0 && f <= maxHours) {
		return r.Whole(n, 0, maxHours, path...)
	}
	if f != math.Trunc(f) {
		r.Lose(path...)
	}
	return int(math.Round(f))
}

// Whole returns a whole number from least to most.
func (r *Record) Whole(n string, least, most int, path ...string) int {
	f, err := strconv.ParseFloat(n, 64)
	if err != nil || f != math.Trunc(f) || !(f >= float64(least) && f <= float64(most)) {
		r.Refuse(problem.New(problem.Invalid, "%q is not a whole number from %d to %d", clip(n), least, most).At(path...))
		return 0
	}
	return int(f)
}

// ISCED returns a code of ISCED-F 2013.
func (r *Record) ISCED(code string, path ...string) vocab.ISCEDF {
	if code == "" {
		return ""
	}
	field, err := vocab.ParseISCEDF(code, path...)
	r.Refuse(err)
	return field
}

// URL returns an address of a page. One that a browser could not open, such as
// "www.example.org", is lost.
func (r *Record) URL(s string, path ...string) string {
	if s == "" {
		return ""
	}
	if vocab.CheckURL(s) != nil {
		r.Lose(path...)
		return ""
	}
	return s
}

// Day returns a calendar date.
func (r *Record) Day(s string, path ...string) string {
	if s == "" {
		return ""
	}
	if err := vocab.CheckDay(s, path...); err != nil {
		r.Refuse(err)
		return ""
	}
	return s
}

// Moment returns a date and time with its offset. ok is false when there is
// none.
func (r *Record) Moment(s string, path ...string) (t time.Time, ok bool) {
	if s == "" {
		return t, false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		r.Refuse(problem.New(problem.Invalid, "%q is not a date and time such as \"2027-03-01T09:00:00+01:00\"", clip(s)).At(path...))
		return t, false
	}
	return t, true
}

// Cents returns an amount of money in hundredths.
func (r *Record) Cents(s string, path ...string) int {
	whole, frac, dotted := strings.Cut(s, ".")
	digits := whole + (strings.TrimRight(frac, "0") + "00")[:2]
	n, err := strconv.Atoi(digits)
	if err != nil || whole == "" || dotted && frac == "" || len(strings.TrimRight(frac, "0")) > 2 || len(digits) > 9 || strings.Trim(whole+frac, "0123456789") != "" {
		r.Refuse(problem.New(problem.Invalid, "%q is not an amount of money such as \"250\" or \"49.90\"", clip(s)).At(path...))
		return 0
	}
	return n
}
