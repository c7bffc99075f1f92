// Command attacks takes defences out of a copy of the project, one at a time,
// and says which test notices. A defence that no test misses is one that the
// next person takes out by accident.
//
//	go run . [-only TEXT] [-list] PROJECT
//
// attacks.txt beside this file has a paragraph for each defence: what it keeps
// off, the file, what stands there and what stands there without it, and the
// tests that should notice. It ends with status 1 when one goes unnoticed or
// does not fit the code any more.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

//go:embed attacks.txt
var table string

// attack is one defence that is taken out.
type attack struct {
	what     string // that the defence keeps off
	file     string
	old, new string
	packages []string
	run      string // pattern of the tests
}

func main() {
	only := flag.String("only", "", "those whose words or file have this in them")
	list := flag.Bool("list", false, "say what there is and whether it fits the code; run nothing")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: attacks [-only TEXT] [-list] PROJECT")
		os.Exit(2)
	}
	all, err := parse(table)
	if err == nil {
		all = slices.DeleteFunc(all, func(a attack) bool { return !strings.Contains(a.what+" "+a.file, *only) })
		err = try(flag.Arg(0), all, *list)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "attacks:", err)
		os.Exit(1)
	}
}

// parse reads paragraphs of lines "# what", "in FILE", "- old", "+ new",
// "test PACKAGE… PATTERN"; old and new may have several lines.
func parse(text string) (all []attack, err error) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var a attack
		var old, new []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			mark, rest, _ := strings.Cut(line, " ")
			switch mark {
			case "#":
				a.what = rest
			case "in":
				a.file = rest
			case "-":
				old = append(old, rest)
			case "+":
				new = append(new, rest)
			case "test":
				words := strings.Fields(rest)
				a.packages, a.run = words[:len(words)-1], words[len(words)-1]
			default:
				return nil, fmt.Errorf("attacks.txt: %q", line)
			}
		}
		a.old, a.new = strings.Join(old, "\n"), strings.Join(new, "\n")
		if a.what == "" || a.file == "" || a.old == "" || len(a.packages) == 0 {
			return nil, fmt.Errorf("attacks.txt: a paragraph lacks something:\n%s", paragraph)
		}
		all = append(all, a)
	}
	return all, nil
}

// try takes each defence out of a copy of the project and runs its tests there.
func try(project string, all []attack, list bool) error {
	folder, err := os.MkdirTemp("", "attacks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if out, err := exec.Command("cp", "-a", filepath.Clean(project)+"/.", folder).CombinedOutput(); err != nil {
		return fmt.Errorf("copying the project: %s", out)
	}
	bad := 0
	for i, a := range all {
		said, ok := a.tried(folder, list)
		if !ok {
			bad++
		}
		fmt.Printf("%3d %s\n    %s: %s\n", i+1, a.what, a.file, said)
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d went unnoticed or do not fit", bad, len(all))
	}
	if !list {
		fmt.Printf("all %d were noticed\n", len(all))
	}
	return nil
}

// environ lets what is compiled once serve wherever the copy lies.
var environ = append(os.Environ(), "GOFLAGS=-trimpath -buildvcs=false")

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

func (a attack) tried(folder string, list bool) (said string, ok bool) {
	path := filepath.Join(folder, a.file)
	whole, err := os.ReadFile(path)
	if err != nil {
		return err.Error(), false
	}
	if n := bytes.Count(whole, []byte(a.old)); n != 1 {
		return fmt.Sprintf("what is to be taken out stands there %d times", n), false
	}
	if list {
		return "fits", true
	}
	without := bytes.Replace(whole, []byte(a.old), []byte(a.new), 1)
	if err := os.WriteFile(path, without, 0o644); err != nil {
		return err.Error(), false
	}
	defer os.WriteFile(path, whole, 0o644)
	began := time.Now()
	build := exec.Command("go", append([]string{"vet"}, a.packages...)...)
	build.Dir, build.Env = folder, environ
	if out, err := build.CombinedOutput(); err != nil {
		return "does not build without it:\n" + string(out), false
	}
	test := exec.Command("go", append([]string{"test", "-count=1", "-timeout=5m", "-run", a.run}, a.packages...)...)
	test.Dir, test.Env = folder, environ
	out, err := test.CombinedOutput()
	if err == nil {
		return "NOBODY NOTICED", false
	}
	var names []string
	for _, m := range failed.FindAllStringSubmatch(string(out), -1) {
		if !strings.Contains(m[1], "/") && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	if len(names) == 0 && !strings.Contains(string(out), "panic: ") {
		return "the tests did not run:\n" + string(out), false
	}
	return fmt.Sprintf("noticed by %s (%s)", strings.Join(names, ", "), time.Since(began).Round(time.Second)), true
}
