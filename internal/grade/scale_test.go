package grade

import (
	"errors"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestGradesAreReadAsPeopleWriteThem(t *testing.T) {
	for _, tt := range []struct {
		scale   vocab.GradeScale
		written string
		want    Grade
	}{
		{"DE_1_5", "1.7", Grade{Text: "1.7", Passed: true, Rank: 70}},
		{"DE_1_5", " 1,7 ", Grade{Text: "1.7", Passed: true, Rank: 70}},
		{"DE_1_5", "4.0", Grade{Text: "4.0", Passed: true, Rank: 300}},
		{"DE_1_5", "5.0", Grade{Text: "5.0", Rank: 400}},
		{"AT_1_5", "1", Grade{Text: "1", Passed: true}},
		{"FR_0_20", "10", Grade{Text: "10", Passed: true, Rank: 1000}},
		{"FR_0_20", "15,25/20", Grade{Text: "15.25", Passed: true, Rank: 475}},
		{"FR_0_20", "0", Grade{Text: "0", Rank: 2000}},
		{"FR_0_20", "0.5", Grade{Text: "0.5", Rank: 1950}},
		{"UA_0_100", "100", Grade{Text: "100", Passed: true}},
		{"UA_0_100", "59", Grade{Text: "59", Rank: 4100}},
		{"IT_18_30", "30", Grade{Text: "30", Passed: true}},
		{"IT_18_30", "30L", Grade{Text: "30L", Honours: true, Passed: true}},
		{"IT_18_30", "30 e lode", Grade{Text: "30L", Honours: true, Passed: true}},
		{"IT_18_30", "30/30 e Lode", Grade{Text: "30L", Honours: true, Passed: true}},
		{"IT_18_30", "30 cum laude", Grade{Text: "30L", Honours: true, Passed: true}},
		{"IT_18_30", "17", Grade{Text: "17", Rank: 1300}},
		{"CZ_A_F", "b", Grade{Text: "B", Passed: true, Rank: 1}},
		{"CZ_A_F", "С", Grade{Text: "C", Passed: true, Rank: 2}}, // Cyrillic
		{"SK_A_FX", "fx", Grade{Text: "FX", Rank: 5}},
		{"ECTS_A_F", "FX", Grade{Text: "FX", Rank: 5}},
		{"ECTS_A_F", "F", Grade{Text: "F", Rank: 6}},
		{"PERCENT", "72,5 %", Grade{Text: "72.5", Passed: true, Rank: 2750}},
		{"PERCENT", "49.99", Grade{Text: "49.99", Rank: 5001}},
	} {
		s, ok := Find(tt.scale)
		if !ok {
			t.Fatal(tt.scale)
		}
		if got, err := s.Read(tt.written); err != nil || got != tt.want {
			t.Errorf("%q on %s is %+v, %v; want %+v", tt.written, tt.scale, got, err, tt.want)
		}
	}
}

func TestWhatIsNoGradeIsRefused(t *testing.T) {
	for code, grades := range map[vocab.GradeScale][]string{
		"AT_1_5":    {"01", "0", "1.0", "", "6", "1,0", "-1"},
		"DE_1_5":    {"01.7", "001.7", "0000000000000001.7", ".7", "1.", "+1.7", "0x1", "1.75", "0.9", "1,7,", "1.3.2026", "46025", "1.0L", "1e0", "１.7"},
		"FR_0_20":   {"00", "00.5", "010", "20.01", "15.125", "20L", "15/30"},
		"IT_18_30":  {"29L", "31", "30LL", "30 honours", "L", "lode", "30.0"},
		"CZ_A_F":    {"G", "", "AA", "1", "A+", "А-"},
		"UA_0_100":  {"85%", "101", "60.5"},
		"PASS_FAIL": {"passed", "", "1"},
	} {
		s, _ := Find(code)
		for _, text := range grades {
			if _, err := s.Read(text, "grade"); !errors.Is(err, problem.Is(problem.Invalid)) {
				t.Errorf("%q on %s: %v, want INVALID", text, code, err)
			}
		}
	}
}

// Each grade of each common scale that is listed is read, best first, and the last
// that passes is the last that passes.
func TestCommonScalesAreWhole(t *testing.T) {
	for _, s := range Common() {
		for _, tag := range lang.Languages {
			if key := "scale." + string(s.Code); !lang.Has(tag, key) || s.Name[tag.String()] != lang.Say(tag, key) {
				t.Errorf("%s has no name in %s", s.Code, tag)
			}
		}
		if !s.Graded() {
			continue
		}
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", s.Code, err)
		}
		best, worst, pass := read(t, s, s.Best), read(t, s, s.Worst), read(t, s, s.LastPass)
		if best.Rank != 0 || !best.Passed || worst.Passed || !pass.Passed || pass.Rank >= worst.Rank {
			t.Errorf("%s: %+v, %+v, %+v", s.Code, best, pass, worst)
		}
	}
}

