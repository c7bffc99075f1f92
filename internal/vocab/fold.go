package vocab

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters that Unicode does not take apart, and what people type instead.
var letters = strings.NewReplacer("ß", "ss", "ł", "l", "ø", "o", "đ", "d", "æ", "ae", "œ", "oe", "ı", "i", "ς", "σ")

// Fold returns a text without capitals and accents, so that "zurich" finds
// "Zürich", on every database alike. A folded text stays as it is.
func Fold(s string) string {
	// Taken apart first: signs such as № hold letters, Ǿ a letter of the list.
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
	s = letters.Replace(strings.ToLower(s))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) { // the dot that İ leaves
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}
