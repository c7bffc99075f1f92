package openbadge_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/openbadge"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// standards returns the folder of the published schemas and samples.
func standards(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PEREGRINE_STANDARDS")
	if dir == "" {
		t.Skip("NOT CHECKED against 1EdTech's schemas and samples: set PEREGRINE_STANDARDS to the folder of the standards")
	}
	return filepath.Join(dir, "openbadges")
}

// noNetwork refuses what is not among the given schemas.
type noNetwork struct{}

func (noNetwork) Load(url string) (any, error) { return nil, errors.New("not loaded: " + url) }

// schemas compiles both variants of the schema of 1EdTech: the strict one, and
// the one that allows the compact spellings of JSON-LD.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	dir := standards(t)
	all := map[string]*jsonschema.Schema{}
	for _, file := range []string{"schema/json-ld/ob_v3p0_achievementcredential_schema.json", "schema/json/ob_v3p0_achievementcredential-jsonschema1.json"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		id := doc.(map[string]any)["$id"].(string)
		compiler := jsonschema.NewCompiler()
		compiler.UseLoader(noNetwork{})
		compiler.AssertFormat()
		if err := compiler.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
		if all[file], err = compiler.Compile(id); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestConformanceBothSchemasAcceptWhatIsWritten(t *testing.T) {
	degree := full()
	degree.Kind, degree.Grade = vocab.KindMicroDegree, &vc.Grade{Value: "passed", Scale: "PASS_FAIL"}
	degree.Quality = vocab.QualityAssurance{Kind: "INSTITUTIONAL_LICENCE"}
	course := full()
	course.Kind, course.Grade, course.Holder.ID, course.Status = vocab.KindCourse, &vc.Grade{Value: "A", Scale: "CZ_A_F"}, "", nil
	course.Title, course.Language = vocab.Text{"zh-Hant-TW": "雷射"}, "zh-Hant-TW"
	old := full()
	old.Title = vocab.Text{"de-1996": "Lasersicherheit"} // a tag that the form has no place for
	for file, schema := range schemas(t) {
		for name, award := range map[string]vc.Award{"full": full(), "least": least(), "degree": degree, "course": course, "language": old} {
			payload, err := openbadge.Payload(award)
			if err != nil {
				t.Fatal(err)
			}
			for form, data := range map[string][]byte{"document": document(t, award), "payload": payload} {
				doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(doc); err != nil {
					t.Errorf("%s, %s by %s: %v", name, form, file, err)
				}
				// The schema would notice.
				doc.(map[string]any)["credentialSubject"].(map[string]any)["achievement"].(map[string]any)["creditsAvailable"] = "2.5"
				if schema.Validate(doc) == nil {
					t.Errorf("%s accepts credits that are a text", file)
				}
			}
		}
	}
}

// The samples of 1EdTech's own validator. Those with "err" in their names must
// be refused; the reader does so when the error is one of form.
func TestConformanceSamplesOf1EdTech(t *testing.T) {
	dir := filepath.Join(standards(t), "samples-ob30")
	form := map[string]vc.Reason{
		"simple.json":                 "",
		"complete.json":               "",
		"simple-context-alias.json":   "",
		"simple-context-version.json": "",
		"simple-did-key-method.json":  "",

		// Open Badges on version 1 of the data model, which the final standard
		// left behind.
		"complete_v1.json":    vc.ReasonVersion,
		"simple-noproof.json": vc.ReasonVersion,
		"simple.jwt":          vc.ReasonVersion,
		"endorsement-err-schema-status-refresh.json": vc.ReasonVersion,

		"simple-err-context.json":                                                vc.ReasonContext,
		"simple-err-issued.json":                                                 vc.ReasonMember, // without an achievement; beside that valid from 2040
		"simple-err-issuer.json":                                                 vc.ReasonMember,
		"simple-err-issuer-type.json":                                            vc.ReasonClass,
		"simple-err-issuer-parentorg-type.json":                                  vc.ReasonClass,
		"simple-err-credential-subject-type.json":                                vc.ReasonClass,
		"simple-err-credential-subject-identifier-type.json":                     vc.ReasonClass,
		"simple-err-credential-subject-profile-type.json":                        vc.ReasonClass,
		"simple-err-credential-subject-achievement-result-description-type.json": vc.ReasonClass,

		// Well formed. Only the embedded proof is bad: its key is another's, or
		// named in a way that leads to no key.
		"simple-err-proof-method.json":                    "",
		"simple-err-proof-method-no-scheme.json":          "",
		"simple-err-proof-method-unknown-scheme.json":     "",
		"simple-err-proof-method-unknown-did-method.json": "",
		// Well formed. Only its status is bad: bit 23 of its list is 1.
		"bit-string-list/credential-status-revoked.json": "",
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.j[sw]*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", dir, err)
	}
	files = append(files, filepath.Join(dir, "bit-string-list/credential-status-revoked.json"))
	if len(files) != len(form) {
		t.Errorf("there are %d samples, expectations for %d", len(files), len(form))
	}
	for _, file := range files {
		name, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			want, known := form[filepath.ToSlash(name)]
			if !known {
				t.Fatalf("a sample without expectation")
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b, err := openbadge.Parse(data)
			if vc.ReasonOf(err) != want {
				t.Fatalf("Parse = %v, want %q", err, want)
			}
			if want != "" {
				return
			}
			if len(b.Proofs) == 0 || b.Award.Title.In() == "" || b.Award.Criteria.In() == "" {
				t.Errorf("the reader lost something: %+v", b)
			}
			if revoked := strings.HasPrefix(name, "bit-string-list"); revoked && (b.Award.Status == nil || b.Award.Status.Index != 23) {
				t.Errorf("status %+v, want index 23", b.Award.Status)
			}
		})
	}
}

// The badges of two European micro-credential projects are read.
func TestConformanceSamplesOfMicroCredentials(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(standards(t), "samples-microcredential/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openbadge.Parse(data); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}
