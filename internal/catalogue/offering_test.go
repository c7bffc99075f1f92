package catalogue

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// plan is a cohort without contradictions.
func plan() NewOffering {
	return NewOffering{
		Schedule: offering.ScheduleCOHORT, Zone: "Europe/Berlin", OpensAt: "2027-02-01T00:00:00", ClosesAt: new("2027-02-28T23:00:00"),
		StartsOn: new("2027-03-15"), EndsOn: new("2027-06-30"), Seats: 20, Language: "en", Mode: "ONLINE",
		Windows: []AudienceWindow{{Audience: vocab.Students, OpensAt: "2027-01-15T08:00:00", ClosesAt: new("2027-02-10T12:00:00")}},
		Quotas:  []Quota{{InstitutionID: "ins_a", Seats: 15}, {InstitutionID: "ins_b", Seats: 15}}, Waitlist: &Waitlist{Places: 5},
		Sessions: []PlannedSession{
			{StartsAt: "2027-04-01T10:00:00", EndsAt: "2027-04-01T12:00:00", Title: en("Second")},
			{StartsAt: "2027-03-15T00:00:00", EndsAt: "2027-03-15T02:00:00", Place: en("Room 1")},
		},
	}
}

func TestContradictionsOfAnOfferingAreRefusedByField(t *testing.T) {
	w, err := plan().check()
	if err != nil {
		t.Fatal(err)
	}
	if w.sessions[0].Place["en"] != "Room 1" || w.sessions[1].StartsAt != time.Date(2027, 4, 1, 8, 0, 0, 0, time.UTC) {
		t.Errorf("the sessions are %v", w.sessions) // in order, and on summer time
	}
	if *w.waitlist.Order != offering.WaitlistOrderFIRST_COME || *w.waitlist.OfferHours != 72 {
		t.Errorf("the waitlist is %v", w.waitlist)
	}
	session := func(starts, ends string) func(*NewOffering) {
		return func(n *NewOffering) { n.Sessions[1] = PlannedSession{StartsAt: starts, EndsAt: ends} }
	}
	audience := func(a vocab.TargetGroup, opens string, closes *string) func(*NewOffering) {
		return func(n *NewOffering) { n.Windows = append(n.Windows, AudienceWindow{a, opens, closes}) }
	}
	for _, tt := range []struct {
		name   string
		change func(*NewOffering)
		want   string
	}{
		{"closes before it opens", func(n *NewOffering) { n.ClosesAt = new("2027-01-31T23:59:59") }, "closesAt"},
		{"closes at the moment it opens", func(n *NewOffering) { n.ClosesAt = &n.OpensAt }, "closesAt"},
		{"cohort without deadline", func(n *NewOffering) { n.ClosesAt = nil }, "closesAt"},
		{"cohort without first day", func(n *NewOffering) { n.StartsOn = nil }, "startsOn"},
		{"ends before it starts", func(n *NewOffering) { n.EndsOn = new("2027-03-14") }, "endsOn"},
		{"closes after the last day", func(n *NewOffering) { n.ClosesAt = new("2027-07-01T00:00:00") }, "closesAt"},
		{"closes on the last day", func(n *NewOffering) { n.ClosesAt = new("2027-06-30T23:59:59") }, ""},
		{"opens when clocks go forward", func(n *NewOffering) { n.OpensAt = "2026-03-29T02:30:00" }, "opensAt"},
		{"closes when clocks go forward", func(n *NewOffering) { n.OpensAt, n.ClosesAt = "2026-03-01T00:00:00", new("2026-03-29T02:00:00") }, "closesAt"},
		{"no such day", func(n *NewOffering) { n.StartsOn = new("2027-02-30") }, "startsOn"},
		{"no seat", func(n *NewOffering) { n.Seats, n.Quotas = 0, nil }, "seats"},
		{"too many seats", func(n *NewOffering) { n.Seats = MaxSeats + 1 }, "seats"},
		{"no language", func(n *NewOffering) { n.Language = "" }, "language"},
		{"negative fee", func(n *NewOffering) { n.FeeCents = new(-1) }, "feeCents"},
		{"unknown currency", func(n *NewOffering) { n.FeeCurrency = new("EURO") }, "feeCurrency"},
		{"window of an audience closes before it opens", audience(vocab.Alumni, "2027-02-02T00:00:00", new("2027-02-01T00:00:00")), "windows.1.closesAt"},
		{"window of an audience without deadline", audience(vocab.Alumni, "2027-02-02T00:00:00", nil), "windows.1.closesAt"},
		{"window in a gap of the clock", audience(vocab.Alumni, "2026-03-29T02:30:00", new("2027-02-01T00:00:00")), "windows.1.opensAt"},
		{"audience twice", audience(vocab.Students, "2027-02-02T00:00:00", new("2027-02-03T00:00:00")), "windows.1.audience"},
		{"quota larger than the offering", func(n *NewOffering) { n.Quotas[1].Seats = 21 }, "quotas.1.seats"},
		{"quota of all seats", func(n *NewOffering) { n.Quotas[1].Seats = 20 }, ""},
		{"negative quota", func(n *NewOffering) { n.Quotas[0].Seats = -1 }, "quotas.0.seats"},
		{"quota twice", func(n *NewOffering) { n.Quotas[1].InstitutionID = "ins_a" }, "quotas.1.institutionId"},
		{"draw by hand", func(n *NewOffering) { n.Waitlist.Order = new(offering.WaitlistOrderDRAW) }, "admission"},
		{"reserved more than there is", func(n *NewOffering) {
			n.Quotas[0].ReservedUntil, n.Quotas[1].ReservedUntil = new("2027-02-20T00:00:00"), new("2027-02-20T00:00:00")
		}, "quotas"},
		{"reserved in a gap of the clock", func(n *NewOffering) { n.Quotas[0].ReservedUntil = new("2027-03-28T02:30:00") }, "quotas.0.reservedUntil"},
		{"reserved", func(n *NewOffering) { n.Quotas[0].ReservedUntil = new("2027-02-20T00:00:00") }, ""},
		{"negative waitlist", func(n *NewOffering) { n.Waitlist.Places = -1 }, "waitlist.places"},
		{"no time to think", func(n *NewOffering) { n.Waitlist.OfferHours = new(0) }, "waitlist.offerHours"},
		{"too much time to think", func(n *NewOffering) { n.Waitlist.OfferHours = new(721) }, "waitlist.offerHours"},
		{"session ends before it starts", session("2027-04-01T10:00:00", "2027-04-01T09:59:59"), "sessions.1.endsAt"},
		{"session without length", session("2027-04-01T10:00:00", "2027-04-01T10:00:00"), "sessions.1.endsAt"},
		{"session before the first day", session("2027-03-14T23:59:59", "2027-03-15T01:00:00"), "sessions.1.startsAt"},
		{"session after the last day", session("2027-06-30T22:00:00", "2027-07-01T00:00:00"), "sessions.1.endsAt"},
		{"session in a gap of the clock", session("2027-03-28T02:15:00", "2027-03-28T04:00:00"), "sessions.1.startsAt"},
		{"session through the gap", session("2027-03-28T01:30:00", "2027-03-28T03:30:00"), ""},
		{"too many sessions", func(n *NewOffering) { n.Sessions = make([]PlannedSession, MaxSessions+1) }, "sessions"},
		{"untidy title of a session", func(n *NewOffering) { n.Sessions[0].Title = en(" ") }, "sessions.0.title"},
		{"on demand", func(n *NewOffering) {
			n.Schedule, n.ClosesAt, n.StartsOn, n.EndsOn, n.Windows[0].ClosesAt = offering.ScheduleON_DEMAND, nil, nil, nil, nil
		}, ""},
	} {
		n := plan()
		tt.change(&n)
		_, err := n.check()
		if got := strings.Join(fields(err), " "); got != tt.want {
			t.Errorf("%s: refused at %q, want %q: %v", tt.name, got, tt.want, err)
		}
	}
	// All at once.
	n := plan()
	n.Zone, n.Seats, n.Language, n.Quotas[0].Seats = "Berlin", 0, "x", -1
	n.Quotas, n.Waitlist.Places = n.Quotas[:1], -1
	_, err = n.check()
	want := []string{"opensAt", "closesAt", "seats", "language", "windows.0.opensAt", "windows.0.closesAt", "quotas.0.seats", "waitlist.places",
		"sessions.0.startsAt", "sessions.0.endsAt", "sessions.1.startsAt", "sessions.1.endsAt"}
	if got := fields(err); !slices.Equal(got, want) {
		t.Errorf("refused at %v, want %v", got, want)
	}
}

