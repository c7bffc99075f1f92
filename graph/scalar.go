package graph

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// scalars check what clients send for the scalars of the schema, so that a
// refusal names its place. Days and local times are read by the verbs, which
// know the zone; here they are only texts.
var scalars = map[string]func(any) error{
	"DateTime":      checkMoment,
	"Date":          checkText,
	"GradeScale":    checkText,
	"LocalDateTime": checkText,
	"ECTS":          checkECTS,
}

func checkMoment(v any) error {
	text, _ := v.(string)
	t, err := time.Parse(time.RFC3339, text) // gqlgen takes more: no text at all, and one without an offset
	if err != nil {
		return problem.New(problem.Invalid, "not a moment such as \"2025-09-11T21:00:00Z\"")
	}
	return vocab.CheckInstant(t)
}

func checkText(v any) error {
	if _, isText := v.(string); !isText {
		return problem.New(problem.Invalid, "a date or a local time is a text")
	}
	return nil
}

func checkECTS(v any) error {
	var e vocab.ECTS
	return e.UnmarshalGQL(v)
}
