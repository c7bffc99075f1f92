package vocab

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func TestECTSAreExactHundredths(t *testing.T) {
	for in, want := range map[string]ECTS{"0": 0, "5": 500, "7.5": 750, "2.25": 225, "600": MaxECTS} {
		if got, err := ParseECTS(in); err != nil || got != want || got.String() != in {
			t.Errorf("ParseECTS(%q) = %d, %v, written %q", in, got, err, got)
		}
	}
	for _, in := range []string{"", "-1", "1.", ".5", "1.234", "1e1", "600.01", "1000", "٣", "1,5", " 1"} {
		if got, err := ParseECTS(in); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("ParseECTS(%q) = %v, %v; want INVALID", in, got, err)
		}
	}
}

func TestTextFallsBackToEnglishThenToAnything(t *testing.T) {
	hello := Text{"en": "course", "cs": "kurz", "de": "Kurs"}
	for _, tt := range []struct {
		text   Text
		wanted []string
		want   string
	}{
		{hello, []string{"cs"}, "kurz"},
		{hello, []string{"de-AT"}, "Kurs"},
		{hello, []string{"fi", "cs"}, "kurz"},
		{hello, []string{"fi"}, "course"},
		{hello, nil, "course"},
		{Text{"uk": "курс"}, []string{"en"}, "курс"},
		{Text{}, []string{"en"}, ""},
		{hello, []string{"not a tag"}, "course"},
	} {
		if got := tt.text.In(tt.wanted...); got != tt.want {
			t.Errorf("%v in %v = %q, want %q", tt.text, tt.wanted, got, tt.want)
		}
	}
}

func TestTextSaysThatItIsAFallback(t *testing.T) {
	hello := Text{"en": "course", "cs": "kurz"}
	for _, tt := range []struct {
		text   Text
		wanted []string
		want   bool
	}{
		{hello, []string{"cs"}, false},
		{hello, []string{"en-IE"}, false},
		{hello, []string{"fi", "cs"}, false},
		{hello, []string{"fi"}, true},
		{hello, []string{"fi", "not a tag"}, true},
		{hello, nil, false},
		{Text{"uk": "курс"}, nil, true},
		{Text{"uk": "курс"}, []string{"de"}, true},
		{Text{}, []string{"de"}, false},
	} {
		if got := tt.text.IsFallbackIn(tt.wanted); got != tt.want {
			t.Errorf("%v in %v: a fallback: %v, want %v", tt.text, tt.wanted, got, tt.want)
		}
	}
}

func TestTextsThatDeceiveAreRefused(t *testing.T) {
	for name, in := range map[string][]Translation{
		"unknown language":  {{"zzzz-1", "x"}},
		"language twice":    {{"en", "a"}, {"en", "b"}},
		"empty":             {{"en", "  "}},
		"too long":          {{"en", "elevenchars"}},
		"bidi override":     {{"en", "a\u202eb"}},
		"control character": {{"en", "a\x00b"}},
		"invalid UTF-8":     {{"en", "a\xff"}},
	} {
		if got, err := TextOf(10, in, "title"); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%s: TextOf = %v, %v; want INVALID", name, got, err)
		}
	}
	if got, err := TextOf(10, []Translation{{"de", " Größe "}}); err != nil || got["de"] != "Größe" {
		t.Errorf("TextOf = %v, %v", got, err)
	}
}

