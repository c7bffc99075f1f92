package sheet

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// clip keeps an echoed value short.
func clip(s string) string { return vocab.Clean(40, s) }

func plain[T ~string](all []T) []string {
	var out []string
	for _, v := range all {
		out = append(out, string(v))
	}
	return out
}

// oneOf reads a code. Lower case, blanks and hyphens are what people type for
// it.
func oneOf[T ~string](all []T, s, name string) (T, error) {
	code := T(strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(s)))
	if slices.Contains(all, code) {
		return code, nil
	}
	return "", problem.New(problem.Invalid, "%q is none of %s", clip(s), strings.Join(plain(all), ", ")).At(name)
}

// yesNo are the spellings of a yes or no, as English and German spreadsheets
// write them.
var yesNo = map[string]bool{"TRUE": true, "WAHR": true, "YES": true, "JA": true, "1": true, "FALSE": false, "FALSCH": false, "NO": false, "NEIN": false, "0": false}

func truth(s, name string) (bool, error) {
	if v, ok := yesNo[strings.ToUpper(s)]; ok {
		return v, nil
	}
	return false, problem.New(problem.Invalid, "%q is none of %s", clip(s), "TRUE, FALSE").At(name)
}

// decimal returns a number as it is written in English, without needless
// zeros. A comma alone is the decimal comma of German spreadsheets. XLSX holds
// binary fractions, so that 7.1 may stand there as 7.0999999999999996.
func decimal(s string) string {
	if strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	_, frac, dotted := strings.Cut(s, ".")
	if f, err := strconv.ParseFloat(s, 64); len(frac) > 9 && err == nil {
		s = strconv.FormatFloat(f, 'f', 9, 64)
	}
	if !dotted {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func wholeNumber(s string, least, most int, name string) (int, error) {
	n, err := strconv.Atoi(decimal(s))
	if err != nil || n < least || n > most {
		return 0, problem.New(problem.Invalid, "%q is not a whole number from %d to %d", clip(s), least, most).At(name)
	}
	return n, nil
}

func unlessZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// cents reads an amount of money in hundredths.
func cents(s, name string) (int, error) {
	whole, frac, _ := strings.Cut(decimal(s), ".")
	digits := whole + (frac + "00")[:2]
	n, err := strconv.Atoi(digits)
	if err != nil || whole == "" || len(frac) > 2 || len(digits) > 9 || strings.Trim(digits, "0123456789") != "" {
		return 0, problem.New(problem.Invalid, "%q is not an amount of money such as \"250\" or \"49.90\"", clip(s)).At(name)
	}
	return n, nil
}

// credits reads a workload in ECTS.
func credits(s, name string) (vocab.ECTS, error) {
	n, err := vocab.ParseECTS(decimal(s))
	if err != nil {
		return n, err.(*problem.Error).At(name)
	}
	return n, nil
}

// hundredths writes what credits and cents read; nothing for 0.
func hundredths[T ~int](n T) string {
	if n == 0 {
		return ""
	}
	return vocab.ECTS(n).String()
}

// field reads a code of ISCED-F and gives it the leading zeros back that a
// spreadsheet took for those of a number, when only one code can be meant.
func field(s, name string) (vocab.ISCEDF, error) {
	exact, err := vocab.ParseISCEDF(s, name)
	if err == nil {
		return exact, nil
	}
	var meant []vocab.ISCEDF
	for padded := "0" + s; len(padded) <= 4; padded = "0" + padded {
		if code, err := vocab.ParseISCEDF(padded); err == nil {
			meant = append(meant, code)
		}
	}
	if len(meant) == 1 {
		return meant[0], nil
	}
	return "", err
}

// speech returns a language tag in its usual spelling.
func speech(s, name string) (string, error) {
	if tag, err := language.Parse(s); err == nil {
		return tag.String(), nil
	}
	return s, vocab.CheckLanguage(s, name)
}

// split takes a list apart at its bars. "\|" is a bar that belongs to an item
// and "\\" a backslash; empty items do not count.
func split(s string) []string {
	var items []string
	var item strings.Builder
	end := func() {
		if v := strings.TrimSpace(item.String()); v != "" {
			items = append(items, v)
		}
		item.Reset()
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '|' || s[i+1] == '\\'):
			i++
			item.WriteByte(s[i])
		case s[i] == '|':
			end()
		default:
			item.WriteByte(s[i])
		}
	}
	end()
	return items
}

var escaped = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

// join is the reverse of split.
func join(items []string) string {
	var all []string
	for _, item := range items {
		all = append(all, escaped.Replace(item))
	}
	return strings.Join(all, "|")
}
