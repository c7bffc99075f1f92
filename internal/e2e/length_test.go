package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/graph"
)

// textsOf lists where texts stand in an input, as keys and places in lists.
func textsOf(schema *ast.Schema, input string, depth int) (paths [][]any) {
	for _, f := range schema.Types[input].Fields {
		typ, path := f.Type, []any{f.Name}
		if typ.Elem != nil {
			typ, path = typ.Elem, append(path, 0)
		}
		switch def := schema.Types[typ.Name()]; {
		case typ.Name() == "String":
			paths = append(paths, path)
		case def.Kind == ast.InputObject && depth < 4:
			for _, below := range textsOf(schema, def.Name, depth+1) {
				paths = append(paths, slices.Concat(path, below))
			}
		}
	}
	return paths
}

// with returns the input with a text at a place, or false where the input has
// not what the place lies in.
func with(t *testing.T, input map[string]any, path []any, text string) (map[string]any, bool) {
	t.Helper()
	raw, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	var changed map[string]any
	if err := json.Unmarshal(raw, &changed); err != nil {
		t.Fatal(err)
	}
	var at any = changed
	for i, key := range path {
		last := i == len(path)-1
		switch in := at.(type) {
		case map[string]any:
			name, ok := key.(string)
			if !ok {
				return nil, false
			}
			if last {
				in[name] = text
				return changed, true
			}
			if list, wanted := path[i+1].(int); wanted && list == 0 && i+1 == len(path)-1 {
				in[name] = []any{text} // a list of texts
				return changed, true
			}
			at = in[name]
		case []any:
			n, ok := key.(int)
			if !ok || n >= len(in) {
				return nil, false
			}
			at = in[n]
		default:
			return nil, false
		}
	}
	return nil, false
}

var bound = regexp.MustCompile(`(?:at most|1 to) (\d+)`)

// A text of an input has room for as many characters in every script: at the
// limit that the refusal of a longer one names, nothing is a fault of ours, and
// nothing is without a limit.
func TestLimitsAreThoseOfEveryScript(t *testing.T) {
	s := newStage(t)
	schema := graph.Schema(&graph.Resolver{}).Schema()
	code := func(a act, input map[string]any) (code, message string) {
		got := a.by.Post(mutations[a.mutation].document(a.mutation), map[string]any{"input": input})
		if len(got.Errors) > 0 {
			return fmt.Sprint(got.Errors[0].Extensions["code"]), got.Errors[0].Message
		}
		if refused := at(got.Data, a.mutation, "errors").([]any); len(refused) > 0 {
			return at(refused[0], "code").(string), at(refused[0], "message").(string)
		}
		return "done", ""
	}
	limits, written := 0, 0
	for _, name := range slices.Sorted(maps.Keys(scenes)) {
		for _, path := range textsOf(schema, schema.Mutation.Fields.ForName(name).Arguments.ForName("input").Type.Name(), 0) {
			where := name + " " + strings.Trim(fmt.Sprint(path), "[]")
			long, ok := with(t, s.play(name).input, path, strings.Repeat("Ω", 21_000))
			if !ok {
				continue
			}
			refused, message := code(s.play(name), long)
			if refused == "done" || refused == "INTERNAL" || refused == "UNAVAILABLE" {
				t.Errorf("%s: 21000 letters are %s", where, refused)
			}
			limit := bound.FindStringSubmatch(message)
			if limit == nil {
				continue // no free text: a code, an address, an identifier
			}
			limits++
			n, err := strconv.Atoi(limit[1])
			if err != nil {
				t.Fatal(err)
			}
			for _, letter := range []string{"ა", "👩"} { // of three and of four bytes
				a := s.play(name)
				input, _ := with(t, a.input, path, strings.Repeat(letter, n))
				switch got, message := code(a, input); got {
				case "done":
					written++
				case "INTERNAL", "UNAVAILABLE":
					t.Errorf("%s: %d times %s is %s %s", where, n, letter, got, message)
				}
			}
		}
	}
	if limits < 50 || written < 60 {
		t.Errorf("only %d limits were found, and %d texts at them written", limits, written)
	}
}
