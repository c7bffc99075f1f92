package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Planned says whether a learner's choice is enough and how to finish.
type Planned struct {
	Report     Report // of what is done, and of the candidates as if they were
	Missing    []Node // its rules that are not satisfied; see Node.Gaps
	Paths      []Path // cheapest first; none when the choice is enough
	Exhaustive bool   // whether no cheaper path can have been missed
}

// Path is one way to finish, beyond what is done and considered. It cannot do
// without any of its courses.
type Path struct {
	Courses []Course // in an order in which they can be taken
	ECTS    vocab.ECTS
	EndsAt  time.Time // when its last course ends; zero when that is not known
	Until   time.Time // the award must be made by then, or something that counts has become too old; zero for no limit
	Report  Report
}

// maxPulls bounds, for each path asked for, the solutions that are looked at.
// Most that are refused contain a cheaper one.
const maxPulls = 60

// planBudget bounds the states of all searches of one plan.
const planBudget = 12_000

// Plan finds up to limit cheapest ways to finish. Cheapest is: fewest further
// credits; then fewest courses; then, comparing the courses that end last and
// then the ones before them, the earliest end; then the smallest id. An unknown
// end is the latest. Planned courses count as completed at the moment of the
// plan. A course that is done and may count is not planned again, one that has
// become too old, say, may be.
//
// The search is bounded and always gives the same answer to the same question.
func Plan(c vocab.Composition, total vocab.ECTS, done []Completed, candidates []string, offered map[string]Course, at time.Time, limit int) Planned {
	known := slices.Clone(done)
	var absent []Uncounted
	for _, id := range slices.Compact(slices.Sorted(slices.Values(candidates))) {
		if course, ok := offered[id]; ok {
			known = append(known, course.completed(at))
		} else {
			absent = append(absent, Uncounted{CourseID: id, Reason: NotOffered})
		}
	}
	p := Planned{Report: Evaluate(c, total, known, at), Exhaustive: true}
	p.Report.Explain.Uncounted = append(p.Report.Explain.Uncounted, absent...)
	p.Missing = p.Report.Explain.Gaps()
	if p.Report.Complete || limit <= 0 {
		return p
	}
	p.Paths, p.Exhaustive = finish(c, total, known, offered, at, limit)
	return p
}

// finish looks for paths that cost as few credits as any can, and then for
// those that cost a little more, until there are enough: a search within a
// narrow limit has few states.
func finish(c vocab.Composition, total vocab.ECTS, known []Completed, offered map[string]Course, at time.Time, limit int) (paths []Path, exhaustive bool) {
	all := slices.Clone(known)
	for _, id := range wanted(c) {
		if course, ok := offered[id]; ok {
			all = append(all, course.completed(at))
		}
	}
	if possible, certain := completes(c, total, all, at); !possible && certain {
		return nil, true
	}
	s := newSearch(c, total, further(c, known, offered, at), true)
	least, states := s.least(s.start, 0), planBudget
	for _, most := range []int64{least, least + 200, least + 600, noLimit} {
		s.run(most, s.within(states))
		states -= len(s.nodes)
		paths, exhaustive = pull(s, c, total, known, offered, at, limit)
		if len(paths) == limit || len(paths) > 0 && !exhaustive {
			break
		}
	}
	return paths, exhaustive
}

// pull takes the best solutions of a search that cannot do without any of their
// courses.
func pull(s *search, c vocab.Composition, total vocab.ECTS, known []Completed, offered map[string]Course, at time.Time, limit int) (paths []Path, exhaustive bool) {
	exhaustive = s.exhaustive
	for k := 0; len(paths) < limit; k++ {
		if k == maxPulls*limit {
			return paths, false
		}
		found, ok := s.path(0, 0, k)
		if !ok || int64(found.cost[usedECTS]) > s.most {
			break
		}
		var courses []Course
		for _, pick := range s.chosen(found) {
			if pick.item.paid {
				courses = append(courses, offered[pick.item.course])
			}
		}
		minimal, certain := minimal(c, total, known, courses, at)
		exhaustive = exhaustive && certain
		if minimal {
			paths = append(paths, pathOf(c, total, known, courses, at))
		}
	}
	return paths, exhaustive
}

// minimal says whether known with the courses is complete, and with all but any
// one of them is not. More evidence never harms, so no smaller part of the
// courses needs a look.
func minimal(c vocab.Composition, total vocab.ECTS, known []Completed, courses []Course, at time.Time) (yes, certain bool) {
	with := func(skip int) []Completed {
		all := slices.Clone(known)
		for i, course := range courses {
			if i != skip {
				all = append(all, course.completed(at))
			}
		}
		return all
	}
	if ok, sure := completes(c, total, with(-1), at); !ok {
		return false, sure
	}
	certain = true
	for i := range courses {
		enough, sure := completes(c, total, with(i), at)
		if enough {
			return false, true
		}
		certain = certain && sure
	}
	return true, certain
}

func pathOf(c vocab.Composition, total vocab.ECTS, known []Completed, courses []Course, at time.Time) Path {
	p := Path{Courses: inSequence(c.Sequence, courses)}
	all := slices.Clone(known)
	for _, course := range courses {
		p.ECTS += course.ECTS
		all = append(all, course.completed(at))
	}
	p.EndsAt = end(c.Sequence, courses)
	p.Report = Evaluate(c, total, all, at)
	if c.MaxAgeMonths > 0 {
		for _, d := range known {
			counts := d.CompletedAt.Before(at) && !stale(c, d, at) && slices.Contains(p.Report.Explain.Counted, d.CourseID)
			if last := expires(c, d); counts && (p.Until.IsZero() || last.Before(p.Until)) {
				p.Until = last
			}
		}
	}
	return p
}

// end returns when the last course ends, or zero when a course has no known run
// or one that begins before a course that comes first has ended.
func end(sequence []vocab.Order, courses []Course) (last time.Time) {
	runs := map[string]Course{}
	for _, c := range courses {
		if c.EndsAt.IsZero() {
			return time.Time{}
		}
		if c.EndsAt.After(last) {
			last = c.EndsAt
		}
		runs[c.ID] = c
	}
	for _, o := range sequence {
		before, planned := runs[o.Before]
		if after, both := runs[o.After]; planned && both && after.StartsAt.Before(before.EndsAt) {
			return time.Time{}
		}
	}
	return last
}

// inSequence sorts courses by start and id, but each behind what comes first.
func inSequence(sequence []vocab.Order, courses []Course) (sorted []Course) {
	rest := slices.SortedFunc(slices.Values(courses), func(a, b Course) int {
		return cmp.Or(last(a.StartsAt.IsZero())-last(b.StartsAt.IsZero()), a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID))
	})
	for len(rest) > 0 {
		i := max(0, slices.IndexFunc(rest, func(c Course) bool {
			return !slices.ContainsFunc(sequence, func(o vocab.Order) bool {
				return o.After == c.ID && slices.ContainsFunc(rest, func(b Course) bool { return b.ID == o.Before })
			})
		}))
		sorted = append(sorted, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return sorted
}

// last sorts what it holds for behind the rest.
func last(holds bool) int {
	if holds {
		return 1
	}
	return 0
}
