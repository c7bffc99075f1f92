package rules

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var (
	here  = new(ident.ID("prg_here"))
	there = new(ident.ID("prg_there"))
)

func TestTheRuleOfTheProgrammeGoesFirstAndThenTheYounger(t *testing.T) {
	inOrder := []Rule{{ID: "rul_2", ProgrammeID: here}, {ID: "rul_1", ProgrammeID: here}, {ID: "rul_4"}, {ID: "rul_3"}}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if a.Before(b) != (i < j) {
				t.Errorf("%s before %s: %v", a.ID, b.ID, a.Before(b))
			}
		}
	}
}

func TestNoVersionCountsMoreThanItHas(t *testing.T) {
	for _, tt := range []struct {
		first   *Rule
		version vocab.ECTS
		verdict vocab.Verdict
		ects    vocab.ECTS
	}{
		{nil, 5_00, vocab.NeedsCase, 0},
		{&Rule{ECTS: 5_00}, 5_00, vocab.Counts, 5_00},
		{&Rule{ECTS: 3_00}, 5_00, vocab.Counts, 3_00},
		{&Rule{ECTS: 5_00}, 3_00, vocab.Counts, 3_00},
	} {
		if verdict, ects := Counts(tt.first, tt.version); verdict != tt.verdict || ects != tt.ects {
			t.Errorf("%+v of %s: %s %s", tt.first, tt.version, verdict, ects)
		}
	}
}

// fields are the last steps of where problems lie.
func fields(err error) []string {
	var at []string
	for _, p := range problem.All(err) {
		at = append(at, strings.Join(p.Field[1:], "."))
	}
	return at
}

func TestARuleCountsSomeAndNoMoreThanTheCourseHas(t *testing.T) {
	for counted, ok := range map[vocab.ECTS]bool{-1: false, 0: false, 1: true, 5_00: true, 5_01: false} {
		if err := CheckCredits(counted, 5_00); (err == nil) != ok {
			t.Errorf("%s of 5: %v", counted, err)
		}
	}
}

func TestTheDaysOfARuleAreInOrderAndNotOver(t *testing.T) {
	for _, tt := range []struct {
		from  string
		until *string
		want  []string
	}{
		{"2027-01-01", nil, nil},
		{"2026-01-01", new("2027-03-01"), nil}, // its last day is today
		{"2027-04-01", new("2027-04-01"), nil},
		{"2027-02-30", nil, []string{"validFrom"}},
		{"2026-01-01", new("2027-02-28"), []string{"validUntil"}},
		{"2027-05-01", new("2027-04-01"), []string{"validUntil"}},
		{"2027-05-01", new("2027-02-01"), []string{"validUntil", "validUntil"}},
		{"2027-01-01", new("2027-13-01"), []string{"validUntil"}},
	} {
		if got := fields(CheckDays(tt.from, tt.until, "2027-03-01")); !slices.Equal(got, tt.want) {
			t.Errorf("%s to %v: %v", tt.from, tt.until, got)
		}
	}
}

func TestAPromiseIsKeptForItsProgramme(t *testing.T) {
	counts := func(programme *ident.ID) *vocab.Commitment {
		return &vocab.Commitment{Verdict: vocab.Counts, RuleID: new(ident.ID("rul_1")), ECTS: 3_00, ProgrammeID: programme, Transfer: asGiven}
	}
	for _, tt := range []struct {
		what      string
		promise   *vocab.Commitment
		programme *ident.ID
		kept      bool
	}{
		{"none", nil, nil, false},
		{"that an officer decides", &vocab.Commitment{Verdict: vocab.NeedsCase}, nil, false},
		{"without a programme", counts(nil), nil, true},
		{"for the programme", counts(here), new(*here), true},
		{"for another", counts(here), there, false},
		{"for one, and asked for none", counts(here), nil, false},
		{"for none, and asked for one", counts(nil), here, false},
	} {
		got := Promised(tt.promise, Claim{Programme: tt.programme})
		if (got != nil) != tt.kept {
			t.Errorf("%s: %+v", tt.what, got)
		}
		if got != nil && *got != (Terms{RuleID: "rul_1", ECTS: 3_00, Transfer: asGiven}) {
			t.Errorf("%s: the terms are %+v", tt.what, *got)
		}
	}
}

