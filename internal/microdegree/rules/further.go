package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// further makes the items of a plan: what is known and may count, free of cost;
// what is known and waits for a course that comes first; and what is on offer.
// Each stands behind the courses that come before it.
func further(c vocab.Composition, known []Completed, offered map[string]Course, at time.Time) []item {
	f := judge(c, known, at)
	items := f.items(c, free)
	have := map[string]bool{}
	for _, it := range items {
		have[it.course] = true
	}
	waiting := map[string]int{}
	for i, ordered := range inOrder(c.Sequence, known, at) {
		d := known[i]
		if ordered || have[d.CourseID] || d.begun().Before(at) || d.CompletedAt.After(at) {
			continue
		}
		k, again := waiting[d.CourseID]
		if !again {
			k = len(items)
			waiting[d.CourseID] = k
			items = append(items, item{course: d.CourseID, price: free, bit: -1, grants: -1})
		}
		if f.reasons[i] == OutOfOrder {
			items[k].add(c, d, i)
		}
	}
	for _, id := range wanted(c) {
		course, ok := offered[id]
		if _, waits := waiting[id]; !ok || waits || have[id] {
			continue
		}
		it := item{course: id, paid: true, ects: int32(course.ECTS), bit: -1, grants: -1}
		if !belowFloor(c, course.EQF) {
			it.add(c, course.completed(at), -1)
		}
		items = append(items, it)
	}
	sortItems(items)
	slices.SortStableFunc(items, func(a, b item) int { return last(a.paid) - last(b.paid) })
	items = queue(c.Sequence, items, satisfied(c, known, at))
	rankByEnd(items, offered)
	return items
}

// wanted lists the courses of all groups and those that come before others.
func wanted(c vocab.Composition) (courses []string) {
	for _, g := range c.Groups {
		courses = append(courses, g.Courses...)
	}
	for _, o := range c.Sequence {
		courses = append(courses, o.Before)
	}
	slices.Sort(courses)
	return slices.Compact(courses)
}

// satisfied lists the courses that what follows them need not wait for.
func satisfied(c vocab.Composition, known []Completed, at time.Time) map[string]bool {
	done := map[string]bool{}
	for i, ok := range inOrder(c.Sequence, known, at) {
		done[known[i].CourseID] = done[known[i].CourseID] || ok
	}
	return done
}

// queue puts every item that is not yet done behind the items that come before
// it, and leaves out those that can never be in order.
func queue(sequence []vocab.Order, items []item, done map[string]bool) (queued []item) {
	place := map[string]int{}
	grants := 0
	for rest := items; ; {
		i := slices.IndexFunc(rest, func(it item) bool {
			return !slices.ContainsFunc(sequence, func(o vocab.Order) bool {
				_, placed := place[o.Before]
				return o.After == it.course && !done[o.Before] && !placed
			})
		})
		if i < 0 {
			return queued
		}
		it := rest[i]
		for _, o := range sequence {
			if o.After != it.course || done[o.Before] {
				continue
			}
			before := &queued[place[o.Before]]
			if before.grants < 0 {
				before.grants = grants
				grants++
			}
			it.needs = append(it.needs, before.grants)
		}
		place[it.course] = len(queued)
		queued = append(queued, it)
		rest = slices.Delete(rest, i, i+1)
	}
}

// rankByEnd gives the courses that can be planned and end first the lowest bits.
func rankByEnd(items []item, offered map[string]Course) {
	var paid []*item
	for i := range items {
		if items[i].paid {
			paid = append(paid, &items[i])
		}
	}
	slices.SortFunc(paid, func(a, b *item) int {
		x, y := offered[a.course].EndsAt, offered[b.course].EndsAt
		return cmp.Or(last(x.IsZero())-last(y.IsZero()), x.Compare(y), cmp.Compare(a.course, b.course))
	})
	for bit, it := range paid {
		it.bit = bit
	}
}
