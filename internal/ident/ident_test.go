package ident

import (
	"slices"
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
	for _, s := range []string{"", "crs_", good[1:], good + "0", "OFF" + good[3:], good[:29] + "u", good[:3] + "-" + good[4:], "öff_" + good[5:]} {
		if id, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", s, id)
		}
		var id ID = "before"
		if err := id.UnmarshalGQL(s); err != nil || id != "" {
			t.Errorf("UnmarshalGQL(%q) = %q, %v; want the empty ID", s, id, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(New(Person)))
	f.Add("per_\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := Parse(s); err == nil && (string(id) != s || len(id.Kind()) != 3) {
			t.Errorf("Parse(%q) = %q of kind %q", s, id, id.Kind())
		}
	})
}
