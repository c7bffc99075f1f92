package vc

import (
	"slices"
	"time"
)

// Outcome is the answer of a verification.
type Outcome string

// The answers.
const (
	Valid        Outcome = "VALID"        // genuine and in force
	NotInForce   Outcome = "NOT_IN_FORCE" // genuine, but revoked, suspended, expired or not yet valid
	Invalid      Outcome = "INVALID"      // not genuine, or damaged
	Inconclusive Outcome = "INCONCLUSIVE" // could not be decided
)

// Kind is what a check looks at.
type Kind string

// The kinds of checks, in the order of a report.
const (
	CheckForm      Kind = "FORM"      // it can be read as a credential
	CheckSignature Kind = "SIGNATURE" // its signature fits its content
	CheckIssuer    Kind = "ISSUER"    // its issuer is known
	CheckKey       Kind = "KEY"       // the key is the issuer's and may sign
	CheckTime      Kind = "TIME"      // it is within its dates
	CheckStatus    Kind = "STATUS"    // it is neither revoked nor suspended
	CheckSchema    Kind = "SCHEMA"    // it fits the schema of its form
)

// Result is what came out of a check.
type Result string

// The results.
const (
	Passed  Result = "PASSED"
	Failed  Result = "FAILED"
	Warning Result = "WARNING" // passed, but look closer
	Unknown Result = "UNKNOWN" // could not be checked
)

// Check is one line of a report.
type Check struct {
	Kind   Kind
	Result Result
	Reason Reason
}

// Report is what a verification found.
type Report struct {
	Outcome    Outcome
	Checks     []Check
	VerifiedAt time.Time
}

// NewReport returns the report of the checks made at the given time.
func NewReport(at time.Time, checks ...Check) Report {
	return Report{Outcome: Judge(checks), Checks: slices.Clone(checks), VerifiedAt: at}
}

// Judge returns the answer that follows from the checks:
//
//   - INVALID when any failed but TIME and STATUS, for then it is not genuine;
//   - INCONCLUSIVE when FORM, SIGNATURE or KEY could not be checked, for then
//     nobody knows whether it is genuine;
//   - NOT_IN_FORCE when TIME or STATUS failed;
//   - INCONCLUSIVE when TIME or STATUS could not be checked: a list that does
//     not answer is no revocation, and no proof of validity either;
//   - else VALID. A warning never changes the answer, and an issuer or schema
//     that nobody here knows does not either.
//
// A check of these five that was not made counts as one that could not be.
func Judge(checks []Check) Outcome {
	result := map[Kind]Result{}
	for _, c := range checks {
		inForce := c.Kind == CheckTime || c.Kind == CheckStatus
		if c.Result == Failed && !inForce {
			return Invalid
		}
		if old, seen := result[c.Kind]; !seen || rank(c.Result) > rank(old) {
			result[c.Kind] = c.Result
		}
	}
	settled := func(kinds ...Kind) bool {
		return !slices.ContainsFunc(kinds, func(k Kind) bool { return rank(result[k]) >= rank(Unknown) })
	}
	switch {
	case !settled(CheckForm, CheckSignature, CheckKey):
		return Inconclusive
	case result[CheckTime] == Failed || result[CheckStatus] == Failed:
		return NotInForce
	case !settled(CheckTime, CheckStatus):
		return Inconclusive
	}
	return Valid
}

// rank orders results from good to bad. Anything that is no result, such as
// that of a check that was not made, is as bad as UNKNOWN.
func rank(r Result) int {
	switch r {
	case Passed:
		return 0
	case Warning:
		return 1
	case Failed:
		return 3
	}
	return 2
}

// Pass is the check of a kind that found nothing.
func Pass(kind Kind) Check { return Check{Kind: kind, Result: Passed, Reason: ReasonPassed} }

// Skew is how far the clocks of two institutions may be apart.
const Skew = time.Minute

// Within is the TIME check: now must not lie before from by more than Skew,
// and must lie before until, unless that is zero.
func Within(now, from, until time.Time) Check {
	switch {
	case !until.IsZero() && !now.Before(until):
		return Check{CheckTime, Failed, ReasonExpired}
	case now.Add(Skew).Before(from):
		return Check{CheckTime, Failed, ReasonNotYet}
	}
	return Pass(CheckTime)
}
