package policy

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// maxTerms bounds the terms of a year; trimesters with a summer term are four.
const maxTerms = 6

// defaultTerms are those of two semesters a year.
func defaultTerms() []string { return []string{"04-01", "10-01"} }

// Term returns the first day of the term in which a day lies. Terms are the days
// on which they begin, as MM-DD; without any, those of two semesters count. A
// day before the first of them lies in the last term of the year before.
func Term(day string, terms []string) string {
	if len(terms) == 0 {
		terms = defaultTerms()
	}
	begins := ""
	for _, t := range terms {
		if t <= day[len("2006-"):] && t > begins {
			begins = t
		}
	}
	if begins != "" {
		return day[:len("2006-")] + begins
	}
	year, _ := strconv.Atoi(day[:len("2006")]) // a date of ours
	return fmt.Sprintf("%04d-%s", year-1, slices.Max(terms))
}

// checkTerms returns the days in order. A day that not every year has begins no
// term.
func checkTerms(terms []string) ([]string, error) {
	if len(terms) > maxTerms {
		return nil, problem.New(problem.Invalid, "a year has at most %d terms", maxTerms).At("input", "terms")
	}
	sorted := slices.Clone(terms)
	slices.Sort(sorted)
	for i, t := range sorted {
		if _, err := time.Parse(time.DateOnly, "2027-"+t); err != nil { // no leap year
			return nil, problem.New(problem.Invalid, "%q is not a day of every year such as \"10-01\"", vocab.Clean(40, t)).At("input", "terms")
		}
		if i > 0 && sorted[i-1] == t {
			return nil, problem.New(problem.Invalid, "two terms begin on %s", t).At("input", "terms")
		}
	}
	return sorted, nil
}
