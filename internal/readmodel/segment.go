package readmodel

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// segment is an immutable set of rows, numbered in the order of their ids.
type segment struct {
	ids      idColumn
	terms    lists
	facets   []lists // per facet of the schema its values
	codes    []spans // per facet and row its values, as places in facets
	orders   []order // per order of the schema
	windows  windows
	payloads []payloads // of 65536 rows each
}

// gone is the new row of one that a merge leaves out.
const gone = math.MaxUint32

func (s *segment) size() int { return s.ids.count }

func (s *segment) payload(row uint32) []byte { return s.payloads[row>>16].at(int(row & 0xffff)) }

// addPayload appends the payload of the next row.
func (s *segment) addPayload(payload []byte) {
	if n := len(s.payloads); n == 0 || s.payloads[n-1].size() == 1<<16 {
		s.payloads = append(s.payloads, payloads{})
	}
	s.payloads[len(s.payloads)-1].add(payload)
}

// finish builds what follows from the other columns.
func (s *segment) finish() {
	for i := range s.payloads {
		s.payloads[i].spill()
	}
	s.codes = make([]spans, len(s.facets))
	for f := range s.facets {
		s.codes[f] = newCodes(s.size(), &s.facets[f])
	}
}

// newCodes turns the values' rows into the rows' values.
func newCodes(rows int, values *lists) spans {
	ends := make([]uint32, rows)
	var buf []uint32
	for code := range values.keys.size() {
		buf = values.append(buf[:0], code)
		for _, row := range buf {
			ends[row]++
		}
	}
	total := uint32(0)
	for row, n := range ends {
		ends[row] = total
		total += n
	}
	codes := make([]uint32, total)
	for code := range values.keys.size() {
		buf = values.append(buf[:0], code)
		for _, row := range buf {
			codes[ends[row]] = uint32(code)
			ends[row]++
		}
	}
	return newSpans(codes, values.keys.size(), ends)
}

// part is a segment as one snapshot sees it.
type part struct {
	*segment
	dead *roaring.Bitmap // rows that a later version replaced or removed; nil for none
}

func (p part) live() int {
	if p.dead == nil {
		return p.size()
	}
	return p.size() - int(p.dead.GetCardinality())
}

// find returns the living row of an id.
func (p part) find(id string) (row uint32, found bool) {
	row, found = p.ids.search(id)
	return row, found && (p.dead == nil || !p.dead.Contains(row))
}
