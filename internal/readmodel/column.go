package readmodel

import (
	"bytes"
	"slices"
	"sort"
	"strings"
)

// blob is a list of byte strings in one piece of memory, at most 4 GiB.
type blob struct {
	data []byte
	ends []uint32
}

func (b *blob) size() int { return len(b.ends) }

func (b *blob) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.data[start:b.ends[i]:b.ends[i]]
}

func (b *blob) add(value []byte) {
	b.data = append(b.data, value...)
	b.ends = append(b.ends, uint32(len(b.data)))
}

// trim gives back what append had in reserve.
func (b *blob) trim() { b.data, b.ends = trimmed(b.data), trimmed(b.ends) }

func trimmed[T any](s []T) []T {
	if cap(s)-len(s) <= len(s)/16 {
		return s
	}
	return append(make([]T, 0, len(s)), s...)
}

// search returns the place of key in a sorted blob, or where it would be.
func (b *blob) search(key string) (int, bool) {
	i := sort.Search(b.size(), func(i int) bool { return string(b.at(i)) >= key })
	return i, i < b.size() && string(b.at(i)) == key
}

// ints is a column of numbers, each as wide as the greatest needs.
type ints struct {
	bytes []uint8
	words []uint16
	longs []uint32
}

// pack returns the column of values, none of which may exceed most.
func pack(values []uint32, most int) ints {
	switch {
	case most < 1<<8:
		return ints{bytes: narrow[uint8](values)}
	case most < 1<<16:
		return ints{words: narrow[uint16](values)}
	default:
		return ints{longs: trimmed(values)}
	}
}

func narrow[T uint8 | uint16](values []uint32) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = T(v)
	}
	return out
}

func (c *ints) at(i uint32) uint32 {
	switch {
	case c.bytes != nil:
		return uint32(c.bytes[i])
	case c.words != nil:
		return uint32(c.words[i])
	default:
		return c.longs[i]
	}
}

// spans is a list of numbers per row, or just one for every row. Where each
// list ends is counted from the beginning of its block of rows.
type spans struct {
	values ints
	single bool
	ends   ints
	blocks []uint32
}

const blockBits = 8

// newSpans takes the values, none over most, and where those of each row end.
func newSpans(values []uint32, most int, ends []uint32) spans {
	s := spans{values: pack(values, most), single: true}
	for row, end := range ends {
		s.single = s.single && int(end) == row+1
	}
	if s.single {
		return s
	}
	relative, longest, base := make([]uint32, len(ends)), 0, uint32(0)
	for row, end := range ends {
		if row%(1<<blockBits) == 0 {
			if row > 0 {
				base = ends[row-1]
			}
			s.blocks = append(s.blocks, base)
		}
		relative[row] = end - base
		longest = max(longest, int(relative[row]))
	}
	s.ends = pack(relative, longest)
	return s
}

func (s *spans) of(row uint32) (start, end uint32) {
	if s.single {
		return row, row + 1
	}
	base := s.blocks[row>>blockBits]
	if row&(1<<blockBits-1) > 0 {
		start = s.ends.at(row - 1)
	}
	return base + start, base + s.ends.at(row)
}

// idColumn is the sorted ids of a segment without what all have in common.
type idColumn struct {
	count  int
	prefix string
	width  int // of each rest, when all are equally long
	fixed  []byte
	rests  blob // when they are not
}

// newIDs takes sorted ids.
func newIDs(ids []string) idColumn {
	c := idColumn{count: len(ids)}
	if len(ids) == 0 {
		return c
	}
	first, last := ids[0], ids[len(ids)-1]
	for len(c.prefix) < min(len(first), len(last)) && first[len(c.prefix)] == last[len(c.prefix)] {
		c.prefix = first[:len(c.prefix)+1]
	}
	c.prefix = strings.Clone(c.prefix)
	c.width = len(first) - len(c.prefix)
	if slices.ContainsFunc(ids, func(id string) bool { return len(id) != len(first) }) {
		c.width = 0
	}
	if c.width > 0 {
		c.fixed = make([]byte, 0, c.width*len(ids))
	}
	for _, id := range ids {
		if rest := id[len(c.prefix):]; c.width > 0 {
			c.fixed = append(c.fixed, rest...)
		} else {
			c.rests.add([]byte(rest))
		}
	}
	c.rests.trim()
	return c
}

func (c *idColumn) rest(row int) []byte {
	if c.width > 0 {
		return c.fixed[row*c.width : (row+1)*c.width]
	}
	return c.rests.at(row)
}

func (c *idColumn) at(row uint32) string {
	var buf [64]byte
	return string(append(append(buf[:0], c.prefix...), c.rest(int(row))...))
}

// search returns how many ids are smaller than id, and whether it is there.
func (c *idColumn) search(id string) (row uint32, found bool) {
	rest, has := strings.CutPrefix(id, c.prefix)
	if !has {
		if id < c.prefix {
			return 0, false
		}
		return uint32(c.count), false
	}
	at := sort.Search(c.count, func(i int) bool { return string(c.rest(i)) >= rest })
	return uint32(at), at < c.count && bytes.Equal(c.rest(at), []byte(rest))
}
