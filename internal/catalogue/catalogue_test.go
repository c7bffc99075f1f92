package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// fields returns where the problems in err are, in order, without the input
// around them.
func fields(err error) []string {
	var all []string
	for _, p := range problem.All(err) {
		all = append(all, strings.TrimPrefix(strings.TrimPrefix(strings.Join(p.Field, "."), "input."), "content."))
	}
	return all
}

func en(s string) []vocab.Translation { return []vocab.Translation{{Language: "en", Text: s}} }

func TestContentIsCheckedAtOnce(t *testing.T) {
	in := Content{
		Title: []vocab.Translation{{Language: "en", Text: "A"}, {Language: "en", Text: "B"}}, Hours: new(-1), EQFLevel: new(9), ISCED: new("613"),
		Languages: []string{"english"}, URL: new("ftp://x"), Quality: &QualityText{Name: en(""), URL: new("x")}, Topics: []string{"\u202e"},
		Outcomes: []OutcomeText{
			{Text: en("Can."), ESCO: new("http://data.europa.eu/esco/skill/aa1f8d0b-6e2d-4b5a-9d61-2f0d9c0f4a11")},
			{Text: en("Can."), ESCO: new("https://example.org/skill")},
		},
	}
	_, err := in.check()
	want := []string{"title", "outcomes.1.esco", "hours", "eqfLevel", "isced", "languages", "quality.name", "quality.url", "topics", "url"}
	if got := fields(err); !slices.Equal(got, want) {
		t.Errorf("refused at %v, want %v", got, want)
	}
	long := Content{URL: new("https://example.org/" + strings.Repeat("x", maxURL))}
	if _, err := long.check(); !slices.Equal(fields(err), []string{"url"}) {
		t.Errorf("a long address: %v", err)
	}
}

// complete is a version without issues and warnings.
func complete() *ent.CourseVersion {
	isced, mode, supervision := vocab.ISCEDF("0613"), vocab.DeliveryMode("ONLINE"), vocab.Supervision("SUPERVISED")
	return &ent.CourseVersion{
		Title: vocab.Text{"en": "T"}, Summary: vocab.Text{"en": "S"}, Description: vocab.Text{"en": "D"}, Outcomes: []vocab.Outcome{{Text: vocab.Text{"en": "O"}}},
		Ects: 500, Hours: 140, Eqf: new(7), Isced: &isced, Languages: []string{"en"}, Mode: &mode, Assessments: []vocab.AssessmentType{"QUIZ"},
		Supervision: &supervision, Quality: &vocab.QualityAssurance{Kind: "INSTITUTIONAL_QA", Name: vocab.Text{"en": "Q"}}, TargetGroups: []vocab.TargetGroup{vocab.Students},
	}
}

func TestAnnexIAsksForEachElement(t *testing.T) {
	bounds := vocab.Bounds{Kind: vocab.KindMicroCredential, Min: 100, Max: 1000}
	if err := problem.Join(Complete(complete(), bounds), Warnings(complete())); err != nil {
		t.Fatalf("a complete version: %v", err)
	}
	all := []string{"title", "description", "outcomes", "ects", "hours", "eqfLevel", "isced", "languages", "mode", "assessments", "supervision", "quality"}
	if got := fields(Complete(&ent.CourseVersion{}, bounds)); !slices.Equal(got, all) {
		t.Errorf("an empty version lacks %v, want %v", got, all)
	}
	for field, change := range map[string]func(*ent.CourseVersion){
		"title":       func(v *ent.CourseVersion) { v.Title = nil },
		"description": func(v *ent.CourseVersion) { v.Description = vocab.Text{} },
		"outcomes":    func(v *ent.CourseVersion) { v.Outcomes = nil },
		"ects":        func(v *ent.CourseVersion) { v.Ects = 99 },
		"hours":       func(v *ent.CourseVersion) { v.Hours = 0 },
		"eqfLevel":    func(v *ent.CourseVersion) { v.Eqf = nil },
		"isced":       func(v *ent.CourseVersion) { v.Isced = nil },
		"languages":   func(v *ent.CourseVersion) { v.Languages = nil },
		"mode":        func(v *ent.CourseVersion) { v.Mode = nil },
		"assessments": func(v *ent.CourseVersion) { v.Assessments = nil },
		"supervision": func(v *ent.CourseVersion) { v.Supervision = nil },
		"quality":     func(v *ent.CourseVersion) { v.Quality.Name = nil },
	} {
		v := complete()
		change(v)
		if got := fields(Complete(v, bounds)); !slices.Equal(got, []string{field}) {
			t.Errorf("without %s: %v", field, got)
		}
	}
	for _, ects := range []vocab.ECTS{100, 1000} {
		v := complete()
		v.Ects = ects
		if err := Complete(v, bounds); err != nil {
			t.Errorf("%s credits are within the bounds: %v", ects, err)
		}
	}
}

func TestWarningsNameWhatIsUnusual(t *testing.T) {
	for _, tt := range []struct {
		want   string
		change func(*ent.CourseVersion)
	}{
		{"hours", func(v *ent.CourseVersion) { v.Hours = 124 }},
		{"hours", func(v *ent.CourseVersion) { v.Hours = 151 }},
		{"", func(v *ent.CourseVersion) { v.Hours = 125 }},
		{"", func(v *ent.CourseVersion) { v.Hours = 150 }},
		{"title", func(v *ent.CourseVersion) { v.Title = vocab.Text{"de": "T"} }},
		{"", func(v *ent.CourseVersion) { v.Title = vocab.Text{"de": "T", "en-GB": "T"} }},
		{"description", func(v *ent.CourseVersion) { v.Description = vocab.Text{"cs": "T"} }},
		{"outcomes", func(v *ent.CourseVersion) {
			v.Outcomes = append(v.Outcomes, vocab.Outcome{Text: vocab.Text{"fr": "O"}})
		}},
		{"summary", func(v *ent.CourseVersion) { v.Summary = vocab.Text{} }},
		{"targetGroups", func(v *ent.CourseVersion) { v.TargetGroups = nil }},
	} {
		v := complete()
		tt.change(v)
		if got := strings.Join(fields(Warnings(v)), " "); got != tt.want {
			t.Errorf("warned of %q, want %q", got, tt.want)
		}
	}
}
