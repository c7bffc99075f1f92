package readmodel

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
)

// A list is a bitmap from a number of rows on; below it is gaps of one or two
// bytes each. Those of terms take half the memory of a bitmap, unless that is
// dense; those of facets are few and asked for most, so that bitmaps pay.
const (
	bigFacet = 256
	bigTerm  = 8192
)

func bigTerms(rows int) int { return min(max(rows/sparse, bigFacet), bigTerm) }

// lists is a sorted dictionary of keys with the rows of each. A term stands
// once for each weight that it has somewhere, each time with the rows in which
// that is its greatest.
type lists struct {
	bigFrom int // rows
	keys    blob
	weights []uint8 // nil when keys have none
	rows    blob    // per key: number of rows and their gaps, or 0 and the place in big
	big     []rowSet
}

// add appends a key with its ascending rows; keys come in order.
func (l *lists) add(key []byte, weight uint8, rows []uint32) {
	l.keys.add(key)
	l.weights = append(l.weights, weight)
	if len(rows) >= l.bigFrom {
		l.rows.data = binary.AppendUvarint(append(l.rows.data, 0), uint64(len(l.big)))
		l.big = append(l.big, stored(rows))
	} else {
		l.rows.data = binary.AppendUvarint(l.rows.data, uint64(len(rows)))
		last := uint32(0)
		for _, row := range rows {
			l.rows.data = binary.AppendUvarint(l.rows.data, uint64(row-last))
			last = row
		}
	}
	l.rows.ends = append(l.rows.ends, uint32(len(l.rows.data)))
}

func (l *lists) trim() {
	l.keys.trim()
	l.rows.trim()
	l.weights, l.big = trimmed(l.weights), trimmed(l.big)
}

// list returns the rows of list i as a set when it is a big one, otherwise as gaps.
func (l *lists) list(i int) (set rowSet, count int, gaps []byte) {
	data := l.rows.at(i)
	n, size := binary.Uvarint(data)
	if n > 0 {
		return rowSet{}, int(n), data[size:]
	}
	at, _ := binary.Uvarint(data[size:])
	set = l.big[at]
	return set, int(set.GetCardinality()), nil
}

func (l *lists) count(i int) int {
	_, n, _ := l.list(i)
	return n
}

// append adds the rows of list i to rows, ascending.
func (l *lists) append(rows []uint32, i int) []uint32 {
	set, count, gaps := l.list(i)
	rows = slices.Grow(rows, count)
	if set.Bitmap != nil {
		end := rows[len(rows) : len(rows)+count]
		set.ManyIterator().NextMany(end)
		return rows[:len(rows)+count]
	}
	return appendGaps(rows, gaps)
}

func appendGaps(rows []uint32, gaps []byte) []uint32 {
	for row := uint32(0); len(gaps) > 0; {
		gap := uint32(gaps[0])
		if gap < 0x80 {
			gaps = gaps[1:]
		} else {
			wide, size := binary.Uvarint(gaps)
			gap, gaps = uint32(wide), gaps[size:]
		}
		row += gap
		rows = append(rows, row)
	}
	return rows
}

// set returns the rows of list i.
func (l *lists) set(i int) rowSet {
	if set, _, _ := l.list(i); set.Bitmap != nil {
		return set
	}
	return ofSorted(l.append(nil, i))
}

// find returns the lists [from, to) of a key.
func (l *lists) find(key string) (from, to int) {
	from, found := l.keys.search(key)
	if to = from; found {
		for to++; to < l.keys.size() && string(l.keys.at(to)) == key; to++ {
		}
	}
	return from, to
}

// prefixed returns the lists [from, to) of the keys that start with prefix.
func (l *lists) prefixed(prefix string) (from, to int) {
	from, _ = l.keys.search(prefix)
	rest := l.keys.size() - from
	return from, from + sort.Search(rest, func(i int) bool {
		key := l.keys.at(from + i)
		return len(key) < len(prefix) || string(key[:len(prefix)]) > prefix
	})
}

// mergeLists joins lists; moved tells the new row of each old one, or gone.
func mergeLists(sources []*lists, moved [][]uint32, bigFrom int) lists {
	out := lists{bigFrom: bigFrom}
	next := make([]int, len(sources))
	var old, rows []uint32
	for {
		var key []byte
		var weight uint8
		least := -1
		for i, l := range sources {
			if next[i] == l.keys.size() {
				continue
			}
			if c := bytes.Compare(l.keys.at(next[i]), key); least < 0 || c < 0 || c == 0 && l.weights[next[i]] < weight {
				least, key, weight = i, l.keys.at(next[i]), l.weights[next[i]]
			}
		}
		if least < 0 {
			out.trim()
			return out
		}
		rows = rows[:0]
		parts := 0
		for i, l := range sources {
			if next[i] == l.keys.size() || l.weights[next[i]] != weight || !bytes.Equal(l.keys.at(next[i]), key) {
				continue
			}
			old = l.append(old[:0], next[i])
			next[i]++
			parts++
			for _, row := range old {
				if to := moved[i][row]; to != gone {
					rows = append(rows, to)
				}
			}
		}
		if parts > 1 {
			slices.Sort(rows)
		}
		if len(rows) > 0 {
			out.add(key, weight, rows)
		}
	}
}
