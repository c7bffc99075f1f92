package vocab

import (
	"errors"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
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

func TestAGradeHasOneSpelling(t *testing.T) {
	for _, tt := range []struct {
		scale  GradeScale
		grade  string
		passed bool
	}{
		{"DE_1_5", "1.7", true}, {"DE_1_5", "5.0", false}, {"FR_0_20", "0", false}, {"FR_0_20", "0.5", false}, {"FR_0_20", "10", true}, {"AT_1_5", "1", true}, {"UA_0_100", "100", true},
	} {
		if passed, err := ReadGrade(tt.scale, tt.grade); err != nil || passed != tt.passed {
			t.Errorf("%s on %s: %v, %v", tt.grade, tt.scale, passed, err)
		}
	}
	for scale, grades := range map[GradeScale][]string{
		"AT_1_5":  {"01", "0", "1.0", ""},
		"DE_1_5":  {"01.7", "001.7", "0000000000000001.7", ".7", "1.", "+1.7", "1,7", "0x1"},
		"FR_0_20": {"00", "00.5", "010"},
	} {
		for _, grade := range grades {
			if _, err := ReadGrade(scale, grade, "grade"); !errors.Is(err, problem.Is(problem.Invalid)) {
				t.Errorf("%q on %s: %v, want INVALID", grade, scale, err)
			}
		}
	}
}
