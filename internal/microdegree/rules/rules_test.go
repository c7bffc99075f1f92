package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// passed reads "a luh 5 7": course, partner, credits, EQF level. It was passed
// so many months ago.
func passed(s string, monthsAgo int) Completed {
	var d Completed
	var credits int
	if _, err := fmt.Sscan(s, &d.CourseID, (*string)(&d.InstitutionID), &credits, &d.EQF); err != nil {
		panic(err)
	}
	d.ECTS, d.CompletedAt = vocab.ECTS(100*credits), today.AddDate(0, -monthsAgo, 0)
	return d
}

func sharing(d Completed, n vocab.ECTS) Completed { d.AlreadyCounted = n; return d }
func begun(d Completed, monthsAgo int) Completed {
	d.StartedAt = today.AddDate(0, -monthsAgo, 0)
	return d
}

func group(key, courses string, least vocab.ECTS) vocab.CompositionGroup {
	return vocab.CompositionGroup{Key: key, Courses: strings.Fields(courses), MinECTS: least}
}

func ects(n vocab.ECTS) *vocab.ECTS { return &n }

func TestRulesOfAComposition(t *testing.T) {
	one := func(change func(*vocab.Composition)) vocab.Composition {
		c := vocab.Composition{Groups: []vocab.CompositionGroup{group("all", "a b c d", 0)}}
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name    string
		rules   vocab.Composition
		total   vocab.ECTS
		done    []Completed
		counted vocab.ECTS
		gaps    string // rule, subject, have and need of each rule that is not satisfied
		left    string // course and reason of each completion that does not count
	}{
		{"nothing done", one(func(c *vocab.Composition) { c.Groups[0].MinECTS = 500 }), 500, nil,
			0, "MIN_ECTS all 0/500; TOTAL  0/500", ""},
		{"k of n, one short", one(func(c *vocab.Composition) { c.Groups[0].MinCourses = 2 }), 500, []Completed{passed("a luh 5 7", 1)},
			500, "K_OF_N all 1/2", ""},
		{"all of", one(func(c *vocab.Composition) { c.Groups[0].MinCourses = 4 }), 500, []Completed{passed("a luh 5 7", 1)},
			500, "ALL_OF all 1/4", ""},
		{"credits in a group, one short", one(func(c *vocab.Composition) { c.Groups[0].MinECTS = 600 }), 600, []Completed{passed("a luh 5 7", 1)},
			500, "MIN_ECTS all 500/600; TOTAL  500/600", ""},
		{"a course that stands in no group", one(func(*vocab.Composition) {}), 500, []Completed{passed("z luh 5 7", 1)},
			0, "TOTAL  0/500", "z NOT_LISTED"},
		{"a course in two groups counts where it is needed", vocab.Composition{Groups: []vocab.CompositionGroup{group("x", "a b", 500), group("y", "a", 500)}}, 1000,
			[]Completed{passed("a luh 5 7", 1), passed("b luh 5 7", 1)}, 1000, "", ""},
		{"a course in two groups counts once", vocab.Composition{Groups: []vocab.CompositionGroup{group("x", "a", 500), group("y", "a", 500)}}, 1000,
			[]Completed{passed("a luh 5 7", 1)}, 500, "MIN_ECTS y 0/500; TOTAL  500/1000", ""},
		{"credits beyond a group's need do not stand in for another group", vocab.Composition{Groups: []vocab.CompositionGroup{group("x", "a b", 500), group("y", "c", 500)}}, 1000,
			[]Completed{passed("a luh 5 7", 2), passed("b luh 5 7", 1)}, 500, "MIN_ECTS y 0/500; TOTAL  500/1000", "b SURPLUS"},
		{"credits that no group asks for come from any", vocab.Composition{Groups: []vocab.CompositionGroup{group("x", "a b", 500), group("y", "c", 0)}}, 1000,
			[]Completed{passed("a luh 5 7", 2), passed("b luh 5 7", 1)}, 1000, "", ""},
		{"most credits from a group", vocab.Composition{Groups: []vocab.CompositionGroup{{Key: "x", Courses: []string{"a", "b"}, MaxECTS: 900}}}, 1000,
			[]Completed{passed("a luh 5 7", 2), passed("b luh 5 7", 1)}, 500, "TOTAL  500/1000", "b GROUP_FULL"},
		{"two partners", one(func(c *vocab.Composition) { c.MinInstitutions = 2 }), 500, []Completed{passed("a luh 5 7", 1), passed("b luh 5 7", 1)},
			500, "MIN_INSTITUTIONS  1/2", "b SURPLUS"},
		{"two partners, reached with a course that only they need", one(func(c *vocab.Composition) { c.MinInstitutions = 2 }), 500, []Completed{passed("a luh 5 7", 1), passed("b but 5 7", 1)},
			500, "", ""},
		{"credits at a level", one(func(c *vocab.Composition) { c.Level = &vocab.LevelRule{EQF: 7, MinECTS: 600} }), 1000, []Completed{passed("a luh 5 7", 1), passed("b luh 5 6", 1)},
			1000, "LEVEL  500/600", ""},
		{"no course below a level", one(func(c *vocab.Composition) { c.Level = &vocab.LevelRule{Lowest: 7} }), 1000, []Completed{passed("a luh 5 7", 1), passed("b luh 5 6", 1)},
			500, "TOTAL  500/1000", "b BELOW_LEVEL"},
		{"completed too long ago", one(func(c *vocab.Composition) { c.MaxAgeMonths = 12 }), 1000, []Completed{passed("a luh 5 7", 12), passed("b luh 5 7", 13)},
			500, "TOTAL  500/1000", "b TOO_OLD"},
		{"repeated after it became too old", one(func(c *vocab.Composition) { c.MaxAgeMonths = 12 }), 500, []Completed{passed("a luh 5 7", 20), passed("a luh 5 7", 2)},
			500, "", "a REPEATED"},
		{"not completed yet", one(func(*vocab.Composition) {}), 500, []Completed{passed("a luh 5 7", -1)},
			0, "TOTAL  0/500", "a NOT_YET"},
		{"nothing that counts elsewhere", one(func(c *vocab.Composition) { c.MaxSharedECTS = ects(0) }), 1000, []Completed{passed("a luh 5 7", 1), sharing(passed("b luh 5 7", 1), 100)},
			500, "TOTAL  500/1000", "b SHARED"},
		{"the shared credits that fit best", one(func(c *vocab.Composition) { c.MaxSharedECTS = ects(500) }), 1000,
			[]Completed{sharing(passed("a luh 5 7", 1), 400), sharing(passed("b luh 5 7", 1), 200), sharing(passed("c luh 5 7", 1), 300)}, 1000, "", "a SHARED"},
		{"credits that count nowhere else come first", one(func(*vocab.Composition) {}), 500, []Completed{sharing(passed("a luh 5 7", 9), 500), passed("b luh 5 7", 1)},
			500, "", "a SURPLUS"},
		{"what was completed first counts", one(func(*vocab.Composition) {}), 500, []Completed{passed("a luh 5 7", 1), passed("b luh 5 7", 9)},
			500, "", "a SURPLUS"},
		{"begun before the first was completed", one(func(c *vocab.Composition) { c.Sequence = []vocab.Order{{Before: "a", After: "b"}} }), 1000,
			[]Completed{passed("a luh 5 7", 3), begun(passed("b luh 5 7", 1), 4)}, 500, "TOTAL  500/1000", "b OUT_OF_ORDER"},
		{"begun when the first was completed", one(func(c *vocab.Composition) { c.Sequence = []vocab.Order{{Before: "a", After: "b"}} }), 1000,
			[]Completed{passed("a luh 5 7", 3), begun(passed("b luh 5 7", 1), 3)}, 1000, "", ""},
		{"a first course that is too old to count still came first", one(func(c *vocab.Composition) {
			c.MaxAgeMonths, c.Sequence = 6, []vocab.Order{{Before: "a", After: "b"}}
		}), 500, []Completed{passed("a luh 5 7", 9), passed("b luh 5 7", 1)}, 500, "", "a TOO_OLD"},
		{"the middle of a chain was out of order", one(func(c *vocab.Composition) {
			c.Sequence = []vocab.Order{{Before: "a", After: "b"}, {Before: "b", After: "c"}}
		}), 500, []Completed{passed("a luh 5 7", 1), passed("b luh 5 7", 3), passed("c luh 5 7", 2)}, 500, "", "b OUT_OF_ORDER c OUT_OF_ORDER"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Evaluate(tt.rules, tt.total, tt.done, today)
			var gaps, left []string
			for _, n := range got.Explain.Gaps() {
				gaps = append(gaps, fmt.Sprintf("%s %s %d/%d", n.Rule, n.Subject, n.Have, n.Need))
			}
			for _, u := range got.Explain.Uncounted {
				left = append(left, u.CourseID+" "+string(u.Reason))
			}
			if got.Counted != tt.counted || strings.Join(gaps, "; ") != tt.gaps || strings.Join(left, " ") != tt.left {
				t.Errorf("counted %s, gaps %q, left %q; want %s, %q, %q", got.Counted, strings.Join(gaps, "; "), strings.Join(left, " "), tt.counted, tt.gaps, tt.left)
			}
			possible, certain := completes(tt.rules, tt.total, tt.done, today)
			if want := tt.gaps == ""; got.Complete != want || possible != want || !certain {
				t.Errorf("complete is %v, possible %v (certain: %v) with the gaps %q", got.Complete, possible, certain, tt.gaps)
			}
		})
	}
}

