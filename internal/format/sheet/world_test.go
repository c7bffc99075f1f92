package sheet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// collect reads all rows; the error is what ended them.
func collect(rows format.Rows) (all []format.Row, err error) {
	for row, err := range rows {
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
	return all, nil
}

// fields are the paths of the problems in err, joined by slashes.
func fields(t testing.TB, err error) (all []string) {
	t.Helper()
	found := problem.All(err)
	if err != nil && found == nil {
		t.Fatalf("%v is a fault", err)
	}
	for _, p := range found {
		all = append(all, strings.Join(p.Field, "/"))
	}
	return all
}

func each(all ...format.Listed) format.Courses {
	return func(yield func(format.Listed, error) bool) {
		for _, l := range all {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

// workbook makes an XLSX whose first sheet has the given cells.
func workbook(t testing.TB, rows [][]any, options ...excelize.Options) *bytes.Reader {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b, options...); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// chance makes courses that say anything that a course can say.
type chance struct{ *rand.Rand }

func (c chance) some() bool { return c.IntN(3) > 0 }

func (c chance) phrase() string {
	const letters = "abcXYZ äöß ěščř ελ кур 'quoted\" a;b,c\td|e\\f=+-@\n"
	r := []rune(letters)
	begins := []string{"", "=", "+", "-", "@", "'", "'=", "''+", "' =", "-\n", "\\"}
	s := begins[c.IntN(len(begins))] + "x"
	for range c.IntN(30) {
		s += string(r[c.IntN(len(r))])
	}
	s, _ = vocab.Line(1000, s)
	return s
}

func (c chance) text(phrase func() string) vocab.Text {
	t := vocab.Text{}
	for _, tag := range []string{"en", "de", "cs", "sr-Latn"} {
		if c.some() {
			t[tag] = phrase()
		}
	}
	return t
}

func pick[T any](c chance, all []T) T { return all[c.IntN(len(all))] }

func list[T any](c chance, all []T) (out []T) {
	for _, v := range all {
		if c.IntN(2) == 0 {
			out = append(out, v)
		}
	}
	return out
}

func (c chance) course(n int) format.Course {
	line := func() string { return "o " + strings.Join(strings.Fields(c.phrase()), " ") }
	topic := func() string { return strings.TrimSpace("t" + c.phrase()) }
	o := format.Course{
		ExternalID: fmt.Sprintf("%s%d", pick(c, []string{"C-", "=", "'@"}), n),
		Title:      vocab.Text{"en": c.phrase()}, Summary: c.text(c.phrase), Description: c.text(c.phrase),
		AssessmentNote: c.text(c.phrase), Prerequisites: c.text(c.phrase),
	}
	if !c.some() {
		return o
	}
	o.Code, o.Unit, o.URL = c.phrase(), "u", "https://example.org/x?a=1"
	o.Kind, o.Mode, o.Supervision = pick(c, kinds), pick(c, vocab.DeliveryModes), pick(c, vocab.Supervisions)
	o.Stackability = pick(c, vocab.Stackabilities)
	o.ECTS, o.Hours, o.EQF, o.ISCED = vocab.ECTS(c.IntN(60001)), c.IntN(20_001), c.IntN(9), pick(c, []vocab.ISCEDF{"0613", "001", "0011", "01", "10", ""})
	o.Languages = list(c, []string{"en", "de", "zh-Hant"})
	o.Assessments, o.TargetGroups = list(c, vocab.AssessmentTypes), list(c, vocab.TargetGroups)
	o.ModifiedAt = time.Unix(c.Int64N(4e9), c.Int64N(1e9)).UTC()
	for range c.IntN(4) {
		o.Topics = append(o.Topics, topic())
	}
	for range c.IntN(5) {
		out := vocab.Outcome{Text: c.text(line)}
		out.Text["fr"] = line()
		if c.some() {
			out.ESCO = "http://data.europa.eu/esco/skill/1"
		}
		o.Outcomes = append(o.Outcomes, out)
	}
	if c.some() {
		o.Quality = &vocab.QualityAssurance{Kind: pick(c, vocab.QualityKinds), Name: c.text(c.phrase), URL: "https://example.org/"}
	}
	for i := range c.IntN(4) {
		o.Offerings = append(o.Offerings, format.Offering{
			ExternalID: fmt.Sprintf("O-%d-%d", n, i), OnDemand: c.some(), Zone: pick(c, []string{"", "Europe/Athens"}),
			OpensAt: pick(c, []string{"", "2027-01-01T00:00:00", "2027-01-01T12:30:01"}), ClosesAt: pick(c, []string{"", "2027-02-01T00:00:00", "2027-02-01T23:59:59"}),
			StartsOn: pick(c, []string{"", "2027-03-01"}), EndsOn: "2027-07-31", Seats: c.IntN(100), Language: pick(c, []string{"", "el"}),
			Mode: pick(c, vocab.DeliveryModes), Place: c.text(c.phrase), Funding: c.text(c.phrase), FeeCents: c.IntN(1_000_00), FeeCurrency: pick(c, []string{"", "EUR"}),
		})
	}
	return o
}

func (c chance) courses(n int) (listed []format.Listed, courses []format.Course) {
	for i := range n {
		o := c.course(i)
		courses = append(courses, o)
		listed = append(listed, format.Listed{ID: fmt.Sprintf("crs_%d", i), Page: "https://here.example/", Course: o})
	}
	return listed, courses
}

func coursesOf(rows []format.Row) (all []format.Course) {
	for _, r := range rows {
		all = append(all, r.Course)
	}
	return all
}
