package ewp

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

const begin = `<?xml version="1.0" encoding="UTF-8"?><courses-response xmlns="` + namespace + `" xmlns:trm="https://github.com/erasmus-without-paper/ewp-specs-types-academic-term/tree/stable-v1">`

func answer(los ...string) string {
	return begin + strings.Join(los, "\n") + `</courses-response>`
}

func los(inner string) string {
	return `<learningOpportunitySpecification>` + inner + `</learningOpportunitySpecification>`
}

var full = los(`<los-id>CR/1</los-id><los-code>OPT</los-code><ounit-id>physics</ounit-id>
  <title xml:lang="en">Optics &amp; light</title><title xml:lang="de">Optik</title><title xml:lang="en-us"></title>
  <type>Course</type><subjectArea>13.2</subjectArea><iscedCode>0533</iscedCode>
  <url>ftp://example.org/</url><url xml:lang="en">https://example.org/optics</url><description>About light.</description>
  <specifies>
    <learningOpportunityInstance><loi-id>CRI/1</loi-id><start>2026-10-01</start><end>2027-03-31Z</end>
      <trm:academic-term><trm:academic-year-id>2026/2027</trm:academic-year-id></trm:academic-term>
      <credit><scheme>no-vt</scheme><value>5</value></credit><credit><scheme>ects</scheme><level>Master</level><value>7.5</value></credit>
      <languageOfInstruction>en</languageOfInstruction><engagementHours>60</engagementHours></learningOpportunityInstance>
    <learningOpportunityInstance><loi-id>CRI/0</loi-id><start>2020-10-01+02:00</start><end>2021-03-31</end>
      <credit><scheme>ects</scheme><value>5</value></credit><languageOfInstruction>de</languageOfInstruction></learningOpportunityInstance>
  </specifies>
  <contains><los-id>CLS/1</los-id></contains>`)

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

func TestACourseHasWhatItsNewestInstanceHas(t *testing.T) {
	all := rows(t, answer(full))
	want := format.Course{
		ExternalID: "CR/1", Code: "OPT", Unit: "physics", Title: vocab.Text{"en": "Optics & light", "de": "Optik"}, Description: vocab.Text{"und": "About light."},
		ECTS: 750, EQF: 7, ISCED: "0533", Languages: []string{"en", "de"}, URL: "https://example.org/optics",
		Offerings: []format.Offering{
			{ExternalID: "CRI/1", StartsOn: "2026-10-01", EndsOn: "2027-03-31", Language: "en"},
			{ExternalID: "CRI/0", StartsOn: "2020-10-01", EndsOn: "2021-03-31", Language: "de"},
		},
	}
	if len(all) != 1 || all[0].Err != nil || all[0].Place != "learningOpportunitySpecification[0]" || !reflect.DeepEqual(all[0].Course, want) {
		t.Fatalf("%+v\nwant %+v", all, want)
	}
	run := "specifies.learningOpportunityInstance."
	if got, want := strings.Join(all[0].Lost, " "), "url.0 "+run+"0.academic-term "+run+"0.credit.0 "+run+"0.engagementHours "+run+"1.credit contains subjectArea"; got != want {
		t.Errorf("lost %q, want %q", got, want)
	}
}

func TestWhatIsNoCourseIsSkipped(t *testing.T) {
	for inner, lost := range map[string]string{
		`<los-id>DEP/1</los-id><title>B.Sc.</title><type>Degree Programme</type>`: "Degree Programme DEP/1",
		`<los-id>DEP/1</los-id><title>B.Sc.</title>`:                              "DEP/1",
		`<los-id>CR/1</los-id><type>Degree Programme</type>`:                      "Degree Programme CR/1",
		`<los-id>MOD/1</los-id>`:                                                  "MOD/1", `<los-id>CLS/1</los-id>`: "CLS/1", `<los-id>NEW/1</los-id>`: "NEW/1",
	} {
		all := rows(t, answer(los(inner), full))
		if len(all) != 2 || all[0].Err != nil || !reflect.DeepEqual(all[0].Course, format.Course{}) || strings.Join(all[0].Lost, " ") != lost ||
			all[1].Course.ExternalID != "CR/1" {
			t.Errorf("%s: %+v", inner, all)
		}
	}
	if all := rows(t, answer(los(`<los-id>CR/1</los-id><type>Summer School</type>`), `<other/>`)); all[0].Course.ExternalID != "CR/1" || all[1].Lost[0] != "other" {
		t.Errorf("a type that a later version adds counts as none: %+v", all)
	}
}

