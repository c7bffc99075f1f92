package problem

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/peregrine-exchange/peregrine"

// generated holds no problems of ours, and much else.
var generated = []string{"ent", "graph/generated", "graph/model/models_gen.go"}

// source is a file of the module and the import path of its package.
type source struct {
	pkg  string
	file *ast.File
}

// sources parses the files of the module that are neither tests nor generated.
func sources(t *testing.T, fset *token.FileSet) []source {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the package")
		}
	}
	var all []source
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		hidden := rel != "." && strings.HasPrefix(d.Name(), ".")
		switch {
		case d.IsDir() && (hidden || d.Name() == "testdata" || slices.Contains(generated, rel)):
			return fs.SkipDir
		case d.IsDir() || hidden || slices.Contains(generated, rel),
			!strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, rel, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{path.Join(module, path.Dir(rel)), file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// maker is a function, method or closure that makes a problem of its parameters.
type maker struct {
	params   []*ast.Ident
	variadic bool
	format   int          // index of the parameter that is the format, or -1
	rest     int          // index of the parameter that is the format's args, or -1 when it has none
	words    map[int]bool // indexes of the parameters that a worded format says
}

// takes reports whether a call may have n arguments.
func (m *maker) takes(n int) bool {
	return n == len(m.params) || m.variadic && n >= len(m.params)-1
}

// reader finds the problems of sources by the names of what makes them.
// Functions are known by package and name, closures by the declaration around
// them and their name, and methods by their name alone, because a parser knows
// no types.
type reader struct {
	fset    *token.FileSet
	worded  map[string]bool
	makers  map[string]*maker
	changed bool // this pass has learnt of a maker, so another one is needed

	// Of the last pass, and where each was found.
	formats map[string]token.Position
	words   map[string]token.Position
	faults  []string
}

// read follows formats through as many functions as forward them.
func read(fset *token.FileSet, all []source, worded map[string]bool) *reader {
	root := &maker{
		params: []*ast.Ident{{Name: "code"}, {Name: "format"}, {Name: "args"}}, variadic: true,
		format: 1, rest: 2, words: map[int]bool{},
	}
	r := &reader{fset: fset, worded: worded, makers: map[string]*maker{module + "/internal/problem.New": root}}
	for r.changed = true; r.changed; {
		r.changed = false
		r.formats, r.words, r.faults = map[string]token.Position{}, map[string]token.Position{}, nil
		for _, s := range all {
			for _, decl := range s.file.Decls {
				r.declaration(s, decl)
			}
		}
	}
	return r
}

func (r *reader) fault(at token.Pos, format string, args ...any) {
	r.faults = append(r.faults, r.fset.Position(at).String()+": "+fmt.Sprintf(format, args...))
}

// place is where a call stands.
type place struct {
	source
	key      string            // of the declaration around it
	closures map[string]string // the names of closures in the declaration, and their keys
	around   []function        // the functions around it, from the outside
}

// function is one with its name, which is empty for a closure that has none.
type function struct {
	key  string
	ast  *ast.FuncType
	body *ast.BlockStmt
}

// assigns reports whether a variable called name is set in f, so that it may
// not hold what a caller gave.
func (f *function) assigns(name string) (found bool) {
	ast.Inspect(f.body, func(n ast.Node) bool {
		var targets []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			targets = n.Lhs
		case *ast.RangeStmt:
			targets = []ast.Expr{n.Key, n.Value}
		case *ast.ValueSpec:
			for _, target := range n.Names {
				targets = append(targets, target)
			}
		}
		for _, target := range targets {
			id, ok := target.(*ast.Ident)
			found = found || ok && id.Name == name
		}
		return true
	})
	return found
}

func (r *reader) declaration(s source, decl ast.Decl) {
	in := place{source: s, closures: map[string]string{}}
	names := map[*ast.FuncLit]string{}
	in.key = s.pkg + "."
	if d, ok := decl.(*ast.FuncDecl); ok {
		in.key = keyOf(s, d)
		in.around = []function{{in.key, d.Type, d.Body}}
	}
	name := func(target, value ast.Expr) {
		id, isName := target.(*ast.Ident)
		lit, isClosure := value.(*ast.FuncLit)
		if !isName || !isClosure {
			return
		}
		key := in.key + id.Name
		if len(in.around) > 0 {
			key = fmt.Sprintf("%s#%d#%s", in.key, decl.Pos(), id.Name)
		}
		in.closures[id.Name], names[lit] = key, key
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i := range min(len(n.Lhs), len(n.Rhs)) {
				name(n.Lhs[i], n.Rhs[i])
			}
		case *ast.ValueSpec:
			for i := range min(len(n.Names), len(n.Values)) {
				name(n.Names[i], n.Values[i])
			}
		}
		return true
	})
	r.walk(in, decl, names)
}

