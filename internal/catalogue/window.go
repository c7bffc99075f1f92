package catalogue

import (
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// AudienceWindow is when one audience may apply, in local time of the offering.
type AudienceWindow struct {
	Audience vocab.TargetGroup
	OpensAt  string
	ClosesAt *string // needed for a cohort
}

// window reads a window in local time. path is that of what holds its fields.
func window(opens string, closes *string, zone string, cohort bool, path ...string) (w vocab.Window, err error) {
	at := func(field string) []string { return append(slices.Clone(path), field) }
	var found []error
	w.OpensAt, err = vocab.Instant(opens, zone, at("opensAt")...)
	found = append(found, err)
	switch {
	case closes != nil:
		t, bad := vocab.Instant(*closes, zone, at("closesAt")...)
		w.ClosesAt = &t
		if err == nil && bad == nil && !t.After(w.OpensAt) {
			bad = problem.New(problem.Invalid, "applications close before they open").At(at("closesAt")...)
		}
		found = append(found, bad)
		if bad != nil {
			w.ClosesAt = nil
		}
	case cohort:
		found = append(found, problem.New(problem.Invalid, "a cohort needs a deadline for applications").At(at("closesAt")...))
	}
	return w, problem.Join(found...)
}

// checkWindows returns the windows of single audiences in the order of the
// audiences.
func (n NewOffering) checkWindows(cohort bool) ([]vocab.Window, error) {
	var found []error
	all := []vocab.Window{}
	for i, in := range n.Windows {
		path := []string{"input", "windows", strconv.Itoa(i)}
		w, err := window(in.OpensAt, in.ClosesAt, n.Zone, cohort, path...)
		found = append(found, err)
		w.Audience = in.Audience
		found = append(found, problem.If(slices.ContainsFunc(all, func(have vocab.Window) bool { return have.Audience == w.Audience }),
			problem.New(problem.Invalid, "the audience %s stands twice", w.Audience).At(append(path, "audience")...)))
		all = append(all, w)
	}
	slices.SortStableFunc(all, func(a, b vocab.Window) int {
		return slices.Index(vocab.TargetGroups, a.Audience) - slices.Index(vocab.TargetGroups, b.Audience)
	})
	return all, problem.Join(found...)
}

// WindowOf returns the window of an audience: its own, or else the general one,
// which names no audience.
func WindowOf(o *ent.Offering, audience vocab.TargetGroup) vocab.Window {
	if i := slices.IndexFunc(o.Windows, func(w vocab.Window) bool { return w.Audience == audience }); i >= 0 {
		return o.Windows[i]
	}
	return vocab.Window{OpensAt: o.OpensAt, ClosesAt: o.ClosesAt}
}

// WindowAt returns the window that matters to a person of the audiences at one
// moment: the one that is open and closes last, else the next one to open, else
// the last one to close. Who belongs to no audience has the general window.
func WindowAt(o *ent.Offering, now time.Time, audiences ...vocab.TargetGroup) vocab.Window {
	if len(audiences) == 0 {
		return WindowOf(o, "")
	}
	best := WindowOf(o, audiences[0])
	for _, audience := range audiences[1:] {
		if w := WindowOf(o, audience); better(w, best, now) {
			best = w
		}
	}
	return best
}

// better says whether window a serves a person more than b does.
func better(a, b vocab.Window, now time.Time) bool {
	stage := func(w vocab.Window) int { // 0 open, 1 to come, 2 over
		switch {
		case closed(w, now):
			return 2
		case now.Before(w.OpensAt):
			return 1
		}
		return 0
	}
	switch x, y := stage(a), stage(b); {
	case x != y:
		return x < y
	case x == 1:
		return a.OpensAt.Before(b.OpensAt)
	case b.ClosesAt == nil:
		return false
	}
	return a.ClosesAt == nil || a.ClosesAt.After(*b.ClosesAt)
}

func closed(w vocab.Window, now time.Time) bool { return w.ClosesAt != nil && !now.Before(*w.ClosesAt) }

// cuts returns the field by which window b takes from people a moment, now or
// later, at which a lets them apply, or "". So a window may be extended, and
// one that is over may be opened again at any time.
func cuts(a, b vocab.Window, now time.Time) string {
	switch {
	case closed(a, now):
		return ""
	case b.OpensAt.After(a.OpensAt) && b.OpensAt.After(now):
		return "opensAt"
	case b.ClosesAt != nil && (a.ClosesAt == nil || b.ClosesAt.Before(*a.ClosesAt)):
		return "closesAt"
	}
	return ""
}

// keepsWindows returns a CONFLICT problem for each window of a published
// offering that the new ones would cut. Windows that audiences do not have of
// their own are the general one, before and afterwards.
func keepsWindows(o *ent.Offering, n NewOffering, w offeringValues, now time.Time) error {
	next := &ent.Offering{OpensAt: w.opens, ClosesAt: w.closes, Windows: w.windows}
	var found []error
	cut := func(path ...string) {
		found = append(found, problem.New(problem.Conflict, "this offering is published: its windows may be extended, or opened again, but not cut").At(path...))
	}
	if field := cuts(WindowOf(o, ""), WindowOf(next, ""), now); field != "" {
		cut("input", field)
	}
	for _, audience := range vocab.TargetGroups {
		before, after := WindowOf(o, audience), WindowOf(next, audience)
		if before.Audience == "" && after.Audience == "" {
			continue
		}
		field := cuts(before, after, now)
		i := slices.IndexFunc(n.Windows, func(w AudienceWindow) bool { return w.Audience == audience })
		switch {
		case field == "":
		case i >= 0:
			cut("input", "windows", strconv.Itoa(i), field)
		default:
			cut("input", "windows")
		}
	}
	return problem.Join(found...)
}
