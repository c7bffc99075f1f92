package app

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parsed calls f with each file of hand-written code but tests, parsed.
func parsed(t *testing.T, f func(path string, file *ast.File)) {
	t.Helper()
	sources(t, func(path, text string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		f(path, file)
	})
}

// called returns the package and the name of a function that is called as
// pkg.Name, or "".
func called(e ast.Expr) (pkg, name string) {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return "", ""
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if x, ok := sel.X.(*ast.Ident); ok {
		return x.Name, sel.Sel.Name
	}
	return "", sel.Sel.Name
}

// table is a lifecycle.New of the sources: the lines that its package draws, and
// where the states of ent are.
type table struct {
	lines  []string
	entity string
	states []string
}

// read reads the literal of a table: its keys and values are constants of ent,
// such as application.StateSUBMITTED.
func read(t *testing.T, call *ast.CallExpr) (all table) {
	t.Helper()
	state := func(e ast.Expr) string {
		sel, ok := e.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(sel.Sel.Name, "State") {
			t.Fatalf("%v is no state of ent", e)
		}
		all.entity = sel.X.(*ast.Ident).Name
		return strings.TrimPrefix(sel.Sel.Name, "State")
	}
	for _, e := range call.Args[1].(*ast.CompositeLit).Elts {
		line := e.(*ast.KeyValueExpr)
		from, next := state(line.Key), []string{}
		for _, to := range line.Value.(*ast.CompositeLit).Elts {
			next = append(next, state(to))
		}
		all.states = append(all.states, from)
		if len(next) == 0 {
			all.lines = append(all.lines, from+" (final)")
		} else {
			all.lines = append(all.lines, from+" → "+strings.Join(next, ", "))
		}
	}
	slices.Sort(all.states)
	return all
}

// A package that has a table of states draws it in its comment, line by line, and
// every state that can be stored has one.
func TestDiagramsAreTheTables(t *testing.T) {
	docs, tables := map[string]string{}, map[string][]table{}
	parsed(t, func(path string, file *ast.File) {
		dir := filepath.Dir(path)
		docs[dir] += file.Doc.Text() + "\n"
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if pkg, name := called(call); pkg == "lifecycle" && name == "New" {
					tables[dir] = append(tables[dir], read(t, call))
				}
			}
			return true
		})
	})
	n := 0
	for dir, all := range tables {
		for _, tab := range all {
			n++
			if drawn := "\n\t" + strings.Join(tab.lines, "\n\t") + "\n\n"; !strings.Contains(docs[dir], drawn) {
				t.Errorf("the comment of package %s does not draw the states of %s as they are:\n%s", filepath.Base(dir), tab.entity, drawn)
			}
			if stored := storedStates(t, tab.entity); !slices.Equal(stored, tab.states) {
				t.Errorf("%s can be stored as %v, and its table has %v", tab.entity, stored, tab.states)
			}
		}
	}
	if n < 16 {
		t.Errorf("only %d tables were found", n)
	}
}

// storedStates lists the states that ent generates for an entity.
func storedStates(t *testing.T, entity string) (all []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), fmt.Sprintf("../../ent/%s/%s.go", entity, entity), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "State" && strings.HasPrefix(spec.Names[0].Name, "State") {
				all = append(all, strings.TrimPrefix(spec.Names[0].Name, "State"))
			}
		}
		return true
	})
	slices.Sort(all)
	return all
}

// A row changes its state by storage.Move and MoveAll, which ask the table:
// elsewhere a state is set of a row that is made.
func TestOnlyMoveMovesRows(t *testing.T) {
	moves := 0
	parsed(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch pkg, name := called(call); {
			case pkg == "storage" && strings.HasPrefix(name, "Move"):
				moves++
			case name == "SetState" && !strings.HasSuffix(path, "internal/storage/move.go") && !makes(call):
				t.Errorf("%s sets the state of a row beside storage.Move", path)
			}
			return true
		})
	})
	if moves < 15 {
		t.Errorf("only %d moves were found", moves)
	}
}

// makes says whether a chain of calls begins with a row that is made: with
// x.Create(), or with a variable named create.
func makes(e ast.Expr) bool {
	for {
		switch v := e.(type) {
		case *ast.CallExpr:
			sel, ok := v.Fun.(*ast.SelectorExpr)
			if !ok {
				return false
			}
			if sel.Sel.Name == "Create" {
				return true
			}
			e = sel.X
		case *ast.Ident:
			return v.Name == "create"
		default:
			return false
		}
	}
}
