package rules

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// catalogue is a composition over n courses of eight partners in four groups,
// of which neighbours share some courses, with every kind of rule.
func catalogue(n int) (c vocab.Composition, offered map[string]Course) {
	offered = map[string]Course{}
	for g := range 4 {
		c.Groups = append(c.Groups, vocab.CompositionGroup{Key: fmt.Sprintf("g%d", g), MinECTS: 500, MaxECTS: 1500, MinCourses: 1 + g%2})
	}
	for i := range n {
		id := fmt.Sprintf("c%03d", i)
		starts := today.AddDate(0, 0, 7*(i%9))
		offered[id] = Course{
			ID:            id,
			InstitutionID: ident.ID(fmt.Sprintf("ins%d", i*5%8)),
			ECTS:          vocab.ECTS(200 + 50*(i*7%9)),
			EQF:           5 + i%4,
			StartsAt:      starts,
			EndsAt:        starts.AddDate(0, 0, 40+i%20),
		}
		g := &c.Groups[i%4]
		g.Courses = append(g.Courses, id)
		if i%10 == 0 {
			next := &c.Groups[(i+1)%4]
			next.Courses = append(next.Courses, id)
		}
	}
	c.MinInstitutions = 3
	c.Level = &vocab.LevelRule{EQF: 7, MinECTS: 1200}
	c.Sequence = []vocab.Order{{Before: "c001", After: "c005"}, {Before: "c005", After: "c009"}}
	return c, offered
}

// flat is one group of n courses that differ in nothing but their name.
func flat(n int) (c vocab.Composition, offered map[string]Course) {
	offered = map[string]Course{}
	c.Groups = []vocab.CompositionGroup{{Key: "all", MinECTS: 3000}}
	for i := range n {
		id := fmt.Sprintf("c%03d", i)
		offered[id] = Course{ID: id, InstitutionID: ident.ID(fmt.Sprintf("ins%d", i%8)), ECTS: 500, EQF: 6 + i%2}
		c.Groups[0].Courses = append(c.Groups[0].Courses, id)
	}
	c.MinInstitutions = 3
	c.Level = &vocab.LevelRule{EQF: 7, MinECTS: 1500}
	return c, offered
}

// plain is four groups that share no course and have no upper limit.
func plain(n int) (vocab.Composition, map[string]Course) {
	c, offered := catalogue(n)
	for g := range c.Groups {
		group := &c.Groups[g]
		group.MaxECTS, group.Courses = 0, nil
		for i := g; i < n; i += 4 {
			group.Courses = append(group.Courses, fmt.Sprintf("c%03d", i))
		}
		group.MinECTS = 750
	}
	c.Level, c.Sequence = nil, nil
	return c, offered
}

var large = map[string]func(int) (vocab.Composition, map[string]Course){"mixed": catalogue, "flat": flat, "plain": plain}

func TestPlanOfSixtyCoursesIsTheSameEachTime(t *testing.T) {
	for name, world := range large {
		t.Run(name, func(t *testing.T) {
			c, offered := world(60)
			first := Plan(c, 3000, nil, nil, offered, today, 5)
			if len(first.Paths) != 5 {
				t.Fatalf("%d paths", len(first.Paths))
			}
			for i, p := range first.Paths {
				if !p.Report.Complete || p.ECTS != 3000 || i > 0 && len(p.Courses) < len(first.Paths[i-1].Courses) {
					t.Errorf("path %d: complete %v, %s ECTS, %d courses", i, p.Report.Complete, p.ECTS, len(p.Courses))
				}
			}
			if name != "mixed" && !first.Exhaustive {
				t.Error("a search of this size was cut short")
			}
			if second := Plan(c, 3000, nil, nil, offered, today, 5); !reflect.DeepEqual(first, second) {
				t.Error("another answer to the same question")
			}
			if err := Check(c, 3000, anything, offered); err != nil {
				t.Error(err)
			}
		})
	}
}

func BenchmarkPlan60(b *testing.B) {
	for name, world := range large {
		c, offered := world(60)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Plan(c, 3000, nil, nil, offered, today, 5)
			}
		})
	}
}
