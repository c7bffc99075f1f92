package vocab

import (
	"testing"
	"time"
)

func TestMonthsEndWithTheLastDayOfAShortOne(t *testing.T) {
	for _, tt := range []struct {
		from   string
		months int
		want   string
	}{
		{"2027-10-31", 4, "2028-02-29"},
		{"2028-01-31", 1, "2028-02-29"},
		{"2027-01-29", 1, "2027-02-28"},
		{"2027-08-31", 1, "2027-09-30"},
		{"2027-02-28", 1, "2027-03-28"},
		{"2028-02-29", 12, "2029-02-28"},
		{"2027-03-31", -1, "2027-02-28"},
		{"2027-05-15", 8, "2028-01-15"},
		{"2027-05-31", 0, "2027-05-31"},
	} {
		from, _ := time.Parse(time.DateOnly, tt.from)
		want, _ := time.Parse(time.DateOnly, tt.want)
		if got := AddMonths(from.Add(9*time.Hour), tt.months); !got.Equal(want.Add(9 * time.Hour)) {
			t.Errorf("%d months after %s is %s, want %s", tt.months, tt.from, got, tt.want)
		}
	}
}

func TestDayIsThatOfTheZone(t *testing.T) {
	at := time.Date(2027, 2, 10, 23, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{"UTC": "2027-02-10", "Europe/Berlin": "2027-02-11", "America/New_York": "2027-02-10"} {
		if got := Day(at, zone); got != want {
			t.Errorf("in %s it is %s, want %s", zone, got, want)
		}
	}
}
