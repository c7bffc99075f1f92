package graph

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Two places with the same look-up would get what the other one has found.
func TestEachLookupStandsInOnePlace(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared, used := map[string]bool{}, map[string]int{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GenDecl:
				first, _ := n.Specs[0].(*ast.ValueSpec)
				if first == nil || n.Tok != token.CONST {
					break
				}
				if of, ok := first.Type.(*ast.Ident); ok && of.Name == "lookup" {
					for _, s := range n.Specs {
						declared[s.(*ast.ValueSpec).Names[0].Name] = true
					}
				}
			case *ast.CallExpr:
				for _, a := range n.Args {
					if what, ok := a.(*ast.Ident); ok {
						used[what.Name]++
					}
				}
			}
			return true
		})
	}
	if len(declared) == 0 {
		t.Error("no look-up was found")
	}
	for what := range declared {
		if used[what] != 1 {
			t.Errorf("%s stands in %d places", what, used[what])
		}
	}
}
