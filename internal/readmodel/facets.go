package readmodel

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Count is a value of a facet and the number of rows that have it.
type Count struct {
	Value string
	Count int
}

// countFacets counts the wanted facets over all pages, each without its own filter.
func countFacets(plans []*plan, q Query) map[int][]Count {
	out := map[int][]Count{}
	sums := map[int]map[string]int{}
	for facet := range q.Facets {
		sums[facet] = map[string]int{}
	}
	for _, p := range plans {
		if p.impossible {
			continue
		}
		var unfiltered []int
		for facet := range q.Facets {
			switch {
			case facet == StateFacet:
				p.countStates(sums[StateFacet], q)
			case p.filtersOn(facet):
				p.count(sums, []int{facet}, p.matching(facet))
			default:
				unfiltered = append(unfiltered, facet)
			}
		}
		if len(unfiltered) > 0 {
			p.count(sums, unfiltered, p.matching(everyFacet))
		}
	}
	for facet, limit := range q.Facets {
		out[facet] = ranked(sums[facet], limit)
	}
	return out
}

func (l *plan) filtersOn(facet int) bool {
	return slices.ContainsFunc(l.filters, func(f filter) bool { return f.facet == facet })
}

// ranked returns the most frequent values.
func ranked(sums map[string]int, limit int) []Count {
	out := make([]Count, 0, len(sums))
	for value, n := range sums {
		out = append(out, Count{value, n})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out
}

func (l *plan) countStates(sums map[string]int, q Query) {
	rows := l.matching(StateFacet)
	for state, set := range l.windows.states(q.At, q.Audience) {
		if n := int(rows.AndCardinality(set.Bitmap)); n > 0 {
			sums[State(state).String()] += n
		}
	}
}

// count adds up the values of some facets over rows. Where most rows match it
// starts from the values' totals and takes the others off.
func (l *plan) count(sums map[int]map[string]int, facets []int, rows *roaring.Bitmap) {
	sign := int32(1)
	if int(rows.GetCardinality())*2 > l.size() {
		sign = -1
		rows = roaring.Flip(rows, 0, uint64(l.size()))
	}
	for _, f := range facets {
		values := &l.facets[f]
		counts := make([]int32, values.keys.size())
		if sign < 0 {
			for i := range counts {
				counts[i] = int32(values.count(i))
			}
		}
		l.codes[f].tally(counts, rows, sign)
		for i, n := range counts {
			if n > 0 {
				sums[f][string(values.keys.at(i))] += int(n)
			}
		}
	}
}

// tally adds sign to the counts of the values of rows.
func (s *spans) tally(counts []int32, rows *roaring.Bitmap, sign int32) {
	switch v := s.values; {
	case v.bytes != nil:
		tally(counts, v.bytes, s, rows, sign)
	case v.words != nil:
		tally(counts, v.words, s, rows, sign)
	default:
		tally(counts, v.longs, s, rows, sign)
	}
}

func tally[T uint8 | uint16 | uint32](counts []int32, values []T, s *spans, rows *roaring.Bitmap, sign int32) {
	var buf [256]uint32
	many := rows.ManyIterator()
	for n := many.NextMany(buf[:]); n > 0; n = many.NextMany(buf[:]) {
		for _, row := range buf[:n] {
			if s.single {
				counts[values[row]] += sign
				continue
			}
			start, end := s.of(row)
			for _, code := range values[start:end] {
				counts[code] += sign
			}
		}
	}
}
