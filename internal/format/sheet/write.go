package sheet

import (
	"cmp"
	"encoding/csv"
	"encoding/gob"
	"errors"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// mark tells spreadsheets that a CSV is in UTF-8.
const mark = "\ufeff"

// WriteCSV writes courses as a table that ReadCSV reads: in UTF-8 with a byte
// order mark, separated by commas. No cell begins like a formula. A course or
// offering without an id at its source gets its id here.
//
// The header names every language that any course has, so the courses wait in
// a temporary file until all are known; memory does not grow with them. It
// returns a LIMITED problem when the languages need more than MaxColumns.
func WriteCSV(w io.Writer, courses format.Courses) (err error) {
	spool, err := os.CreateTemp("", "sheet-")
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, spool.Close(), os.Remove(spool.Name()))
	}()
	speaks, err := store(spool, courses)
	if err != nil {
		return err
	}
	heads := headsOf(speaks)
	if len(heads) > MaxColumns {
		return problem.New(problem.Limited, "a table has at most %d columns", MaxColumns)
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.WriteString(w, mark); err != nil {
		return err
	}
	out := newWriter(w)
	_ = out.Write(names(heads)) // its error stays until Error
	for stored := gob.NewDecoder(spool); ; {
		var l format.Listed
		if err := stored.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		for cells := range rowsOf(heads, l) {
			if err := out.Write(cells); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// newWriter ends rows as RFC 4180, section 2, asks for.
func newWriter(w io.Writer) *csv.Writer {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	return out
}

// languages are the tags in which a spoken column has texts.
type languages map[*column]map[string]bool

// store keeps the courses in f and returns the languages of their texts.
func store(f io.Writer, courses format.Courses) (languages, error) {
	speaks := languages{}
	for i := range columns {
		if columns[i].spoken {
			speaks[&columns[i]] = map[string]bool{}
		}
	}
	spool := gob.NewEncoder(f)
	for l, err := range courses {
		if err != nil {
			return nil, err
		}
		if err := spool.Encode(l); err != nil {
			return nil, err
		}
		for c, tags := range speaks {
			for _, s := range subjects(c.part, &l) {
				for tag := range c.tags(s) {
					tags[tag] = true
				}
			}
		}
	}
	return speaks, nil
}

// subjects are what a column says of a course: one, or one for each offering.
func subjects(p part, l *format.Listed) []subject {
	if p != ofOffering {
		return []subject{{course: &l.Course, listed: l}}
	}
	var all []subject
	for i := range l.Offerings {
		all = append(all, subject{course: &l.Course, offering: &l.Offerings[i], listed: l})
	}
	return all
}

// headsOf returns all columns with those of each language; a required text has
// at least English.
func headsOf(speaks languages) []head {
	var heads []head
	for i := range columns {
		c := &columns[i]
		if !c.spoken {
			heads = append(heads, head{name: c.name, column: c})
			continue
		}
		tags := slices.Sorted(maps.Keys(speaks[c]))
		if len(tags) == 0 && c.required {
			tags = []string{"en"}
		}
		for _, tag := range tags {
			heads = append(heads, head{name: c.name + ":" + tag, column: c, tag: tag})
		}
	}
	return heads
}

func names(heads []head) []string {
	var all []string
	for _, h := range heads {
		all = append(all, h.name)
	}
	return all
}

// rowsOf yields the rows of one course, one for each offering and at least one.
// The cells of the course stand in the first.
func rowsOf(heads []head, l format.Listed) func(func([]string) bool) {
	l.ExternalID = cmp.Or(l.ExternalID, l.ID)
	return func(yield func([]string) bool) {
		for n := range max(1, len(l.Offerings)) {
			s := subject{course: &l.Course, listed: &l}
			if n < len(l.Offerings) {
				o := l.Offerings[n]
				o.ExternalID = cmp.Or(o.ExternalID, at(l.OfferingIDs, n))
				s.offering = &o
			}
			cells := make([]string, len(heads))
			for i, h := range heads {
				if h.column.part == ofOffering && s.offering == nil || h.column.part != ofOffering && n > 0 && h.name != key {
					continue
				}
				cells[i] = guard(h.column.write(s, h.tag))
			}
			if !yield(cells) {
				return
			}
		}
	}
}
