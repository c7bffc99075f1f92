package readmodel

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Count counts the facets that q names, for a result that Search returned for
// the rest of q: for callers that learn only then what to count.
func (r *Result) Count(q Query) map[int][]Count { return countFacets(r.plans, q) }

// IDOf returns the id in a cursor, "" for no cursor: for callers that read on
// from another place. It returns an INVALID problem for anything else.
func IDOf(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err == nil && len(raw) > 4 {
		if length, n := binary.Uvarint(raw[4:]); n > 0 && length < uint64(len(raw)-4-n) {
			return string(raw[4+n+int(length):]), nil
		}
	}
	return "", problem.New(problem.Invalid, "this is not a cursor of the list").At("after")
}
