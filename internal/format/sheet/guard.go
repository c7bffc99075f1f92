package sheet

import "strings"

// A spreadsheet runs a text as a formula when it begins with one of these, and
// some do so after white space.
const (
	starters = "=+-@"
	blanks   = " \t\r\n\u00a0"
)

// risky says whether a spreadsheet might run s, once apostrophes at its
// beginning are taken away.
func risky(s string) bool {
	s = strings.TrimLeft(s, "'")
	begins := func(s, set string) bool { return s != "" && strings.IndexByte(set, s[0]) >= 0 }
	return begins(s, starters) || begins(s, "\t\r\n") || begins(strings.TrimLeft(s, blanks), starters)
}

// guard puts an apostrophe before a text that a spreadsheet might run.
func guard(s string) string {
	if risky(s) {
		return "'" + s
	}
	return s
}

// unguard takes away what guard puts there, and nothing else: s is risky
// with an apostrophe before it exactly when it is without.
func unguard(s string) string {
	if strings.HasPrefix(s, "'") && risky(s) {
		return s[1:]
	}
	return s
}
