package vocab

import (
	"time"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// CheckCountry returns an INVALID problem unless code is a country of
// ISO 3166-1 alpha-2 in capitals.
func CheckCountry(code string, field ...string) error {
	if r, err := language.ParseRegion(code); err != nil || !r.IsCountry() || r.String() != code {
		return problem.New(problem.Invalid, "%q is not a country of ISO 3166-1, such as \"DE\"", clip(code)).At(field...)
	}
	return nil
}

// CheckLanguage returns an INVALID problem unless tag is a language tag of
// BCP 47 in its usual spelling.
func CheckLanguage(tag string, field ...string) error {
	if t, err := language.Parse(tag); err != nil || t.String() != tag {
		return problem.New(problem.Invalid, "%q is not a language tag of BCP 47, such as \"en\" or \"de\"", clip(tag)).At(field...)
	}
	return nil
}

// Zone returns the time zone of an IANA name. It returns an INVALID problem
// for an unknown name and for "Local" and "UTC±n", which no reader can place.
func Zone(name string, field ...string) (*time.Location, error) {
	if loc, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return loc, nil
	}
	return nil, problem.New(problem.Invalid, "%q is not an IANA time zone, such as \"Europe/Berlin\"", clip(name)).At(field...)
}

// LocalLayout is how a local time is written: RFC 3339 without an offset.
const LocalLayout = "2006-01-02T15:04:05"

// Instant reads a local date and time, such as "2025-09-11T23:00:00", in an
// IANA zone and returns its instant in UTC. The local time is what people
// agreed on; the instant is what decides. It returns an INVALID problem for a
// time that the zone skips when clocks go forward; of a time that happens
// twice it takes the first.
func Instant(local, zone string, field ...string) (time.Time, error) {
	loc, err := Zone(zone, field...)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.ParseInLocation(LocalLayout, local, loc)
	if err != nil {
		return time.Time{}, problem.New(problem.Invalid, "%q is not a local time such as \"2025-09-11T23:00:00\"", clip(local)).At(field...)
	}
	if t.Format(LocalLayout) != local {
		return time.Time{}, problem.New(problem.Invalid, "%s does not exist in %s because clocks go forward", local, zone).At(field...)
	}
	return first(t).UTC(), nil
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
func Local(t time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc).Format(LocalLayout)
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
	if t, err := time.Parse(time.DateOnly, s); err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return problem.New(problem.Invalid, "%q is not a date such as \"2027-03-01\"", clip(s)).At(field...)
	}
	return nil
}
