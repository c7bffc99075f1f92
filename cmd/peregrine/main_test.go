package main

import (
	"bytes"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/peregrine-exchange/peregrine/internal/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"peregrine": main})
}

// The commands as an operator uses them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

// Every setting stands in the README, and every chapter has a title and fits a
// terminal.
func TestHandbookIsComplete(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Settings() {
		name := strings.TrimSuffix(s.Name, "_FILE")
		if !bytes.Contains(readme, []byte(name)) {
			t.Errorf("the README does not tell of %s", s.Name)
		}
		if s.Description == "" {
			t.Errorf("%s has no description", s.Name)
		}
	}
	if alone := regexp.MustCompile(`(?m)^ +PEREGRINE_\w+=\S+$`).Find(readme); alone != nil {
		t.Errorf("%q in the README reaches no command that is pasted after it: export it", alone)
	}
	files, err := fs.Glob(handbook, "help/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d chapters, %v", len(files), err)
	}
	for _, f := range files {
		text, err := handbook.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if len([]rune(line)) > 90 || i == 0 && line == "" {
				t.Errorf("%s:%d: %q", f, i+1, line)
			}
		}
	}
}
