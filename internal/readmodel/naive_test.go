package readmodel

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
)

// naive answers queries by looking at every row, as the rules say.
type naive struct {
	rows  map[string]Doc
	known map[string]map[string]int // the terms of each row
}

func newNaive() *naive { return &naive{rows: map[string]Doc{}, known: map[string]map[string]int{}} }

func (n *naive) apply(put []Doc, remove []string) {
	for _, id := range remove {
		delete(n.rows, id)
	}
	for _, doc := range put {
		n.rows[doc.ID], n.known[doc.ID] = doc, terms(doc)
	}
}

// terms returns the terms of a row with their greatest weights.
func terms(doc Doc) map[string]int {
	out := map[string]int{}
	var s scanner
	for _, field := range doc.Words {
		s.scan(field.Text, func(int, int) {
			for _, term := range []string{string(s.term), string(s.other)} {
				if old, known := out[term]; term != "" && (!known || int(field.Weight) > old) {
					out[term] = int(field.Weight)
				}
			}
		})
	}
	return out
}

// worth is what a word adds to the score of a row, -1 when the row is without it.
func worth(w queryWord, in map[string]int) int {
	best := -1
	for term, weight := range in {
		if !slices.ContainsFunc(w.terms, func(prefix string) bool { return strings.HasPrefix(term, prefix) }) {
			continue
		}
		value := 2 * weight
		if slices.Contains(w.terms, term) {
			value++
		}
		best = max(best, value)
	}
	return best
}

func hasState(doc Doc, q Query, wanted State) bool {
	for _, w := range doc.Windows {
		if w.Audience != 0 && w.Audience&q.Audience == 0 {
			continue
		}
		state := Open
		if q.At < w.Opens {
			state = OpensLater
		} else if w.Closes != 0 && q.At >= w.Closes {
			state = Closed
		} else if w.Free <= 0 {
			state = Full
		}
		if state == wanted {
			return true
		}
	}
	return false
}

func (n *naive) matches(doc Doc, q Query, words []queryWord, except int) bool {
	in := n.known[doc.ID]
	for _, w := range words {
		if worth(w, in) < 0 {
			return false
		}
	}
	for facet, values := range q.Any {
		if facet != except && len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(doc.Tags[facet], v) }) {
			return false
		}
	}
	for o, r := range q.Ranges {
		if key := doc.Keys[o]; key == "" || key < r.Min || r.Max != "" && key > r.Max {
			return false
		}
	}
	if except != StateFacet && len(q.States) > 0 && !slices.ContainsFunc(q.States, func(s State) bool { return hasState(doc, q, s) }) {
		return false
	}
	return (q.Only == nil || slices.Contains(q.Only, doc.ID)) && !slices.Contains(q.Exclude, doc.ID)
}

// list returns the ids of all matching rows in order.
func (n *naive) list(q Query) []string {
	words := parse(q.Text)
	type row struct {
		doc   Doc
		score int
	}
	var rows []row
	for _, doc := range n.rows {
		if !n.matches(doc, q, words, everyFacet) {
			continue
		}
		r := row{doc: doc}
		in := n.known[doc.ID]
		for _, w := range words {
			r.score += max(0, worth(w, in))
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b row) int {
		ids := strings.Compare(a.doc.ID, b.doc.ID)
		switch {
		case q.Order == Newest:
			return -ids
		case q.Order == Relevance:
			return cmp.Or(cmp.Compare(b.score, a.score), -ids)
		}
		c := cmp.Or(strings.Compare(a.doc.Keys[q.Order], b.doc.Keys[q.Order]), ids)
		if q.Descending {
			c = -c
		}
		return c
	})
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.doc.ID)
	}
	return ids
}

func (n *naive) facets(q Query) map[int][]Count {
	words := parse(q.Text)
	out := map[int][]Count{}
	for facet, limit := range q.Facets {
		sums := map[string]int{}
		for _, doc := range n.rows {
			if !n.matches(doc, q, words, facet) {
				continue
			}
			if facet == StateFacet {
				for s := range states {
					if hasState(doc, q, s) {
						sums[s.String()]++
					}
				}
				continue
			}
			values := map[string]bool{}
			for _, value := range doc.Tags[facet] {
				values[value] = true
			}
			for value := range maps.Keys(values) {
				sums[value]++
			}
		}
		counts := []Count{}
		for value, count := range sums {
			counts = append(counts, Count{value, count})
		}
		slices.SortFunc(counts, func(a, b Count) int {
			return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
		})
		if limit > 0 {
			counts = counts[:min(limit, len(counts))]
		}
		out[facet] = counts
	}
	return out
}

// compare checks everything that the index says about a query.
func (n *naive) compare(t *testing.T, s *Snapshot, q Query, size int) {
	t.Helper()
	want := n.list(q)
	q.First, q.Last, q.After, q.Before = size, 0, "", ""
	var forward []string
	for {
		r := search(t, s, q)
		if q.After == "" {
			if got := r.Total(); got != len(want) {
				t.Fatalf("%+v: total %d, want %d", q, got, len(want))
			}
			if got, want := r.Facets, n.facets(q); len(q.Facets) > 0 && !maps.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("%+v: facets\n%v, want\n%v", q, got, want)
			}
		}
		n.comparePage(t, r, q, len(forward), len(want))
		for _, hit := range r.Hits {
			forward = append(forward, hit.ID)
		}
		if !r.HasNext {
			break
		}
		q.After, q.Facets = r.Hits[len(r.Hits)-1].Cursor(), nil
	}
	if !slices.Equal(forward, want) {
		t.Fatalf("%+v: forwards\n%v, want\n%v", q, forward, want)
	}
	q.First, q.Last, q.After = 0, size, ""
	var backward []string
	for {
		r := search(t, s, q)
		n.comparePage(t, r, q, len(want)-len(backward)-len(r.Hits), len(want))
		for _, hit := range slices.Backward(r.Hits) {
			backward = append(backward, hit.ID)
		}
		if !r.HasPrevious {
			break
		}
		q.Before = r.Hits[0].Cursor()
	}
	slices.Reverse(backward)
	if !slices.Equal(backward, want) {
		t.Fatalf("%+v: backwards\n%v, want\n%v", q, backward, want)
	}
}

// comparePage checks one page that starts at row from of total.
func (n *naive) comparePage(t *testing.T, r *Result, q Query, from, total int) {
	t.Helper()
	if r.HasPrevious != (from > 0) || r.HasNext != (from+len(r.Hits) < total) {
		t.Fatalf("%+v: page of %d from %d of %d has previous %t, next %t", q, len(r.Hits), from, total, r.HasPrevious, r.HasNext)
	}
	for _, hit := range r.Hits {
		if want := n.rows[hit.ID].Payload; string(hit.Payload) != string(want) {
			t.Fatalf("%s has payload %q, want %q", hit.ID, hit.Payload, want)
		}
	}
}

func search(t testing.TB, s *Snapshot, q Query) *Result {
	t.Helper()
	r, err := s.Search(q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return r
}
