package problem

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryProblemIsSaidInGerman(t *testing.T) {
	fset := token.NewFileSet()
	found := read(fset, sources(t, fset), worded)
	for _, fault := range found.faults {
		t.Error(fault)
	}
	if len(found.formats) < 100 || len(found.words) < 10 {
		t.Errorf("only %d formats and %d words were found", len(found.formats), len(found.words))
	}
	for _, format := range slices.Sorted(maps.Keys(found.formats)) {
		if german[format] == "" {
			t.Errorf("%s: german.go lacks %q", found.formats[format], format)
		}
	}
	for _, format := range slices.Sorted(maps.Keys(german)) {
		if _, used := found.formats[format]; !used {
			t.Errorf("german.go has a text that nobody says: %q", format)
		}
		if err := sameVerbs(format, german[format]); err != nil {
			t.Errorf("german.go: %q → %q: %v", format, german[format], err)
		}
	}
	for _, word := range slices.Sorted(maps.Keys(found.words)) {
		if germanWords[word] == "" {
			t.Errorf("%s: german.go lacks the word %q", found.words[word], word)
		}
	}
	for _, format := range slices.Sorted(maps.Keys(worded)) {
		if german[format] == "" {
			t.Errorf("german.go lists as worded what it does not say: %q", format)
		}
	}
}

// verb is one directive of a format. The groups are flags with width and
// precision, the index, and the verb.
var verb = regexp.MustCompile(`%([-+# 0]*[0-9]*(?:\.[0-9]*)?)(?:\[([0-9]+)\])?([a-zA-Z%])`)

// verbs returns, for every argument of a format, the directives that say it,
// sorted and without their indexes: {{"d"}, {"04X", "q"}}.
func verbs(format string) ([][]string, error) {
	if strings.Count(verb.ReplaceAllString(format, ""), "%") > 0 {
		return nil, errors.New("a directive that the test cannot read")
	}
	var all [][]string
	next := 0
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		if m[2] != "" {
			n, err := strconv.Atoi(m[2])
			if err != nil || n < 1 || n > 20 {
				return nil, fmt.Errorf("the index [%s] is out of range", m[2])
			}
			next = n - 1
		}
		for len(all) <= next {
			all = append(all, nil)
		}
		if said := m[1] + m[3]; !slices.Contains(all[next], said) {
			all[next] = append(all[next], said)
			slices.Sort(all[next])
		}
		next++
	}
	for i, said := range all {
		if said == nil {
			return nil, fmt.Errorf("argument %d is not said", i+1)
		}
	}
	return all, nil
}

// sameVerbs returns an error unless both formats say the same arguments in the
// same way. The German may index them, to say them in another order.
func sameVerbs(english, german string) error {
	want, err := verbs(english)
	if err != nil {
		return err
	}
	got, err := verbs(german)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(want, got, slices.Equal) {
		return fmt.Errorf("the verbs are %v, want %v", got, want)
	}
	return nil
}

func TestTranslationKeepsVerbs(t *testing.T) {
	tests := []struct {
		english, german string
		same            bool
	}{
		{"none", "keines", true},
		{"100%% of %s", "%s zu 100%%", true},
		{"%s of %d", "%[2]d mal %[1]s", true},
		{"%s of %d", "%[2]d: %[1]s und %[1]s", true},
		{"%s of %d", "%d mal %s", false},
		{"%s of %d", "%s", false},
		{"%s", "%s von %s", false},
		{"%s", "%q", false},
		{"%.1f", "%f", false},
		{"U+%04X", "U+%04[1]X", true},
		{"%s of %d", "%[2]d", false},
		{"%s", "%[99]s", false},
		{"%*d", "%*d", false},
		{"%s", "%s zu 5 %", false},
	}
	for _, tt := range tests {
		if err := sameVerbs(tt.english, tt.german); (err == nil) != tt.same {
			t.Errorf("%q → %q: %v, want same %t", tt.english, tt.german, err, tt.same)
		}
	}
}

