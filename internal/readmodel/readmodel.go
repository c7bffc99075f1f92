// Package readmodel owns the search index of the public catalogue: immutable
// snapshots in memory that answer searches, pages, facets and suggestions
// without a database. It knows rows, not courses: what a row's facets, sort
// keys and payload mean is the caller's matter.
//
// A snapshot is a short list of immutable segments. A change marks the old
// version of each row as dead and adds a small segment; small segments are
// merged as they come, large ones by Compact.
package readmodel

import "math"

// Schema fixes how many facets and sort orders a row has. The names of orders
// are part of their cursors, so that a cursor of another order is refused.
type Schema struct {
	Facets []string
	Orders []string
}

// Doc is one row.
type Doc struct {
	ID      string     // unique; rows are NEWEST first in descending order of it
	Words   []Field    // the texts to search, in every language
	Tags    [][]string // the values per facet of the schema, each any number
	Keys    []string   // the sort key per order of the schema, compared bytewise; Number makes one of a number
	Windows []Window   // one for each time in which one can apply
	Payload []byte     // returned as it is; must not change afterwards
}

// Field is a text to search. A word that stands in several fields counts with
// the greatest weight.
type Field struct {
	Weight uint8
	Text   string
}

// Window is a time in which some may apply for a place.
type Window struct {
	Opens    int64  // Unix microseconds
	Closes   int64  // Unix microseconds, the first instant that is too late; 0 when it stays open
	Free     int32  // seats; Unlimited when nobody counts them
	Audience uint32 // bits of those who may apply; 0 for everybody
}

// Unlimited is the number of free seats where nobody counts them.
const Unlimited = math.MaxInt32

// Number returns the sort key of n: 8 bytes in numeric order.
func Number(n int64) string {
	var b [8]byte
	for i, u := 7, uint64(n)^1<<63; i >= 0; i, u = i-1, u>>8 {
		b[i] = byte(u)
	}
	return string(b[:])
}
