package readmodel

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// build makes a segment of rows that are sorted by their different ids.
func build(schema Schema, docs []Doc) *segment {
	ids := make([]string, len(docs))
	for row, doc := range docs {
		ids[row] = doc.ID
	}
	s := &segment{ids: newIDs(ids), terms: buildTerms(docs), windows: buildWindows(docs)}
	s.facets, s.orders = make([]lists, len(schema.Facets)), make([]order, len(schema.Orders))
	for f := range s.facets {
		s.facets[f] = buildFacet(docs, f)
	}
	for o := range s.orders {
		s.orders[o] = buildOrder(docs, o)
	}
	for _, doc := range docs {
		s.addPayload(doc.Payload)
	}
	s.finish()
	return s
}

// rowsBuilder collects the ascending rows of one list as gaps.
type rowsBuilder struct {
	weight uint8
	last   uint32
	gaps   []byte
}

func (r *rowsBuilder) add(row uint32) {
	r.gaps = binary.AppendUvarint(r.gaps, uint64(row-r.last))
	r.last = row
}

// termBuilder collects a term: where it stands in the row at hand, and the rows
// per weight so far.
type termBuilder struct {
	seen   int // the row at hand + 1
	weight uint8
	rows   []rowsBuilder
}

func (t *termBuilder) add(row uint32) {
	i := slices.IndexFunc(t.rows, func(r rowsBuilder) bool { return r.weight == t.weight })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, rowsBuilder{weight: t.weight})
	}
	t.rows[i].add(row)
}

func buildTerms(docs []Doc) lists {
	numbers := map[string]int{}
	var terms []termBuilder
	var words scanner
	var touched []int
	for row := range docs {
		touched = touched[:0]
		for _, field := range docs[row].Words {
			use := func(term []byte) {
				n, known := numbers[string(term)]
				if !known {
					n = len(terms)
					numbers[string(term)] = n
					terms = append(terms, termBuilder{})
				}
				if t := &terms[n]; t.seen != row+1 {
					t.seen, t.weight = row+1, field.Weight
					touched = append(touched, n)
				} else {
					t.weight = max(t.weight, field.Weight)
				}
			}
			words.scan(field.Text, func(int, int) {
				use(words.term)
				if len(words.other) > 0 {
					use(words.other)
				}
			})
		}
		for _, n := range touched {
			terms[n].add(uint32(row))
		}
	}
	out := lists{bigFrom: bigTerms(len(docs))}
	var rows []uint32
	for _, term := range slices.Sorted(maps.Keys(numbers)) {
		t := &terms[numbers[term]]
		slices.SortFunc(t.rows, func(a, b rowsBuilder) int { return int(a.weight) - int(b.weight) })
		for _, r := range t.rows {
			rows = appendGaps(rows[:0], r.gaps)
			out.add([]byte(term), r.weight, rows)
		}
	}
	out.trim()
	return out
}

func buildFacet(docs []Doc, f int) lists {
	values := map[string][]uint32{}
	for row, doc := range docs {
		if f >= len(doc.Tags) {
			continue
		}
		for _, value := range doc.Tags[f] {
			if rows := values[value]; len(rows) == 0 || rows[len(rows)-1] != uint32(row) {
				values[value] = append(rows, uint32(row))
			}
		}
	}
	out := lists{bigFrom: bigFacet}
	for _, value := range slices.Sorted(maps.Keys(values)) {
		out.add([]byte(value), 0, values[value])
	}
	out.trim()
	return out
}

// sorted returns the documents in the order of their ids, of equal ids the last.
func sorted(docs []Doc) []Doc {
	out := slices.Clone(docs)
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b Doc) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(out, func(a, b Doc) bool { return a.ID == b.ID })
}
