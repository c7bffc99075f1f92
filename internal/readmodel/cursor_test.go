package readmodel

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func TestCursorsSurviveSnapshots(t *testing.T) {
	doc := func(i int, ects int64) Doc {
		return Doc{ID: fmt.Sprintf("crs_%02d", i), Keys: []string{"", Number(ects)}, Words: []Field{{1, "word"}}}
	}
	x := New(testSchema)
	for i := range 10 {
		x.Apply(uint64(i), []Doc{doc(i, int64(i))}, nil)
	}
	for _, q := range []Query{{Order: 1}, {Order: Newest}, {Order: Relevance, Text: "word"}} {
		q.First = 4
		first := search(t, x.Snapshot(), q).Hits
		q.After = first[3].Cursor()
		var want []string
		for _, hit := range search(t, x.Snapshot(), q).Hits {
			want = append(want, hit.ID)
		}
		// The row of the cursor goes, and all parts become one.
		y := New(testSchema)
		for i := range 10 {
			y.Apply(uint64(i), []Doc{doc(i, int64(i))}, nil)
		}
		y.Apply(99, []Doc{doc(1, 1)}, []string{first[3].ID, first[0].ID})
		var got []string
		for _, hit := range search(t, y.Snapshot(), q).Hits {
			got = append(got, hit.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: after the change %v, want %v", q, got, want)
		}
	}
}

func TestAStrangeCursorIsInvalid(t *testing.T) {
	x := New(testSchema)
	x.Apply(1, []Doc{{ID: "crs_1", Keys: []string{"a", "b"}, Words: []Field{{1, "a b"}}}}, nil)
	s := x.Snapshot()
	cursor := func(q Query) string {
		q.First = 1
		return search(t, s, q).Hits[0].Cursor()
	}
	newest := cursor(Query{Order: Newest})
	raw, _ := base64.RawURLEncoding.DecodeString(newest)
	title, relevance := Query{First: 1, Order: 0}, Query{First: 1, Order: Relevance, Text: "a"}
	for name, q := range map[string]Query{
		"no base64":       {First: 1, Order: Newest, After: "?"},
		"too short":       {First: 1, Order: Newest, After: "AAAA"},
		"cut":             {First: 1, Order: Newest, After: base64.RawURLEncoding.EncodeToString(raw[:5])},
		"other key":       {First: 1, Order: Newest, After: base64.RawURLEncoding.EncodeToString(append(slices.Clone(raw[:4]), 1, 'x', 'y'))},
		"length too long": {First: 1, Order: Newest, After: base64.RawURLEncoding.EncodeToString(append(slices.Clone(raw[:4]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 'y'))},
		"other order":     {First: 1, Order: 1, After: cursor(title)},
		"other direction": {First: 1, Order: 0, Descending: true, After: cursor(title)},
		"other words":     {First: 1, Order: Relevance, Text: "b", After: cursor(relevance)},
		"before":          {Last: 1, Order: 0, Before: newest},
		"both ways":       {First: 1, Last: 1, Order: Newest},
		"first before":    {First: 1, Order: Newest, Before: newest},
		"last after":      {Last: 1, Order: Newest, After: newest},
	} {
		if _, err := s.Search(q); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%s: %v, want INVALID", name, err)
		}
	}
}

func TestIDOfReadsTheCursorOfAnyList(t *testing.T) {
	x := New(testSchema)
	x.Apply(1, []Doc{{ID: "crs_1", Keys: []string{"title", ""}}}, nil)
	for _, order := range []int{Newest, 0, 1} {
		hit := search(t, x.Snapshot(), Query{Order: order, First: 1}).Hits[0]
		if id, err := IDOf(hit.Cursor()); err != nil || id != "crs_1" {
			t.Errorf("order %d: %q, %v", order, id, err)
		}
	}
	if id, err := IDOf(""); err != nil || id != "" {
		t.Errorf("no cursor: %q, %v", id, err)
	}
	for _, strange := range []string{"?", "AAAA", "AAAAAAA"} {
		if _, err := IDOf(strange); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%q: %v, want INVALID", strange, err)
		}
	}
}

func TestNumbersSortAsKeys(t *testing.T) {
	numbers := []int64{-1 << 63, -256, -1, 0, 1, 255, 256, 1<<63 - 1}
	for i := range numbers[1:] {
		if !(Number(numbers[i]) < Number(numbers[i+1])) {
			t.Errorf("%d does not sort before %d", numbers[i], numbers[i+1])
		}
	}
}
