// Package ewp reads courses as the Courses API of Erasmus Without Paper answers
// with them, version 1: learning opportunity specifications (LOS) in XML, and
// their instances (LOI), which are offerings here.
//
// Only a LOS whose identifier begins with "CR/" is a course. Degree
// programmes, modules, which are groups of courses, classes, which are parts of
// one, and kinds that a later version adds become a row without a course:
// ExternalID is empty, Err is nil and Lost names what was skipped.
//
// The network gives credits, their level and the language to each instance. A
// course has those of its newest instance; credits of older ones that differ
// are Lost, as are hours of attendance, grading and academic terms. The level
// of credits stands in for a missing EQF level: Bachelor, Master and PhD are
// the cycles of the QF-EHEA, EQF 6, 7 and 8. Malformed values, and codes and
// languages that do not exist, are problems.
//
// An answer has no pages: it holds what was asked for by los_id. The caller
// bounds its bytes by the reader it passes in (see package intake).
//
// Source: erasmus-without-paper/ewp-specs-api-courses, response.xsd.
package ewp

import (
	"cmp"
	"encoding/xml"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/intake"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// namespace is that of the answer.
const namespace = "https://github.com/erasmus-without-paper/ewp-specs-api-courses/tree/stable-v1"

const (
	specification = "learningOpportunitySpecification"
	instance      = "learningOpportunityInstance"
	course        = "CR/" // begins the identifier of a course
)

// Read returns the courses of an answer.
func Read(r io.Reader) format.Rows {
	return intake.Rows(intake.XML(r, xml.Name{Space: namespace, Local: "courses-response"}), read)
}

func read(rec *intake.Record, e intake.Element) (none format.Course) {
	if e.Name != (xml.Name{Space: namespace, Local: specification}) {
		rec.Lose(e.Name.Local)
		return none
	}
	los := open(rec, e)
	id := los.needed("los-id")
	if rec.Err() != nil {
		return none
	}
	kind := los.line("type")
	if !strings.HasPrefix(id, course) || slices.Contains([]string{"Degree Programme", "Module", "Class"}, kind) {
		rec.Lose(strings.TrimSpace(kind + " " + id))
		return none
	}
	return los.course(id)
}

func (los node) course(id string) format.Course {
	c := format.Course{
		ExternalID: id, Code: los.line("los-code"), Unit: los.line("ounit-id"), Title: los.text("title"),
		Description: los.text("description"), ISCED: los.ISCED(los.line("iscedCode"), "iscedCode"), URL: los.address(),
	}
	if n := los.line("eqfLevelProvided"); n != "" {
		c.EQF = los.Whole(n, 1, 8, "eqfLevelProvided")
	}
	var runs []run
	for _, wrapper := range los.all("specifies") {
		specifies := los.inside(wrapper, "specifies")
		for i, e := range specifies.all(instance) {
			runs = append(runs, specifies.inside(e, instance, strconv.Itoa(i)).run())
		}
		specifies.rest()
	}
	newest := run{}
	for _, r := range runs {
		c.Offerings = append(c.Offerings, r.Offering)
		if r.Language != "" && !slices.Contains(c.Languages, r.Language) {
			c.Languages = append(c.Languages, r.Language)
		}
		if r.credited && (!newest.credited || r.StartsOn > newest.StartsOn) {
			newest = r
		}
	}
	c.ECTS = newest.credits
	c.EQF = cmp.Or(c.EQF, newest.level)
	for _, r := range runs {
		if r.credited && r.credits != newest.credits {
			los.Lose(append(r.path, "credit")...)
		}
	}
	los.rest()
	return c
}

// run is an offering and what it says about its course.
type run struct {
	format.Offering
	credited bool
	credits  vocab.ECTS
	level    int // of the EQF, 0 when it is not said
	path     []string
}

var cycles = map[string]int{"Bachelor": 6, "Master": 7, "PhD": 8}

func (loi node) run() run {
	r := run{path: loi.path, Offering: format.Offering{
		ExternalID: loi.needed("loi-id"), StartsOn: loi.day("start"), EndsOn: loi.day("end"),
		Language: loi.Language(loi.line("languageOfInstruction"), loi.at("languageOfInstruction")...),
	}}
	for i, e := range loi.all("credit") {
		credit := loi.inside(e, "credit", strconv.Itoa(i))
		if credit.line("scheme") != "ects" || r.credited {
			loi.Lose(credit.path...)
			continue
		}
		r.credited = true
		r.credits = loi.ECTS(credit.line("value"), credit.at("value")...)
		level := credit.line("level")
		if r.level = cycles[level]; r.level == 0 && level != "" {
			loi.Lose(credit.at("level")...)
		}
		credit.rest()
	}
	loi.rest()
	return r
}

// node is an element of a LOS. Whoever reads a child takes it out; what remains
// in the end has no place here.
type node struct {
	*intake.Record
	path     []string
	children map[string][]intake.Element
}

// open returns an element with its children by name. Those of other namespaces
// are never asked for.
func open(rec *intake.Record, e intake.Element, path ...string) node {
	n := node{Record: rec, path: path, children: map[string][]intake.Element{}}
	for _, child := range e.Children {
		if child.Name.Space == namespace {
			n.children[child.Name.Local] = append(n.children[child.Name.Local], child)
		} else {
			rec.Lose(n.at(child.Name.Local)...)
		}
	}
	return n
}

func (n node) at(name ...string) []string { return append(slices.Clone(n.path), name...) }

func (n node) inside(e intake.Element, path ...string) node {
	return open(n.Record, e, n.at(path...)...)
}

// all takes out the children of a name.
func (n node) all(name string) []intake.Element {
	found := n.children[name]
	delete(n.children, name)
	return found
}

// line takes out the text of a child that stands at most once.
func (n node) line(name string) string {
	found := n.all(name)
	if len(found) == 0 {
		return ""
	}
	if len(found) > 1 {
		n.Lose(n.at(name)...)
	}
	return n.Line(found[0].Text, n.at(name)...)
}

func (n node) needed(name string) string {
	s := n.line(name)
	if s == "" {
		n.Refuse(problem.New(problem.Invalid, "this text is needed").At(n.at(name)...))
	}
	return s
}

func (n node) text(name string) vocab.Text {
	var all []vocab.Translation
	for _, e := range n.all(name) {
		all = append(all, vocab.Translation{Language: e.Lang, Text: e.Text})
	}
	return n.Text(all, n.at(name)...)
}

// address is the first page that a browser can open.
func (n node) address() (found string) {
	for i, e := range n.all("url") {
		path := n.at("url", strconv.Itoa(i))
		if found != "" {
			n.Lose(path...)
			continue
		}
		found = n.URL(e.Text, path...)
	}
	return found
}

// day is a date. XML allows it a time zone, of which nothing follows for a day.
func (n node) day(name string) string {
	s := n.line(name)
	if len(s) > 10 && (s[10:] == "Z" || len(s) == 16 && s[13] == ':' && (s[10] == '+' || s[10] == '-')) {
		s = s[:10]
	}
	return n.Day(s, n.at(name)...)
}

// rest notes all children that are left and say something as lost.
func (n node) rest() {
	for _, name := range slices.Sorted(maps.Keys(n.children)) {
		if slices.ContainsFunc(n.children[name], func(e intake.Element) bool { return e.Text != "" || len(e.Children) > 0 }) {
			n.Lose(n.at(name)...)
		}
	}
}