func read(t *testing.T, s Scale, text string) Grade {
	t.Helper()
	g, err := s.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestOwnScalesAreChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		scale Scale
		wrong string // the field, or "" for none
	}{
		"halves":            {Scale{Best: "6", Worst: "1", LastPass: "4", Step: "0.5"}, ""},
		"letters with plus": {Scale{Letters: []string{"A+", "A", "A-", "F"}, LastPass: "A-"}, ""},
		"words":             {Scale{Letters: []string{"відмінно", "добре", "незадовільно"}, LastPass: "добре"}, ""},
		"no step":           {Scale{Best: "6", Worst: "1", LastPass: "4", Step: "0"}, "step"},
		"step past the end": {Scale{Best: "6", Worst: "1", LastPass: "4", Step: "2"}, "step"},
		"best is worst":     {Scale{Best: "6", Worst: "6", LastPass: "6", Step: "1"}, "worst"},
		"pass outside":      {Scale{Best: "6", Worst: "1", LastPass: "7", Step: "1"}, "lastPass"},
		"pass between":      {Scale{Best: "6", Worst: "1", LastPass: "4.5", Step: "1"}, "lastPass"},
		"all pass":          {Scale{Best: "6", Worst: "1", LastPass: "1", Step: "1"}, "lastPass"},
		"no number":         {Scale{Best: "six", Worst: "1", LastPass: "4", Step: "1"}, "best"},
		"letter twice":      {Scale{Letters: []string{"A", "B", "a"}, LastPass: "A"}, "2"},
		"two alike":         {Scale{Letters: []string{"A", "А", "F"}, LastPass: "A"}, "1"},
		"unknown pass":      {Scale{Letters: []string{"A", "B"}, LastPass: "C"}, "lastPass"},
		"all letters pass":  {Scale{Letters: []string{"A", "B"}, LastPass: "B"}, "lastPass"},
		"one letter":        {Scale{Letters: []string{"A"}, LastPass: "A"}, "letters"},
		"long letter":       {Scale{Letters: []string{"A", strings.Repeat("x", 17)}, LastPass: "A"}, "1"},
		"blank letter":      {Scale{Letters: []string{"A", " ", "F"}, LastPass: "A"}, "1"},
	} {
		found := problem.All(tt.scale.Check("input", "scale"))
		if tt.wrong == "" {
			if found != nil {
				t.Errorf("%s: %v", name, found)
			}
			continue
		}
		if len(found) == 0 || found[0].Field[len(found[0].Field)-1] != tt.wrong {
			t.Errorf("%s: %v, want a fault at %s", name, found, tt.wrong)
		}
	}
	halves := Scale{Best: "6", Worst: "1", LastPass: "4", Step: "0.5"}
	if g, err := halves.Read("4,5"); err != nil || !g.Passed || g.Rank != 150 {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err := halves.Read("4.2"); err == nil {
		t.Error("4.2 is no half")
	}
	plus := Scale{Letters: []string{"A+", "A", "A-", "F"}, LastPass: "A-"}
	for i, text := range plus.Letters {
		if g, err := plus.Read(text); err != nil || g.Rank != i {
			t.Errorf("%s: %+v, %v", text, g, err)
		}
	}
}
