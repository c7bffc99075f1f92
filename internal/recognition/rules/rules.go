// Package rules decides what an achievement elsewhere counts at home. It is
// pure: agreed rules, promises and what was achieved go in, what counts comes
// out. Who may ask and what is stored is the matter of the packages agreement,
// journey and recognition.
//
// Of the rules in force for a course the one for the learner's programme goes
// before one for every programme, and a younger one before an older. What home
// promised goes before every rule. Where neither says anything, an officer of
// home decides on the merits.
//
// The burden of proof is home's (Lisbon Recognition Convention, III.3.5, V.1):
// anything but full needs a substantial difference, what would help, and a term
// for appeal (III.5). Home decides within four months of a complete request
// (Revised Recommendation on criteria and procedures, 2010).
package rules

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Rule is an agreed rule that is in force for a course.
type Rule struct {
	ID          ident.ID  // those made later are greater
	ProgrammeID *ident.ID // nil: every programme of the home
	ECTS        vocab.ECTS
}

// Before says whether a rule decides where both are in force.
func (r Rule) Before(other Rule) bool {
	if own := r.ProgrammeID != nil; own != (other.ProgrammeID != nil) {
		return own
	}
	return r.ID > other.ID
}

// Counts says what a version of a course counts by the rule that goes before
// all others, or nil when none is in force. No version counts more than the
// credits that it has: a rule may be older than it.
func Counts(first *Rule, version vocab.ECTS) (vocab.Verdict, vocab.ECTS) {
	if first == nil {
		return vocab.NeedsCase, 0
	}
	return vocab.Counts, min(first.ECTS, version)
}

// CheckCredits returns an INVALID problem unless a proposed rule can count so
// many credits of a course.
func CheckCredits(counted, course vocab.ECTS) error {
	return problem.If(counted <= 0 || counted > course,
		problem.New(problem.Invalid, "the course has %s ECTS credits; a rule counts more than none and no more than these", course).At("input", "ects"))
}

// CheckDays returns an INVALID problem for each thing that is wrong with the
// days of a proposed rule. today is that at the home institution.
func CheckDays(from string, until *string, today string) error {
	found := []error{vocab.CheckDay(from, "input", "validFrom")}
	invalid := func(text string) {
		found = append(found, problem.New(problem.Invalid, text).At("input", "validUntil"))
	}
	if until != nil {
		found = append(found, vocab.CheckDay(*until, "input", "validUntil"))
		if *until < from {
			invalid("the rule ends before it begins")
		}
		if Ended(until, today) {
			invalid("the rule has ended already")
		}
	}
	return problem.Join(found...)
}

// Ended says whether the last day of a rule, which it may not have, is over.
func Ended(until *string, today string) bool { return until != nil && *until < today }

// Time limits, in months.
const (
	monthsToDecide = 4
	monthsToAppeal = 1
)

// DueAt is when home has to have decided about what was complete at a moment.
func DueAt(submitted time.Time) time.Time { return vocab.AddMonths(submitted, monthsToDecide) }

// AppealBefore is until when a learner may appeal against a decision; nil for
// one against which there is nothing to say.
func AppealBefore(o Outcome, decided time.Time) *time.Time {
	if o == Granted {
		return nil
	}
	return new(vocab.AddMonths(decided, monthsToAppeal))
}
