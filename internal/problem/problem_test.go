package problem

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

// state is a value of the API that is called like a thing.
type state string

func TestTextFollowsTheLanguage(t *testing.T) {
	const years = "no such text: %d, %s"
	tests := []struct {
		name    string
		problem *Error
		tag     language.Tag
		want    string
	}{
		{"English", Missing("course"), language.English, "there is no such course, or it is not visible to you"},
		{"British English", Missing("course"), language.BritishEnglish, "there is no such course, or it is not visible to you"},
		{"German", Missing("course"), language.German, "Kurs: nicht vorhanden oder für Sie nicht sichtbar"},
		{"German of Austria", Missing("course"), language.MustParse("de-AT"), "Kurs: nicht vorhanden oder für Sie nicht sichtbar"},
		{"Czech falls back to English", Missing("course"), language.Czech, "there is no such course, or it is not visible to you"},
		{"no language falls back to English", Missing("course"), language.Und, "there is no such course, or it is not visible to you"},
		{"no German entry", New(Invalid, years, 2026, "course"), language.German, "no such text: 2026, course"},
		{"large numbers in English", New(Limited, "the body is larger than %d bytes", 12000), language.English, "the body is larger than 12000 bytes"},
		{"large numbers in German", New(Limited, "the body is larger than %d bytes", 12000), language.German, "der Inhalt der Anfrage ist größer als 12000 Byte"},
		{"an unknown word stays", Missing("sextant"), language.German, "sextant: nicht vorhanden oder für Sie nicht sichtbar"},
		{"data stays where no words are said", New(Invalid, "a grade on the scale %s is needed", "course"), language.German, "eine Note der Skala course ist erforderlich"},
		{"a value that is called like a word stays", Raced("course", state("unit")), language.German, "Kurs unit wurde soeben von anderer Seite geändert; bitte laden Sie neu"},
		{"a percent sign in an argument", Missing("100%d"), language.German, "100%d: nicht vorhanden oder für Sie nicht sichtbar"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.problem.In(tt.tag); got != tt.want {
				t.Errorf("In(%s) = %q, want %q", tt.tag, got, tt.want)
			}
		})
	}
}

func TestGermanLeavesTheArgumentsAsTheyWere(t *testing.T) {
	p := Missing("course")
	if p.In(language.German); p.Error() != "there is no such course, or it is not visible to you" {
		t.Errorf("Error = %q after In(German)", p.Error())
	}
}

func TestEveryLanguageIsSpoken(t *testing.T) {
	said := map[string]language.Tag{}
	for _, tag := range lang.Languages {
		text := Missing("course").In(tag)
		if other, twice := said[text]; twice {
			t.Errorf("%s speaks like %s", tag, other)
		}
		said[text] = tag
	}
}

func TestFaultNeverHidesBehindAProblem(t *testing.T) {
	a, b, fault := New(Invalid, "a"), New(Conflict, "b"), errors.New("fault")
	tests := []struct {
		name string
		err  error
		want []*Error
	}{
		{"nothing", nil, nil},
		{"a problem", a, []*Error{a}},
		{"a fault", fault, nil},
		{"a wrapped problem", fmt.Errorf("doing: %w", a), []*Error{a}},
		{"a wrapped fault", fmt.Errorf("doing: %w", fault), nil},
		{"problems in order", Join(b, a), []*Error{b, a}},
		{"joins in joins", Join(a, fmt.Errorf("doing: %w", Join(b, a))), []*Error{a, b, a}},
		{"several wrapped at once", fmt.Errorf("%w and %w", a, b), []*Error{a, b}},
		{"nil left out", Join(nil, a, nil), []*Error{a}},
		{"a fault after problems", Join(a, b, fault), nil},
		{"a fault before a problem", Join(fault, a), nil},
		{"a fault deep inside", Join(a, fmt.Errorf("doing: %w", Join(b, fault))), nil},
		{"a fault wrapped beside a problem", fmt.Errorf("%w: %w", a, io.EOF), nil},
		{"a cause is no fault", a.Because(fault), []*Error{a}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(texts(tt.want), texts(All(tt.err))); diff != "" {
				t.Errorf("All (-want +got):\n%s", diff)
			}
		})
	}
}

func texts(all []*Error) []string {
	if all == nil {
		return nil
	}
	said := []string{}
	for _, p := range all {
		said = append(said, string(p.Code)+" "+p.Error())
	}
	return said
}

func TestJoinOfNothingIsNil(t *testing.T) {
	for _, errs := range [][]error{nil, {nil}, {nil, nil}} {
		if err := Join(errs...); err != nil {
			t.Errorf("Join(%v) = %v", errs, err)
		}
	}
}

func TestIsMatchesTheCodeOnly(t *testing.T) {
	missing := Missing("course").At("courseId")
	tests := []struct {
		name string
		err  error
		code Code
		want bool
	}{
		{"the code", missing, NotFound, true},
		{"another code", missing, Conflict, false},
		{"wrapped", fmt.Errorf("doing: %w", missing), NotFound, true},
		{"one of a join", Join(New(Conflict, "a"), missing), NotFound, true},
		{"none of a join", Join(New(Conflict, "a"), missing), Invalid, false},
		{"a fault", errors.New("NOT_FOUND"), NotFound, false},
		{"a cause does not count", New(Invalid, "a").Because(missing), NotFound, false},
		{"nothing", nil, NotFound, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := errors.Is(tt.err, Is(tt.code)); got != tt.want {
				t.Errorf("errors.Is(%v, Is(%s)) = %t", tt.err, tt.code, got)
			}
		})
	}
	if errors.Is(missing, Missing("course")) {
		t.Error("a problem is another one")
	}
}

func TestCopiesLeaveTheOriginalAsItWas(t *testing.T) {
	original := New(Conflict, "a").At("input").With(Transition{From: "DRAFT"}).Because(io.EOF)
	path := []string{"input", "ects"}
	changed := original.At(path...).With(Seats(3)).Because(io.ErrUnexpectedEOF)
	path[1] = "name"
	changed.Extensions()["seats"] = 4

	tests := []struct {
		name      string
		got, want any
	}{
		{"field of the original", original.Field, []string{"input"}},
		{"field of the copy", changed.Field, []string{"input", "ects"}},
		{"detail of the original", original.Detail(), Transition{From: "DRAFT"}},
		{"detail of the copy", changed.Detail(), Seats(3)},
		{"detail of a problem without", New(Invalid, "b").Detail(), nil},
		{"extensions of the copy", changed.Extensions(), map[string]any{"code": "CONFLICT", "field": []string{"input", "ects"}, "seats": 3}},
		{"code", changed.Code, Conflict},
		{"text", changed.Error(), "a"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if original.Cause() != io.EOF || changed.Cause() != io.ErrUnexpectedEOF {
		t.Errorf("causes are %v and %v", original.Cause(), changed.Cause())
	}
}

func TestCauseIsNotShown(t *testing.T) {
	p := New(Unavailable, "the database does not answer; try again in a moment").Because(errors.New("secret of a driver"))
	for _, tag := range lang.Languages {
		if got := p.In(tag); got != New(Unavailable, "the database does not answer; try again in a moment").In(tag) {
			t.Errorf("In(%s) = %q", tag, got)
		}
	}
	if got := p.LogValue().String(); !strings.Contains(got, "secret of a driver") || !strings.Contains(got, "does not answer") {
		t.Errorf("the log has %q", got)
	}
	if !errors.Is(p, p.Cause()) {
		t.Error("who repeats a transaction does not find the cause")
	}
}
