// Package occapi reads courses as the Online Course Catalogue API of the
// European University Foundation has them, version 1: resources of JSON:API.
//
// A catalogue has no runs of a course, so rows have no offerings; academicTerm
// is lost. The level of a course is that of the programmes it is made for
// (meta.global.eqfLevel). Whatever else has no place here is Lost by its path
// in the resource. Malformed values, and codes and languages that do not exist,
// are problems there: the format names the lists they are of. An address
// without "https://", as in the published samples, is lost.
//
// A resource that is no course, or that the university keeps from incoming
// students, is a row without a course: ExternalID is empty, Err is nil and Lost
// says what was skipped.
//
// The whole collection is one answer without pages. The caller bounds its bytes
// by the reader it passes in (see package intake).
//
// Source: occapi.uni-foundation.eu, OpenAPI document of version 1.
package occapi

import (
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/intake"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Read returns the courses of a collection or the one of a resource.
func Read(r io.Reader) format.Rows { return intake.Rows(items(r), read) }

// items are those of the member "data": a document without it is another one.
func items(r io.Reader) iter.Seq2[intake.Item[any], error] {
	return func(yield func(intake.Item[any], error) bool) {
		for item, err := range intake.JSON(r, "data", intake.Members{}) {
			if err == nil && !strings.HasPrefix(item.Place, "data") {
				err = intake.Foreign()
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

func read(rec *intake.Record, item any) (none format.Course) {
	resource := rec.Object(item)
	id, kind := resource.Needed("id"), resource.Needed("type")
	if rec.Err() != nil {
		return none
	}
	if kind != "course" {
		rec.Lose(kind + " " + id)
		return none
	}
	attributes, ok := resource.Inner("attributes")
	if !ok {
		rec.Refuse(problem.New(problem.Invalid, "this text is needed").At("attributes", "title"))
	}
	if attributes.Bool("unavailableForIncomingMobility") {
		rec.Lose(attributes.At("unavailableForIncomingMobility")...)
		return none
	}
	c := course(attributes)
	c.ExternalID = id
	c.EQF = level(resource)
	resource.Take("links")
	resource.Rest()
	return c
}

func course(a intake.Object) format.Course {
	multiline := func(name string) vocab.Text { return a.Texts(name, "multiline", "lang") }
	c := format.Course{
		Code: a.Line("code"), Title: a.Texts("title", "string", "lang"), Description: multiline("description"),
		Outcomes: outcomes(multiline("learningOutcomes")), ISCED: a.ISCED(a.Line("iscedCode"), a.At("iscedCode")...),
		AssessmentNote: multiline("assessmentMethod"), Prerequisites: multiline("prerequisites"), URL: address(a),
	}
	if n, ok := a.Number("ects"); ok {
		c.ECTS = a.ECTS(n, a.At("ects")...)
	}
	if tag := a.Language(a.Line("languageOfInstruction"), a.At("languageOfInstruction")...); tag != "" {
		c.Languages = []string{tag}
	}
	a.Rest()
	return c
}

// address is the first address of a course that a browser can open.
func address(a intake.Object) (found string) {
	for i, v := range a.List("url") {
		path := a.At("url", strconv.Itoa(i))
		one := a.Record.Object(v, path...)
		uri := one.Line("uri")
		if found != "" {
			a.Lose(path...)
			continue
		}
		found = a.URL(uri, one.At("uri")...)
	}
	return found
}

// level is the level of the programmes that a course is made for.
func level(resource intake.Object) int {
	meta, ok := resource.Inner("meta")
	if !ok {
		return 0
	}
	defer meta.Rest()
	global, ok := meta.Inner("global")
	if !ok {
		return 0
	}
	defer global.Rest()
	n, ok := global.Number("eqfLevel")
	if !ok {
		return 0
	}
	return global.Whole(n, 1, 8, global.At("eqfLevel")...)
}

// bullets begin an item of a list in plain text.
const bullets = "-*•–"

// outcomes takes a list in plain text apart into learning outcomes, when every
// line of every language is an item and all languages have as many. Any other
// text is one outcome: only its author knows where one ends.
func outcomes(t vocab.Text) []vocab.Outcome {
	if t == nil {
		return nil
	}
	var all []vocab.Outcome
	for tag, text := range t {
		var items []string
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line == "" {
				continue
			}
			item := strings.TrimSpace(strings.TrimLeft(line, bullets))
			if item == line || item == "" {
				return []vocab.Outcome{{Text: t}}
			}
			items = append(items, item)
		}
		if all == nil {
			all = make([]vocab.Outcome, len(items))
		}
		if len(items) != len(all) {
			return []vocab.Outcome{{Text: t}}
		}
		for i, item := range items {
			if all[i].Text == nil {
				all[i].Text = vocab.Text{}
			}
			all[i].Text[tag] = item
		}
	}
	return all
}