func keyOf(s source, d *ast.FuncDecl) string {
	if d.Recv != nil {
		return "." + d.Name.Name
	}
	return s.pkg + "." + d.Name.Name
}

// walk visits every call below n, and every use of a maker that is no call.
func (r *reader) walk(in place, n ast.Node, names map[*ast.FuncLit]string) {
	called := map[ast.Expr]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			inner := in
			inner.around = append(slices.Clone(in.around), function{names[n], n.Type, n.Body})
			r.walk(inner, n.Body, names)
			return false
		case *ast.FuncDecl:
			if n.Body != nil {
				r.walk(in, n.Body, names)
			}
			return false
		case *ast.KeyValueExpr: // a bare key may be the name of a field
			called[n.Key] = true
		case *ast.AssignStmt: // so is what a closure is assigned to
			for _, target := range n.Lhs {
				if _, isName := target.(*ast.Ident); isName {
					called[target] = true
				}
			}
		case *ast.ValueSpec:
			for _, target := range n.Names {
				called[target] = true
			}
		case *ast.CallExpr:
			fun := bare(n.Fun)
			called[fun] = true
			if m := r.makers[in.resolve(fun)]; m != nil && m.takes(len(n.Args)) {
				r.call(in, m, n)
			}
		case *ast.SelectorExpr:
			r.use(in, n, called)
			r.walk(in, n.X, names)
			return false
		case *ast.Ident:
			r.use(in, n, called)
		}
		return true
	})
}

// use faults a maker that is handed on as a value, because whoever calls it
// then cannot be found.
func (r *reader) use(in place, e ast.Expr, called map[ast.Expr]bool) {
	if called[e] {
		return
	}
	if m := r.makers[in.resolve(e)]; m != nil && m.format >= 0 {
		r.fault(e.Pos(), "%s makes problems of formats and is used without being called", in.resolve(e))
	}
}

// bare removes parentheses and type arguments.
func bare(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return bare(e.X)
	case *ast.IndexExpr:
		return bare(e.X)
	case *ast.IndexListExpr:
		return bare(e.X)
	}
	return e
}

// resolve returns the key of the function that e names.
func (in place) resolve(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		if key, ok := in.closures[e.Name]; ok {
			return key
		}
		return in.pkg + "." + e.Name
	case *ast.SelectorExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			for _, spec := range in.file.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					continue
				}
				if spec.Name != nil && spec.Name.Name == id.Name || spec.Name == nil && path.Base(imported) == id.Name {
					return imported + "." + e.Sel.Name
				}
			}
		}
		return "." + e.Sel.Name
	}
	return ""
}

