package rules

import (
	"strconv"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Assessment is an officer's decision on the merits.
type Assessment struct {
	Outcome     Outcome
	ECTS        *vocab.ECTS // nil: what the outcome says, all or none
	Reasons     string
	Differences []vocab.Difference
}

// Longest texts, in characters.
const (
	maxReasons     = 4000
	maxDifference  = 1000
	maxDifferences = 20
)

// Checked returns the assessment of an achievement of so many credits with its
// texts tidied and the credits that count. It returns an INVALID problem when
// the credits do not fit the outcome, or when anything but a full grant names no
// substantial difference or no remedy.
func (a Assessment) Checked(all vocab.ECTS) (Assessment, vocab.ECTS, error) {
	var found []error
	invalid := func(field, format string, args ...any) {
		found = append(found, problem.New(problem.Invalid, format, args...).At("input", field))
	}
	ects := vocab.OrZero(a.ECTS)
	switch a.Outcome {
	case Granted:
		if a.ECTS == nil {
			ects = all
		}
		if ects != all {
			invalid("ects", "granted in full counts all %s ECTS credits", all)
		}
	case GrantedPartially:
		if ects <= 0 || ects >= all {
			invalid("ects", "granted in part counts more than none and fewer than all %s ECTS credits", all)
		}
	case Refused:
		if ects != 0 {
			invalid("ects", "a refused case counts no credits")
		}
	default:
		invalid("outcome", "a decision is GRANTED, GRANTED_PARTIALLY or REFUSED, not %s", a.Outcome)
	}
	line := func(limit int, s string, path ...string) string {
		text, err := vocab.LineOr(problem.New(problem.Invalid, "this text is needed"), limit, s, path...)
		found = append(found, err)
		return text
	}
	a.Reasons = line(maxReasons, a.Reasons, "input", "reasons")
	if a.Outcome != Granted && len(a.Differences) == 0 {
		invalid("differences", "anything but a full grant names a substantial difference")
	}
	if len(a.Differences) > maxDifferences {
		invalid("differences", "at most %d differences are allowed", maxDifferences)
	}
	a.Differences = append([]vocab.Difference{}, a.Differences...) // the caller keeps its own, for another try
	for i := range a.Differences {
		at := strconv.Itoa(i)
		a.Differences[i].Text = line(maxDifference, a.Differences[i].Text, "input", "differences", at, "text")
		a.Differences[i].Remedy = line(maxDifference, a.Differences[i].Remedy, "input", "differences", at, "remedy")
	}
	return a, ects, problem.Join(found...)
}