func TestProblemsNameTheElement(t *testing.T) {
	run := func(inner string) string {
		return `<los-id>CR/1</los-id><specifies><learningOpportunityInstance>` + inner + `</learningOpportunityInstance></specifies>`
	}
	at := "specifies.learningOpportunityInstance.0."
	for inner, field := range map[string]string{
		`<title>x</title>`: "los-id",
		`<los-id>CR/1</los-id><iscedCode>613</iscedCode>`:             "iscedCode",
		`<los-id>CR/1</los-id><eqfLevelProvided>9</eqfLevelProvided>`: "eqfLevelProvided",
		`<los-id>CR/1</los-id><title xml:lang="klingonese">x</title>`: "title",
		`<los-id>CR/1</los-id><title>a` + "\u202e" + `b</title>`:      "title",
		run(``): at + "loi-id",
		run(`<loi-id>CRI/1</loi-id><start>soon</start>`):                                        at + "start",
		run(`<loi-id>CRI/1</loi-id><start>2027-02-30</start>`):                                  at + "start",
		run(`<loi-id>CRI/1</loi-id><languageOfInstruction>english</languageOfInstruction>`):     at + "languageOfInstruction",
		run(`<loi-id>CRI/1</loi-id><credit><scheme>ects</scheme><value>-5</value></credit>`):    at + "credit.0.value",
		run(`<loi-id>CRI/1</loi-id><credit><scheme>ects</scheme><value>1.234</value></credit>`): at + "credit.0.value",
	} {
		all := rows(t, answer(los(inner), full))
		if len(all) != 2 || all[1].Err != nil {
			t.Fatalf("%s: %d rows", inner, len(all))
		}
		found := problem.All(all[0].Err)
		if len(found) != 1 || found[0].Code != problem.Invalid || strings.Join(found[0].Field, ".") != field {
			t.Errorf("%s: %v, want %s", inner, all[0].Err, field)
		}
	}
}

func TestAnotherDocumentIsRefused(t *testing.T) {
	for _, doc := range []string{``, `{}`, `<html/>`, `<courses-response/>`, begin, strings.Replace(answer(full), "stable-v1", "stable-v9", 1), `<!DOCTYPE x>` + answer(full)} {
		var end error
		for _, err := range Read(strings.NewReader(doc)) {
			end = err
		}
		if !errors.Is(end, problem.Is(problem.Invalid)) {
			t.Errorf("%.60s: %v", doc, end)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(answer(full))
	f.Add(answer(los(`<los-id>DEP/1</los-id>`), `<a/>`))
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
			for _, o := range c.Offerings {
				if o.ExternalID == "" || o.StartsOn != "" && vocab.CheckDay(o.StartsOn) != nil || o.Language != "" && vocab.CheckLanguage(o.Language) != nil {
					t.Fatalf("%+v", o)
				}
			}
		}
	})
}

func TestConformanceTheExampleOfTheSpecification(t *testing.T) {
	dir := os.Getenv("PEREGRINE_STANDARDS")
	if dir == "" {
		t.Skip("NOT CHECKED against the example of the EWP Courses API: set PEREGRINE_STANDARDS to the folder of the standards")
	}
	doc, err := os.ReadFile(filepath.Join(dir, "ewp", "api-courses", "response-example.xml"))
	if err != nil {
		t.Fatal(err)
	}
	all := rows(t, string(doc))
	if len(all) != 2 || all[0].Err != nil || all[1].Err != nil {
		t.Fatalf("%+v", all)
	}
	want := format.Course{
		ExternalID: "CR/f6d14b1f-f330-4956-8819-e24feb12d519",
		Title: vocab.Text{
			"no": "Grunnkurs i matematikk",
			"en": "Introductory calculus",
		}, Description: vocab.Text{"no": "En eller annen beskrivelse", "en": "Some description"},
		ECTS: 1500, EQF: 6, ISCED: "0541", Languages: []string{"en"}, URL: "http://example.com/",
		Offerings: []format.Offering{
			{ExternalID: "CRI/13466290", StartsOn: "2016-07-01", EndsOn: "2016-12-31", Language: "en"},
			{ExternalID: "CRI/14061212", StartsOn: "2015-07-01", EndsOn: "2015-12-31"},
		},
	}
	if !reflect.DeepEqual(all[0].Course, want) {
		t.Errorf("\n got %+v\nwant %+v", all[0].Course, want)
	}
	if got := all[1].Lost; !reflect.DeepEqual(got, []string{"Degree Programme DEP/a1a43018-558c-45ed-a187-3c966e7bac77"}) {
		t.Errorf("lost %q", got)
	}
}