// call reads one call of a maker.
func (r *reader) call(in place, m *maker, call *ast.CallExpr) {
	for i := range m.words {
		if i < len(call.Args) {
			r.word(in, call.Args[i])
		}
	}
	if m.format < 0 {
		return
	}
	format := call.Args[m.format]
	text, isLiteral := literal(format)
	if !isLiteral {
		r.forward(in, m, call)
		return
	}
	r.formats[text] = r.fset.Position(format.Pos())
	if call.Ellipsis.IsValid() {
		return // how many there are is known only when it runs
	}
	var args []ast.Expr
	if m.rest >= 0 {
		args = call.Args[m.rest:]
	}
	heard := make([]any, len(args))
	for i := range heard {
		heard[i] = anything{}
	}
	if strings.Contains(fmt.Sprintf(text, heard...), "%!") {
		r.fault(format.Pos(), "%q is not said with %d args", text, len(args))
	}
	if r.worded[text] {
		for _, arg := range args {
			r.word(in, arg)
		}
	}
}

// anything is an argument that every directive may say.
type anything struct{}

// Format says nothing.
func (anything) Format(fmt.State, rune) {}

// forward makes the function around a call a maker, when the format of the call
// is one of its parameters. Everything else is a fault.
func (r *reader) forward(in place, m *maker, call *ast.CallExpr) {
	format := call.Args[m.format]
	by, i := in.parameter(format)
	if by == nil {
		r.fault(format.Pos(), "the format is neither a literal nor a parameter")
		return
	}
	if by.assigns(format.(*ast.Ident).Name) {
		r.fault(format.Pos(), "the format is a parameter that %s sets itself", by.key)
		return
	}
	if by.key == "" {
		r.fault(format.Pos(), "the format is a parameter of a closure without a name, whose callers cannot be found")
		return
	}
	rest := -1
	switch {
	case call.Ellipsis.IsValid():
		var from *function
		from, rest = in.parameter(call.Args[len(call.Args)-1])
		if from == nil || from.key != by.key || len(call.Args) != m.rest+1 {
			r.fault(format.Pos(), "the format comes from a parameter, its args do not")
			return
		}
	case m.rest >= 0 && len(call.Args) > m.rest:
		r.fault(format.Pos(), "the format comes from a parameter, its args do not")
		return
	}
	f := r.maker(by)
	switch {
	case f.format < 0:
		f.format, f.rest, r.changed = i, rest, true
	case f.format != i || f.rest != rest:
		r.fault(format.Pos(), "another parameter of %s is a format too, or one of the same name elsewhere", by.key)
	}
}

// word reads an argument that a worded format says.
func (r *reader) word(in place, arg ast.Expr) {
	if text, ok := literal(arg); ok {
		r.words[text] = r.fset.Position(arg.Pos())
		return
	}
	by, i := in.parameter(arg)
	if by == nil || by.key == "" {
		return
	}
	if f := r.maker(by); !f.words[i] {
		f.words[i], r.changed = true, true
	}
}

func (r *reader) maker(f *function) *maker {
	if r.makers[f.key] == nil {
		params, variadic := parameters(f.ast)
		r.makers[f.key] = &maker{params: params, variadic: variadic, format: -1, rest: -1, words: map[int]bool{}}
	}
	return r.makers[f.key]
}

// parameter returns the innermost function of which e is a parameter, and the
// index of it, or nil.
func (in place) parameter(e ast.Expr) (*function, int) {
	id, ok := e.(*ast.Ident)
	if !ok {
		return nil, -1
	}
	for _, f := range slices.Backward(in.around) {
		params, _ := parameters(f.ast)
		if i := slices.IndexFunc(params, func(p *ast.Ident) bool { return p.Name == id.Name }); i >= 0 {
			return &f, i
		}
	}
	return nil, -1
}

func parameters(f *ast.FuncType) (params []*ast.Ident, variadic bool) {
	for _, field := range f.Params.List {
		_, variadic = field.Type.(*ast.Ellipsis)
		params = append(params, field.Names...)
		if len(field.Names) == 0 {
			params = append(params, ast.NewIdent("_"))
		}
	}
	return params, variadic
}

// literal returns the text of a string literal, or of a sum of some.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return literal(e.X)
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		x, isX := literal(e.X)
		y, isY := literal(e.Y)
		return x + y, e.Op == token.ADD && isX && isY
	}
	return "", false
}
