package authz

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A change of who may do or see what shows in a review as a change of these
// pages.
func TestTablesAreAsReviewed(t *testing.T) {
	for file, print := range map[string]func(io.Writer) error{"rights": PrintRights, "visibility": PrintVisibility} {
		var got bytes.Buffer
		if err := print(&got); err != nil {
			t.Fatal(err)
		}
		name := "testdata/" + file + ".txt"
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
			t.Errorf("%s has changed (-want +got); run with -update when that is right:\n%s", file, diff)
		}
	}
}

// Every verb, group and column that a rule uses is said in every language, and
// no other one.
func TestTablesAreSaidInWords(t *testing.T) {
	for _, tag := range lang.Languages {
		used := map[string]bool{"sight.everybody": true, "sight.and": true, "sight.while": true, "sight.or": true}
		for _, right := range Rights() {
			used["right."+string(right.Verb)] = true
		}
		for _, sight := range Visibility() {
			for _, c := range sight.Clauses {
				for _, g := range c.Who {
					used["sight.group."+string(g.Kind)] = true
					if g.Column != "" {
						used["sight.column."+g.Column] = true
					}
				}
				if said := c.In(tag); strings.Contains(said, "%!") {
					t.Errorf("%s in %s: %s", sight.Entity, tag, said)
				}
			}
		}
		for key := range used {
			if !lang.Has(tag, key) {
				t.Errorf("%s lacks %s", tag, key)
			}
		}
		for _, key := range lang.Keys(tag) {
			if (strings.HasPrefix(key, "right.") || strings.HasPrefix(key, "sight.")) && !used[key] {
				t.Errorf("%s has %s, which no rule uses", tag, key)
			}
		}
	}
}
