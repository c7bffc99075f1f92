package eligible

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// day is a moment of February 2027.
func day(d int) time.Time { return time.Date(2027, 2, d, 0, 0, 0, 0, time.UTC) }

// runs is a published offering that is open from day 5 to 10, for students from
// 1 to 7, and for alumni from 12 on.
func runs() *ent.Offering {
	return &ent.Offering{InstitutionID: "ins_host", State: offering.StatePUBLISHED, Seats: 2, OpensAt: day(5), ClosesAt: new(day(10)), Windows: []vocab.Window{
		{Audience: vocab.Students, OpensAt: day(1), ClosesAt: new(day(7))}, {Audience: vocab.Alumni, OpensAt: day(12)},
	}}
}

// of are the facts of an offering of an active member's published course.
func of(o *ent.Offering, now time.Time, audiences ...vocab.TargetGroup) Facts {
	return Facts{Offering: o, Course: &ent.Course{State: course.StatePUBLISHED}, Active: true, Now: now, Audiences: audiences}
}

func TestAvailabilityIsThatOfTheAudience(t *testing.T) {
	const tick = time.Microsecond
	everybody, students, alumni := []vocab.TargetGroup(nil), []vocab.TargetGroup{vocab.Students}, []vocab.TargetGroup{vocab.Alumni}
	both, postdocs := []vocab.TargetGroup{vocab.Students, vocab.Alumni}, []vocab.TargetGroup{"POSTDOCS"}
	mixed := []vocab.TargetGroup{vocab.Students, "POSTDOCS"} // one with a window, one without
	for _, tt := range []struct {
		audiences []vocab.TargetGroup
		now       time.Time
		want      catalogue.Availability
	}{
		{everybody, day(5).Add(-tick), catalogue.OpensLater}, {everybody, day(5), catalogue.Open}, {everybody, day(10).Add(-tick), catalogue.Open}, {everybody, day(10), catalogue.Closed},
		{postdocs, day(5).Add(-tick), catalogue.OpensLater}, {postdocs, day(5), catalogue.Open}, {postdocs, day(10), catalogue.Closed},
		{students, day(1).Add(-tick), catalogue.OpensLater}, {students, day(1), catalogue.Open}, {students, day(7).Add(-tick), catalogue.Open}, {students, day(7), catalogue.Closed},
		{alumni, day(12).Add(-tick), catalogue.OpensLater}, {alumni, day(12), catalogue.Open}, {alumni, day(28), catalogue.Open},
		{both, day(1).Add(-tick), catalogue.OpensLater}, {both, day(6), catalogue.Open}, {both, day(7), catalogue.OpensLater}, {both, day(12), catalogue.Open},
		{mixed, day(4), catalogue.Open}, {mixed, day(9), catalogue.Open}, {mixed, day(10), catalogue.Closed},
	} {
		if got := Availability(of(runs(), tt.now, tt.audiences...)); got != tt.want {
			t.Errorf("%v at %v: %s, want %s", tt.audiences, tt.now, got, tt.want)
		}
	}
	full := runs()
	full.SeatsTaken = 2
	if got := Availability(of(full, day(6))); got != catalogue.Full {
		t.Errorf("without a seat: %s", got)
	}
	if got := Availability(of(full, day(11))); got != catalogue.Closed {
		t.Errorf("without a seat, and closed: %s", got)
	}
	for _, state := range []offering.State{offering.StateDRAFT, offering.StateCANCELLED} {
		o := runs()
		o.State = state
		if got := Availability(of(o, day(6))); got != catalogue.NotAvailable {
			t.Errorf("%s: %s", state, got)
		}
	}
}

