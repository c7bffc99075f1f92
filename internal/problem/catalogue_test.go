package problem

import (
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

func TestEveryProblemIsSaidInEveryLanguage(t *testing.T) {
	fset := token.NewFileSet()
	found := read(fset, sources(t, fset), worded)
	for _, fault := range found.faults {
		t.Error(fault)
	}
	if len(found.formats) < 100 || len(found.words) < 10 {
		t.Errorf("only %d formats and %d words were found", len(found.formats), len(found.words))
	}
	for _, tag := range lang.Languages[1:] {
		for _, format := range slices.Sorted(maps.Keys(found.formats)) {
			if !lang.Has(tag, format) {
				t.Errorf("%s: %s lacks %q", found.formats[format], tag, format)
			}
		}
		for _, word := range slices.Sorted(maps.Keys(found.words)) {
			if !lang.Has(tag, "word."+word) {
				t.Errorf("%s: %s lacks the word %q", found.words[word], tag, word)
			}
		}
		for _, format := range slices.Sorted(maps.Keys(worded)) {
			if !lang.Has(tag, format) {
				t.Errorf("%q is worded, and %s does not say it", format, tag)
			}
		}
	}
	for _, tag := range lang.Languages {
		for _, key := range lang.Keys(tag) {
			isFormat := strings.Contains(key, " ") && !strings.HasPrefix(key, "word.")
			if _, used := found.formats[key]; isFormat && !used {
				t.Errorf("%s has a text that nobody says: %q", tag, key)
			}
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
		{name: "too few args", formats: []string{"a %d"}, fault: "is not said with 0 args", source: `
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
