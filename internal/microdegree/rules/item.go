package rules

import (
	"cmp"
	"math"
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// item is a course that the search takes or leaves.
type item struct {
	course  string
	options []option
	bit     int  // its place in the set that identifies a solution; -1 for none
	price   use  // of what is completed already
	paid    bool // a further course: it costs its credits
	ects    int32
	needs   []int // of the grants, those that must have been given before
	grants  int   // what taking it gives to courses that come after it; -1 for nothing
}

// option is one way for a course to count.
type option struct {
	group       int
	ects        uint32
	shared      uint32
	high        bool // at the level of the level rule or above
	institution ident.ID
	partner     int // number of the institution in the search
	fact        int // which completion counts; -1 for a further course
}

// add makes an option of a completion for each group that lists its course.
func (it *item) add(c vocab.Composition, d Completed, fact int) {
	for g, group := range c.Groups {
		if !slices.Contains(group.Courses, d.CourseID) {
			continue
		}
		it.options = append(it.options, option{
			group: g, ects: uint32(max(0, d.ECTS)), shared: uint32(max(0, min(d.AlreadyCounted, d.ECTS))),
			high: c.Level != nil && d.EQF >= c.Level.EQF, institution: d.InstitutionID, fact: fact,
		})
	}
}

// sortItems puts courses of one group and in it of one institution together, so
// that few of the rules are half met at any time, and large courses first.
func sortItems(items []item) {
	first := func(it item) option {
		if len(it.options) == 0 {
			return option{group: math.MaxInt} // only there for courses that come after it
		}
		return it.options[0]
	}
	slices.SortFunc(items, func(a, b item) int {
		x, y := first(a), first(b)
		return cmp.Or(cmp.Compare(x.group, y.group), cmp.Compare(x.institution, y.institution), cmp.Compare(y.ects, x.ects), cmp.Compare(a.course, b.course))
	})
}
