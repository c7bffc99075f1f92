package readmodel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var testSchema = Schema{Facets: []string{"language", "level", "topic"}, Orders: []string{"title", "ects"}}

var vocabulary = strings.Fields("machine machines machinery learning lernen Übungen uebungen ubung data daten database C C++ C# the und of " +
	"Zürich Straße strasse Łódź KI AI IT naïve řízení Ελληνικά экология 2026 maschinelles Lerntheorie thermodynamics")

func randomDoc(r *rand.Rand, ids int) Doc {
	pick := func(n int, format string) (out []string) {
		for range r.IntN(3) {
			out = append(out, fmt.Sprintf(format, r.IntN(n)))
		}
		return out
	}
	text := func(n int) string {
		words := make([]string, r.IntN(n))
		for i := range words {
			words[i] = vocabulary[int(float64(len(vocabulary))*r.Float64()*r.Float64())]
		}
		return strings.Join(words, " ")
	}
	d := Doc{
		ID:      fmt.Sprintf("crs_%05d", r.IntN(ids)),
		Words:   []Field{{8, text(4)}, {1, text(8)}, {1, "the"}},
		Tags:    [][]string{pick(4, "l%d"), pick(8, "e%d"), pick(300, "t%d")},
		Keys:    []string{text(2), Number(int64(r.IntN(10)) - 5)},
		Payload: fmt.Appendf(nil, "payload %d", r.Int()),
	}
	if r.IntN(8) == 0 {
		d.Keys[1] = ""
	}
	for range r.IntN(3) {
		w := Window{Opens: int64(r.IntN(10)), Free: int32(r.IntN(3)) - 1, Audience: uint32(r.IntN(4))}
		if r.IntN(3) > 0 {
			w.Closes = w.Opens + int64(r.IntN(6))
		}
		d.Windows = append(d.Windows, w)
	}
	return d
}

func randomQuery(r *rand.Rand, ids int) Query {
	q := Query{Order: r.IntN(4) - 2, Descending: r.IntN(2) == 0, At: int64(r.IntN(18)), Audience: uint32(r.IntN(4))}
	if r.IntN(2) == 0 {
		var words []string
		for range 1 + r.IntN(3) {
			word := []rune(vocabulary[r.IntN(len(vocabulary))])
			words = append(words, string(word[:1+r.IntN(len(word))]))
		}
		q.Text = strings.Join(words, " ")
	}
	q.Any = map[int][]string{}
	for f, values := range []int{4, 8, 300} {
		for range r.IntN(8 - 2*f) {
			if r.IntN(3) == 0 {
				q.Any[f] = append(q.Any[f], fmt.Sprintf("%c%d", "let"[f], r.IntN(values+1)))
			}
		}
	}
	if r.IntN(4) == 0 {
		q.Ranges = map[int]Range{1: {Min: Number(int64(r.IntN(10)) - 5), Max: Number(int64(r.IntN(10)) - 5)}}
		if r.IntN(2) == 0 {
			q.Ranges[1] = Range{Max: q.Ranges[1].Max}
		}
	}
	for range r.IntN(3) {
		if r.IntN(2) == 0 {
			q.States = append(q.States, State(r.IntN(int(states))))
		}
	}
	some := func() (out []string) {
		for range r.IntN(ids) {
			out = append(out, fmt.Sprintf("crs_%05d", r.IntN(ids)))
		}
		return out
	}
	if r.IntN(8) == 0 {
		q.Only = some()
	}
	if r.IntN(8) == 0 {
		q.Exclude = some()
	}
	q.Facets = map[int]int{}
	for f := StateFacet; f < 3; f++ {
		if r.IntN(2) == 0 {
			q.Facets[f] = r.IntN(4)
		}
	}
	return q
}

func TestEveryAnswerIsThatOfLookingAtEveryRow(t *testing.T) {
	for _, c := range []struct{ ids, batch, rounds, queries int }{
		{30, 10, 25, 20},
		{600, 60, 25, 8},
		{9000, 4000, 4, 4},
		{100_000, 60_000, 3, 6}, // lists of bitmaps, merges left to Compact
	} {
		t.Run(fmt.Sprint(c.ids), func(t *testing.T) {
			seed := uint64(c.ids)
			r := rand.New(rand.NewPCG(seed, 1))
			x := New(testSchema)
			if c.ids > 30 {
				x.aside = 0
			}
			n := newNaive()
			for round := range c.rounds {
				var put []Doc
				var remove []string
				for range r.IntN(c.batch) {
					put = append(put, randomDoc(r, c.ids))
				}
				for range r.IntN(c.batch) {
					remove = append(remove, fmt.Sprintf("crs_%05d", r.IntN(c.ids)))
				}
				if round == c.rounds-1 { // nearly nothing is left
					put = nil
					for id := range n.rows {
						if len(remove) < len(n.rows)-3 {
							remove = append(remove, id)
						}
					}
				}
				x.Apply(uint64(round), put, remove)
				n.apply(put, remove)
				if r.IntN(3) == 0 {
					for x.Compact() {
					}
				}
				s := x.Snapshot()
				if s.Version() != uint64(round) || s.Size() != len(n.rows) {
					t.Fatalf("version %d with %d rows, want %d with %d", s.Version(), s.Size(), round, len(n.rows))
				}
				for range c.queries {
					n.compare(t, s, randomQuery(r, c.ids), max(1+r.IntN(12), c.ids/50))
				}
				for range 20 {
					id := fmt.Sprintf("crs_%05d", r.IntN(c.ids))
					payload, found := s.Get(id)
					if doc, want := n.rows[id]; found != want || string(payload) != string(doc.Payload) {
						t.Fatalf("%s: %q, %t", id, payload, found)
					}
				}
			}
		})
	}
}

func TestPartsStayFew(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	x := New(testSchema)
	for v := range 3000 {
		x.Apply(uint64(v), []Doc{randomDoc(r, 100000)}, nil)
		x.Compact()
		if n := len(x.Snapshot().parts); n > 8 {
			t.Fatalf("%d parts after %d changes", n, v+1)
		}
	}
	sizes := []int{}
	for _, p := range x.Snapshot().parts {
		sizes = append(sizes, p.size())
	}
	if !slices.IsSortedFunc(sizes, func(a, b int) int { return b - a }) {
		t.Fatalf("parts of %v rows", sizes)
	}
}
