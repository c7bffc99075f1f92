package readmodel

import (
	"slices"
	"strings"
)

// Span is the bytes [Start, End) of a text.
type Span struct{ Start, End int }

// Highlight returns the words of a text that a query finds, in order and in
// bytes of the text as it is.
func Highlight(text, query string) []Span {
	words := parse(query)
	var spans []Span
	var s scanner
	s.scan(text, func(start, end int) {
		if slices.ContainsFunc(words, func(w queryWord) bool { return w.begins(string(s.term)) || w.begins(string(s.other)) }) {
			spans = append(spans, Span{start, end})
		}
	})
	return spans
}

func (w queryWord) begins(term string) bool {
	return slices.ContainsFunc(w.terms, func(prefix string) bool { return strings.HasPrefix(term, prefix) })
}
