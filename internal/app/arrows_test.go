package app

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

// layers ranks the packages from the words up. A package may import those of a
// lower layer, and of its own layer those that stand before it.
var layers = []struct {
	name     string
	packages []string
}{
	{"words", []string{"internal/lang", "internal/ident", "internal/problem", "internal/vocab", "internal/grade", "internal/viewer", "internal/lifecycle", "internal/telemetry"}},
	{
		"formats",
		[]string{
			"internal/vc",
			"internal/vc/jose",
			"internal/vc/did",
			"internal/vc/statuslist",
			"internal/vc/form",
			"internal/vc/openbadge",
			"internal/keyring",
			"internal/readmodel",
			"internal/format",
			"internal/format/intake",
			"internal/format/...",
			"internal/fetch",
		},
	},
	{"ent", []string{"ent/..."}},
	{
		"ground",
		[]string{
			"internal/storage/migrations",
			"internal/storage",
			"internal/chunk",
			"internal/authz",
			"internal/relay",
			"internal/ledger",
			"internal/outbox",
			"internal/idempotency",
			"internal/work",
		},
	},
	{
		"areas",
		[]string{
			"internal/institution",
			"internal/role",
			"internal/provider",
			"internal/portal",
			"internal/client",
			"internal/form",
			"internal/lot",
			"internal/catalogue",
			"internal/grading",
			"internal/journey/eligible",
			"internal/microdegree/rules",
			"internal/microdegree",
			"internal/learner",
			"internal/recognition/rules",
			"internal/agreement",
			"internal/policy",
			"internal/discovery",
			"internal/journey",
			"internal/credential",
			"internal/recognition",
			"internal/privacy",
			"internal/document",
			"internal/task",
		},
	},
	{
		"doors",
		[]string{
			"internal/budget",
			"internal/authn/session",
			"internal/record",
			"internal/authn/serverkey",
			"internal/audit",
			"internal/authn/token",
			"internal/authn/lend",
			"internal/authn",
			"internal/authn/oidcrp",
			"internal/demoidp",
			"internal/job",
			"internal/exchange",
			"internal/seed",
		},
	},
	{
		"faces",
		[]string{
			"graph/internal/lists",
			"graph/model",
			"graph/generated",
			"internal/plan",
			"internal/gate",
			"graph",
			"internal/web/pages",
			"internal/web/explorer",
			"internal/web",
		},
	},
	{"root", []string{"internal/config", "internal/app", "internal/storage/migrations/generate", "internal/slim", "internal/testkit", "internal/e2e", "bench", "cmd/peregrine"}},
}

const module = "github.com/peregrine-exchange/peregrine/"

type listed struct {
	ImportPath string
	Imports    []string
}

// packages asks the go command for every package and what it imports. Imports
// of test files are free.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(out); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

// rank returns the layer and the place in it, or false for a package without one.
func rank(pkg string) (layer, place int, ok bool) {
	name := strings.TrimPrefix(pkg, module)
	for i, l := range layers {
		for j, p := range l.packages {
			if family, all := strings.CutSuffix(p, "/..."); p == name || all && (name == family || strings.HasPrefix(name, family+"/")) {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// ent/schema is the one part of ent that must not see generated code, because
// generation begins with it.
var schemaSees = []string{"internal/ident", "internal/vocab"}

func TestArrowsPointDown(t *testing.T) {
	all := packages(t)
	if len(all) < 40 {
		t.Fatalf("only %d packages were found", len(all))
	}
	for _, p := range all {
		layer, place, ok := rank(p.ImportPath)
		if !ok {
			t.Errorf("%s has no layer; give it one in layers", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			l, at, ok := rank(imported)
			switch {
			case !ok:
				t.Errorf("%s imports %s, which has no layer", p.ImportPath, imported)
			case l > layer || l == layer && at >= place && layers[l].name != "ent":
				t.Errorf("%s (%s) imports %s (%s): arrows point down", p.ImportPath, layers[layer].name, imported, layers[l].name)
			}
			if p.ImportPath == module+"ent/schema" && !allowed(schemaSees, imported) {
				t.Errorf("ent/schema imports %s, so it could not be generated from nothing", imported)
			}
			if layers[layer].name == "formats" && strings.HasPrefix(imported, module+"ent") {
				t.Errorf("the format %s imports %s: formats know no database", p.ImportPath, imported)
			}
		}
	}
}

func allowed(names []string, imported string) bool {
	for _, n := range names {
		if path.Join(module, n) == imported {
			return true
		}
	}
	return false
}
