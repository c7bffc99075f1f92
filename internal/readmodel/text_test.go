package readmodel

import (
	"fmt"
	"slices"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// titled returns an index of one row per title, named by its number.
func titled(titles ...string) *Index {
	x := New(Schema{})
	docs := make([]Doc, len(titles))
	for i, title := range titles {
		docs[i] = Doc{ID: fmt.Sprintf("crs_%03d", i), Words: []Field{{8, title}}}
	}
	x.Apply(1, docs, nil)
	return x
}

func TestAWordIsFoundHoweverItIsSpelled(t *testing.T) {
	titles := []string{
		"Stadtplanung in Zürich", "Die Straße im Recht", "Historia miasta Łódź", "Design fra København", "Ελληνικά για αρχάριους",
		"Programming in C", "Programming in C++", "Programming in C#", "KI in der Medizin", "AI for engineers", "IT-Sicherheit", "Set theory, a naïve approach",
		"Ωmega‑3 λόγος", "Економіка України", "Projektové řízení", "Übungen zur Physik", "Uebersetzen und Dolmetschen", "Mu\u0308nchner Gespra\u0308che", "Machine Learning",
		"Machine Translation", "L'informatique d'aujourd'hui", "Cœur et Æsthetik", "Verteilte Uni\u00adversität", "ﬁnance №5", "İstanbul ışık", "Maths+Physics",
	}
	s := titled(titles...).Snapshot()
	for query, want := range map[string][]int{
		"Zürich": {0}, "zurich": {0}, "ZURICH": {0}, "zuerich": {0}, "Zu\u0308rich": {0},
		"Straße": {1}, "strasse": {1}, "STRASSE": {1}, "STRAẞE": {1},
		"Łódź": {2}, "lodz": {2}, "København": {3}, "kobenhavn": {3},
		"ελληνικα": {4}, "ΕΛΛΗΝΙΚΆ": {4},
		"c": {5, 6, 7, 21}, "C+": {6}, "c++": {6}, "C#": {7}, "c##": nil,
		"ki": {8}, "AI": {9}, "it": {10}, "sicherheit": {10}, "naive": {11}, "naïve": {11},
		"ωmega": {12}, "λογοσ": {12}, "ΛΌΓΟΣ": {12}, "λόγος": {12},
		"економіка": {13}, "УКРАЇНИ": {13}, "украіни": {13},
		"rizeni": {14}, "řízení": {14}, "PROJEKT": {14},
		"uebungen": {15}, "ubungen": {15}, "Übungen": {15}, "übersetzen": {16}, "uebersetzen": {16}, "muenchner gesprach": {17}, "münchner gespräche": {17},
		"mach": {18, 19}, "machine learning": {18}, "LEARN machine": {18}, "machine machine": {18, 19}, "achine": nil, "machine physik": nil,
		"informatique": {20}, "coeur": {21}, "æsthetik": {21}, "aesthetik": {21}, "universitat": {22}, "universitaet": {22},
		"finance": {23}, "no5": {23}, "istanbul isik": {24}, "physics": {25}, "maths+physics": {25},
	} {
		var got []int
		for i := range titles {
			q := Query{Text: query, First: 1, Only: []string{fmt.Sprintf("crs_%03d", i)}}
			q.Order = Relevance
			if len(search(t, s, q).Hits) == 1 {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
	if got := search(t, s, Query{Text: " -?! ", Order: Newest}).Total(); got != len(titles) {
		t.Errorf("a text without words finds %d of %d rows", got, len(titles))
	}
}

func TestTermsAreThoseOfVocab(t *testing.T) {
	for _, word := range []string{
		"Zürich", "Straße", "Łódź", "København", "Ελληνικά", "ΛΌΓΟΣ", "naïve", "Україна", "řízení", "Đorđe", "œuvre", "ısı", "ﬁn", "ǖber", "Ấn", "한국어",
	} {
		var s scanner
		var got []string
		s.scan(word, func(int, int) { got = append(got, string(s.term)) })
		if want := []string{vocab.Fold(word)}; !slices.Equal(got, want) {
			t.Errorf("%q has terms %q, want %q", word, got, want)
		}
	}
}

// Every word of a query is in every row that it finds, however many have it.
func TestEveryWordIsFound(t *testing.T) {
	var titles []string
	for i := range 300 {
		title := "other"
		if i < 60 {
			title = "the history"
		}
		if i%100 == 50 {
			title += " rome"
		}
		titles = append(titles, title)
	}
	s := titled(titles...).Snapshot()
	for query, want := range map[string][]string{
		"the rome":       {"crs_050"},
		"the history":    {"crs_059", "crs_058", "crs_057"},
		"th rome":        {"crs_050"},
		"other rome":     {"crs_250", "crs_150"},
		"other history":  nil, // each is in more than a tenth of the rows
		"the rome other": nil,
	} {
		var got []string
		for _, hit := range search(t, s, Query{Text: query, Order: Relevance, First: 3}).Hits {
			got = append(got, hit.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}

func TestRelevancePrefersWeightsAndWholeWords(t *testing.T) {
	x := New(Schema{})
	x.Apply(1, []Doc{
		{ID: "1", Words: []Field{{1, "about graph theory"}, {8, "Graph"}}},
		{ID: "2", Words: []Field{{8, "Graphs"}}},
		{ID: "3", Words: []Field{{4, "graph"}}},
		{ID: "4", Words: []Field{{1, "graph graph graph"}}},
		{ID: "5", Words: []Field{{1, "graph"}}},
	}, nil)
	var got []string
	for _, hit := range search(t, x.Snapshot(), Query{Text: "graph", Order: Relevance, First: 9}).Hits {
		got = append(got, hit.ID)
	}
	if want := []string{"1", "2", "3", "5", "4"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHighlightMarksTheWordsOfTheOriginal(t *testing.T) {
	for _, c := range []struct {
		text, query string
		want        []string
	}{
		{"Die Straße nach Zürich", "strasse zur", []string{"Straße", "Zürich"}},
		{"Übungen, Uebungen, Ubungen", "übung", []string{"Übungen", "Uebungen", "Ubungen"}},
		{"Übungen, Uebungen, Ubungen", "uebung", []string{"Übungen", "Uebungen"}},
		{"U\u0308bungen zum Cafe\u0301.", "uebungen cafe", []string{"U\u0308bungen", "Cafe\u0301"}},
		{"C, C++ and C#", "c++", []string{"C++"}},
		{"C, C++ and C#", "c", []string{"C", "C++", "C#"}},
		{"STRAẞE ﬁnance Œuvre", "strasse fin oeu", []string{"STRAẞE", "ﬁnance", "Œuvre"}},
		{"Uni\u00adversität heute", "universitat", []string{"Uni\u00adversität"}},
		{"L'informatique", "informatique", []string{"informatique"}},
		{"Økonomi og økologi", "oko", []string{"Økonomi", "økologi"}},
		{"the cathedral", "cat", []string{"cathedral"}},
		{"concat", "cat", nil},
		{"Zürich", "", nil},
		{"Z\xffürich", "urich", []string{"ürich"}}, // not UTF-8
	} {
		var got []string
		for _, span := range Highlight(c.text, c.query) {
			got = append(got, c.text[span.Start:span.End])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got, c.want)
		}
	}
}

func TestDidYouMeanTheNearestTerm(t *testing.T) {
	x := titled("Machine Learning", "Machines", "Thermodynamics", "Zürich", "Łódź", "Ελληνικά", "KI", "Data", "Data", "Date", "vanished")
	x.Apply(2, nil, []string{"crs_010"})
	s := x.Snapshot()
	for query, want := range map[string]string{
		"machnie":               "machine",
		"Machine  lerning, bro": "Machine  learning, bro",
		"termodynamics":         "thermodynamics",
		"thermodynamiks data":   "thermodynamics data",
		"Zuerch":                "zuerich",
		"loddz":                 "lodz",
		"ελλινικα":              "ελληνικα",
		"datu":                  "data", // more frequent than date
		"machine learning":      "",
		"mach":                  "",
		"kj":                    "", // too short
		"vanishd":               "", // no row has it any more
		"entirely":              "",
		"":                      "",
	} {
		if got := search(t, s, Query{Text: query, Order: Relevance}).DidYouMean(); got != want {
			t.Errorf("%q: did you mean %q, want %q", query, got, want)
		}
	}
}
