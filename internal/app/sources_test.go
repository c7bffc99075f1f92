package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources calls f with each file of hand-written code but tests.
func sources(t *testing.T, f func(path, text string)) {
	t.Helper()
	for _, root := range []string{"../../cmd", "../../graph", "../../internal", "../../ent/schema"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "generated") {
				return err
			}
			text, err := os.ReadFile(path)
			f(path, string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What is written in one place only, because the obvious way to write it is
// wrong: each pattern with the files in which it may stand, and what to write
// instead.
var onlyIn = []struct {
	pattern *regexp.Regexp
	files   []string
	instead string
}{
	{regexp.MustCompile(`\.AddDate\((0|[^,()]+), [^0,][^,]*,`), []string{"internal/vocab/place.go"},
		"vocab.AddMonths: a month that is added to the 31st ends in the month after next"},
	{regexp.MustCompile(`\.Update\(\)\.Where\(\w+\.ID\([^()]*\)\)\.Exec\(`), nil,
		"storage.Hold or Held: an update that sets nothing locks nothing"},
	{regexp.MustCompile(`time\.(LoadLocation|ParseInLocation)\(`), []string{"internal/vocab/place.go"},
		"vocab.Zone, Instant and In: one reading of zones and of hours that happen twice"},
	{regexp.MustCompile(`Isolation(Level)?:`), nil,
		"nothing: the isolation of transactions is decided in storage.Open"},
}

// The sources keep to it.
func TestWhatIsWrittenInOnePlace(t *testing.T) {
	looked := 0
	sources(t, func(path, text string) {
		looked++
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		for _, rule := range onlyIn {
			for _, found := range rule.pattern.FindAllString(text, -1) {
				if !slices.Contains(rule.files, name) {
					t.Errorf("%s: %s… write %s", name, found, rule.instead)
				}
			}
		}
	})
	if looked < 200 {
		t.Errorf("only %d files were looked at", looked)
	}
}

// The patterns find what they are for.
func TestPatternsOfWhatIsWrittenInOnePlace(t *testing.T) {
	for _, wrong := range []string{
		"until := now.AddDate(0, months, 0)", "x.AddDate(0, r.Months, 0)", "t.AddDate(1, 6, 0)",
		"tx.Course.Update().Where(course.ID(c.ID)).Exec(ctx)", "time.LoadLocation(zone)", "time.ParseInLocation(a, b, c)",
		"sql.TxOptions{Isolation: sql.LevelDefault}",
	} {
		hit := false
		for _, rule := range onlyIn {
			hit = hit || rule.pattern.MatchString(wrong)
		}
		if !hit {
			t.Errorf("nothing is said of %s", wrong)
		}
	}
	for _, right := range []string{"now.AddDate(0, 0, days)", "tx.Course.Update().Where(course.ID(c.ID)).SetCode(x).Exec(ctx)"} {
		for _, rule := range onlyIn {
			if rule.pattern.MatchString(right) {
				t.Errorf("%s is refused: %s", right, rule.instead)
			}
		}
	}
}

// A page asks an area, which knows what may be read and how much of it, and never
// the database by itself.
func TestPagesAskAreas(t *testing.T) {
	read := 0
	sources(t, func(path, text string) {
		file := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if !strings.HasPrefix(file, "internal/web/") {
			return
		}
		read++
		text = strings.ReplaceAll(text, "URL.Query()", "")
		for _, of := range []string{".Query()", "ent.Client", "ent.Tx", "ent.Open("} {
			if strings.Contains(text, of) {
				t.Errorf("%s has %s", file, of)
			}
		}
	})
	if read < 20 {
		t.Errorf("only %d files were read", read)
	}
}