func TestProblemsAreFoundInSources(t *testing.T) {
	tests := []struct {
		name, source   string
		formats, words []string
		fault          string // a part of the only one, or none
	}{
		{name: "a call", source: `func f() error { return problem.New(problem.Invalid, "a %d", 1).At("b") }`, formats: []string{"a %d"}},
		{name: "a sum of literals", source: `var e = problem.New(problem.Invalid, ("a" + "b"))`, formats: []string{"ab"}},
		{name: "a closure", formats: []string{"a", "b %s"}, source: `
			func f() {
				invalid := func(field, format string, args ...any) { keep(problem.New(problem.Invalid, format, args...).At(field)) }
				each(func() { invalid("x", "a") })
				invalid("x", "b %s", 1)
			}`},
		{name: "closures of one name", formats: []string{"a", "b"}, source: `
			func f() { fail := func(format string) { problem.New(problem.Invalid, format) }; fail("a") }
			func g() { fail := func(n int, format string) { problem.New(problem.Invalid, format) }; fail(1, "b") }`},
		{name: "a closure inside the function that has the format", formats: []string{"a"}, source: `
			func f(format string) { each(func() { problem.New(problem.Invalid, format) }) }
			func g() { f("a") }`},
		{name: "a closure of the package", formats: []string{"a"}, source: `
			var f = func(format string) { problem.New(problem.Invalid, format) }
			func g() { f("a") }`},
		{name: "a method, above what it forwards to", formats: []string{"a %d"}, source: `
			func g(s *thing) { s.fail("a %d", 1) }
			func (s *thing) fail(format string, args ...any) { f(format, args...) }
			func f(format string, args ...any) { problem.New(problem.Invalid, format, args...) }`},
		{name: "a variable", fault: "neither a literal nor a parameter", source: `
			func f() { s := "a"; problem.New(problem.Invalid, s) }`},
		{name: "a computed format", fault: "neither a literal nor a parameter", source: `
			func f(s string) { problem.New(problem.Invalid, "a" + s) }`},
		{name: "a variable to a closure", fault: "neither a literal nor a parameter", source: `
			func f() { fail := func(format string) { problem.New(problem.Invalid, format) }; s := "a"; fail(s) }`},
		{name: "a parameter that is set", fault: "sets itself", source: `
			func f(format string) { format += "!"; problem.New(problem.Invalid, format) }`},
		{name: "a closure without a name", fault: "without a name", source: `
			func f() { each(func(format string) { problem.New(problem.Invalid, format) }) }`},
		{name: "a constructor as a value", fault: "without being called", source: `var fail = problem.New`},
		{name: "a closure as a value", fault: "without being called", source: `
			func f() { fail := func(format string) { problem.New(problem.Invalid, format) }; each(fail) }`},
		{name: "args of its own", fault: "its args do not", source: `
			func f(format string) { problem.New(problem.Invalid, format, 1) }`},
		{name: "too few args", formats: []string{"a %d"}, fault: "says 1 args and is given 0", source: `
			var e = problem.New(problem.Invalid, "a %d")`},
		{name: "words", formats: []string{"no %s", "other %s"}, words: []string{"course", "unit"}, source: `
			func f() error { return found(nil, "unit") }
			func found(err error, what string) error { return missing(what) }
			func missing(what string) error { return problem.New(problem.NotFound, "no %s", what) }
			func g() { missing("course"); problem.New(problem.NotFound, "other %s", "data") }`},
		{name: "another New", source: `var e = errors.New("a")`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fset := token.NewFileSet()
			text := "package p\nimport \"" + module + "/internal/problem\"\n" + tt.source
			file, err := parser.ParseFile(fset, "p.go", text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			got := read(fset, []source{{module + "/p", file}}, map[string]bool{"no %s": true})
			if diff := cmp.Diff(tt.formats, slices.Sorted(maps.Keys(got.formats))); diff != "" {
				t.Errorf("formats (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.words, slices.Sorted(maps.Keys(got.words))); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
			switch {
			case tt.fault == "" && len(got.faults) > 0:
				t.Errorf("faults: %q", got.faults)
			case tt.fault != "" && (len(got.faults) != 1 || !strings.Contains(got.faults[0], tt.fault)):
				t.Errorf("faults: %q, want one that has %q", got.faults, tt.fault)
			}
		})
	}
}
