package policy

import (
	"slices"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A day ends at midnight of its zone, also when the clocks change before, at or
// after it. The moments are computed by hand from the rules of the zones.
func TestADayEndsInItsZone(t *testing.T) {
	for _, tt := range []struct {
		zone, now string
		days      int
		want      string
	}{
		{"Europe/Berlin", "2027-01-10T23:30:00Z", 1, "2027-01-12T23:00:00Z"},      // it is the 11th there
		{"Europe/Berlin", "2027-03-20T10:00:00Z", 14, "2027-04-03T22:00:00Z"},     // forward on 28 March
		{"Europe/Berlin", "2027-10-25T10:00:00Z", 7, "2027-11-01T23:00:00Z"},      // back on 31 October
		{"Europe/Lisbon", "2027-03-27T12:00:00Z", 1, "2027-03-28T23:00:00Z"},      // a day of 23 hours
		{"Europe/Kyiv", "2027-10-30T12:00:00Z", 1, "2027-10-31T22:00:00Z"},        // a day of 25 hours
		{"America/Santiago", "2027-09-01T12:00:00Z", 3, "2027-09-05T04:00:00Z"},   // no midnight: 01:00 comes next
		{"America/Santiago", "2027-04-01T15:00:00Z", 2, "2027-04-04T04:00:00Z"},   // 23:00 comes twice
		{"Asia/Beirut", "2027-03-26T10:00:00Z", 1, "2027-03-27T22:00:00Z"},        // no midnight
		{"Asia/Beirut", "2027-10-29T10:00:00Z", 1, "2027-10-30T22:00:00Z"},        // 23:00 comes twice
		{"America/Havana", "2027-11-05T15:00:00Z", 1, "2027-11-07T04:00:00Z"},     // the first of two midnights
		{"Pacific/Apia", "2011-12-28T20:00:00Z", 1, "2011-12-30T10:00:00Z"},       // the next day does not exist
		{"Pacific/Kiritimati", "2027-12-31T12:00:00Z", 1, "2028-01-02T10:00:00Z"}, // it is 1 January there
	} {
		if got := Due(instant(t, tt.now), tt.days, tt.zone).Format(time.RFC3339); got != tt.want {
			t.Errorf("%d days from %s in %s end at %s, want %s", tt.days, tt.now, tt.zone, got, tt.want)
		}
	}
}

// A decision is preceded by a reminder, noted and escalated, each once.
func TestWhatIsDoneAboutADecisionThatIsDue(t *testing.T) {
	due := "2027-04-03T22:00:00Z" // midnight in Berlin, where clocks go forward on 28 March
	for _, tt := range []struct {
		remind, escalate int
		after            string
		want             What
		at               string
	}{
		{7, 7, "2027-03-20T10:00:00Z", Remind, "2027-03-27T23:00:00Z"},
		{7, 7, "2027-03-27T23:00:00Z", Overdue, due},
		{7, 7, due, Escalate, "2027-04-10T22:00:00Z"},
		{7, 7, "2027-04-10T22:00:00Z", "", ""},
		{0, 0, "2027-03-20T10:00:00Z", Overdue, due},
		{0, 0, due, "", ""},
		{60, 7, "2027-03-20T10:00:00Z", Overdue, due}, // a reminder before the beginning is none
	} {
		got := Rules{RemindDays: tt.remind, EscalateDays: tt.escalate}.Wakes(instant(t, tt.after), instant(t, due), "Europe/Berlin")
		if tt.want == "" {
			if got != nil {
				t.Errorf("%+v: %v", tt, got)
			}
			continue
		}
		if got == nil || got.What != tt.want || got.At.Format(time.RFC3339) != tt.at {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// A day lies in the term that began last, also over the turn of the year.
func TestTermOfADay(t *testing.T) {
	three := []string{"09-01", "01-10", "05-01"}
	for _, tt := range []struct {
		day   string
		terms []string
		want  string
	}{
		{"2027-04-01", nil, "2027-04-01"}, {"2027-03-31", nil, "2026-10-01"}, {"2027-12-31", nil, "2027-10-01"}, {"2028-01-01", nil, "2027-10-01"},
		{"2028-02-29", nil, "2027-10-01"}, {"2027-01-09", three, "2026-09-01"}, {"2027-01-10", three, "2027-01-10"}, {"2027-08-31", three, "2027-05-01"},
		{"2027-06-15", []string{"06-15"}, "2027-06-15"}, {"2027-06-14", []string{"06-15"}, "2026-06-15"},
	} {
		if got := Term(tt.day, tt.terms); got != tt.want {
			t.Errorf("%s with %v lies in %s, want %s", tt.day, tt.terms, got, tt.want)
		}
	}
	for terms, ok := range map[[2]string]bool{
		{"10-01", "04-01"}: true, {"02-28", "03-01"}: true, {"02-29", "10-01"}: false, {"04-31", "10-01"}: false, {"4-1", "10-01"}: false,
		{"10-01", "10-01"}: false, {"13-01", "10-01"}: false, {"", "10-01"}: false,
	} {
		got, err := checkTerms(terms[:])
		if (err == nil) != ok || ok && !slices.IsSorted(got) {
			t.Errorf("%q: %v, %v", terms, got, err)
		}
	}
	if _, err := checkTerms([]string{"01-01", "02-01", "03-01", "04-01", "05-01", "06-01", "07-01"}); err == nil {
		t.Error("seven terms were taken")
	}
}

// The most specific policy that applies counts alone.
func TestTheMostSpecificPolicyCounts(t *testing.T) {
	partner, other := ident.New(ident.Institution), ident.New(ident.Institution)
	micro := admissionpolicy.KindMICRO_CREDENTIAL
	general, kind := &ent.AdmissionPolicy{HomeDays: 1}, &ent.AdmissionPolicy{HomeDays: 2, Kind: &micro}
	with, both := &ent.AdmissionPolicy{HomeDays: 3, PartnerID: &partner}, &ent.AdmissionPolicy{HomeDays: 4, PartnerID: &partner, Kind: &micro}
	all := []*ent.AdmissionPolicy{general, kind, with, both}
	for _, tt := range []struct {
		policies []*ent.AdmissionPolicy
		partner  ident.ID
		kind     course.Kind
		want     int
	}{
		{all, partner, course.KindMICRO_CREDENTIAL, 4}, {all, partner, course.KindCOURSE, 3},
		{all, other, course.KindMICRO_CREDENTIAL, 2}, {all, other, course.KindCOURSE, 1},
		{all[:3], partner, course.KindMICRO_CREDENTIAL, 3}, {all[:2], partner, course.KindMICRO_CREDENTIAL, 2},
		{all[2:], other, course.KindCOURSE, Default().HomeDays}, {nil, other, course.KindCOURSE, 14},
	} {
		reversed := slices.Clone(tt.policies)
		slices.Reverse(reversed)
		for _, policies := range [][]*ent.AdmissionPolicy{tt.policies, reversed} {
			got := Pick(policies, tt.partner, tt.kind)
			if got.HomeDays != tt.want || !slices.Equal(got.Terms, []string{"04-01", "10-01"}) {
				t.Errorf("of %d policies for %s and %s: %+v, want %d", len(policies), tt.partner, tt.kind, got, tt.want)
			}
		}
	}
}
