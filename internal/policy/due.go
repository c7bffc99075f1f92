package policy

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Due returns when something is due for which somebody has so many days: the
// moment at which the last of them ends in an IANA zone. Today does not count.
func Due(now time.Time, days int, zone string) time.Time { return dayBegins(now, days+1, zone) }

// dayBegins returns the first moment of the day that is so many days after the
// one of t in a zone. It is midnight, the first one where it comes twice; where
// clocks skip midnight it is the moment to which they skip, and where they skip
// the whole day (Samoa on 30 December 2011) that at which the next begins.
//
// The time package does not say which of two midnights it takes, nor on which
// side of a gap it lands: so both offsets around the day are tried, and the
// moment of a change itself.
//
// Source: pkg.go.dev/time#Date.
func dayBegins(t time.Time, days int, zone string) time.Time {
	local := vocab.In(t, zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day()+days, 0, 0, 0, 0, time.UTC)
	day := midnight.Format(time.DateOnly)
	around := 36 * time.Hour // more than any offset, and the day itself
	eve, after := vocab.In(midnight.Add(-around), zone), vocab.In(midnight.Add(around), zone)
	_, before := eve.Zone()
	_, later := after.Zone()
	all := []time.Time{midnight.Add(-time.Duration(before) * time.Second), midnight.Add(-time.Duration(later) * time.Second)}
	if _, change := eve.ZoneBounds(); !change.IsZero() {
		all = append(all, change)
	}
	first := after
	for _, at := range all {
		if at.Before(first) && vocab.Day(at, zone) >= day {
			first = at
		}
	}
	return vocab.Stored(first)
}

// What a server does by itself about a decision that is due.
const (
	Remind   What = "REMIND"   // whoever decides is reminded, before it is due
	Overdue  What = "OVERDUE"  // it is noted that it was due
	Escalate What = "ESCALATE" // somebody else hears of it, after it was due
)

// What is one of them.
type What string

// Wake is something that a server does by itself, and when.
type Wake struct {
	At   time.Time
	What What
}

// Wakes returns what is done next after a moment about a decision that is due at
// a moment that Due has returned, or nil when nothing is. Whoever passes the At
// of what was done last misses nothing, also after a server has stood still; with
// the present moment, what has passed is left out.
func (r Rules) Wakes(after, due time.Time, zone string) *Wake {
	var all []Wake
	if r.RemindDays > 0 {
		all = append(all, Wake{dayBegins(due, -r.RemindDays, zone), Remind})
	}
	all = append(all, Wake{vocab.Stored(due), Overdue})
	if r.EscalateDays > 0 {
		all = append(all, Wake{dayBegins(due, r.EscalateDays, zone), Escalate})
	}
	for _, w := range all {
		if w.At.After(after) {
			return &w
		}
	}
	return nil
}