func TestDeadlineIsAnInstantInItsZone(t *testing.T) {
	// Hannover is on summer time on that day, whatever the announcement calls it.
	got, err := Instant("2025-09-11T23:00:00", "Europe/Berlin")
	if want := time.Date(2025, 9, 11, 21, 0, 0, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("Instant = %v, %v; want %v", got, err, want)
	}
	for _, tt := range []struct {
		local, zone string
		want        time.Time
	}{ // when clocks go back, and just before and after
		{"2027-10-31T01:59:59", "Europe/Berlin", time.Date(2027, 10, 30, 23, 59, 59, 0, time.UTC)},
		{"2027-10-31T02:00:00", "Europe/Berlin", time.Date(2027, 10, 31, 0, 0, 0, 0, time.UTC)},
		{"2027-10-31T02:59:59", "Europe/Berlin", time.Date(2027, 10, 31, 0, 59, 59, 0, time.UTC)},
		{"2027-10-31T03:00:00", "Europe/Berlin", time.Date(2027, 10, 31, 2, 0, 0, 0, time.UTC)},
		{"2027-10-31T05:59:59", "Europe/Berlin", time.Date(2027, 10, 31, 4, 59, 59, 0, time.UTC)},
		{"2027-11-07T01:30:00", "America/New_York", time.Date(2027, 11, 7, 5, 30, 0, 0, time.UTC)},
		{"2027-03-28T03:00:00", "Europe/Berlin", time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC)},
	} {
		if got, err := Instant(tt.local, tt.zone); err != nil || !got.Equal(tt.want) {
			t.Errorf("Instant(%s, %s) = %v, %v; want %v", tt.local, tt.zone, got, err, tt.want)
		}
	}
	for _, tt := range [][2]string{
		{"2025-03-30T02:30:00", "Europe/Berlin"}, // clocks go forward
		{"2025-09-11", "Europe/Berlin"}, {"2025-09-11T23:00:00Z", "Europe/Berlin"},
		{"2025-09-11T23:00:00", "Local"}, {"2025-09-11T23:00:00", "Hannover"}, {"2025-09-11T23:00:00", ""},
	} {
		if got, err := Instant(tt[0], tt[1]); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("Instant(%q, %q) = %v, %v; want INVALID", tt[0], tt[1], got, err)
		}
	}
}

func TestIdentifiersOfInstitutions(t *testing.T) {
	for _, tt := range []struct {
		check     func(string, ...string) error
		good, bad []string
	}{
		{CheckErasmus, []string{"D  HANNOVE01", "CZ BRNO01", "SF LAPPEEN01", "I  L-AQUIL01", "IRLDUBLIN01"}, []string{"D HANNOVE01", "D  hannove01", "", "UKR KYIV01"}},
		{CheckPIC, []string{"999981828"}, []string{"99998182", "x99981828"}},
		{CheckOID, []string{"E10209429"}, []string{"10209429"}},
		{CheckDEQAR, []string{"DEQARINST0001", "DEQARINST12345", "DEQARINSTAP0010"}, []string{"DEQARINST1", "deqarinst0001", "DEQARINSTAP", "https://data.deqar.eu/institution/1", "DEQARINST0001 "}},
		{CheckROR, []string{"https://ror.org/0304hq317", "https://ror.org/03613d656", "https://ror.org/04d836q62"}, []string{"https://ror.org/0304hq318", "0304hq317", "https://ror.org/0304hq31"}},
		{CheckDomain, []string{"uni-hannover.de", "student.lut.fi"}, []string{"Uni-Hannover.de", "hannover", "-a.de", "a..de", "a.de\n"}},
		{CheckCountry, []string{"DE", "UA", "GR"}, []string{"EL", "de", "XX", "DEU", "EU", "150"}},
	} {
		for _, s := range tt.good {
			if err := tt.check(s); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
		for _, s := range tt.bad {
			if err := tt.check(s); !errors.Is(err, problem.Is(problem.Invalid)) {
				t.Errorf("%q: %v, want INVALID", s, err)
			}
		}
	}
	const skill = "http://data.europa.eu/esco/skill/aa1f8d0b-6e2d-4b5a-9d61-2f0d9c0f4a11"
	if err := CheckESCO(skill); err != nil {
		t.Error(err)
	}
	for _, s := range []string{"", skill + "1", "https" + skill[4:], strings.ToUpper(skill), "http://data.europa.eu/esco/skill/", "http://data.europa.eu/esco/occupation/aa1f8d0b-6e2d-4b5a-9d61-2f0d9c0f4a11", skill + "\n"} {
		if err := CheckESCO(s); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%q: %v, want INVALID", s, err)
		}
	}
	if _, err := ParseISCEDF("0613"); err != nil {
		t.Error(err)
	}
	if _, err := ParseISCEDF("613"); err == nil {
		t.Error("ISCED-F codes keep their leading zero")
	}
}
