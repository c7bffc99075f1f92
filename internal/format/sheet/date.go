package sheet

import (
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// epoch is the day from which a source counts the days of its date cells.
type epoch int

const (
	noEpoch epoch = iota // dates are texts
	epoch1900
	epoch1904 // workbooks that began on an old Macintosh
)

// layouts are the dates and times that are read. Those with dots are what
// German spreadsheets write into CSV; slashes are refused, because 3/4/2027 is
// not the same day everywhere.
var layouts = []string{
	time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
	"2.1.2006", "2.1.2006 15:04:05", "2.1.2006 15:04",
}

// moment reads a date, perhaps with a time, of no time zone.
func (c cell) moment() (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, c.text); err == nil {
			return t, true
		}
	}
	if c.dates == noEpoch {
		return time.Time{}, false
	}
	days, err := strconv.ParseFloat(c.text, 64)
	if err != nil || !(days >= 1 && days < 200_000) {
		return time.Time{}, false
	}
	t, err := excelize.ExcelDateToTime(days, c.dates == epoch1904)
	return t.Round(time.Second), err == nil
}

func midnight(t time.Time) bool { return t.Equal(t.Truncate(24 * time.Hour)) }

// day is a calendar date.
func day(get func(subject) *string) codec {
	return word(get, nil).reading(func(s subject, c cell) error {
		if t, ok := c.moment(); ok && midnight(t) {
			c.text = t.Format(time.DateOnly)
		}
		*get(s) = c.text
		return vocab.CheckDay(c.text, c.name)
	})
}

// localTime is a date and time in the zone of the offering. A date alone is
// the given time of that day.
func localTime(alone string, get func(subject) *string) codec {
	return word(get, nil).reading(func(s subject, c cell) error {
		t, ok := c.moment()
		switch {
		case ok && midnight(t) && len(c.text) <= len(time.DateOnly):
			c.text = t.Format(time.DateOnly) + "T" + alone
		case ok:
			c.text = t.Format(vocab.LocalLayout)
		}
		*get(s) = c.text
		_, err := vocab.Instant(c.text, "UTC", c.name)
		return err
	})
}

// instant is a point in time; one without an offset is in UTC.
func instant(get func(subject) *time.Time) codec {
	return codec{
		read: func(s subject, c cell) error {
			t, err := time.Parse(time.RFC3339Nano, c.text)
			if err != nil {
				var ok bool
				if t, ok = c.moment(); !ok {
					return problem.New(problem.Invalid, "%q is not a date such as \"2027-03-01\"", clip(c.text)).At(c.name)
				}
			}
			*get(s) = t.UTC()
			return nil
		},
		write: func(s subject, _ string) string {
			if get(s).IsZero() {
				return ""
			}
			return get(s).Format(time.RFC3339Nano)
		},
	}
}

// reading returns the codec with another way to read.
func (c codec) reading(read func(subject, cell) error) codec {
	c.read = read
	return c
}
