package lang

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// other holds the hand-written files that have letters of German for another
// reason than to say something to people.
var other = []string{
	"internal/format/sheet/wording.go", // the template for spreadsheets, which is a file format
	"internal/readmodel/words.go",      // search, which reads German words
	"internal/seed/catalogue.go",       // data of the demo, in several languages
	"internal/seed/people.go",
	"internal/vocab/fold.go", // letters for comparing
}

func TestGermanStandsInOnePlace(t *testing.T) {
	root := "../.."
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	german := regexp.MustCompile(`[äöüßÄÖÜ]`)
	var found []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch hidden := name != root && strings.HasPrefix(d.Name(), "."); {
		case d.IsDir() && (hidden || d.Name() == "node_modules" || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if german.Match(text) && !bytes.HasPrefix(text, []byte("// Code generated ")) {
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			found = append(found, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(found, other) {
		t.Errorf("German letters are in %q, want only %q: texts stand in locale/", found, other)
	}
}
