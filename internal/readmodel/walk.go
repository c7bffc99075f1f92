package readmodel

import (
	"slices"
	"sort"
)

// walk returns the first n matching places of an order: upwards those from
// bound on, downwards those before it.
//
// With filters that many rows pass it looks at one row after the other, so
// that the cost of a page does not grow with the catalogue. When that promises
// to take longer than intersecting the sets, or takes far longer, it does the latter.
func (l *plan) walk(o *order, up bool, bound place, n int) []place {
	if n == 0 {
		return nil
	}
	if tests := l.affordable(); l.matched[everyFacet] == nil && l.expected(o, n) <= tests {
		if found, done := l.step(o, up, bound, n, 3*tests); done {
			return found
		}
	}
	set := l.matching(everyFacet)
	if o == nil {
		chosen := plan{part: l.part, filters: []filter{{sets: []rowSet{{Bitmap: set}}}}}
		found, _ := chosen.step(nil, up, bound, n, l.size())
		return found
	}
	best := newBest(n, up)
	for rows := set.Iterator(); rows.HasNext(); {
		best.offer(o.of(rows.Next()), bound)
	}
	return best.places()
}

// affordable is the number of rows that one can test in the time it takes to
// intersect all filters and to pick from the result. By measurement a test is
// as long as 800 rows of a bitmap, 4 of a sparse one, or two thirds of a row of the result.
func (l *plan) affordable() int {
	size := l.size()
	cost := 256 + size*len(l.filters)/800 + int(1.5*float64(size)*l.selectivity(l.filters))
	if len(l.filters) > 0 && l.filters[0].size < size/sparse {
		cost += l.filters[0].size / 4
	}
	return cost
}

// selectivity is the share of rows that pass, if filters are independent.
func (l *plan) selectivity(filters []filter) float64 {
	share := 1.0
	for _, f := range filters {
		share *= min(1, float64(f.size)/float64(l.size()))
	}
	return share
}

// expected is the number of rows to test for n hits.
func (l *plan) expected(o *order, n int) int {
	tested := l.filters
	if l.leads(o) {
		tested = tested[1:]
	}
	return int(min(float64(n)/max(l.selectivity(tested), 1e-9), float64(l.size())))
}

// leads is true when the first filter leads from one of its rows to the next.
func (l *plan) leads(o *order) bool {
	return o == nil && len(l.filters) > 0 && len(l.filters[0].sets) == 1
}

// step tests row after row, at most tests of them. done is false when there
// may be more rows.
func (l *plan) step(o *order, up bool, bound place, n, tests int) (found []place, done bool) {
	next := l.rowsIn(o, up, bound)
	found = make([]place, 0, n)
	for row, more := next(); more; row, more = next() {
		if l.has(row) {
			if found = append(found, o.of(row)); len(found) == n {
				return found, true
			}
		}
		if tests--; tests < 0 {
			return nil, false
		}
	}
	return found, true
}

// rowsIn returns the rows of an order from a bound on, without those that the
// first filter can skip cheaply.
func (l *plan) rowsIn(o *order, up bool, bound place) func() (uint32, bool) {
	size, by := l.size(), -1
	if up {
		by = 1
	}
	if o != nil {
		i := o.before(bound)
		if !up {
			i--
		}
		return func() (row uint32, more bool) {
			if i < 0 || i >= size {
				return 0, false
			}
			row = o.rows[i]
			i += by
			return row, true
		}
	}
	i := int64(min(bound, at(0, uint32(size))))
	if !up {
		i--
	}
	if !l.leads(o) {
		return func() (row uint32, more bool) {
			if i < 0 || i >= int64(size) {
				return 0, false
			}
			row = uint32(i)
			i += int64(by)
			return row, true
		}
	}
	set := l.filters[0].sets[0]
	return func() (uint32, bool) {
		if i < 0 || i >= int64(size) {
			return 0, false
		}
		if up {
			i = set.NextValue(uint32(i))
		} else {
			i = set.PreviousValue(uint32(i))
		}
		if i < 0 {
			return 0, false
		}
		row := uint32(i)
		i += int64(by)
		return row, true
	}
}

// best keeps the first n places upwards or downwards.
type best struct {
	n    int
	up   bool
	kept []place // ascending; downwards as complements
}

func newBest(n int, up bool) *best { return &best{n: n, up: up, kept: make([]place, 0, n+1)} }

// offer takes a place unless it is beyond the bound of the page.
func (b *best) offer(p, bound place) {
	if b.up != (p >= bound) {
		return
	}
	if !b.up {
		p = ^p
	}
	if len(b.kept) == b.n {
		if b.n == 0 || p >= b.kept[b.n-1] {
			return
		}
		b.kept = b.kept[:b.n-1]
	}
	i := sort.Search(len(b.kept), func(i int) bool { return b.kept[i] > p })
	b.kept = slices.Insert(b.kept, i, p)
}

// places returns what was kept, the first first.
func (b *best) places() []place {
	if !b.up {
		for i := range b.kept {
			b.kept[i] = ^b.kept[i]
		}
	}
	return b.kept
}
