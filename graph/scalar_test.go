package graph

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// What no column can hold, or no reader of the answer can read, is refused at
// the door, as a problem that gets the place of the input.
func TestScalarsTakeWhatTheirTypeSays(t *testing.T) {
	for name, def := range Schema(&Resolver{}).Schema().Types {
		if _, checked := scalars[name]; def.Kind == "SCALAR" && !def.BuiltIn && !checked && name != "Int" {
			t.Errorf("%s is not checked", name)
		}
	}
	for _, tt := range []struct {
		scalar string
		value  any
		fine   bool
	}{
		{"DateTime", "2025-09-11T21:00:00Z", true},
		{"DateTime", "2025-09-11T23:00:00.5+02:00", true},
		{"DateTime", "1900-01-01T00:00:00Z", true},
		{"DateTime", "1899-12-31T23:59:59Z", false},
		{"DateTime", "2200-12-31T23:59:59-05:00", false},
		{"DateTime", "9999-12-31T23:59:59Z", false},
		{"DateTime", "0001-01-01T00:00:00Z", false},
		{"DateTime", "", false},
		{"DateTime", "2025-09-11 21:00:00", false},
		{"DateTime", json.Number("5"), false},
		{"DateTime", int64(5), false},
		{"Date", "2027-03-01", true},
		{"Date", json.Number("2027"), false},
		{"LocalDateTime", "2025-09-11T23:00:00", true},
		{"LocalDateTime", true, false},
		{"ECTS", "7.5", true},
		{"ECTS", json.Number("7.5"), true},
		{"ECTS", int64(5), true},
		{"ECTS", "many", false},
		{"ECTS", true, false},
	} {
		if err := scalars[tt.scalar](tt.value); (err == nil) != tt.fine || err != nil && !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%s %v: %v", tt.scalar, tt.value, err)
		}
	}
}
