package form

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func en(text string) []vocab.Translation {
	return []vocab.Translation{{Language: "en", Text: text}}
}

// fields are those at which an error says that something is wrong.
func fields(err error) string {
	var all []string
	for _, p := range problem.All(err) {
		all = append(all, strings.Join(p.Field, "."))
	}
	return strings.Join(all, " ")
}

// asked are questions of every kind.
func asked() []Question {
	return []Question{
		{Key: "why", Kind: vocab.AskText, Text: en("Why?"), Required: new(true), MaxLength: new(10)},
		{Key: "track", Kind: vocab.AskChoice, Text: en("Which track?"), Choices: []Choice{{"a", en("A")}, {"b", en("B")}}},
		{Key: "years", Kind: vocab.AskNumber, Text: en("How many years?"), Min: new(0.0), Max: new(60.5)},
		{Key: "transcript", Kind: vocab.AskFile, Text: en("Your transcript"), Required: new(true)},
	}
}

func TestQuestionsAreRefusedByField(t *testing.T) {
	if all, err := Questions(asked(), "q"); err != nil || len(all) != 4 || all[0].MaxLength != 10 || !all[0].Required || len(all[1].Choices) != 2 {
		t.Fatalf("the questions are %v: %v", all, err)
	}
	if all, _ := Questions([]Question{{Key: "x", Kind: vocab.AskText, Text: en("X")}}); all[0].MaxLength != usualAnswer {
		t.Errorf("an answer has %d characters", all[0].MaxLength)
	}
	for _, tt := range []struct {
		name   string
		change func(q []Question)
		want   string
	}{
		{"no key", func(q []Question) { q[0].Key = "" }, "q.0.key"},
		{"key with capitals", func(q []Question) { q[0].Key = "Why" }, "q.0.key"},
		{"key twice", func(q []Question) { q[1].Key = "why" }, "q.1.key"},
		{"no text", func(q []Question) { q[0].Text = nil }, "q.0.text"},
		{"long text", func(q []Question) { q[0].Text = en(strings.Repeat("ä", maxText+1)) }, "q.0.text"},
		{"no room for an answer", func(q []Question) { q[0].MaxLength = new(0) }, "q.0.maxLength"},
		{"too much room", func(q []Question) { q[0].MaxLength = new(maxAnswer + 1) }, "q.0.maxLength"},
		{"length of a number", func(q []Question) { q[2].MaxLength = new(5) }, "q.2.maxLength"},
		{"bounds of a text", func(q []Question) { q[0].Min, q[0].Max = new(1.0), new(2.0) }, "q.0.min q.0.max"},
		{"bounds the wrong way round", func(q []Question) { q[2].Min = new(61.0) }, "q.2.max"},
		{"one choice", func(q []Question) { q[1].Choices = q[1].Choices[:1] }, "q.1.choices"},
		{"choices of a text", func(q []Question) { q[0].Choices = q[1].Choices }, "q.0.choices"},
		{"choice twice", func(q []Question) { q[1].Choices[1].Key = "a" }, "q.1.choices.1.key"},
		{"choice without text", func(q []Question) { q[1].Choices[1].Text = nil }, "q.1.choices.1.text"},
	} {
		q := asked()
		tt.change(q)
		if _, err := Questions(q, "q"); fields(err) != tt.want {
			t.Errorf("%s is refused at %q, want %q", tt.name, fields(err), tt.want)
		}
	}
	if _, err := Questions(make([]Question, MaxQuestions+1), "q"); fields(err) != "q" {
		t.Errorf("too many are refused at %q", fields(err))
	}
}

func TestAnswersFitTheirQuestions(t *testing.T) {
	questions, err := Questions(asked())
	if err != nil {
		t.Fatal(err)
	}
	good := []Given{{Question: "years", Number: new(60.5)}, {Question: "why", Text: new("  Because ")}, {Question: "track", Choice: new("b")}}
	all, err := Answers(questions, good, "a")
	if err != nil || len(all) != 3 || *all[0].Text != "Because" || *all[1].Choice != "b" || *all[2].Number != 60.5 || all[2].Question.Text["en"] != "How many years?" {
		t.Fatalf("the answers are %v: %v", all, err)
	}
	for _, tt := range []struct {
		name string
		in   Given
		want string
	}{
		{"unknown", Given{Question: "who", Text: new("Me")}, "a.0.question"},
		{"too long", Given{Question: "why", Text: new("12345678901")}, "a.0.text"},
		{"with a control character", Given{Question: "why", Text: new("a\x00")}, "a.0.text"},
		{"just long enough", Given{Question: "why", Text: new("ä234567890")}, ""},
		{"a number for a text", Given{Question: "why", Number: new(1.0)}, "a.0.number"},
		{"another choice", Given{Question: "track", Choice: new("c")}, "a.0.choice"},
		{"too small", Given{Question: "years", Number: new(-0.5)}, "a.0.number"},
		{"too large", Given{Question: "years", Number: new(60.6)}, "a.0.number"},
		{"no number", Given{Question: "years", Number: new(math.NaN())}, "a.0.number"},
		{"endless", Given{Question: "years", Number: new(math.Inf(1))}, "a.0.number"},
		{"a text for a file", Given{Question: "transcript", Text: new("See there")}, "a.0.text"},
		{"nothing", Given{Question: "track"}, ""},
	} {
		if _, err := Answers(questions, []Given{tt.in}, "a"); fields(err) != tt.want {
			t.Errorf("%s is refused at %q, want %q", tt.name, fields(err), tt.want)
		}
	}
	if _, err := Answers(questions, []Given{good[0], good[0]}, "a"); fields(err) != "a.1.question" {
		t.Errorf("answered twice is refused at %q", fields(err))
	}

	// An empty text answers nothing, and a file is answered by a document.
	empty, err := Answers(questions, []Given{{Question: "why", Text: new(" ")}})
	if err != nil || len(empty) != 0 {
		t.Errorf("an empty text is %v: %v", empty, err)
	}
	if got := fields(Complete(questions, empty, nil, "a")); got != "a.why a.transcript" {
		t.Errorf("missing are %q", got)
	}
	if err := Complete(questions, all, []string{"transcript"}, "a"); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	// What fits no more is left out, the rest stays.
	questions[0].MaxLength = 3
	if kept := Again(questions, all); len(kept) != 2 || kept[0].Question.Key != "track" {
		t.Errorf("kept are %v", kept)
	}
}

