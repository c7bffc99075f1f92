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
		if n := int(rows.AndCardinality(set)); n > 0 {
			sums[State(state).String()] += n
		}
	}
}

// count adds up the values of some facets over rows. Where most rows match it
// starts from the values' totals and takes the others off.
func (l *plan) count(sums map[int]map[string]int, facets []int, rows *roaring.Bitmap) {
	first := make([]int, len(l.facets)+1) // the first code of each facet
	for f := range l.facets {
		first[f+1] = first[f] + l.facets[f].keys.size()
	}
	counts := make([]int32, first[len(l.facets)])
	sign := int32(1)
	if int(rows.GetCardinality())*2 > l.size() {
		sign = -1
		others := roaring.Flip(rows, 0, uint64(l.size()))
		rows = others
		for _, f := range facets {
			for i := range l.facets[f].keys.size() {
				counts[first[f]+i] = int32(l.facets[f].count(i))
			}
		}
	}
	tally(counts, l.codes, rows, sign)
	for _, f := range facets {
		keys := &l.facets[f].keys
		for i := range keys.size() {
			if n := counts[first[f]+i]; n > 0 {
				sums[f][string(keys.at(i))] += int(n)
			}
		}
	}
}

func tally(counts []int32, codes spans, rows *roaring.Bitmap, sign int32) {
	switch v := codes.values; {
	case v.bytes != nil:
		tallyOf(counts, v.bytes, codes, rows, sign)
	case v.words != nil:
		tallyOf(counts, v.words, codes, rows, sign)
	default:
		tallyOf(counts, v.longs, codes, rows, sign)
	}
}

func tallyOf[T uint8 | uint16 | uint32](counts []int32, values []T, codes spans, rows *roaring.Bitmap, sign int32) {
	var buf [256]uint32
	many := rows.ManyIterator()
	for n := many.NextMany(buf[:]); n > 0; n = many.NextMany(buf[:]) {
		for _, row := range buf[:n] {
			start, end := codes.of(row)
			for _, code := range values[start:end] {
				counts[code] += sign
			}
		}
	}
}
