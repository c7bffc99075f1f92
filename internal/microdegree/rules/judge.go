package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// facts are completions with what the rules say about each.
type facts struct {
	done    []Completed
	reasons []Reason // why one cannot count; empty when it can
	at      time.Time
}

// judge finds which completions may count at a moment.
func judge(c vocab.Composition, done []Completed, at time.Time) facts {
	f := facts{done: done, reasons: make([]Reason, len(done)), at: at}
	ordered := inOrder(c.Sequence, done, at)
	listed := map[string]bool{}
	for _, g := range c.Groups {
		for _, course := range g.Courses {
			listed[course] = true
		}
	}
	for i, d := range done {
		switch {
		case !listed[d.CourseID]:
			f.reasons[i] = NotListed
		case d.CompletedAt.After(at):
			f.reasons[i] = NotYet
		case stale(c, d, at):
			f.reasons[i] = TooOld
		case belowFloor(c, d.EQF):
			f.reasons[i] = BelowLevel
		case !ordered[i]:
			f.reasons[i] = OutOfOrder
		}
	}
	return f
}

func stale(c vocab.Composition, d Completed, at time.Time) bool {
	return c.MaxAgeMonths > 0 && !at.Before(expires(c, d))
}

// expires is the moment from which a completion no longer counts under a limit
// of age: the anniversary in months still counts, all of it.
func expires(c vocab.Composition, d Completed) time.Time {
	return vocab.AddMonths(dayOf(d.CompletedAt), c.MaxAgeMonths).AddDate(0, 0, 1)
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func belowFloor(c vocab.Composition, eqf int) bool { return c.Level != nil && eqf < c.Level.Lowest }

// inOrder says of each completion whether every course that comes before it
// was completed, itself in order, when it began. The completion that satisfies
// this need not count. Courses in a circle are never in order.
func inOrder(sequence []vocab.Order, done []Completed, at time.Time) []bool {
	ordered := make([]bool, len(done))
	follows := func(d Completed, before string) bool {
		for j, b := range done {
			if ordered[j] && b.CourseID == before && !b.CompletedAt.After(d.begun()) {
				return true
			}
		}
		return false
	}
	for changed := true; changed; {
		changed = false
		for i, d := range done {
			if ordered[i] || d.CompletedAt.After(at) {
				continue
			}
			ordered[i] = !slices.ContainsFunc(sequence, func(o vocab.Order) bool { return o.After == d.CourseID && !follows(d, o.Before) })
			changed = changed || ordered[i]
		}
	}
	return ordered
}

// use says what a search has to pay for what was completed.
type use int

const (
	free    use = iota // nothing: only whether the rules can be met is asked
	sparing            // shared credits, credits, courses
)

// items makes one item of each course that may count, in the order in which the
// search takes them.
func (f facts) items(c vocab.Composition, u use) []item {
	at := map[string]int{}
	var items []item
	for i, d := range f.done {
		if f.reasons[i] != "" {
			continue
		}
		k, known := at[d.CourseID]
		if !known {
			k = len(items)
			at[d.CourseID] = k
			items = append(items, item{course: d.CourseID, grants: -1, bit: -1, price: u})
		}
		items[k].add(c, d, i)
	}
	sortItems(items)
	if u == sparing {
		f.rank(items)
	}
	return items
}

// rank gives the courses completed first the lowest bits.
func (f facts) rank(items []item) {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := f.done[items[a].options[0].fact], f.done[items[b].options[0].fact]
		return cmp.Or(x.CompletedAt.Compare(y.CompletedAt), cmp.Compare(x.CourseID, y.CourseID))
	})
	for bit, i := range order {
		items[i].bit = bit
	}
}