func TestRequirementsAreRefusedByField(t *testing.T) {
	course, level := ident.ID("crs_06h0hph4yvw3v2c0x5e4r7t9n8"), vocab.LanguageLevel("B2")
	good := []Requirement{
		{Key: "basics", Kind: vocab.NeedsCourse, CourseID: &course},
		{Key: "english", Kind: vocab.NeedsLanguage, Language: new("en"), Level: &level},
		{Key: "laptop", Kind: vocab.NeedsStatement, Text: en("I have a laptop.")},
	}
	all, err := Requirements(good, "r")
	if err != nil || len(all) != 3 {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		in   Requirement
		want string
	}{
		"no course":           {Requirement{Key: "a", Kind: vocab.NeedsCourse}, "r.0.courseId"},
		"no level":            {Requirement{Key: "a", Kind: vocab.NeedsLanguage, Language: new("en")}, "r.0.level"},
		"no language":         {Requirement{Key: "a", Kind: vocab.NeedsLanguage, Language: new("xx-yy-zz"), Level: &level}, "r.0.language"},
		"nothing to state":    {Requirement{Key: "a", Kind: vocab.NeedsStatement}, "r.0.text"},
		"course of statement": {Requirement{Key: "a", Kind: vocab.NeedsStatement, Text: en("X"), CourseID: &course}, "r.0.courseId"},
	} {
		if _, err := Requirements([]Requirement{tt.in}, "r"); fields(err) != tt.want {
			t.Errorf("%s is refused at %q, want %q", name, fields(err), tt.want)
		}
	}
	if got, err := Statements(all, []string{"laptop", "english"}, "s"); err != nil || !slices.Equal(got, []string{"english", "laptop"}) {
		t.Errorf("stated are %v: %v", got, err)
	}
	for _, key := range []string{"basics", "other"} { // a course is proved, not stated
		if _, err := Statements(all, []string{key}, "s"); fields(err) != "s" {
			t.Errorf("%s is refused at %q", key, fields(err))
		}
	}
}

// What is shared is what the host asks for, and no less than it requires.
func TestOnlyWhatIsAskedForIsShared(t *testing.T) {
	questions, err := Questions(asked())
	if err != nil {
		t.Fatal(err)
	}
	word := func(asks []vocab.Ask) string {
		var all []string
		for _, a := range asks {
			all = append(all, fmt.Sprintf("%s %v", a.Item, a.Required))
		}
		return strings.Join(all, ", ")
	}
	if got := word(Asked(nil, nil)); got != "NAME true, EMAIL false, STUDENT_IDENTIFIER false, HOME_PROGRAMME false, MOTIVATION false, DOCUMENTS false, ANSWERS false, ACCESS_NEEDS false" {
		t.Errorf("who asks for nothing gets %s", got)
	}
	some := []vocab.Ask{{Item: vocab.ShareEmail, Required: true}, {Item: vocab.ShareMotivation}}
	if got := word(Asked(some, nil)); got != "NAME true, EMAIL true, MOTIVATION false" {
		t.Errorf("asked are %s", got)
	}
	if got := word(Asked(some, questions)); got != "NAME true, EMAIL true, MOTIVATION false, DOCUMENTS true, ANSWERS true" {
		t.Errorf("asked with questions are %s", got)
	}
	all := Asked(some, nil)
	if got := fields(Allowed(all, []vocab.SharedItem{vocab.ShareEmail, vocab.ShareDocuments}, "d")); got != "d" {
		t.Errorf("more than asked for is refused at %q", got)
	}
	if got := fields(Needed(all, []vocab.SharedItem{vocab.ShareMotivation}, "d")); got != "d" {
		t.Errorf("less than required is refused at %q", got)
	}
	if err := problem.Join(Allowed(all, []vocab.SharedItem{vocab.ShareEmail}), Needed(all, []vocab.SharedItem{vocab.ShareEmail})); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]vocab.Ask{{{Item: vocab.ShareName}}, {{Item: vocab.ShareAccessNeeds, Required: true}}} {
		if _, err := Asks(bad, "x"); fields(err) != "x.0.item" {
			t.Errorf("%v is refused at %q", bad, fields(err))
		}
	}
	if _, err := Asks(append(some, some[0]), "x"); fields(err) != "x.2.item" {
		t.Errorf("twice is refused at %q", fields(err))
	}
}
