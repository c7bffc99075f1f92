package catalogue

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Quota is how many seats of an offering learners of one partner take at most.
// Quotas may add up to more than all seats; those that are reserved may not: until
// then nobody else gets them.
type Quota struct {
	InstitutionID ident.ID
	Seats         int
	ReservedUntil *string // local time; nil: the quota is a limit, and no reservation
}

// Waitlist says how many may wait for a seat, and how seats that become free
// are offered to them.
type Waitlist struct {
	Places     int                     // 0: nobody waits
	Order      *offering.WaitlistOrder // FIRST_COME unless given
	OfferHours *int                    // how long somebody may think about a seat; 72 unless given
	DrawsAt    *string                 // local time of a draw; when applications close unless given
}

// PlannedSession is one meeting, in local time of the offering.
type PlannedSession struct {
	StartsAt string
	EndsAt   string
	Title    []vocab.Translation
	Place    []vocab.Translation
}

// Limits of one offering.
const (
	MaxSessions   = 100
	maxOfferHours = 30 * 24
)

// checkQuotas checks what can be known without the database. It returns until when
// the seats of each quota are reserved.
func (n NewOffering) checkQuotas() ([]*time.Time, error) {
	var found []error
	until, reserved := make([]*time.Time, len(n.Quotas)), 0
	seen := map[ident.ID]bool{}
	for i, q := range n.Quotas {
		path := []string{"input", "quotas", strconv.Itoa(i)}
		found = append(found, problem.If(q.Seats < 0 || q.Seats > n.Seats,
			problem.New(problem.Invalid, "a quota has 0 to %d seats, as many as the offering, not %d", max(n.Seats, 0), q.Seats).
				At(append(slices.Clone(path), "seats")...)))
		found = append(found, problem.If(seen[q.InstitutionID],
			problem.New(problem.Invalid, "this institution has a quota already").At(append(slices.Clone(path), "institutionId")...)))
		seen[q.InstitutionID] = true
		if q.ReservedUntil != nil {
			t, err := vocab.Instant(*q.ReservedUntil, n.Zone, append(slices.Clone(path), "reservedUntil")...)
			found = append(found, err)
			until[i] = &t
			reserved += q.Seats
		}
	}
	return until, problem.Join(append(found, problem.If(reserved > max(n.Seats, 0),
		problem.New(problem.Invalid, "%d seats are reserved, more than the offering has", reserved).At("input", "quotas")))...)
}

// check returns the settings with every value.
func (w *Waitlist) check() (Waitlist, error) {
	order, hours := offering.DefaultWaitlistOrder, offering.DefaultOfferHours
	if w == nil {
		return Waitlist{Order: &order, OfferHours: &hours}, nil
	}
	out := *w
	out.Order, out.OfferHours = cmp.Or(w.Order, &order), cmp.Or(w.OfferHours, &hours)
	return out, problem.Join(problem.If(w.Places < 0 || w.Places > MaxSeats,
		problem.New(problem.Invalid, "a waitlist has 0 to %d places, not %d", MaxSeats, w.Places).At("input", "waitlist", "places")),
		problem.If(*out.OfferHours < 1 || *out.OfferHours > maxOfferHours,
			problem.New(problem.Invalid, "a seat is offered for 1 to %d hours, not %d", maxOfferHours, *out.OfferHours).At("input", "waitlist", "offerHours")))
}

// checkSessions returns the sessions in order of time. They lie within the days
// of the offering, where these are known and valid.
func (n NewOffering) checkSessions(days bool) ([]vocab.Session, error) {
	all := []vocab.Session{}
	if len(n.Sessions) > MaxSessions {
		return all, problem.New(problem.Invalid, "an offering has at most %d sessions", MaxSessions).At("input", "sessions")
	}
	var found []error
	for i, in := range n.Sessions {
		at := func(field string) []string { return []string{"input", "sessions", strconv.Itoa(i), field} }
		add := func(err error) { found = append(found, err) }
		var s vocab.Session
		var startErr, endErr, err error
		s.StartsAt, startErr = vocab.Instant(in.StartsAt, n.Zone, at("startsAt")...)
		add(startErr)
		s.EndsAt, endErr = vocab.Instant(in.EndsAt, n.Zone, at("endsAt")...)
		add(endErr)
		if startErr == nil && endErr == nil && !s.EndsAt.After(s.StartsAt) {
			add(problem.New(problem.Invalid, "the session ends before it starts").At(at("endsAt")...))
		}
		if days && startErr == nil && n.StartsOn != nil && in.StartsAt[:len(time.DateOnly)] < *n.StartsOn {
			add(problem.New(problem.Invalid, "the session starts before the first day of the offering").At(at("startsAt")...))
		}
		if days && endErr == nil && n.EndsOn != nil && in.EndsAt[:len(time.DateOnly)] > *n.EndsOn {
			add(problem.New(problem.Invalid, "the session ends after the last day of the offering").At(at("endsAt")...))
		}
		s.Title, err = vocab.TextOf(maxTitle, in.Title, at("title")...)
		add(err)
		s.Place, err = vocab.TextOf(maxSummary, in.Place, at("place")...)
		add(err)
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b vocab.Session) int { return a.StartsAt.Compare(b.StartsAt) })
	return all, problem.Join(found...)
}