// Each fact against an application has its reason, and the first of them is what
// is said.
func TestEveryReasonIsGiven(t *testing.T) {
	ours := Applicant{Home: "ins_home", Active: true}
	for name, tt := range map[string]struct {
		change func(*Facts)
		want   []Code
		shown  catalogue.Availability
	}{
		"nothing":                 {func(*Facts) {}, nil, catalogue.Open},
		"own institution":         {func(f *Facts) { f.Offering.InstitutionID = "ins_home" }, []Code{OwnInstitution}, catalogue.Open},
		"has not said from where": {func(f *Facts) { f.Applicant = &Applicant{} }, nil, catalogue.Open},
		"anybody":                 {func(f *Facts) { f.Applicant = nil }, nil, catalogue.Open},
		"provider":                {func(f *Facts) { f.Active = false }, []Code{ProviderInactive}, catalogue.NotAvailable},
		"course":                  {func(f *Facts) { f.Course.State = course.StateWITHDRAWN }, []Code{CourseWithdrawn}, catalogue.NotAvailable},
		"cancelled":               {func(f *Facts) { f.Offering.State = offering.StateCANCELLED }, []Code{NotPublished}, catalogue.NotAvailable},
		"too early":               {func(f *Facts) { f.Now = day(4) }, []Code{NotYetOpen}, catalogue.OpensLater},
		"too late":                {func(f *Facts) { f.Now = day(10) }, []Code{PastDeadline}, catalogue.Closed},
		"full":                    {func(f *Facts) { f.Offering.SeatsTaken = 2 }, []Code{NoSeat}, catalogue.Full},
		"home":                    {func(f *Facts) { f.Applicant.Active = false }, []Code{HomeInactive}, catalogue.Open},
		"twice":                   {func(f *Facts) { f.Applicant.Applied = true }, []Code{AlreadyApplied}, catalogue.Open},
		"much": {func(f *Facts) { f.Active, f.Offering.SeatsTaken, f.Applicant.Active = false, 2, false },
			[]Code{ProviderInactive, NoSeat, HomeInactive}, catalogue.NotAvailable},
	} {
		f := of(runs(), day(6))
		a := ours
		f.Applicant = &a
		tt.change(&f)
		var got []Code
		for _, r := range Standing(f) {
			got = append(got, r.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
		if err := Check(f); (err == nil) != (len(tt.want) == 0) || err != nil && err.Error() != Standing(f)[0].Problem.Error() {
			t.Errorf("%s: %v", name, err)
		}
		if got := Availability(f); got != tt.shown {
			t.Errorf("%s: %s, want %s", name, got, tt.shown)
		}
	}
}

// What can be taken comes first, and of several what stands first.
func TestNextIsWhatCanBeTaken(t *testing.T) {
	open, early, late, full, draft := of(runs(), day(6)), of(runs(), day(4)), of(runs(), day(10)), of(runs(), day(6)), of(runs(), day(6))
	full.Offering.SeatsTaken, draft.Offering.State = 2, offering.StateDRAFT
	for _, tt := range []struct {
		all  []Facts
		want int
		word catalogue.Availability
	}{
		{nil, -1, catalogue.NotAvailable}, {[]Facts{draft}, -1, catalogue.NotAvailable},
		{[]Facts{late, full, early, open, open}, 3, catalogue.Open}, {[]Facts{late, full, early}, 2, catalogue.OpensLater},
		{[]Facts{late, full}, 1, catalogue.Full}, {[]Facts{draft, late, late}, 1, catalogue.Closed},
	} {
		if i, word := Next(tt.all); i != tt.want || word != tt.word {
			t.Errorf("%d and %s, want %d and %s", i, word, tt.want, tt.word)
		}
	}
}

// Each reason says what would help, in every language, and nothing else is said.
func TestEveryReasonSaysWhatWouldHelp(t *testing.T) {
	for _, tag := range lang.Languages {
		for _, c := range Codes {
			if !lang.Has(tag, "eligible."+string(c)) {
				t.Errorf("%s has no words for %s", tag, c)
			}
		}
		for _, key := range lang.Keys(tag) {
			if code, ours := strings.CutPrefix(key, "eligible."); ours && !slices.Contains(Codes, Code(code)) {
				t.Errorf("%s is no reason", code)
			}
		}
	}
}