func TestFewerCreditsAreGrantedInPartWithADifference(t *testing.T) {
	grade := new("1.3")
	for _, tt := range []struct {
		terms Terms
		claim Claim
		want  Grant
	}{
		{Terms{ECTS: 5_00}, Claim{ECTS: 5_00, Grade: grade}, Grant{Outcome: Granted, ECTS: 5_00}},
		{Terms{ECTS: 6_00, Transfer: asGiven}, Claim{ECTS: 5_00, Grade: grade}, Grant{Outcome: Granted, ECTS: 5_00, Grade: grade}},
		{Terms{ECTS: 6_00, Transfer: asGiven}, Claim{ECTS: 5_00}, Grant{Outcome: Granted, ECTS: 5_00}},
		{Terms{ECTS: 2_50, Transfer: "PASS_ONLY"}, Claim{ECTS: 5_00, Grade: grade}, Grant{Outcome: GrantedPartially, ECTS: 2_50, Differences: []vocab.Difference{{
			Element: vocab.Workload,
			Text:    "The rule between the two institutions counts 2.5 of the 5 ECTS credits.",
			Remedy:  "Appeal to your home institution within the term, and show what the other credits would replace.",
		}}}},
	} {
		if tt.want.Differences == nil {
			tt.want.Differences = []vocab.Difference{}
		}
		if got := tt.terms.Grants(tt.claim); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%+v of %s: %+v", tt.terms, tt.claim.ECTS, got)
		}
	}
}

func TestAnythingButAFullGrantIsGivenWithCause(t *testing.T) {
	one := []vocab.Difference{{Element: vocab.Workload, Text: " It has\nless. ", Remedy: "Take one more."}}
	ects := func(e vocab.ECTS) *vocab.ECTS { return &e }
	for _, tt := range []struct {
		what   string
		in     Assessment
		counts vocab.ECTS
		wrong  []string
	}{
		{"in full", Assessment{Granted, nil, "fits", nil}, 5_00, nil},
		{"in full, and says so", Assessment{Granted, ects(5_00), "fits", nil}, 5_00, nil},
		{"in full with less", Assessment{Granted, ects(4_00), "fits", nil}, 0, []string{"ects"}},
		{"in part", Assessment{GrantedPartially, ects(4_00), "fits", one}, 4_00, nil},
		{"in part with all", Assessment{GrantedPartially, ects(5_00), "fits", one}, 0, []string{"ects"}},
		{"in part with none", Assessment{GrantedPartially, nil, "fits", one}, 0, []string{"ects"}},
		{"in part without a difference", Assessment{GrantedPartially, ects(4_00), "fits", nil}, 0, []string{"differences"}},
		{"refused", Assessment{Refused, nil, "differs", one}, 0, nil},
		{"refused with credits", Assessment{Refused, ects(1_00), "differs", one}, 0, []string{"ects"}},
		{"refused without a difference", Assessment{Refused, nil, "differs", nil}, 0, []string{"differences"}},
		{"refused without a remedy", Assessment{Refused, nil, "differs", []vocab.Difference{{Text: "Less."}}}, 0, []string{"differences.0.remedy"}},
		{"without reasons", Assessment{Granted, nil, " ", nil}, 0, []string{"reasons"}},
		{"with long reasons", Assessment{Granted, nil, strings.Repeat("x", maxReasons+1), nil}, 0, []string{"reasons"}},
		{"with too many differences", Assessment{Refused, nil, "differs", slices.Repeat(one, maxDifferences+1)}, 0, []string{"differences"}},
		{"left open", Assessment{"OPEN", nil, "fits", one}, 0, []string{"outcome"}},
	} {
		got, counts, err := tt.in.Checked(5_00)
		if wrong := fields(err); !slices.Equal(wrong, tt.wrong) {
			t.Errorf("%s: wrong are %v", tt.what, wrong)
		}
		if err != nil {
			continue
		}
		if counts != tt.counts {
			t.Errorf("%s: counts %s", tt.what, counts)
		}
		if got.Differences == nil {
			t.Errorf("%s: the differences are null, not none", tt.what)
		}
		if len(got.Differences) > 0 && (got.Differences[0].Text == one[0].Text || one[0].Text != " It has\nless. ") {
			t.Errorf("%s: not tidied, or the caller's was", tt.what)
		}
	}
}

func TestHomeDecidesInFourMonthsAndLearnersAppealInOne(t *testing.T) {
	at := time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)
	if got := DueAt(at).Format(time.DateOnly); got != "2027-02-28" {
		t.Errorf("due on %s", got)
	}
	for o, want := range map[Outcome]string{Granted: "", GrantedPartially: "2026-11-30", Refused: "2026-11-30"} {
		var got string
		if before := AppealBefore(o, at); before != nil {
			got = before.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%s: appeal before %q", o, got)
		}
	}
}

func TestOnlyWhatIsRefusedMayBePresentedAgain(t *testing.T) {
	for o, want := range map[Outcome]bool{Granted: true, GrantedPartially: true, Refused: false} {
		if o.Stands() != want {
			t.Errorf("%s stands: %v", o, o.Stands())
		}
	}
}
