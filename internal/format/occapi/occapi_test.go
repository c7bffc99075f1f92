package occapi

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

const full = `{"type": "course", "id": "c1", "attributes": {
  "title": [{"string": "Optics", "lang": "en"}, {"string": "Optik", "lang": "de"}], "code": "OPT",
  "description": [{"multiline": "About light.\n\nMuch of it.\n", "lang": null}],
  "learningOutcomes": [{"multiline": "- Aligns a lens\n- Measures", "lang": "en"}, {"multiline": "• Justiert\n\n• Misst", "lang": "de"}],
  "academicTerm": "1/2", "ects": 6, "languageOfInstruction": "pt-PT", "iscedCode": "0533", "subjectArea": "13.2", "otherCategorization": "",
  "url": [{"uri": "www.example.org", "lang": "en"}, {"uri": "https://example.org/optics"}],
  "prerequisites": [{"multiline": "Physics", "lang": "en"}], "assessmentMethod": [{"multiline": "A test", "lang": "en"}],
  "unavailableForIncomingMobility": false},
  "meta": {"global": {"eqfLevel": 6, "year": "1/3"}, "programme": [{"programmeId": "p"}]}, "links": {"self": {"href": "https://example.org/"}}}`

func rows(t *testing.T, doc string) (all []format.Row) {
	t.Helper()
	for row, err := range Read(strings.NewReader(doc)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

func TestACourseInACollectionAndAlone(t *testing.T) {
	want := format.Course{
		ExternalID: "c1", Code: "OPT", Title: vocab.Text{"en": "Optics", "de": "Optik"}, Description: vocab.Text{"und": "About light.\n\nMuch of it."},
		Outcomes: []vocab.Outcome{{Text: vocab.Text{"en": "Aligns a lens", "de": "Justiert"}}, {Text: vocab.Text{"en": "Measures", "de": "Misst"}}},
		ECTS:     600, EQF: 6, ISCED: "0533", Languages: []string{"pt-PT"}, URL: "https://example.org/optics",
		Prerequisites: vocab.Text{"en": "Physics"}, AssessmentNote: vocab.Text{"en": "A test"},
	}
	for doc, place := range map[string]string{`{"jsonapi": {}, "data": [` + full + `], "links": {}}`: "data[0]", `{"data": ` + full + `}`: "data"} {
		all := rows(t, doc)
		if len(all) != 1 || all[0].Err != nil || all[0].Place != place || !reflect.DeepEqual(all[0].Course, want) {
			t.Fatalf("%+v\nwant %+v", all, want)
		}
		if got := strings.Join(all[0].Lost, " "); got != "attributes.url.0.uri attributes.academicTerm attributes.subjectArea meta.global.year meta.programme" {
			t.Errorf("lost %q", got)
		}
	}
}

func TestProblemsNameTheFieldOfTheResource(t *testing.T) {
	for doc, field := range map[string]string{
		`{"type": "course", "attributes": {}}`:                                                 "id",
		`{"type": "course", "id": "c"}`:                                                        "attributes.title",
		`{"type": "course", "id": "c", "attributes": []}`:                                      "attributes",
		`{"type": "course", "id": "c", "attributes": {"ects": "6"}}`:                           "attributes.ects",
		`{"type": "course", "id": "c", "attributes": {"ects": -6}}`:                            "attributes.ects",
		`{"type": "course", "id": "c", "attributes": {"iscedCode": "613"}}`:                    "attributes.iscedCode",
		`{"type": "course", "id": "c", "attributes": {"iscedCode": 613}}`:                      "attributes.iscedCode",
		`{"type": "course", "id": "c", "attributes": {"languageOfInstruction": "?"}}`:          "attributes.languageOfInstruction",
		`{"type": "course", "id": "c", "attributes": {"title": [{"string": 1}]}}`:              "attributes.title.0.string",
		`{"type": "course", "id": "c", "attributes": {}, "meta": {"global": {"eqfLevel": 9}}}`: "meta.global.eqfLevel",
		`7`: "",
	} {
		all := rows(t, `{"data": [`+doc+`, `+full+`]}`)
		if len(all) != 2 || all[1].Err != nil {
			t.Fatalf("%s: %d rows", doc, len(all))
		}
		found := problem.All(all[0].Err)
		if len(found) == 0 || found[0].Code != problem.Invalid || strings.Join(found[0].Field, ".") != field {
			t.Errorf("%s: %v at %v, want %s", doc, all[0].Err, found, field)
		}
	}
}

func TestWhatIsNotOfferedIsSkipped(t *testing.T) {
	for doc, lost := range map[string]string{
		`{"type": "programme", "id": "p", "attributes": {"ects": "bad"}}`:                       "programme p",
		`{"type": "course", "id": "c", "attributes": {"unavailableForIncomingMobility": true}}`: "attributes.unavailableForIncomingMobility",
	} {
		row := rows(t, `{"data": `+doc+`}`)[0]
		if row.Err != nil || !reflect.DeepEqual(row.Course, format.Course{}) || strings.Join(row.Lost, " ") != lost {
			t.Errorf("%+v, want %s lost", row, lost)
		}
	}
}

func TestOutcomesStayTogetherUnlessTheyAreLists(t *testing.T) {
	for text, want := range map[string]int{"One text.\nOf two lines.": 1, "- a\n- b\n": 2, "- a\nb": 1, "-": 1} {
		if got := outcomes(vocab.Text{"en": text}); len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := outcomes(vocab.Text{"en": "- a\n- b", "de": "- a"}); len(got) != 1 || len(got[0].Text) != 2 {
		t.Errorf("%v", got)
	}
	if outcomes(nil) != nil {
		t.Error("outcomes of nothing")
	}
}

func TestAnotherDocumentIsRefused(t *testing.T) {
	for _, doc := range []string{``, `{}`, `[]x`, `[1]`, `{"items": []}`, `{"data": [`, `{"errors": [{"status": "404"}]}`} {
		var end error
		for _, err := range Read(strings.NewReader(doc)) {
			end = err
		}
		if !errors.Is(end, problem.Is(problem.Invalid)) {
			t.Errorf("%s: %v", doc, end)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"data": [` + full + `]}`)
	f.Add(`{"data": {"type": "course", "id": "c", "attributes": {"title": [[]]}}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		for row, err := range Read(strings.NewReader(doc)) {
			if err != nil && problem.All(err) == nil {
				t.Fatalf("a fault: %v", err)
			}
			if err != nil || row.Err != nil {
				continue
			}
			c := row.Course
			if c.ExternalID == "" && len(row.Lost) == 0 || c.ECTS < 0 || c.ECTS > vocab.MaxECTS || c.EQF < 0 || c.EQF > 8 {
				t.Fatalf("%+v", row)
			}
			for _, tag := range c.Languages {
				if err := vocab.CheckLanguage(tag); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// Every published sample is read: courses become courses, programmes and
// institutions are skipped.
func TestConformanceSamplesOfEUF(t *testing.T) {
	dir := os.Getenv("PEREGRINE_STANDARDS")
	if dir == "" {
		t.Skip("NOT CHECKED against the samples of OCCAPI: set PEREGRINE_STANDARDS to the folder of the standards")
	}
	courses, skipped := 0, 0
	err := filepath.WalkDir(filepath.Join(dir, "occapi", "samples"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		for row, err := range Read(file) {
			if err != nil || row.Err != nil {
				t.Errorf("%s: %v, %v", path, err, row.Err)
			}
			if row.Course.ExternalID == "" {
				skipped++
				continue
			}
			courses++
			c := row.Course
			if c.Code != "COUR01" || c.ECTS != 600 || c.EQF != 6 || c.ISCED != "0000" || c.Languages[0] != "en" || len(c.Outcomes) != 1 || c.Title["en"] != "Example Course" {
				t.Errorf("%s: %+v", path, c)
			}
		}
		return nil
	})
	if err != nil || courses != 3 || skipped != 4 {
		t.Errorf("%d courses, %d skipped, %v", courses, skipped, err)
	}
}