func TestAGroupTellsWhereItsCourseCounts(t *testing.T) {
	c := vocab.Composition{Groups: []vocab.CompositionGroup{group("x", "a b", 500), group("y", "a", 500)}}
	got := Evaluate(c, 1000, []Completed{passed("a luh 5 7", 1), passed("b luh 5 7", 1)}, today)
	want := []Uncounted{{CourseID: "a", Reason: OtherGroup, Group: "y"}}
	if x := got.Explain.Children[0]; !reflect.DeepEqual(x.Uncounted, want) || !slices.Equal(x.Counted, []string{"b"}) {
		t.Errorf("%+v", x)
	}
}

func TestImpossibleCompositionsAreRefusedWhereTheyAre(t *testing.T) {
	offered := map[string]Course{}
	for _, s := range []string{"a luh 5 7", "b luh 5 6", "c but 5 6", "d but 5 5"} {
		d := passed(s, 0)
		offered[d.CourseID] = Course{ID: d.CourseID, InstitutionID: d.InstitutionID, ECTS: d.ECTS, EQF: d.EQF}
	}
	bounds := vocab.Bounds{Kind: vocab.KindMicroDegree, Min: 1000, Max: 3000}
	for _, tt := range []struct {
		name   string
		total  vocab.ECTS
		change func(*vocab.Composition)
		want   string // fields of the problems
	}{
		{"possible", 1000, func(*vocab.Composition) {}, ""},
		{"possible in sequence", 2000, func(c *vocab.Composition) { c.Sequence = []vocab.Order{{Before: "d", After: "a"}} }, ""},
		{"outside the bounds", 900, func(c *vocab.Composition) { c.Groups[0].MinECTS = 0 }, "ects"},
		{"more than all groups offer", 2500, func(*vocab.Composition) {}, "ects"},
		{"less than all groups ask for", 1000, func(c *vocab.Composition) { c.Groups[0].MinECTS, c.Groups[1].MinECTS = 1000, 500 }, "ects"},
		{"a group too poor in credits", 2000, func(c *vocab.Composition) { c.Groups[0].MinECTS = 1100 }, "groups/x/minEcts"},
		{"a group too poor in courses", 1000, func(c *vocab.Composition) { c.Groups[1].MinCourses = 3 }, "groups/y/minCourses"},
		{"a group whose limits exclude each other", 1000, func(c *vocab.Composition) { c.Groups[1].MinECTS, c.Groups[1].MaxECTS = 500, 400 }, "groups/y/maxEcts"},
		{"a limit that no number of courses fits", 1500, func(c *vocab.Composition) { c.Groups[1].MinCourses, c.Groups[1].MaxECTS = 2, 900 }, "groups"},
		{"a course that is not on offer", 1000, func(c *vocab.Composition) { c.Groups[0].Courses = append(c.Groups[0].Courses, "e") }, "groups/x/courses"},
		{"a course twice", 1000, func(c *vocab.Composition) { c.Groups[0].Courses = append(c.Groups[0].Courses, "a") }, "groups/x/courses"},
		{"a key twice", 1000, func(c *vocab.Composition) { c.Groups[1].Key = "x" }, "groups/x/key"},
		{"more partners than there are", 1000, func(c *vocab.Composition) { c.MinInstitutions = 3 }, "minInstitutions"},
		{"a level that nobody offers", 1000, func(c *vocab.Composition) { c.Level = &vocab.LevelRule{EQF: 8, MinECTS: 500} }, "level/minEcts"},
		{"no level", 1000, func(c *vocab.Composition) { c.Level = &vocab.LevelRule{EQF: 9} }, "level/eqf"},
		{"a floor that empties a group", 1000, func(c *vocab.Composition) {
			c.Level = &vocab.LevelRule{Lowest: 7}
		}, "groups/y/minEcts ects"},
		{"a course of no group in a sequence", 1000, func(c *vocab.Composition) { c.Sequence = []vocab.Order{{Before: "e", After: "a"}} }, "sequence/0/before"},
		{"a circle", 1000, func(c *vocab.Composition) {
			c.Sequence = []vocab.Order{{Before: "a", After: "b"}, {Before: "b", After: "c"}, {Before: "c", After: "b"}}
		}, "sequence/1 sequence/2"},
		{"one course for two groups", 1000, func(c *vocab.Composition) { c.Groups[0].Courses, c.Groups[1].Courses = []string{"a"}, []string{"a"} }, "groups"},
		{"numbers below zero", 1000, func(c *vocab.Composition) { c.MaxAgeMonths, c.MaxSharedECTS, c.MinInstitutions = -1, ects(-1), -1 }, "maxAgeMonths maxSharedEcts minInstitutions"},
		{"two faults at once", 1000, func(c *vocab.Composition) { c.Groups[0].MinCourses, c.MinInstitutions = 5, 5 }, "groups/x/minCourses minInstitutions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := vocab.Composition{Groups: []vocab.CompositionGroup{group("x", "a b", 500), group("y", "c d", 500)}}
			tt.change(&c)
			var fields []string
			err := Check(c, tt.total, bounds, offered)
			for _, p := range problem.All(err) {
				fields = append(fields, strings.Join(p.Field, "/"))
				if !errors.Is(p, problem.Is(problem.Invalid)) {
					t.Errorf("%v has the code %s", p, p.Code)
				}
			}
			if got := strings.Join(fields, " "); got != tt.want {
				t.Errorf("%q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

func TestAPlanNamesWhatIsMissingAndHowToFinish(t *testing.T) {
	offered := map[string]Course{}
	for i, s := range []string{"a luh 5 7", "b luh 3 7", "c but 5 6", "d but 3 6", "e utc 6 7"} {
		d := passed(s, 0)
		offered[d.CourseID] = Course{ID: d.CourseID, InstitutionID: d.InstitutionID, ECTS: d.ECTS, EQF: d.EQF, StartsAt: today.AddDate(0, i, 0), EndsAt: today.AddDate(0, i+1, 0)}
	}
	c := vocab.Composition{Groups: []vocab.CompositionGroup{group("x", "a b", 300), group("y", "c d e", 500)}, MaxAgeMonths: 12, Sequence: []vocab.Order{{Before: "d", After: "e"}}}
	for _, tt := range []struct {
		name       string
		done       []Completed
		candidates string
		missing    string
		paths      string
	}{
		{"from nothing", nil, "", "MIN_ECTS x; MIN_ECTS y; TOTAL", "b c 8; a c 10; b d e 12"},
		{"with one done", []Completed{passed("a luh 5 7", 3)}, "", "MIN_ECTS y; TOTAL", "c 5; d e 9"},
		{"with one considered", nil, "c", "MIN_ECTS x; TOTAL", "b 3; a 5"},
		{"with a second course considered before its first", []Completed{passed("a luh 5 7", 3)}, "e", "MIN_ECTS y; TOTAL", "d 3; c 5"},
		{"with one that is too old and may be repeated", []Completed{passed("c but 5 6", 13), passed("a luh 5 7", 12)}, "", "MIN_ECTS y; TOTAL", "c 5; d e 9"},
		{"considered and not on offer", nil, "b c z", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Plan(c, 800, tt.done, strings.Fields(tt.candidates), offered, today, 3)
			var missing, paths []string
			for _, n := range got.Missing {
				missing = append(missing, strings.TrimSpace(string(n.Rule)+" "+n.Subject))
			}
			for _, p := range got.Paths {
				s := ""
				for _, course := range p.Courses {
					s += course.ID + " "
				}
				paths = append(paths, s+p.ECTS.String())
			}
			if m, p := strings.Join(missing, "; "), strings.Join(paths, "; "); m != tt.missing || p != tt.paths || !got.Exhaustive {
				t.Errorf("missing %q, paths %q, want %q, %q", m, p, tt.missing, tt.paths)
			}
		})
	}
	got := Plan(c, 800, []Completed{passed("a luh 5 7", 3)}, []string{"z"}, offered, today, 2)
	if p := got.Paths[0]; !p.EndsAt.Equal(today.AddDate(0, 3, 0)) || !p.Until.Equal(dayOf(today).AddDate(0, 9, 1)) {
		t.Errorf("ends %s, until %s", p.EndsAt, p.Until)
	}
	if u := got.Report.Explain.Uncounted; !slices.Contains(u, Uncounted{CourseID: "z", Reason: NotOffered}) {
		t.Errorf("%v", u)
	}
	late := offered["e"]
	late.StartsAt = today
	offered["e"] = late
	if p := Plan(c, 800, []Completed{passed("a luh 5 7", 3)}, nil, offered, today, 2).Paths[1]; !p.EndsAt.Equal(time.Time{}) {
		t.Errorf("a run that begins before its first course ends, and yet the path ends %s", p.EndsAt)
	}
}

// A limit of age counts months as people do: the anniversary is within it, all
// day, a short month ends with its last day, and what was completed earlier
// never counts longer.
func TestAgeEndsWithTheAnniversary(t *testing.T) {
	c := vocab.Composition{MaxAgeMonths: 6}
	on := func(s string) time.Time {
		t.Helper()
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, tt := range []struct {
		completed, asked string
		old              bool
		months           int
	}{
		{"2026-09-15T00:00:00Z", "2027-03-15T08:00:00Z", false, 6},
		{"2026-09-15T00:00:00Z", "2027-03-15T23:59:59Z", false, 6},
		{"2026-09-15T00:00:00Z", "2027-03-16T00:00:00Z", true, 6},
		{"2026-09-15T00:00:00Z", "2027-03-14T23:59:59Z", false, 5},
		{"2026-08-30T00:00:00Z", "2027-02-28T12:00:00Z", false, 6},
		{"2026-08-30T00:00:00Z", "2027-03-01T00:00:00Z", true, 6},
		{"2026-08-31T00:00:00Z", "2027-02-28T12:00:00Z", false, 6},
		{"2026-08-31T00:00:00Z", "2027-03-01T00:00:00Z", true, 6},
		{"2026-09-01T00:00:00Z", "2027-03-01T12:00:00Z", false, 6},
	} {
		d := Completed{CompletedAt: on(tt.completed)}
		if old, n := stale(c, d, on(tt.asked)), months(d.CompletedAt, on(tt.asked)); old != tt.old || n != tt.months {
			t.Errorf("completed %s, asked %s: too old %t, %d months, want %t, %d", tt.completed, tt.asked, old, n, tt.old, tt.months)
		}
	}
	for day := on("2026-01-01T00:00:00Z"); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		if next := day.AddDate(0, 0, 1); expires(c, Completed{CompletedAt: next}).Before(expires(c, Completed{CompletedAt: day})) {
			t.Errorf("completed on %s it counts longer than completed a day later", day)
		}
	}
}
