package readmodel

import (
	"slices"
	"sync"
)

// mostWords bounds the words of a query; later ones are not searched for.
const mostWords = 32

// queryWord is a word to search. It is a prefix in any of its spellings.
type queryWord struct {
	terms      []string // such as ubungen, uebungen
	start, end int      // bytes of the query
}

// parse returns the different words of a query.
func parse(text string) []queryWord {
	var words []queryWord
	var s scanner
	s.scan(text, func(start, end int) {
		w := queryWord{terms: []string{string(s.term)}, start: start, end: end}
		if len(s.other) > 0 {
			w.terms = append(w.terms, string(s.other))
		}
		known := slices.ContainsFunc(words, func(other queryWord) bool { return slices.Equal(w.terms, other.terms) })
		if !known && len(words) < mostWords {
			words = append(words, w)
		}
	})
	return words
}

// frequency counts the living rows that hold one of the terms in full. The
// dead ones do not count, so that it does not depend on when parts are merged.
func (p part) frequency(terms []string) int {
	found := wordLists{}
	upper := 0
	for _, term := range terms {
		from, to := p.terms.find(term)
		for i := from; i < to; i++ {
			found.lists = append(found.lists, i)
			upper += p.terms.count(i)
		}
	}
	if upper == 0 || len(terms) == 1 && p.dead == nil { // lists of one term share no row
		return upper
	}
	set := found.set(p)
	if p.dead == nil {
		return int(set.GetCardinality())
	}
	return int(set.GetCardinality() - set.AndCardinality(p.dead))
}

// wordLists is where a part has a word of the query: the places in its terms.
type wordLists struct {
	word  *queryWord
	lists []int
}

func (p part) lookup(w *queryWord) wordLists {
	found := wordLists{word: w}
	for i, term := range w.terms {
		from, to := p.terms.prefixed(term)
		for list := from; list < to; list++ {
			if i == 0 || !slices.Contains(found.lists, list) {
				found.lists = append(found.lists, list)
			}
		}
	}
	return found
}

// set returns the rows that have the word.
func (w wordLists) set(p part) rowSet {
	switch len(w.lists) {
	case 0:
		return union(nil)
	case 1:
		return p.terms.set(w.lists[0])
	}
	words := make([]uint64, (p.size()+63)/64)
	var rows []uint32
	var big []rowSet
	for _, i := range w.lists {
		if set, _, _ := p.terms.list(i); set.Bitmap != nil {
			big = append(big, set)
			continue
		}
		rows = p.terms.append(rows[:0], i)
		for _, row := range rows {
			words[row/64] |= 1 << (row % 64)
		}
	}
	return union(append(big, ofWords(words)))
}

// worth is what list i adds to the score of its rows: the weight, and a little
// more when it is the very word and not only begins with it.
func (w wordLists) worth(p part, i int) uint16 {
	worth := 2 * uint16(p.terms.weights[i])
	if slices.Contains(w.word.terms, string(p.terms.keys.at(i))) {
		worth++
	}
	return worth
}

// scratch is a number per row, all 0 while it is in the pool.
var scratch = sync.Pool{New: func() any { return new([]uint16) }}

// scored returns all matching rows with their scores: for each word of the
// query what the best of its lists is worth. Scores depend on nothing but the
// row and the query, so that cursors stay valid.
func (l *plan) scored() []place {
	if l.scores != nil {
		return l.scores
	}
	set := l.matching(everyFacet)
	rows := set.ToArray()
	scores := make([]place, len(rows))
	for i, row := range rows {
		scores[i] = at(0, row)
	}
	worths := scratch.Get().(*[]uint16)
	if len(*worths) < l.size() {
		*worths = make([]uint16, l.size())
	}
	var buf []uint32
	for _, w := range l.words {
		for _, i := range w.lists {
			worth := w.worth(l.part, i)
			if all, count, _ := l.terms.list(i); all.Bitmap != nil && count > 8*len(rows) {
				for _, row := range rows {
					if (*worths)[row] < worth && all.has(row) {
						(*worths)[row] = worth
					}
				}
				continue
			}
			buf = l.terms.append(buf[:0], i)
			for _, row := range buf {
				(*worths)[row] = max((*worths)[row], worth)
			}
		}
		for i, row := range rows {
			scores[i] += at(uint32((*worths)[row]), 0)
		}
		clear((*worths)[:l.size()])
	}
	scratch.Put(worths)
	l.scores = scores
	return scores
}
