package authz

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"
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

// Every verb, group and column that a rule uses is said in both languages.
func TestTablesAreSaidInWords(t *testing.T) {
	for _, tag := range []language.Tag{language.English, language.German} {
		for _, right := range Rights() {
			if right.Verb.In(tag) == "" {
				t.Errorf("%s is not said in %s", right.Verb, tag)
			}
		}
		for _, sight := range Visibility() {
			for _, c := range sight.Clauses {
				for _, g := range c.Who {
					if groups[g.Kind].in(tag) == "" {
						t.Errorf("the group %s of %s is not said in %s", g.Kind, sight.Entity, tag)
					}
					if g.Column != "" && columns[g.Column].in(tag) == "" {
						t.Errorf("the column %s of %s is not said in %s", g.Column, sight.Entity, tag)
					}
				}
				if said := c.In(tag); strings.Contains(said, "%!") {
					t.Errorf("%s in %s: %s", sight.Entity, tag, said)
				}
			}
		}
	}
	if len(verbs) != len(rights) {
		t.Errorf("%d verbs are said, there are %d", len(verbs), len(rights))
	}
}
