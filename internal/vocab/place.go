package vocab

import (
	_ "embed"
	"strings"
	"time"
	_ "time/tzdata" // so that a machine without zone files knows every zone

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Lists of codes, with blanks between them. Libraries know more than the
// standards say now: what was withdrawn, is reserved, or is for tests.
var (
	// Officially assigned codes of ISO 3166-1 alpha-2, 2024.
	//
	//go:embed data/countries.txt
	countryCodes string
	// Currencies of ISO 4217, list one, 2026, without metals, funds and codes
	// for tests; BGN, which fees of earlier years are in, has stayed.
	//
	//go:embed data/currencies.txt
	currencyCodes string
	// Zones and links of the IANA time zone database, 2026, without "Factory".
	//
	//go:embed data/zones.txt
	zoneNames string

	countries, currencies, zones = set(countryCodes), set(currencyCodes), set(zoneNames)
)

func set(words string) map[string]bool {
	s := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		s[w] = true
	}
	return s
}

// CheckCountry returns an INVALID problem unless code is a country of
// ISO 3166-1 alpha-2 in capitals.
func CheckCountry(code string, field ...string) error {
	return problem.If(!countries[code], problem.New(problem.Invalid, "%q is not a country of ISO 3166-1, such as \"DE\"", clip(code)).At(field...))
}

// MaxLanguage is the longest language tag: RFC 5646, 4.4.1 has room for all
// that is registered in 35 characters.
const MaxLanguage = 35

// CheckLanguage returns an INVALID problem unless tag is a language tag of
// BCP 47 in its usual spelling, of at most MaxLanguage characters.
func CheckLanguage(tag string, field ...string) error {
	t, err := parseLanguage(tag)
	return problem.If(err != nil || t.String() != tag, noLanguage(tag).At(field...))
}

func noLanguage(tag string) *problem.Error {
	return problem.New(problem.Invalid, "%q is not a language tag of BCP 47, such as \"en\" or \"de\"", clip(tag))
}

// parseLanguage reads a tag that is no longer than MaxLanguage in its usual
// spelling.
func parseLanguage(tag string) (language.Tag, error) {
	t, err := language.Parse(tag)
	if err == nil && len(t.String()) > MaxLanguage {
		err = noLanguage(tag)
	}
	return t, err
}

// LanguageOr returns the usual spelling of a tag that a third party asserts, or
// fallback when it is none.
func LanguageOr(fallback, tag string) string {
	if t, err := parseLanguage(tag); err == nil && t != language.Und {
		return t.String()
	}
	return fallback
}

// Zone returns the time zone of an IANA name in its spelling. It returns an
// INVALID problem for every other name, also for those that only this machine
// can place, such as "Local" or "posix/Europe/Berlin".
func Zone(name string, field ...string) (*time.Location, error) {
	if zones[name] {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc, nil
		}
	}
	return nil, problem.New(problem.Invalid, "%q is not an IANA time zone, such as \"Europe/Berlin\"", clip(name)).At(field...)
}

// LocalLayout is how a local time is written: RFC 3339 without an offset.
const LocalLayout = "2006-01-02T15:04:05"

// Instants and days lie within these years. Both databases store them, RFC 3339
// writes them, and none stands for "no time".
const (
	FirstYear = 1900
	LastYear  = 2200
)

func inBounds(t time.Time) bool { return t.Year() >= FirstYear && t.Year() <= LastYear }

// Instant reads a local date and time, such as "2025-09-11T23:00:00", in an
// IANA zone and returns its instant in UTC. The local time is what people
// agreed on; the instant is what decides. It returns an INVALID problem for a
// time outside FirstYear to LastYear, and for one that the zone skips when
// clocks go forward; of a time that happens twice it takes the first.
func Instant(local, zone string, field ...string) (time.Time, error) {
	loc, err := Zone(zone, field...)
	if err != nil {
		return time.Time{}, err
	}
	// The length, because a fraction of a second is read without being asked for.
	t, err := time.ParseInLocation(LocalLayout, local, loc)
	if err != nil || len(local) != len(LocalLayout) {
		return time.Time{}, problem.New(problem.Invalid, "%q is not a local time such as \"2025-09-11T23:00:00\"", clip(local)).At(field...)
	}
	if t.Format(LocalLayout) != local {
		return time.Time{}, problem.New(problem.Invalid, "%s does not exist in %s because clocks go forward", local, zone).At(field...)
	}
	utc := first(t).UTC()
	return utc, CheckInstant(utc, field...)
}

// CheckInstant returns an INVALID problem for a moment outside FirstYear to
// LastYear.
func CheckInstant(t time.Time, field ...string) error {
	return problem.If(!inBounds(t.UTC()), problem.New(problem.Invalid, "a time lies in the years %d to %d", FirstYear, LastYear).At(field...))
}

// first returns the earlier of the two moments that have t's local time, when
// clocks went back between them; the time package does not say which one it
// takes. Clocks go back by three hours at most.
func first(t time.Time) time.Time {
	_, before := t.Add(-3 * time.Hour).Zone()
	_, now := t.Zone()
	if before > now {
		if earlier := t.Add(-time.Duration(before-now) * time.Second); earlier.Format(LocalLayout) == t.Format(LocalLayout) {
			return earlier
		}
	}
	return t
}

// Local writes an instant as local time of an IANA zone that Zone accepts.
func Local(t time.Time, zone string) string { return In(t, zone).Format(LocalLayout) }

// In returns an instant in an IANA zone that Zone accepts.
func In(t time.Time, zone string) time.Time {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC // not reached: what is stored was accepted, by a program with the same zones
	}
	return t.In(loc)
}

// Day returns the calendar date of an instant in an IANA zone that Zone accepts.
func Day(t time.Time, zone string) string { return Local(t, zone)[:len(time.DateOnly)] }

// AddMonths returns the moment n months after t. Where the month is too short
// for t's day it is the month's last day: four months after 31 October is the
// end of February, not the beginning of March.
func AddMonths(t time.Time, n int) time.Time {
	later := t.AddDate(0, n, 0)
	if later.Day() != t.Day() { // run over the end of the month
		later = later.AddDate(0, 0, -later.Day())
	}
	return later
}

// Now returns the clock's time as both databases store it.
func Now(clock func() time.Time) time.Time { return Stored(clock()) }

// Stored is a moment as both databases store it: UTC, microseconds.
func Stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// CheckDay returns an INVALID problem unless s is a calendar date such as
// "2027-03-01".
func CheckDay(s string, field ...string) error {
	t, err := time.Parse(time.DateOnly, s)
	return problem.If(err != nil || !inBounds(t), problem.New(problem.Invalid, "%q is not a date such as \"2027-03-01\"", clip(s)).At(field...))
}
