package ident

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestIDsAreWellFormedAndRise(t *testing.T) {
	var made []ID
	for range 2000 {
		made = append(made, New(Course))
	}
	if !slices.IsSorted(made) {
		t.Error("identifiers made one after the other do not rise")
	}
	for _, id := range made {
		if got, err := Parse(string(id)); err != nil || got != id || id.Kind() != Course {
			t.Fatalf("Parse(%q) = %q, %v; kind %q", id, got, err, id.Kind())
		}
	}
}

func TestMalformedIDsNameNothing(t *testing.T) {
	good := string(New(Offering))
	for _, s := range []string{"", "crs_", good[1:], good + "0", "OFF" + good[3:], good[:29] + "u", good[:3] + "-" + good[4:], "öff_" + good[5:],
		good[:4] + strings.Repeat("\n", 26), good[:28] + "\r\n", good[:29] + "1"} { // the decoder alone takes these

		if id, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", s, id)
		}
		var id ID = "before"
		if err := id.UnmarshalGQL(s); err != nil || id != "" {
			t.Errorf("UnmarshalGQL(%q) = %q, %v; want the empty ID", s, id, err)
		}
	}
}

// GraphQL takes a whole number for an ID, and nothing else that is no text.
func TestNumbersNameNothing(t *testing.T) {
	for _, tt := range []struct {
		in any
		ok bool
	}{
		{5, true}, {int64(5), true}, {json.Number("5"), true}, {json.Number("5.5"), false}, {5.5, false}, {true, false}, {nil, false}, {[]any{}, false},
	} {
		var id ID = "before"
		if err := id.UnmarshalGQL(tt.in); (err == nil) != tt.ok || tt.ok && id != "" {
			t.Errorf("UnmarshalGQL(%v) = %q, %v", tt.in, id, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(New(Person)))
	f.Add("per_\x00")
	f.Add("crs_" + strings.Repeat("\n", 26))
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := Parse(s); err == nil && Of(id.Kind(), id.Bytes()) != ID(s) {
			t.Errorf("Parse(%q) = %q, whose bytes are those of %q", s, id, Of(id.Kind(), id.Bytes()))
		}
	})
}
