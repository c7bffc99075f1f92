package rules

import (
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The sizes that a composition may have.
const (
	MaxGroups       = 12
	MaxGroupCourses = 60
)

// Check returns an INVALID problem for each rule that cannot be met, or nil
// when a learner with no credits can complete the micro-degree with the courses
// on offer. A rule that cannot be met by itself is named; when each can, but
// not all together, the problem names the groups. bounds are the alliance's for
// micro-degrees.
func Check(c vocab.Composition, total vocab.ECTS, bounds vocab.Bounds, offered map[string]Course) error {
	k := checker{rules: c, total: total, offered: offered}
	if total < bounds.Min || total > bounds.Max {
		k.broken("%s ECTS credits are outside the %s to %s of a %s in this alliance", total, bounds.Min, bounds.Max, bounds.Kind).at("ects")
	}
	k.groups()
	k.whole()
	k.sequence()
	if len(k.found) > 0 {
		return problem.Join(k.found...)
	}
	return k.together()
}

type checker struct {
	rules   vocab.Composition
	total   vocab.ECTS
	offered map[string]Course
	found   []error
}

type refusal struct {
	k *checker
	p *problem.Error
}

func (k *checker) broken(format string, args ...any) refusal {
	return refusal{k, problem.New(problem.Invalid, format, args...)}
}

func (r refusal) at(path ...string) { r.k.found = append(r.k.found, r.p.At(path...)) }

// usable returns the courses of a group that are on offer and may count.
func (k *checker) usable(g vocab.CompositionGroup) (courses []Course) {
	for _, id := range g.Courses {
		if course, ok := k.offered[id]; ok && !belowFloor(k.rules, course.EQF) {
			courses = append(courses, course)
		}
	}
	return courses
}

func (k *checker) negative(n int, path ...string) bool {
	if n < 0 {
		k.broken("a number of credits, courses, institutions or months is not negative").at(path...)
	}
	return n < 0
}

func (k *checker) groups() {
	if len(k.rules.Groups) > MaxGroups {
		k.broken("a micro-degree has at most %d groups", MaxGroups).at("groups")
	}
	var asked, open vocab.ECTS
	seen := map[string]bool{}
	for _, g := range k.rules.Groups {
		if seen[g.Key] {
			k.broken("two groups have the key %q", g.Key).at("groups", g.Key, "key")
		}
		seen[g.Key] = true
		k.courses(g)
		var there vocab.ECTS
		usable := k.usable(g)
		for _, course := range usable {
			there += course.ECTS
		}
		k.group(g, usable, there)
		asked += max(0, g.MinECTS)
		if g.MaxECTS > 0 {
			there = min(there, g.MaxECTS)
		}
		open += there
	}
	if asked > k.total {
		k.broken("the groups ask for %s ECTS credits, the micro-degree has %s", asked, k.total).at("ects")
	}
	if open < k.total {
		k.broken("the groups offer %s ECTS credits, the micro-degree has %s", open, k.total).at("ects")
	}
}

// courses checks the list of one group.
func (k *checker) courses(g vocab.CompositionGroup) {
	if len(g.Courses) > MaxGroupCourses {
		k.broken("the group %q has more than %d courses", g.Key, MaxGroupCourses).at("groups", g.Key, "courses")
	}
	sorted := slices.Sorted(slices.Values(g.Courses))
	if len(slices.Compact(slices.Clone(sorted))) < len(sorted) {
		k.broken("the group %q lists a course twice", g.Key).at("groups", g.Key, "courses")
	}
	if slices.ContainsFunc(g.Courses, func(id string) bool { _, ok := k.offered[id]; return !ok }) {
		k.broken("the group %q lists a course that is not published", g.Key).at("groups", g.Key, "courses")
	}
}

// group checks the numbers of one group against the courses that there are.
func (k *checker) group(g vocab.CompositionGroup, usable []Course, there vocab.ECTS) {
	k.negative(g.MinCourses, "groups", g.Key, "minCourses")
	k.negative(int(g.MinECTS), "groups", g.Key, "minEcts")
	k.negative(int(g.MaxECTS), "groups", g.Key, "maxEcts")
	if g.MinCourses > len(usable) {
		k.broken("the group %q asks for %d courses and offers %d", g.Key, g.MinCourses, len(usable)).at("groups", g.Key, "minCourses")
	}
	if g.MinECTS > there {
		k.broken("the group %q asks for %s ECTS credits and offers %s", g.Key, g.MinECTS, there).at("groups", g.Key, "minEcts")
	}
	if g.MaxECTS > 0 && g.MinECTS > g.MaxECTS {
		k.broken("the group %q asks for %s ECTS credits and counts at most %s", g.Key, g.MinECTS, g.MaxECTS).at("groups", g.Key, "maxEcts")
	}
}

// whole checks the rules over all groups.
func (k *checker) whole() {
	partners := map[ident.ID]bool{}
	high := map[string]vocab.ECTS{}
	for _, g := range k.rules.Groups {
		for _, course := range k.usable(g) {
			partners[course.InstitutionID] = true
			if l := k.rules.Level; l != nil && course.EQF >= l.EQF {
				high[course.ID] = course.ECTS
			}
		}
	}
	k.negative(k.rules.MaxAgeMonths, "maxAgeMonths")
	if most := k.rules.MaxSharedECTS; most != nil {
		k.negative(int(*most), "maxSharedEcts")
	}
	if n := k.rules.MinInstitutions; !k.negative(n, "minInstitutions") && n > len(partners) {
		k.broken("the micro-degree asks for courses of %d institutions, and %d have some in its groups", n, len(partners)).at("minInstitutions")
	}
	if k.rules.Level != nil {
		k.level(*k.rules.Level, high)
	}
}

// level checks the level rule. high holds the credits of each course that is
// at its level or above.
func (k *checker) level(l vocab.LevelRule, high map[string]vocab.ECTS) {
	if l.MinECTS != 0 || l.EQF != 0 {
		if err := vocab.CheckEQF(l.EQF, "level", "eqf"); err != nil {
			k.found = append(k.found, err)
		}
	}
	if l.Lowest != 0 {
		if err := vocab.CheckEQF(l.Lowest, "level", "lowest"); err != nil {
			k.found = append(k.found, err)
		}
	}
	if k.negative(int(l.MinECTS), "level", "minEcts") {
		return
	}
	var there vocab.ECTS
	for _, ects := range high {
		there += ects
	}
	there = min(there, k.total)
	if l.MinECTS > there {
		k.broken("the micro-degree asks for %s ECTS credits at EQF level %d or above, and at most %s can be had", l.MinECTS, l.EQF, there).at("level", "minEcts")
	}
}

// sequence checks that the courses stand in groups and not in a circle.
func (k *checker) sequence() {
	for i, o := range k.rules.Sequence {
		if !k.listed(o.Before) {
			k.broken("a sequence names a course that stands in no group").at("sequence", strconv.Itoa(i), "before")
		}
		if !k.listed(o.After) {
			k.broken("a sequence names a course that stands in no group").at("sequence", strconv.Itoa(i), "after")
		}
		if k.circular(o) {
			k.broken("a sequence runs in a circle, so none of its courses can come first").at("sequence", strconv.Itoa(i))
		}
	}
}

func (k *checker) listed(course string) bool {
	return slices.ContainsFunc(k.rules.Groups, func(g vocab.CompositionGroup) bool { return slices.Contains(g.Courses, course) })
}

// circular says whether what comes after o leads back to it.
func (k *checker) circular(o vocab.Order) bool {
	reached := []string{o.After}
	for i := 0; i < len(reached); i++ {
		for _, next := range k.rules.Sequence {
			if next.Before == reached[i] && !slices.Contains(reached, next.After) {
				reached = append(reached, next.After)
			}
		}
	}
	return slices.Contains(reached, o.Before)
}

// together looks for a choice of courses that meets all rules. What is on offer
// counts as completed: a sequence without a circle can then be kept.
func (k *checker) together() error {
	now := time.Time{}
	var all []Completed
	for _, id := range wanted(k.rules) {
		if course, ok := k.offered[id]; ok {
			all = append(all, course.completed(now))
		}
	}
	complete, certain := completes(k.rules, k.total, all, now)
	switch {
	case complete:
		return nil
	case certain:
		return problem.New(problem.Invalid, "no choice of the courses on offer meets all rules together").At("groups")
	}
	return problem.New(problem.Invalid, "no choice of courses was found that meets all rules; fewer courses that stand in several groups would help").At("groups")
}
