// Package rules decides what counts towards a micro-degree, whether one can be
// completed at all, and how to finish one. It is pure: composition, history
// and catalogue go in, a report goes out.
//
// What counts is a choice: each course counts whole, once and in one group, or
// not at all. Recency, level floor and sequence say which completions may
// count; the limits on groups and on shared credits bound the choice; all
// other rules ask for something. A micro-degree is complete when one choice
// meets them all. Since more evidence only widens the choice, nothing that a
// learner adds makes a complete micro-degree incomplete.
//
// Credits beyond what a group asks for help only as far as the total exceeds
// what all groups ask for.
package rules

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Completed is one course that a learner has passed.
type Completed struct {
	CourseID       string
	InstitutionID  ident.ID
	ECTS           vocab.ECTS
	EQF            int
	StartedAt      time.Time // zero when not known; then CompletedAt stands for it
	CompletedAt    time.Time
	AlreadyCounted vocab.ECTS // of its credits, those that count towards another award
}

// begun is the moment by which the courses before it must have been completed.
func (c Completed) begun() time.Time {
	if c.StartedAt.IsZero() {
		return c.CompletedAt
	}
	return c.StartedAt
}

// Course is a course on offer.
type Course struct {
	ID            string
	InstitutionID ident.ID
	Title         vocab.Text
	ECTS          vocab.ECTS
	EQF           int
	StartsAt      time.Time // of the next run; zero when not known
	EndsAt        time.Time
}

// completed is the course as if it were passed at a moment.
func (c Course) completed(at time.Time) Completed {
	return Completed{CourseID: c.ID, InstitutionID: c.InstitutionID, ECTS: c.ECTS, EQF: c.EQF, CompletedAt: at}
}

// Report says what counts, what is missing and why.
type Report struct {
	Complete bool
	Counted  vocab.ECTS // credits that help towards the total, at most the total
	Exact    bool       // whether Complete is certain; false when the search was cut short
	Explain  Node
}

// Evaluate finds the best choice of what was completed. Best is, in this order:
// fewest credits missing, fewest courses, credits at the level and institutions
// missing; then fewest credits that count elsewhere already, fewest credits
// and fewest courses in all, so that what is not needed stays free for other
// awards; then what was completed first.
func Evaluate(c vocab.Composition, total vocab.ECTS, done []Completed, at time.Time) Report {
	facts := judge(c, done, at)
	s := newSearch(c, total, facts.items(c, sparing), false)
	s.run(noLimit, s.within(budget))
	found, met := s.best()
	exact := met || s.exhaustive
	if !exact {
		h := newSearch(c, total, facts.items(c, free), true)
		if other, possible, certain := h.any(); possible {
			s, found, met, exact = h, other, true, true
		} else {
			exact = certain
		}
	}
	return explain(c, total, facts, s.chosen(found), met, exact)
}

// completes says whether a choice of done meets all rules, and whether that is
// certain.
func completes(c vocab.Composition, total vocab.ECTS, done []Completed, at time.Time) (complete, certain bool) {
	_, complete, certain = newSearch(c, total, judge(c, done, at).items(c, free), true).any()
	return complete, certain
}

// any looks for a solution of any cost, at first only where it is likely.
func (s *search) any() (found path, possible, certain bool) {
	for _, width := range []int{16, s.within(budget)} {
		s.run(noLimit, width)
		if found, possible = s.best(); possible || s.exhaustive {
			return found, possible, true
		}
	}
	return found, false, false
}
