package readmodel

import (
	"bytes"
	"slices"
	"sort"
)

// order is one way to sort the rows of a segment: by key, then by id.
type order struct {
	keys  blob     // the different keys, sorted
	ranks ints     // per row the place of its key
	rows  []uint32 // the rows in this order
}

func buildOrder(docs []Doc, o int) order {
	key := func(doc Doc) string {
		if o < len(doc.Keys) {
			return doc.Keys[o]
		}
		return ""
	}
	places := map[string]uint32{}
	for _, doc := range docs {
		places[key(doc)] = 0
	}
	all := make([]string, 0, len(places))
	for k := range places {
		all = append(all, k)
	}
	slices.Sort(all)
	var keys blob
	for i, k := range all {
		keys.add([]byte(k))
		places[k] = uint32(i)
	}
	ranks := make([]uint32, len(docs))
	for row, doc := range docs {
		ranks[row] = places[key(doc)]
	}
	return newOrder(keys, ranks)
}

func newOrder(keys blob, ranks []uint32) order {
	keys.trim()
	next := make([]uint32, keys.size()+1)
	for _, rank := range ranks {
		next[rank+1]++
	}
	for i := range keys.size() {
		next[i+1] += next[i]
	}
	rows := make([]uint32, len(ranks))
	for row, rank := range ranks {
		rows[next[rank]] = uint32(row)
		next[rank]++
	}
	return order{keys: keys, ranks: pack(ranks, keys.size()), rows: rows}
}

func mergeOrders(sources []*order, moved [][]uint32, size int) order {
	places := make([][]uint32, len(sources)) // per source and old rank: 1 when in use, then the new rank
	for i, o := range sources {
		places[i] = make([]uint32, o.keys.size())
		for row, to := range moved[i] {
			if to != gone {
				places[i][o.ranks.at(uint32(row))] = 1
			}
		}
	}
	var keys blob
	next := make([]int, len(sources))
	for {
		var key []byte
		least := -1
		for i, o := range sources {
			for next[i] < o.keys.size() && places[i][next[i]] == 0 {
				next[i]++
			}
			if next[i] < o.keys.size() && (least < 0 || bytes.Compare(o.keys.at(next[i]), key) < 0) {
				least, key = i, o.keys.at(next[i])
			}
		}
		if least < 0 {
			break
		}
		for i, o := range sources {
			if next[i] < o.keys.size() && bytes.Equal(o.keys.at(next[i]), key) {
				places[i][next[i]] = uint32(keys.size())
				next[i]++
			}
		}
		keys.add(key)
	}
	ranks := make([]uint32, size)
	for i, o := range sources {
		for row, to := range moved[i] {
			if to != gone {
				ranks[to] = places[i][o.ranks.at(uint32(row))]
			}
		}
	}
	return newOrder(keys, ranks)
}

// place is where a row stands in an order, comparable within a segment: the
// rank of its key (or its score) and its number.
type place uint64

func at(rank, row uint32) place { return place(rank)<<32 | place(row) }

func (p place) row() uint32 { return uint32(p) }

func (p place) rank() uint32 { return uint32(p >> 32) }

// of returns the place of a row. A nil order is that of the ids.
func (o *order) of(row uint32) place {
	if o == nil {
		return at(0, row)
	}
	return at(o.ranks.at(row), row)
}

// before returns how many rows have a place before p.
func (o *order) before(p place) int {
	return sort.Search(len(o.rows), func(i int) bool { return o.of(o.rows[i]) >= p })
}