// day is a moment of February 2027.
func day(d int) time.Time { return time.Date(2027, 2, d, 0, 0, 0, 0, time.UTC) }

// runs is a published offering that is open from day 5 to 10, for students from
// 1 to 7, and for alumni from 12 on.
func runs() *ent.Offering {
	return &ent.Offering{State: offering.StatePUBLISHED, Seats: 2, OpensAt: day(5), ClosesAt: new(day(10)), Windows: []vocab.Window{
		{Audience: vocab.Students, OpensAt: day(1), ClosesAt: new(day(7))}, {Audience: vocab.Alumni, OpensAt: day(12)},
	}}
}

func TestWindowIsThatOfTheAudience(t *testing.T) {
	const tick = time.Microsecond
	both := []vocab.TargetGroup{vocab.Students, vocab.Alumni}
	for _, tt := range []struct {
		now  time.Time
		want time.Time // opening of the window that both students and alumni are shown
	}{{day(1).Add(-tick), day(1)}, {day(7), day(12)}, {day(20), day(12)}} {
		if got := WindowAt(runs(), tt.now, both...); !got.OpensAt.Equal(tt.want) {
			t.Errorf("at %v the window is %v", tt.now, got)
		}
	}
}

func TestPublishedWindowsAreNotCut(t *testing.T) {
	type w = vocab.Window
	span := func(from, to int) w { return w{OpensAt: day(from), ClosesAt: new(day(to))} }
	for _, tt := range []struct {
		name     string
		old, new w
		now      time.Time
		want     string
	}{
		{"as it is", span(5, 10), span(5, 10), day(6), ""},
		{"extended", span(5, 10), span(4, 11), day(1), ""},
		{"without a deadline", span(5, 10), w{OpensAt: day(5)}, day(6), ""},
		{"opens later", span(5, 10), span(6, 10), day(1), "opensAt"},
		{"opens later, in the past", span(5, 10), span(6, 10), day(7), ""},
		{"opens at this very moment", span(5, 10), span(7, 10), day(7), ""},
		{"pauses", span(5, 10), span(8, 12), day(7), "opensAt"},
		{"closes earlier", span(5, 10), span(5, 9), day(6), "closesAt"},
		{"gets a deadline", w{OpensAt: day(5)}, span(5, 20), day(6), "closesAt"},
		{"over, opened again", span(5, 10), span(15, 20), day(10), ""},
		{"not quite over, opened again", span(5, 10), span(15, 20), day(10).Add(-time.Microsecond), "opensAt"},
	} {
		if got := cuts(tt.old, tt.new, tt.now); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPublishedOfferingKeepsWhatLearnersPlannedWith(t *testing.T) {
	published := func() *ent.Offering {
		n := plan()
		w, err := n.check()
		if err != nil {
			t.Fatal(err)
		}
		return &ent.Offering{State: offering.StatePUBLISHED, Schedule: n.Schedule, Zone: n.Zone, OpensAt: w.opens, ClosesAt: w.closes, Windows: w.windows,
			StartsOn: n.StartsOn, EndsOn: n.EndsOn, Seats: n.Seats, SeatsTaken: 3, Language: n.Language, Mode: n.Mode, FeeCurrency: "EUR",
			Admission: n.admission(), WaitlistPlaces: 5, WaitlistOrder: offering.WaitlistOrderFIRST_COME, OfferHours: 72}
	}
	for _, tt := range []struct {
		name   string
		change func(*NewOffering)
		want   string
	}{
		{"nothing", func(*NewOffering) {}, ""},
		{"sessions, place, funding, days", func(n *NewOffering) {
			n.Sessions, n.Place, n.Funding, n.EndsOn = nil, en("Elsewhere"), en("Somebody"), new("2027-07-15")
		}, ""},
		{"seats", func(n *NewOffering) { n.Seats, n.Quotas = 3, nil }, ""},
		{"fewer seats than taken", func(n *NewOffering) { n.Seats, n.Quotas = 2, nil }, "seats"},
		{"schedule", func(n *NewOffering) { n.Schedule = offering.ScheduleON_DEMAND }, "schedule"},
		{"zone", func(n *NewOffering) { n.Zone = "Europe/Paris" }, "timeZone"},
		{"language", func(n *NewOffering) { n.Language = "de" }, "language"},
		{"form", func(n *NewOffering) { n.Mode = "BLENDED" }, "mode"},
		{"fee", func(n *NewOffering) { n.FeeCents = new(1) }, "feeCents"},
		{"currency", func(n *NewOffering) { n.FeeCurrency = new("CZK") }, "feeCurrency"},
		{"admission", func(n *NewOffering) { n.Admission = new(offering.AdmissionAUTOMATIC) }, "admission"},
		{"order of the waitlist", func(n *NewOffering) {
			n.Admission, n.Waitlist.Order = new(offering.AdmissionAUTOMATIC), new(offering.WaitlistOrderDRAW)
		}, "admission waitlist"},
		{"places of the waitlist", func(n *NewOffering) { n.Waitlist = nil }, ""},
		{"longer deadline", func(n *NewOffering) { n.ClosesAt = new("2027-03-01T00:00:00") }, ""},
		{"shorter deadline", func(n *NewOffering) { n.ClosesAt = new("2027-02-28T22:59:59") }, "closesAt"},
		{"shorter deadline of students", func(n *NewOffering) { n.Windows[0].ClosesAt = new("2027-02-10T11:59:59") }, "windows.0.closesAt"},
		{"students like everybody, who open later", func(n *NewOffering) { n.Windows = nil }, "windows"},
		{"alumni later than everybody", func(n *NewOffering) {
			n.Windows = append(n.Windows, AudienceWindow{vocab.Alumni, "2027-02-02T00:00:00", new("2027-02-28T23:00:00")})
		}, "windows.1.opensAt"},
		{"alumni longer than everybody", func(n *NewOffering) {
			n.Windows = append(n.Windows, AudienceWindow{vocab.Alumni, "2027-01-02T00:00:00", new("2027-02-28T23:00:00")})
		}, ""},
		{"several", func(n *NewOffering) { n.Language, n.FeeCents, n.ClosesAt = "de", new(1), new("2027-02-20T00:00:00") }, "language feeCents closesAt"},
	} {
		n := plan()
		tt.change(&n)
		w, err := n.check()
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := strings.Join(fields(allowed(published(), n, w, time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC))), " "); got != tt.want {
			t.Errorf("%s: refused at %q, want %q", tt.name, got, tt.want)
		}
		draft := published()
		draft.State = offering.StateDRAFT
		if err := allowed(draft, n, w, day(1)); err != nil {
			t.Errorf("%s: a draft may change: %v", tt.name, err)
		}
	}
}
