package pages

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// speech says everything in one language: the messages of package lang, and the
// names of countries and languages as the Unicode CLDR has them.
type speech struct {
	tag     language.Tag
	regions display.Namer
	tongues display.Namer
}

// say returns the message of a key. A key that is not there shows itself, and a
// test fails.
func (s *speech) say(key string, args ...any) string { return lang.Say(s.tag, key, args...) }

// enum names a value of an enumeration of the API; one that it does not know
// shows itself.
func (s *speech) enum(family string, value any) string {
	key := fmt.Sprintf("enum.%s.%v", family, value)
	if !lang.Has(s.tag, key) {
		return fmt.Sprint(value)
	}
	return s.say(key)
}

// said says what knows its own words.
func (s *speech) said(v interface{ In(language.Tag) string }) string { return v.In(s.tag) }

// text shows a text in the reader's language, or marks the language it has.
func (s *speech) text(t vocab.Text) template.HTML {
	return s.foreign(t.LanguageIn([]string{s.tag.String()}), s.plain(t))
}

// foreign marks the language of a text where it is not that of the page. What
// it returns is escaped.
func (s *speech) foreign(tag, text string) template.HTML {
	shown := template.HTMLEscapeString(text)
	base, _ := language.Make(tag).Base()
	if own, _ := s.tag.Base(); tag == "" || base == own {
		return template.HTML(shown)
	}
	return template.HTML(`<span lang="` + template.HTMLEscapeString(tag) + `">` + shown + `</span>`)
}

// plain is text for places that take no markup.
func (s *speech) plain(t vocab.Text) string { return t.In(s.tag.String()) }

// ects writes credits with the decimal sign of the language.
func (s *speech) ects(e vocab.ECTS) string {
	return strings.Replace(e.String(), ".", s.say("number.decimal"), 1)
}

// country names a country of ISO 3166-1 alpha-2.
func (s *speech) country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || s.regions == nil {
		return code
	}
	if name := s.regions.Name(region); name != "" {
		return name
	}
	return code
}

// tongue names a language of BCP 47.
func (s *speech) tongue(tag string) string {
	t, err := language.Parse(tag)
	if err != nil || s.tongues == nil {
		return tag
	}
	if name := s.tongues.Name(t); name != "" {
		return name
	}
	return tag
}

// date shows a day of UTC.
func (s *speech) date(t time.Time) template.HTML {
	return element(t.UTC().Format(time.DateOnly), s.day(t))
}

// moment shows a day and a time of UTC, and says that it is UTC.
func (s *speech) moment(t time.Time) template.HTML {
	t = t.UTC().Truncate(time.Second)
	return element(t.Format(time.RFC3339), s.say("date.moment", s.day(t), t.Format("15:04")))
}

// until shows a moment as those of a time zone read it, and names the zone.
func (s *speech) until(t time.Time, zone string) template.HTML {
	place, err := vocab.Zone(zone)
	if err != nil {
		return s.moment(t)
	}
	t = t.Truncate(time.Second).In(place)
	there := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return element(t.Format(time.RFC3339), s.say("date.local", s.day(there), t.Format("15:04"), zone))
}

// calendar shows a day such as "2027-03-01".
func (s *speech) calendar(day string) template.HTML {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return template.HTML(template.HTMLEscapeString(day))
	}
	return s.date(t)
}

func (s *speech) day(t time.Time) string {
	t = t.UTC()
	return s.say("date.day", t.Day(), s.say("date.month."+strconv.Itoa(int(t.Month()))), t.Year())
}

func element(machine, people string) template.HTML {
	return template.HTML(`<time datetime="` + machine + `">` + template.HTMLEscapeString(people) + `</time>`)
}

// explain gives the sentence of a check.
func (s *speech) explain(c vc.Check) string { return vc.Explain(c, s.tag) }
