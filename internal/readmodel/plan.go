package readmodel

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// everyFacet, as the facet to leave out, leaves out none; noFacet is that of a
// filter which is none.
const (
	everyFacet = -2
	noFacet    = -3
)

// filter is one condition on the rows of a part: to be in one of sets, or to
// have a rank in [from, to).
type filter struct {
	facet    int
	sets     []rowSet
	order    *order
	from, to uint32
	size     int // the most rows that it may leave
}

func (f *filter) has(row uint32) bool {
	if f.order != nil {
		rank := f.order.ranks.at(row)
		return f.from <= rank && rank < f.to
	}
	for _, set := range f.sets {
		if set.has(row) {
			return true
		}
	}
	return false
}

// plan is how a query finds its rows in one part.
type plan struct {
	part
	filters    []filter // the rarest first
	without    *roaring.Bitmap
	words      []wordLists
	impossible bool // some filter leaves no row at all
	matched    map[int]*roaring.Bitmap
	scores     []place
}

func newPlan(p part, q Query, words []queryWord) *plan {
	l := &plan{part: p, without: p.dead}
	for i := range words {
		found := p.lookup(&words[i])
		if q.Order == Relevance {
			l.words = append(l.words, found)
		}
		l.add(filter{facet: noFacet, sets: []rowSet{found.set(p)}})
	}
	for facet, values := range q.Any {
		if len(values) == 0 {
			continue
		}
		lists := &p.facets[facet]
		f := filter{facet: facet}
		for _, value := range values {
			if i, found := lists.keys.search(value); found {
				f.sets = append(f.sets, lists.set(i))
			}
		}
		l.add(f)
	}
	for o, r := range q.Ranges {
		l.addRange(&p.orders[o], r)
	}
	if len(q.States) > 0 {
		sets := p.windows.states(q.At, q.Audience)
		f := filter{facet: StateFacet}
		for _, state := range q.States {
			f.sets = append(f.sets, sets[state])
		}
		l.add(f)
	}
	if q.Only != nil {
		l.add(filter{facet: noFacet, sets: []rowSet{{Bitmap: p.rowsOf(q.Only)}}})
	}
	if len(q.Exclude) > 0 {
		l.without = p.rowsOf(q.Exclude)
		if p.dead != nil {
			l.without.Or(p.dead)
		}
	}
	slices.SortStableFunc(l.filters, func(a, b filter) int { return cmp.Compare(a.size, b.size) })
	return l
}

func (l *plan) add(f filter) {
	for _, set := range f.sets {
		f.size += int(set.GetCardinality())
	}
	if len(f.sets) > 4 { // one look-up instead of many
		f.sets = []rowSet{union(f.sets)}
		f.size = int(f.sets[0].GetCardinality())
	}
	l.filters = append(l.filters, f)
	if f.size == 0 && f.facet == noFacet {
		l.impossible = true
	}
}

func (l *plan) addRange(o *order, r Range) {
	from, exact := o.keys.search(r.Min)
	if r.Min == "" && exact { // the rows without a key
		from++
	}
	to := o.keys.size()
	if r.Max != "" {
		if to, exact = o.keys.search(r.Max); exact {
			to++
		}
	}
	f := filter{facet: noFacet, order: o, from: uint32(from), to: uint32(max(from, to))}
	f.size = o.before(at(f.to, 0)) - o.before(at(f.from, 0))
	l.filters = append(l.filters, f)
	l.impossible = l.impossible || f.size == 0
}

func (p part) rowsOf(ids []string) *roaring.Bitmap {
	set := roaring.New()
	for _, id := range ids {
		if row, found := p.ids.search(id); found {
			set.Add(row)
		}
	}
	return set
}

func (l *plan) has(row uint32) bool {
	for i := range l.filters {
		if !l.filters[i].has(row) {
			return false
		}
	}
	return l.without == nil || !l.without.Contains(row)
}

// matching returns all rows that pass every filter but those of one facet. It
// must not be changed.
func (l *plan) matching(except int) *roaring.Bitmap {
	if !slices.ContainsFunc(l.filters, func(f filter) bool { return f.facet == except }) {
		except = everyFacet
	}
	if known := l.matched[except]; known != nil {
		return known
	}
	if l.matched == nil {
		l.matched = map[int]*roaring.Bitmap{}
	}
	set := l.intersect(except)
	l.matched[except] = set
	return set
}

func (l *plan) intersect(except int) *roaring.Bitmap {
	if l.impossible {
		return roaring.New()
	}
	var set *roaring.Bitmap
	owned := false // set is ours to change
	for i := range l.filters {
		f := &l.filters[i]
		switch {
		case f.facet == except || f.order != nil:
		case set == nil:
			set, owned = union(f.sets).Bitmap, len(f.sets) != 1
		case owned && len(f.sets) == 1:
			set.And(f.sets[0].Bitmap)
		default:
			set, owned = roaring.And(set, union(f.sets).Bitmap), true
		}
	}
	for i := range l.filters { // last, because they look at each row that is left
		if f := &l.filters[i]; f.order != nil {
			set = f.within(set)
		}
	}
	if set == nil {
		set = roaring.New()
		set.AddRange(0, uint64(l.size()))
	}
	if l.without == nil {
		return set
	}
	return roaring.AndNot(set, l.without)
}

// within returns the rows of set, nil for all, whose rank is in the range.
func (f *filter) within(set *roaring.Bitmap) *roaring.Bitmap {
	if set == nil {
		start := f.order.before(at(f.from, 0))
		return ofRows(f.order.rows[start:start+f.size], len(f.order.rows)).Bitmap
	}
	var rows []uint32
	for all := set.Iterator(); all.HasNext(); {
		if row := all.Next(); f.has(row) {
			rows = append(rows, row)
		}
	}
	return ofSorted(rows).Bitmap
}
