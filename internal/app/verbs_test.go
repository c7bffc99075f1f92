package app

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

func TestEveryVerbIsOfTheTable(t *testing.T) {
	declared := 0
	sources(t, func(_, text string) { declared += strings.Count(text, "Verbs.Declare(") })
	if all := Verbs(); len(all) != declared || declared < 90 {
		t.Errorf("%d verbs are declared and %d are in the table", declared, len(all))
	}
}

var update = flag.Bool("update", false, "write the golden file anew")

// A change of what is told to whom, or of what it takes, shows in a review as a
// change of this page.
func TestVerbsAreAsReviewed(t *testing.T) {
	var got bytes.Buffer
	if err := ledger.Print(&got, Verbs()); err != nil {
		t.Fatal(err)
	}
	const name = "testdata/verbs.txt"
	if *update {
		if err := os.WriteFile(name, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the verbs have changed (-want +got); run with -update when that is right:\n%s", diff)
	}
}

func TestVerbsAreDeclaredInFull(t *testing.T) {
	byName := map[string]*ledger.Verb{}
	asked := map[authz.Verb]bool{}
	for _, v := range Verbs() {
		if v.Tells().String() == "" {
			t.Errorf("%s does not say whom it tells", v.Name())
		}
		if other, known := byName[v.Name()]; known && (other.Mutation() == v.Mutation() || other.Tells() != v.Tells()) {
			t.Errorf("%s is declared twice, and not as what two sides do", v.Name())
		}
		byName[v.Name()] = v
		if asks := v.Mutation() != "" || len(v.Rights()) > 0; asks && !v.Decided() {
			t.Errorf("%s does not say whether a place may ask for a second factor first", v.Name())
		}
		for _, tag := range lang.Languages {
			if !lang.Has(tag, "verb."+v.Name()) {
				t.Errorf("%s has no words in %s", v.Name(), tag)
			}
		}
		for _, right := range v.Rights() {
			if !slices.Contains(authz.Verbs(), right) {
				t.Errorf("%s takes the right %q, which nobody has", v.Name(), right)
			}
			asked[right] = true
		}
		if members, _ := v.Members(); len(members) > 0 && v.Tells() == ledger.Nobody {
			t.Errorf("%s says %v to nobody", v.Name(), members)
		}
	}
	for _, v := range Verbs() {
		for _, name := range v.Followers() {
			if follower := byName[name]; follower == nil {
				t.Errorf("%s brings %q, which is no verb", v.Name(), name)
			}
		}
	}
	for _, key := range lang.Keys(language.English) {
		if name, of := strings.CutPrefix(key, "verb."); of && byName[name] == nil {
			t.Errorf("%q are the words of no verb", key)
		}
	}
	for _, right := range authz.Verbs() {
		if !asked[right] {
			t.Errorf("no verb takes the right %s", right)
		}
	}
}

// What an API's caller asks for is a verb, and one of them alone; an answer has
// one for yes and one for no.
func TestEveryMutationHasItsVerb(t *testing.T) {
	verbs, many := map[string][]string{}, map[string]bool{}
	for _, v := range Verbs() {
		if m := v.Mutation(); m != "" {
			verbs[m] = append(verbs[m], v.Name())
		}
		many[v.Many()] = true
	}
	for _, f := range graph.Schema(&graph.Resolver{}).Schema().Mutation.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		if many[f.Name] { // each by the verb of its own mutation
			continue
		}
		if n := len(verbs[f.Name]); n != 1 && !(n == 2 && strings.HasPrefix(f.Name, "answer")) {
			t.Errorf("%s has the verbs %q", f.Name, verbs[f.Name])
		}
		delete(verbs, f.Name)
	}
	for m, names := range verbs {
		t.Errorf("%q are of the mutation %q, which does not exist", names, m)
	}
}

// A change asks its verb who may make it, which knows whether a step-up is
// needed. Only reads ask for a right alone.
func TestChangesAskTheirVerb(t *testing.T) {
	reads := []string{"graph/standing.go", "graph/answer.go"}
	sources(t, func(path, text string) {
		file := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if strings.Contains(text, "authz.Require(") && !strings.HasPrefix(file, "internal/ledger/") && !slices.Contains(reads, file) {
			t.Errorf("%s asks for a right, and not its verb", file)
		}
	})
}
