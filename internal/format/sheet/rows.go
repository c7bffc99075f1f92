package sheet

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// source is a table that gives its rows one at a time.
type source interface {
	// next returns the cells of a row and its number as people count, or io.EOF.
	// The cells are read before the next call.
	next() (cells []string, number int, err error)
}

// table reads the rows of a source.
type table struct {
	source
	unit  string // what the number of a row counts: "line" or "row"
	dates epoch

	heads []head
	key   int // place of the column that says which rows belong together
	group *group
	seed  maphash.Seed
	ended map[uint64]bool // digests of the identifiers of all courses so far, 8 bytes each
	rows  int
}

// group is a course whose rows are being read.
type group struct {
	row   format.Row
	id    string
	first []string // cells of the first row; of the course also those that later rows fill
	bytes int
	found []error
}

// read yields the courses of the source.
func (t *table) read(yield func(format.Row, error) bool) {
	if err := t.begin(); err != nil {
		yield(format.Row{}, err)
		return
	}
	for {
		cells, number, err := t.nextFilled()
		if errors.Is(err, io.EOF) {
			if t.group != nil {
				yield(t.finish(), nil)
			}
			return
		}
		if err != nil {
			yield(format.Row{}, err)
			return
		}
		id := strings.TrimSpace(unguard(at(cells, t.key)))
		if t.group != nil && (id == "" || id != t.group.id) {
			if !yield(t.finish(), nil) {
				return
			}
		}
		if t.group == nil {
			t.start(id, number)
		}
		t.add(cells, number)
		if t.group.bytes > format.MaxRow {
			yield(format.Row{}, t.tooLarge(number))
			return
		}
	}
}

// begin reads the header.
func (t *table) begin() error {
	cells, _, err := t.nextFilled()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if t.heads, err = header(cells); err != nil {
		return err
	}
	t.key = slices.IndexFunc(t.heads, func(h head) bool { return h.name == key })
	t.seed, t.ended = maphash.MakeSeed(), map[uint64]bool{}
	return nil
}

// nextFilled returns the next row that is not empty.
func (t *table) nextFilled() ([]string, int, error) {
	for {
		cells, number, err := t.next()
		if err == nil {
			err = t.check(cells, number)
		}
		if err != nil || slices.ContainsFunc(cells, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			return cells, number, err
		}
	}
}

// check holds the limits of a row.
func (t *table) check(cells []string, number int) error {
	if t.rows++; t.rows > MaxRows {
		return problem.New(problem.Limited, "the file has more than %d rows", MaxRows)
	}
	bytes := 0
	for _, c := range cells {
		bytes += len(c)
	}
	if bytes > format.MaxRow {
		return t.tooLarge(number)
	}
	return nil
}

func (t *table) tooLarge(number int) error {
	return problem.New(problem.Limited, "a course is larger than %d bytes", format.MaxRow).At(t.place(number))
}

func (t *table) place(number int) string { return fmt.Sprintf("%s %d", t.unit, number) }

func (t *table) start(id string, number int) {
	t.group = &group{id: id, row: format.Row{Place: t.place(number)}}
	if id == "" {
		return
	}
	digest := maphash.String(t.seed, id)
	if t.ended[digest] {
		t.group.found = append(t.group.found, problem.New(problem.Invalid, "the rows of %q do not stand one below the other", clip(id)).At(key))
	}
	t.ended[digest] = true
}

// add takes one row into the group. Problems of its second and later rows have
// a path that begins with the place of the row.
func (t *table) add(cells []string, number int) {
	g := t.group
	var above []string
	if g.first == nil {
		g.first = make([]string, len(t.heads))
	} else {
		above = []string{t.place(number)}
	}
	report := func(err error, name ...string) {
		for _, p := range problem.All(err) {
			g.found = append(g.found, p.At(slices.Concat(above, name)...))
		}
	}
	var offering *format.Offering
	for i, raw := range cells {
		text, err := vocab.Line(format.MaxRow, unguard(raw))
		if text == "" && err == nil {
			continue
		}
		g.bytes += len(raw)
		if i >= len(t.heads) {
			report(problem.New(problem.Invalid, "the row has more cells than there are columns"))
			break
		}
		h := t.heads[i]
		if h.column == nil {
			if h.name != "" && !slices.Contains(g.row.Lost, h.name) {
				g.row.Lost = append(g.row.Lost, h.name)
			}
			continue
		}
		into := subject{course: &g.row.Course}
		switch h.column.part {
		case ofListing:
			continue
		case ofCourse:
			switch above := g.first[i]; {
			case above == "":
				g.first[i] = cmp.Or(text, raw)
			case above == text:
				continue
			default:
				report(problem.New(problem.Invalid, "this contradicts %q in a row of the same course above", clip(above)), h.name)
				continue
			}
		case ofOffering:
			if offering == nil {
				offering = &format.Offering{}
			}
			into.offering = offering
		}
		if err == nil {
			err = h.column.read(into, cell{text: text, tag: h.tag, name: h.name, dates: t.dates})
		}
		report(err, h.name)
	}
	if offering == nil {
		return
	}
	skipped := func(local, name string) { // by the zone, when clocks go forward
		_, zone := vocab.Zone(offering.Zone)
		if _, err := vocab.Instant(local, "UTC"); err == nil && zone == nil {
			_, err = vocab.Instant(local, offering.Zone)
			report(err, name)
		}
	}
	skipped(offering.OpensAt, "opensAt")
	skipped(offering.ClosesAt, "closesAt")
	g.row.Course.Offerings = append(g.row.Course.Offerings, *offering)
}

// finish returns the course of the group, and its problems.
func (t *table) finish() format.Row {
	g := t.group
	t.group = nil
	filled := map[*column]bool{}
	for i, h := range t.heads {
		filled[h.column] = filled[h.column] || g.first[i] != ""
	}
	for i := range columns {
		if c := &columns[i]; c.required && !filled[c] {
			g.found = append(g.found, problem.New(problem.Invalid, "this text is needed").At(c.name))
		}
	}
	empty := func(o vocab.Outcome) bool { return len(o.Text) == 0 && o.ESCO == "" }
	g.row.Course.Outcomes = slices.DeleteFunc(g.row.Course.Outcomes, empty)
	g.row.Err = problem.Join(g.found...)
	return g.row
}

// at returns a cell, or "" beyond the end of the row.
func at(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}
