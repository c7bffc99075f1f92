// Command slim takes out of the generated code of ent what nobody uses. ent
// makes every predicate, getter and shortcut of every field and edge, several
// times what the exchange needs, and the compiler pays for each in every build.
//
// It goes by names and needs no code that compiles: a function or method stays
// when its name stands in code written by hand, or in generated code that
// stays, and so do everyday predicates. So what is missing comes back by writing its use and running make
// generate, and what nobody uses any more goes the same way.
package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// module is the path of this module.
const module = "github.com/peregrine-exchange/peregrine"

// interfaces are the methods that generated code is called by from elsewhere:
// those of ent.Mutation, ent.Mutator, ent.Querier, ent.Interceptor and of the
// language. Most of them are used by name too; these stay in any case.
var interfaces = strings.Fields(`
	Op Type Fields Field SetField AddedFields AddedField AddField ClearedFields FieldCleared ClearField ResetField
	AddedEdges AddedIDs RemovedEdges RemovedIDs ClearedEdges EdgeCleared ClearEdge ResetEdge OldField
	Mutate Query Intercept String Error Unwrap`)

// source is a parsed file.
type source struct {
	path string
	text []byte
	set  *token.FileSet
	tree *ast.File
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: slim FOLDER-OF-THE-MODULE")
		os.Exit(2)
	}
	if err := slim(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "slim:", err)
		os.Exit(1)
	}
}

// slim takes the unused functions out of the generated files of ent below root.
func slim(root string) error {
	written, generated, err := sources(root)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	var fresh []string // used, and their bodies not looked into yet
	use := func(name string) {
		if !used[name] {
			used[name] = true
			fresh = append(fresh, name)
		}
	}
	for _, name := range interfaces {
		use("." + name)
	}
	for _, f := range written {
		names(f.tree, f.tree, use)
	}
	bodies := map[string][]func(){}
	for _, f := range generated {
		for _, d := range f.tree.Decls {
			name := function(f.tree, d)
			if name == "" {
				names(f.tree, d, use)
				continue
			}
			if everyday(f.path, name) {
				use(name)
			}
			bodies[name] = append(bodies[name], func() {
				names(f.tree, d.(*ast.FuncDecl).Type, use)
				names(f.tree, d.(*ast.FuncDecl).Body, use)
			})
		}
	}
	for len(fresh) > 0 {
		name := fresh[0]
		fresh = fresh[1:]
		for _, body := range bodies[name] {
			body()
		}
	}
	for _, f := range generated {
		if err := f.cut(used); err != nil {
			return err
		}
	}
	return nil
}

// everyday says whether a function is a predicate that stays for whoever needs it
// next: by far most conditions ask whether a field is something, one of some
// things, or there at all.
func everyday(file, name string) bool {
	if filepath.Base(file) != "where.go" {
		return false
	}
	return !slices.ContainsFunc(rare, func(end string) bool { return strings.HasSuffix(name, end) })
}

var rare = []string{"Contains", "HasPrefix", "HasSuffix", "EqualFold", "ContainsFold", "NEQ", "NotIn", "GT", "GTE", "LT", "LTE", "With"}

// sources parses the files of the module: those written by hand, and the
// generated ones of ent. Generated code of GraphQL does not count: it is made
// from ent's, and what it calls of it are fields and the templates' methods.
func sources(root string) (written, generated []source, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f := source{path: path, set: token.NewFileSet()}
		if f.text, err = os.ReadFile(path); err != nil {
			return err
		}
		if f.tree, err = parser.ParseFile(f.set, path, f.text, parser.ParseComments); err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case !ast.IsGenerated(f.tree):
			written = append(written, f)
		case strings.HasPrefix(filepath.ToSlash(rel), "ent/"):
			generated = append(generated, f)
		}
		return nil
	})
	return written, generated, err
}

// function names what d declares: "package.Name" a function, ".Name" a method
// of any type. Other declarations, which stay, have no name.
func function(f *ast.File, d ast.Decl) string {
	switch d, ok := d.(*ast.FuncDecl); {
	case !ok || d.Recv == nil && d.Name.Name == "init":
		return ""
	case d.Recv != nil:
		return "." + d.Name.Name
	default:
		return f.Name.Name + "." + d.Name.Name
	}
}

// names uses all that may be meant by the names in n, a part of f.
func names(f *ast.File, n ast.Node, use func(string)) {
	imported := map[string]string{} // the packages of ent by their names in f
	for _, i := range f.Imports {
		if p := importPath(i); strings.HasPrefix(p+"/", module+"/ent/") {
			imported[importName(i)] = path.Base(p)
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && imported[x.Name] != "" {
				use(imported[x.Name] + "." + n.Sel.Name)
			}
		case *ast.Ident:
			use("." + n.Name)
			use(f.Name.Name + "." + n.Name)
		}
		return true
	})
}

func importPath(i *ast.ImportSpec) string { return strings.Trim(i.Path.Value, `"`) }

func importName(i *ast.ImportSpec) string {
	if i.Name != nil {
		return i.Name.Name
	}
	return path.Base(importPath(i))
}

// cut writes f without the functions that are not used, and without the
// imports that only they needed.
func (f source) cut(used map[string]bool) error {
	kept := f.without(func(d ast.Decl) bool {
		name := function(f.tree, d)
		return name != "" && !used[name]
	})
	if len(kept) == len(f.text) {
		return nil
	}
	tree, err := parser.ParseFile(token.NewFileSet(), f.path, kept, 0)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				named[x.Name] = true
			}
		}
		return true
	})
	// Positions of the imports are those of f: all that was cut stands after them.
	for _, i := range slices.Backward(f.tree.Imports) {
		if name := importName(i); name != "_" && !named[name] {
			kept = slices.Delete(kept, f.offset(i.Pos()), f.offset(i.End()))
		}
	}
	if kept, err = format.Source(kept); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return os.WriteFile(f.path, kept, 0o644)
}

// without returns the text of f without some of its declarations and their comments.
func (f source) without(goes func(ast.Decl) bool) []byte {
	var kept []byte
	from := 0
	for _, d := range f.tree.Decls {
		if !goes(d) {
			continue
		}
		start := d.Pos()
		if doc := d.(*ast.FuncDecl).Doc; doc != nil {
			start = doc.Pos()
		}
		kept = append(kept, f.text[from:f.offset(start)]...)
		from = f.offset(d.End())
	}
	return append(kept, f.text[from:]...)
}

func (f source) offset(p token.Pos) int { return f.set.Position(p).Offset }
