package schema_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// The bound of a text counts characters, as the doors do and as the columns
// do: MaxLen counts bytes, and so a name of Greek letters would have half the
// room of one of Latin letters. Only bytes are counted by it.
func TestBoundsCountCharacters(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			chain, kind := chainOf(n)
			switch {
			case kind != "String" && kind != "Text":
				return true
			case slices.Contains(chain, "MaxLen"):
				t.Errorf("%s: a text bounded by bytes: %v", file, chain)
			case kind == "String" && !slices.Contains(chain, "MaxRuneLen"):
				t.Errorf("%s: a text without a bound: %v", file, chain)
			}
			texts++
			return false
		})
	}
	if texts < 80 {
		t.Errorf("%d texts were found; the test looks at the wrong place", texts)
	}
}

// chainOf returns the methods of a chain such as field.String("a").MaxLen(3),
// and what kind of field begins it.
func chainOf(n ast.Node) (methods []string, kind string) {
	for {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return methods, ""
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return methods, ""
		}
		if from, ok := method.X.(*ast.Ident); ok && from.Name == "field" {
			return methods, method.Sel.Name
		}
		methods = append(methods, method.Sel.Name)
		n = method.X
	}
}
