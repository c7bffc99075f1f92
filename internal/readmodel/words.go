package readmodel

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longestTerm bounds a term, in bytes; what follows in a longer word is not
// searched for.
const longestTerm = 64

const diaeresis = '\u0308'

// scanner takes a text apart into words. A word is a run of letters and digits
// and the + and # behind them (C++, C#); it is folded as vocab.Fold does,
// letter by letter, so that it keeps its place in the text.
type scanner struct {
	term  []byte // the folded word, such as ubungen; reused
	other []byte // the same with ae, oe, ue for ä, ö, ü, such as uebungen; empty when there are none

	found      func(start, end int)
	start, end int
	inside     bool
	tail       bool // the word has reached its + or #
	last       rune // the letter that a diaeresis would stand on
	expanded   []byte
}

// scan calls found for each word of the text with its bytes [start, end);
// term and other hold it until found returns.
func (s *scanner) scan(text string, found func(start, end int)) {
	s.found, s.inside = found, false
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			s.letter(rune(c), i, i+1)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		s.decompose(r, text[i:i+size], i, i+size)
		i += size
	}
	s.finish()
}

// decompose passes on the letters and marks that r consists of.
func (s *scanner) decompose(r rune, spelled string, start, end int) {
	if norm.NFKD.PropertiesString(spelled).Decomposition() == nil && !unicode.Is(unicode.Hangul, r) {
		s.letter(unicode.ToLower(r), start, end)
		return
	}
	s.expanded = norm.NFKD.AppendString(s.expanded[:0], spelled)
	for rest := s.expanded; len(rest) > 0; {
		part, size := utf8.DecodeRune(rest)
		s.letter(unicode.ToLower(part), start, end)
		rest = rest[size:]
	}
}

// letter takes one folded letter, mark or separator of the text's bytes [start, end).
func (s *scanner) letter(r rune, start, end int) {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			s.begin(start, end)
			s.put(r)
		} else if r != '+' && r != '#' {
			s.finish()
		} else if s.inside {
			s.put(r)
			s.end, s.tail = end, true
		}
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		s.begin(start, end)
		switch r {
		case 'ß':
			s.put('s')
			s.put('s')
		case 'æ':
			s.put('a')
			s.put('e')
		case 'œ':
			s.put('o')
			s.put('e')
		case 'ł':
			s.put('l')
		case 'ø':
			s.put('o')
		case 'đ':
			s.put('d')
		case 'ı':
			s.put('i')
		case 'ς':
			s.put('σ')
		default:
			s.put(r)
		}
	case unicode.Is(unicode.M, r) || unicode.Is(unicode.Cf, r): // accents; soft hyphens and joiners
		if !s.inside {
			return
		}
		s.end = end
		if r == diaeresis && (s.last == 'a' || s.last == 'o' || s.last == 'u') {
			if len(s.other) == 0 {
				s.other = append(s.other, s.term...)
			}
			s.other = bounded(s.other, 'e')
			s.last = 0
		}
	default:
		s.finish()
	}
}

func (s *scanner) begin(start, end int) {
	if s.tail {
		s.finish()
	}
	if !s.inside {
		s.inside, s.start = true, start
		s.term, s.other = s.term[:0], s.other[:0]
	}
	s.end = end
}

func (s *scanner) put(r rune) {
	s.term, s.last = bounded(s.term, r), r
	if len(s.other) > 0 {
		s.other = bounded(s.other, r)
	}
}

func bounded(term []byte, r rune) []byte {
	if len(term)+utf8.RuneLen(r) > longestTerm {
		return term
	}
	return utf8.AppendRune(term, r)
}

func (s *scanner) finish() {
	if s.inside {
		s.inside, s.tail = false, false
		s.found(s.start, s.end)
	}
}
