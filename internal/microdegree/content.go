package microdegree

import (
	"regexp"
	"strconv"

	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree/rules"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Content is what a micro-degree says.
type Content struct {
	Title       []vocab.Translation
	Summary     []vocab.Translation
	Description []vocab.Translation
	Outcomes    []catalogue.OutcomeText
	ECTS        vocab.ECTS
	EQFLevel    int
	ISCED       string
	Quality     catalogue.QualityText
	Composition CompositionText
}

// CompositionText says what it is put together from.
type CompositionText struct {
	Groups          []GroupText
	MinInstitutions *int
	Level           *LevelText
	MaxAgeMonths    *int
	MaxSharedECTS   *vocab.ECTS
	Sequence        []OrderText
}

// GroupText is a part with courses to choose from.
type GroupText struct {
	Key        string
	Title      []vocab.Translation
	CourseIDs  []ident.ID
	MinECTS    *vocab.ECTS
	MinCourses *int
	MaxECTS    *vocab.ECTS
}

// LevelText asks for credits at a level.
type LevelText struct {
	EQF     int
	MinECTS vocab.ECTS
	Lowest  *int
}

// OrderText says that one course comes before another.
type OrderText struct{ BeforeID, AfterID ident.ID }

// checked is content whose every value is valid by itself.
type checked struct {
	catalogue.Described
	ects        vocab.ECTS
	eqf         int
	composition vocab.Composition
}

var keyPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checkKey returns an INVALID problem unless s can stand in an address.
func checkKey(s string, field ...string) error {
	return problem.If(len(s) > 64 || !keyPattern.MatchString(s),
		problem.New(problem.Invalid, "%q is not a short name of small letters, digits and hyphens", vocab.Clean(64, s)).At(field...))
}

// check returns the content as it will be stored, or all that is wrong with it.
// Whether its rules can be met is another question, asked when it is published.
func (c Content) check() (out checked, err error) {
	out.ects, out.eqf = c.ECTS, c.EQFLevel
	var found []error
	out.Described, err = catalogue.Content{
		Title: c.Title, Summary: c.Summary, Description: c.Description, Outcomes: c.Outcomes, EQFLevel: &c.EQFLevel, ISCED: &c.ISCED, Quality: &c.Quality,
	}.Describe()
	found = append(found, err)
	at := func(path ...string) []string { return append([]string{"input", "content", "composition"}, path...) }
	in := c.Composition
	if len(in.Groups) > rules.MaxGroups {
		found = append(found, problem.New(problem.Invalid, "a micro-degree has at most %d groups", rules.MaxGroups).At(at("groups")...))
		return out, problem.Join(found...)
	}
	found = append(found, problem.If(len(in.Sequence) > rules.MaxGroupCourses,
		problem.New(problem.Invalid, "a sequence has at most %d steps", rules.MaxGroupCourses).At(at("sequence")...)))
	out.composition = vocab.Composition{
		Groups: []vocab.CompositionGroup{}, MinInstitutions: vocab.OrZero(in.MinInstitutions), MaxAgeMonths: vocab.OrZero(in.MaxAgeMonths), MaxSharedECTS: in.MaxSharedECTS,
	}
	for i, g := range in.Groups {
		group := vocab.CompositionGroup{Key: g.Key, MinECTS: vocab.OrZero(g.MinECTS), MinCourses: vocab.OrZero(g.MinCourses), MaxECTS: vocab.OrZero(g.MaxECTS)}
		found = append(found, checkKey(g.Key, at("groups", strconv.Itoa(i), "key")...))
		group.Title, err = vocab.TextOf(200, g.Title, at("groups", strconv.Itoa(i), "title")...)
		found = append(found, err)
		found = append(found, problem.If(len(g.CourseIDs) > rules.MaxGroupCourses,
			problem.New(problem.Invalid, "the group %q has more than %d courses", g.Key, rules.MaxGroupCourses).At(at("groups", strconv.Itoa(i), "courseIds")...)))
		group.Courses = vocab.Each(g.CourseIDs, func(id ident.ID) string { return string(id) })
		out.composition.Groups = append(out.composition.Groups, group)
	}
	if l := in.Level; l != nil {
		out.composition.Level = &vocab.LevelRule{EQF: l.EQF, MinECTS: l.MinECTS, Lowest: vocab.OrZero(l.Lowest)}
		found = append(found, vocab.CheckEQF(l.EQF, at("level", "eqf")...))
	}
	for _, o := range in.Sequence {
		out.composition.Sequence = append(out.composition.Sequence, vocab.Order{Before: string(o.BeforeID), After: string(o.AfterID)})
	}
	return out, problem.Join(found...)
}
