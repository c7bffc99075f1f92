package vocab

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Line tidies a text that a person or program sent: Unicode NFC, no space at
// the ends. It returns an INVALID problem at the given field when the text is
// not UTF-8, holds a control or bidirectional override character (line breaks
// and tabs are allowed), or is longer than limit characters.
func Line(limit int, s string, field ...string) (string, error) {
	if !utf8.ValidString(s) {
		return "", problem.New(problem.Invalid, "the text is not valid UTF-8").At(field...)
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	if n := utf8.RuneCountInString(s); n > limit {
		return "", problem.New(problem.Invalid, "the text has %d characters, at most %d are allowed", n, limit).At(field...)
	}
	for _, r := range s {
		if hidden(r) {
			return "", problem.New(problem.Invalid, "the text contains the invisible character U+%04X", r).At(field...)
		}
	}
	return s, nil
}

// LineOr is Line for a text that must not be empty: then it returns missing.
func LineOr(missing *problem.Error, limit int, s string, field ...string) (string, error) {
	s, err := Line(limit, s, field...)
	if err == nil && s == "" {
		err = missing.At(field...)
	}
	return s, err
}

// ErrNoReason asks why something is done.
var ErrNoReason = problem.New(problem.Invalid, "a reason is needed")

// NeededLine is Line for a text that must not be empty, nor look so.
func NeededLine(limit int, s string, field ...string) (string, error) {
	s, err := Line(limit, s, field...)
	if err == nil && strings.IndexFunc(s, seen) < 0 {
		return "", problem.New(problem.Invalid, "this text is needed").At(field...)
	}
	return s, err
}

// hidden says whether r could make a text look different from what it is.
func hidden(r rune) bool {
	switch r {
	case '\n', '\t', '\r':
		return false
	case 0x034F, // combining grapheme joiner
		0x115F, 0x1160, 0x3164, 0xFFA0, // Hangul fillers
		0xFEFF, 0x180E: // no-break space of no width, vowel separator
		return true
	}
	return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// invisible says whether an address would look the same without r. In a text
// joiners and marks of direction have a meaning, in an address they have none.
func invisible(r rune) bool { return hidden(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) }

// seen says whether r leaves ink.
func seen(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) && r != 0x2800 // blank of Braille
}

// Clean removes what Line would refuse and cuts to limit characters. It is for
// texts that a third party asserts, such as names in claims, where refusing
// the whole would punish the wrong person.
func Clean(limit int, s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || hidden(r) {
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(s, "")))
	if r := []rune(strings.TrimSpace(s)); len(r) > limit {
		return strings.TrimSpace(string(r[:limit]))
	} else {
		return string(r)
	}
}

// clip keeps an echoed value short.
func clip(s string) string { return Clean(40, s) }

// FullName joins the names of a person, given name first. Many people have one
// name only, and some providers tell none: no blank stands for what is missing.
func FullName(given, family string) string {
	return strings.TrimSpace(strings.TrimSpace(given) + " " + strings.TrimSpace(family))
}

// FoldASCII returns s with A to Z in small letters, and all else as it is. It
// compares what is without regard to case by its standard, as domain names are,
// and takes no other letter for one of these.
func FoldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
