package vocab

import (
	"strings"
	"unicode"

	"github.com/mtibben/confusables"
	"golang.org/x/net/idna"
)

// Skeleton returns what a name or a domain looks like: two that people take for
// one another have the same. So "LEIBNIZ", "Leibnız" and "Lеibniz" with a
// Cyrillic "е" are one, and so are a name and a domain that spells it, whatever
// blanks, hyphens and dots stand in it. The look-alikes are those of Unicode
// (UTS #39, 4); capitals and accents go as Fold has it. It is to be compared
// only, never shown.
func Skeleton(s string) string {
	if lower := strings.ToLower(s); strings.Contains(lower, "xn--") {
		if shown, err := idna.ToUnicode(lower); err == nil {
			s = shown
		}
	}
	words := strings.Fields(s)
	for i, word := range words {
		words[i] = look(word)
	}
	s = Fold(confusables.Skeleton(strings.Join(words, " ")))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == 'i': // whose capital looks like an l
			return 'l'
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Mc, r):
			return r
		}
		return -1 // also what is not seen at all
	}, s)
	return s
}

// look folds a word. One that looks Latin is taken for that first: a Greek "Η"
// is an "H", and its small letter is none.
func look(word string) string {
	if latin := Fold(confusables.Skeleton(word)); strings.IndexFunc(latin, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return latin
	}
	return Fold(word)
}
