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
		{"2025-09-11T23:00:00.5", "Europe/Berlin"}, {"2025-09-11T23:00:00,5", "Europe/Berlin"},
		{"0000-01-01T00:00:00", "Europe/Berlin"}, {"0001-01-01T00:00:00", "Europe/Berlin"}, {"1899-12-31T23:59:59", "UTC"}, {"9999-12-31T23:59:59", "America/New_York"},
		{"2200-12-31T23:59:59", "America/New_York"}, {"1900-01-01T00:00:00", "Europe/Berlin"}, // by their instants
	} {
		if got, err := Instant(tt[0], tt[1]); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("Instant(%q, %q) = %v, %v; want INVALID", tt[0], tt[1], got, err)
		}
	}
}

// A fraction of a second is not told as a time that the clocks skip.
func TestTheReasonOfARefusedTimeIsTheRightOne(t *testing.T) {
	for local, says := range map[string]string{
		"2027-05-01T10:00:00.5": "is not a local time", "2027-03-28T02:30:00": "clocks go forward", "9999-12-31T23:59:59": "years 1900 to 2200",
	} {
		if _, err := Instant(local, "Europe/Berlin"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", local, err)
		}
	}
}

// Zones are those of the IANA list in its spelling; every one of them is known
// on every machine.
func TestZonesAreThoseOfTheList(t *testing.T) {
	for name := range zones {
		if _, err := Zone(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"Europe/Berlin", "Europe/Kyiv", "Europe/Kiev", "UTC", "Etc/GMT+1"} {
		if _, err := Zone(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "Local", "localtime", "Factory", "right/Europe/Berlin", "posix/Europe/Berlin", "./Europe/Berlin", "Europe//Berlin", "europe/berlin", "UTC+1", "posixrules", "Europe"} {
		if _, err := Zone(name); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%q: %v, want INVALID", name, err)
		}
	}
	if len(zones) < 590 || len(countries) != 249 || len(currencies) < 150 {
		t.Errorf("%d zones, %d countries, %d currencies", len(zones), len(countries), len(currencies))
	}
}

// A text that is needed leaves ink.
func TestANeededTextIsSeen(t *testing.T) {
	for _, s := range []string{"", " ", "\u200b", "\u200d\u200c", "\u00a0", "\u2800", "\u0301", "\u200e", "\u2028"} {
		if got, err := NeededLine(10, s, "code"); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"\u3164", "a\u034fb", "a\uffa0"} {
		if got, err := Line(10, s, "code"); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"x", "Ω", "می\u200cخواهم", "👩\u200d🔬", "+", "１"} {
		if _, err := NeededLine(10, s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// Folding twice is folding once, and leaves no capital and no accent.
func TestFoldedStaysFolded(t *testing.T) {
	for in, want := range map[string]string{
		"№ 5": "no 5", "™": "tm", "𝐀lgebra": "algebra", "Ǿ": "o", "Ǽ": "ae", "Zürich": "zurich", "STRASSE": "strasse", "Straße": "strasse", "ẞ": "ss",
		"Łódź": "lodz", "İstanbul": "istanbul", "ΣΊΣΥΦΟΣ": "σισυφοσ", "Київ": "киів", "ﬁ": "fi",
	} {
		if got := Fold(in); got != want || Fold(got) != got {
			t.Errorf("Fold(%q) = %q, again %q; want %q", in, got, Fold(got), want)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Ǿ№™ẞİ𝐀")
	f.Fuzz(func(t *testing.T, s string) {
		if once := Fold(s); Fold(once) != once {
			t.Errorf("%q folds to %q and then to %q", s, once, Fold(once))
		}
	})
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
		{CheckDomain, []string{"uni-hannover.de", "student.lut.fi", "uni.xn--j1amh", "uni.xn--qxam", "xn--mnchen-3ya.de"}, []string{"Uni-Hannover.de", "hannover", "-a.de", "a..de", "a.de\n", "a.xn--", "a.xn--b-", "a.1de"}},
		{CheckCountry, []string{"DE", "UA", "GR", "GB"}, []string{"EL", "de", "XX", "DEU", "EU", "150", "UK", "AN", "SU", "DD", "UN", "EZ", "AC", "IC", ""}},
		{CheckCurrency, []string{"EUR", "CZK", "UAH", "CHF", "SEK"}, []string{"XXX", "XTS", "XAU", "DEM", "eur", "", "EURO"}},
		{CheckLanguage, []string{"en", "de-AT", "zh-Hant"}, []string{"de-DE-u-ca-gregory-co-phonebk-nu-latn-x-abcdefgh", "EN", "zzzz-1", "en-x-" + strings.Repeat("a", 40), ""}},
		{CheckURL, []string{"https://a.example/ä?b=c", "http://localhost:8080", "https://[2001:db8::1]:8443/"}, []string{"https://:443/", "https://.", "https://a.example:99999/", "https://a\u202eb.example/", "https://a.example/\u200b", "https://a.example/ b", "https://u@a.example/", "a.example"}},
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
