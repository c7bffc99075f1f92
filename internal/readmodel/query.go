package readmodel

import (
	"math"
	"slices"
)

// Query asks for a page of rows. All its filters must hold.
type Query struct {
	Text     string           // every word must begin a word of the row
	Any      map[int][]string // per facet: the row has one of the values
	Ranges   map[int]Range    // per order: the row's key is within
	States   []State          // the row has a window in one of them; empty for any row
	At       int64            // the instant for States and their counts, in Unix microseconds
	Audience uint32           // whose windows count; those for everybody always do
	Only     []string         // only rows with these ids; nil for all
	Exclude  []string         // no rows with these ids

	Order      int  // an order of the schema, or Newest, or Relevance
	Descending bool // for orders of the schema: the greatest key first

	First, Last   int // the size of the page; Last for one that ends before a cursor
	After, Before string

	Facets map[int]int // the facets to count, StateFacet included, each with the number of values wanted, 0 for all
}

// Range is the keys from Min to Max, both included; an empty one has no bound.
// Rows with an empty key are in no range.
type Range struct{ Min, Max string }

// The orders that every index has.
const (
	Newest    = -1 // greatest id first
	Relevance = -2 // best match first; as Newest where the text has no words
)

// StateFacet is the facet of window states, whose values are named by State.
const StateFacet = -1

// Hit is a row of a page.
type Hit struct {
	ID      string
	Payload []byte // must not be changed
	order   uint32 // the tag of the order
	key     string
}

// Result is the answer to a query.
type Result struct {
	Hits                 []Hit
	HasNext, HasPrevious bool
	Facets               map[int][]Count // as asked for; most frequent first, then by value

	snapshot *Snapshot
	plans    []*plan
	words    []queryWord
	text     string
}

// Search returns a page and the facets of a query. Problems: INVALID for a
// cursor of another list, or for a page in both directions.
func (s *Snapshot) Search(q Query) (*Result, error) {
	words := parse(q.Text)
	list := s.schema.listing(q, words)
	from, err := list.page(q)
	if err != nil {
		return nil, err
	}
	r := &Result{snapshot: s, words: words, text: q.Text}
	for _, p := range s.parts {
		r.plans = append(r.plans, newPlan(p, q, words))
	}
	r.Hits, r.HasNext, r.HasPrevious = list.turn(r.plans, q, from)
	if len(q.Facets) > 0 {
		r.Facets = countFacets(r.plans, q)
	}
	return r, nil
}

// Total returns how many rows match, on all pages.
func (r *Result) Total() int {
	n := 0
	for _, p := range r.plans {
		n += int(p.matching(everyFacet).GetCardinality())
	}
	return n
}

// listing is the sequence that the pages of a query are cut from.
type listing struct {
	tag       uint32
	order     int
	ascending bool
	relevance bool
}

func (s Schema) listing(q Query, words []queryWord) listing {
	l := listing{order: q.Order, ascending: q.Order >= 0 && !q.Descending}
	l.relevance = q.Order == Relevance && len(words) > 0
	l.tag = l.fingerprint(s.Orders, words)
	return l
}

// found is a row that a part offers for a page.
type found struct {
	plan  *plan
	place place
}

// turn cuts the page of q that starts at from.
func (l listing) turn(plans []*plan, q Query, from *position) (hits []Hit, next, previous bool) {
	size, up := q.First, l.ascending
	if q.Last > 0 {
		size, up = q.Last, !l.ascending
	}
	rows := l.collect(plans, from, up, false, size+1)
	more := len(rows) > size
	rows = rows[:min(size, len(rows))]
	behind := from != nil && len(l.collect(plans, from, !up, true, 1)) > 0
	if q.Last > 0 {
		slices.Reverse(rows)
		more, behind = behind, more
	}
	hits = make([]Hit, len(rows))
	for i, f := range rows {
		row := f.place.row()
		hits[i] = Hit{ID: f.plan.ids.at(row), Payload: f.plan.payload(row), order: l.tag, key: l.key(f)}
	}
	return hits, more, behind
}

// collect returns the first n rows upwards or downwards from a position, with
// or without the one that stands there.
func (l listing) collect(plans []*plan, from *position, up, including bool, n int) []found {
	var all []found
	filled := 0
	for _, p := range plans {
		bound := place(0)
		if !up {
			bound = math.MaxUint64
		}
		if from != nil {
			bound = l.bound(p, *from, up == including)
		}
		places := l.places(p, up, bound, n)
		for _, place := range places {
			all = append(all, found{p, place})
		}
		if len(places) > 0 {
			filled++
		}
	}
	if filled > 1 {
		slices.SortFunc(all, func(a, b found) int {
			if up {
				return l.compare(a, b)
			}
			return l.compare(b, a)
		})
	}
	return all[:min(n, len(all))]
}

// places returns the first n matching places of a part: upwards those from
// bound on, downwards those before it.
func (l listing) places(p *plan, up bool, bound place, n int) []place {
	switch {
	case p.impossible:
		return nil
	case l.relevance:
		best := newBest(n, up)
		for _, scored := range slices.Backward(p.scored()) { // newest first, so that few are kept in vain
			best.offer(scored, bound)
		}
		return best.places()
	default:
		return p.walk(l.column(p), up, bound, n)
	}
}

// column is the part's order of the listing, nil for that of the ids.
func (l listing) column(p *plan) *order {
	if l.order < 0 {
		return nil
	}
	return &p.orders[l.order]
}
