package oeapi

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// specification returns the published OpenAPI document of a version.
func specification(t *testing.T, v Version) map[string]any {
	t.Helper()
	dir := os.Getenv("PEREGRINE_STANDARDS")
	if dir == "" {
		t.Skip("NOT CHECKED against the published Open Education API: set PEREGRINE_STANDARDS to the folder of the standards")
	}
	name := map[Version]string{V5: "ooapi-v5.openapi.json", V6: "oeapi-v6.0.openapi.json"}[v]
	data, err := os.ReadFile(filepath.Join(dir, "oeapi", name))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(map[string]any)
}

// never stands for a pattern that Go's regular expressions cannot say: nothing
// matches it. The only one is of a duration, which is not written.
type never struct{ *regexp.Regexp }

func (never) MatchString(string) bool { return false }

// answer compiles the schema of what a path answers.
func answer(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) {
		if strings.Contains(s, "(?=") {
			return never{regexp.MustCompile("")}, nil
		}
		return regexp.Compile(s)
	})
	if err := compiler.AddResource("urn:oeapi", specification(t, V6)); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("urn:oeapi#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/get/responses/200/content/application~1json/schema")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestConformanceVersion6AcceptsWhatIsWritten(t *testing.T) {
	odd := listed()
	odd.ID, odd.Course = "odd", format.Course{Code: "O", Languages: []string{"zh-Hant-TW", "en-u-co-phonebk", "nl-BE"}, ECTS: 1, Outcomes: []vocab.Outcome{{}}}
	odd.Title = vocab.Text{
		"zh-Hant-TW":      "a",
		"de-1996":         "b",
		"en-GB-oxendict":  "c",
		"en-u-co-phonebk": "d",
		"x-alien":         "e",
		"und":             "f",
		"sr-Latn-RS":      "g",
		"es-419":          "h",
		"sl-rozaj-biske":  "i",
	}
	odd.Offerings = []format.Offering{{StartsOn: "2027-03-01"}, {Zone: "Africa/Cairo", OpensAt: "2027-04-30T00:00:00"}}
	for path, w := range map[string]func(*bytes.Buffer) error{
		"/courses":                                func(b *bytes.Buffer) error { return Write(b, each(listed(), odd, format.Listed{ID: "least"})) },
		"/courses/{courseId}/course-offerings":    func(b *bytes.Buffer) error { return WriteOfferings(b, each(listed(), odd)) },
		"/organisations/{organisationId}/courses": func(b *bytes.Buffer) error { return Write(b, each()) },
	} {
		schema := answer(t, strings.NewReplacer("{", "%7B", "}", "%7D").Replace(path))
		var out bytes.Buffer
		if err := w(&out); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&out)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %#v", path, err)
		}
		// The schema would notice.
		if items := doc.(map[string]any)["items"].([]any); len(items) > 0 {
			delete(items[0].(map[string]any), "primaryCode")
		} else {
			delete(doc.(map[string]any), "items")
		}
		if schema.Validate(doc) == nil {
			t.Errorf("%s accepts what lacks a required member", path)
		}
	}
}

// example makes a value of the examples that a specification gives, member by
// member, to a depth at which its circles have not begun.
func example(doc map[string]any, schema map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		at := any(doc)
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[part]
		}
		if v, ok := schema["example"]; ok {
			return v
		}
		return example(doc, at.(map[string]any), depth)
	}
	if v, ok := schema["example"]; ok {
		return v
	}
	if depth == 0 {
		return nil
	}
	out := map[string]any{}
	for _, kind := range []string{"allOf", "oneOf"} {
		parts, _ := schema[kind].([]any)
		for i, part := range parts {
			if kind == "oneOf" && i > 0 {
				break
			}
			switch v := example(doc, part.(map[string]any), depth).(type) {
			case map[string]any:
				for name, value := range v {
					out[name] = value
				}
			case nil:
			default:
				return v
			}
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, p := range properties {
		if v := example(doc, p.(map[string]any), depth-1); v != nil {
			out[name] = v
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		if v := example(doc, items, depth-1); v != nil {
			return []any{v}
		}
		return nil
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// A course and an offering put together of the examples that stand at each
// member of the specifications.
func TestConformanceTheSpecificationsExamplesAreRead(t *testing.T) {
	for _, v := range []Version{V5, V6} {
		doc := specification(t, v)
		schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
		page := func(name string) *bytes.Reader {
			data, err := json.Marshal(map[string]any{"items": []any{example(doc, schemas[name].(map[string]any), 4)}, "hasNextPage": false})
			if err != nil {
				t.Fatal(err)
			}
			return bytes.NewReader(data)
		}
		n := 0
		for row, err := range Read(page("Course"), v) {
			n++
			if err != nil || row.Err != nil {
				t.Errorf("version %d: %v, %v at %v", v, err, row.Err, fieldsOf(row.Err))
			}
			c := row.Course
			if c.ExternalID == "" || c.Code == "" || c.Title == nil || c.Description == nil || c.EQF == 0 || c.Languages == nil || c.ISCED == "" || c.AssessmentNote == nil ||
				c.URL == "" {
				t.Errorf("version %d: %+v", v, c)
			}
			if v == V5 && (c.ECTS == 0 || len(c.Outcomes) == 0) {
				t.Errorf("version %d: %+v", v, c)
			}
			t.Logf("version %d: lost %v", v, row.Lost)
		}
		for row, err := range readOfferings(page("CourseOffering"), v) {
			n++
			if err != nil {
				t.Fatal(err)
			}
			o := row.Offering
			if o.ExternalID == "" || o.StartsOn == "" || o.EndsOn == "" || o.Seats == 0 || o.OpensAt == "" || o.ClosesAt == "" {
				t.Errorf("version %d: %+v", v, row)
			}
			// Offerings of programmes and components share the examples.
			for _, p := range problem.All(row.Err) {
				if !slices.Equal(p.Field, []string{"offeringType"}) {
					t.Errorf("version %d: %v at %v", v, p, p.Field)
				}
			}
			t.Logf("version %d: lost %v", v, row.Lost)
		}
		if n != 2 {
			t.Errorf("version %d: %d rows", v, n)
		}
	}
}
