package readmodel

import "github.com/RoaringBitmap/roaring/v2"

// rowSet is a set of rows of a segment. It is shared and must not be changed.
type rowSet struct {
	*roaring.Bitmap
	words []uint64 // the same rows as bits where they are many, nil elsewhere; the bitmap lives on their memory
}

func (s rowSet) has(row uint32) bool {
	if s.words != nil {
		return s.words[row/64]>>(row%64)&1 != 0
	}
	return s.Contains(row)
}

// sparse is how many rows there must be per row of a set for a bitmap not to
// keep bits.
const sparse = 16

// ofWords returns the set of the rows whose bits are set.
func ofWords(words []uint64) rowSet { return rowSet{roaring.FromDense(words, false), words} }

// ofRows returns the set of rows in any order, all below size.
func ofRows(rows []uint32, size int) rowSet {
	words := make([]uint64, (size+63)/64)
	for _, row := range rows {
		words[row/64] |= 1 << (row % 64)
	}
	return ofWords(words)
}

// ofSorted returns the set of ascending rows.
func ofSorted(rows []uint32) rowSet {
	if n := len(rows); n > 64 && rows[n-1] < 512*uint32(n) { // faster than row by row
		return rowSet{Bitmap: ofRows(rows, int(rows[n-1])+1).Bitmap}
	}
	set := roaring.New()
	set.AddMany(rows)
	return rowSet{Bitmap: set}
}

// stored returns the set of ascending rows in the least memory, or nearly: with
// bits when these are what the bitmap consists of anyway.
func stored(rows []uint32) rowSet {
	const container = 1 << 16
	size := (int(rows[len(rows)-1])/container + 1) * container
	if len(rows) >= size/sparse {
		return ofRows(rows, size)
	}
	return rowSet{Bitmap: ofSorted(rows).Clone()} // without reserves
}

// union returns the rows of any of the sets.
func union(sets []rowSet) rowSet {
	switch len(sets) {
	case 0:
		return rowSet{Bitmap: roaring.New()}
	case 1:
		return sets[0]
	}
	bitmaps := make([]*roaring.Bitmap, len(sets))
	for i, set := range sets {
		bitmaps[i] = set.Bitmap
	}
	return rowSet{Bitmap: roaring.FastOr(bitmaps...)}
}
