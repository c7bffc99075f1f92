package vc

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestDocumentIsReadWithinBounds(t *testing.T) {
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for _, tt := range []struct {
		name, doc string
		want      Reason
	}{
		{"object", `{"a":[1,"x",null,{"b":true}]}`, ""},
		{"empty", ``, ReasonJSON},
		{"two values", `{} {}`, ReasonJSON},
		{"trailing comma", `{"a":1,}`, ReasonJSON},
		{"not an object", `[1]`, ReasonJSON},
		{"null", `null`, ReasonJSON},
		{"member twice", `{"a":1,"a":2}`, ReasonDuplicate},
		{"member twice by escape", `{"issuer":1,"\u0069ssuer":2}`, ReasonDuplicate},
		{"member twice below", `{"a":[{"b":1,"b":1}]}`, ReasonDuplicate},
		{"same name on two levels", `{"a":{"a":1}}`, ""},
		{"letters differ in case", `{"a":1,"A":2}`, ""},
		{"not UTF-8", "{\"a\":\"\xff\"}", ReasonEncoding},
		{"as deep as allowed", nested(MaxDepth - 1), ""},
		{"too deep", nested(MaxDepth), ReasonDepth},
		{"much too deep", nested(9_000), ReasonDepth},
		{"too many values", `{"a":[` + strings.Repeat("1,", MaxMembers) + `1]}`, ReasonDepth},
		{"as large as allowed", `{"a":"` + strings.Repeat("x", MaxBytes-8) + `"}`, ""},
		{"too large", `{"a":"` + strings.Repeat("x", MaxBytes-7) + `"}`, ReasonSize},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := ReadDocument([]byte(tt.doc))
			if ReasonOf(err) != tt.want || (doc == nil) != (tt.want != "") {
				t.Errorf("ReadDocument = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestMembersAreReadByShape(t *testing.T) {
	doc, err := ReadDocument([]byte(`{"one":"x","many":["x","y"],"null":null,"number":1,"mixed":["x",1],
		"at":"2027-03-01T10:00:00.5+01:00","local":"2027-03-01T10:00:00"}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"one": 1, "many": 2, "null": 0, "absent": 0} {
		if got, err := Strings(name, doc[name]); err != nil || len(got) != want {
			t.Errorf("Strings(%s) = %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"number", "mixed"} {
		if _, err := Strings(name, doc[name]); ReasonOf(err) != ReasonMember {
			t.Errorf("Strings(%s) = %v", name, err)
		}
	}
	if _, err := TextAt(doc, "number"); ReasonOf(err) != ReasonMember {
		t.Errorf("a number is read as a text: %v", err)
	}
	at, err := TimeAt(doc, "at")
	if want := time.Date(2027, 3, 1, 9, 0, 0, 5e8, time.UTC); err != nil || at != want {
		t.Errorf("TimeAt = %v, %v", at, err)
	}
	if got := Stamp(at); got != "2027-03-01T09:00:00Z" {
		t.Errorf("Stamp = %s", got)
	}
	if _, err := TimeAt(doc, "local"); ReasonOf(err) != ReasonMember {
		t.Errorf("a time without zone is read: %v", err)
	}
}

func FuzzReadDocument(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,{"b":null}],"c":"é"}`, `{"a":1,"a":2}`, `{"a":`, `[[[[`, "{\"\\ud800\":1,\"\\ud801\":2}", `{"a":1e999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := ReadDocument(data)
		if (doc == nil) == (err == nil) {
			t.Fatalf("ReadDocument = %v, %v", doc, err)
		}
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatalf("%v is no defect", err)
			}
			return
		}
		// What is accepted reads the same when written again.
		again, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := ReadDocument(again)
		if err != nil && len(again) <= MaxBytes {
			t.Fatalf("%q: %v", again, err)
		}
		if rewritten, _ := json.Marshal(twice); err == nil && !bytes.Equal(again, rewritten) {
			t.Fatalf("%q became %q", again, rewritten)
		}
	})
}
