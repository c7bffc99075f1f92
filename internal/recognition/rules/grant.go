package rules

import (
	"fmt"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Outcome is how a case is decided.
type Outcome string

// The outcomes.
const (
	Granted          Outcome = "GRANTED"
	GrantedPartially Outcome = "GRANTED_PARTIALLY"
	Refused          Outcome = "REFUSED"
)

// Stands says whether what was decided keeps the achievement from being
// presented again. What is refused may be, with what was missing.
func (o Outcome) Stands() bool { return o != Refused }

// Claim is an achievement that a learner asks home to count.
type Claim struct {
	ECTS      vocab.ECTS
	Grade     *string
	Programme *ident.ID // nil: none in particular
}

// Terms are what a promise or a rule counts.
type Terms struct {
	RuleID   ident.ID
	ECTS     vocab.ECTS
	Transfer string // of the grade
}

// asGiven transfers the grade as the host gave it.
const asGiven = "AS_GIVEN"

// Promised returns the terms that home promised for the programme of a claim,
// whatever became of the rule; nil when it promised none, or for another one.
func Promised(p *vocab.Commitment, c Claim) *Terms {
	if p == nil || p.Verdict != vocab.Counts || !same(p.ProgrammeID, c.Programme) {
		return nil
	}
	return &Terms{RuleID: *p.RuleID, ECTS: p.ECTS, Transfer: p.Transfer}
}

func same(a, b *ident.ID) bool { return a == b || a != nil && b != nil && *a == *b }

// Grant is what terms grant to a claim.
type Grant struct {
	Outcome     Outcome // in full or in part
	ECTS        vocab.ECTS
	Grade       *string
	Differences []vocab.Difference // one when it is in part
}

// Grants decides a claim by the terms. They grant it in full unless they count
// fewer credits than were earned, and never more.
func (t Terms) Grants(c Claim) Grant {
	g := Grant{Outcome: Granted, ECTS: min(t.ECTS, c.ECTS), Differences: []vocab.Difference{}}
	if t.ECTS < c.ECTS {
		g.Outcome = GrantedPartially
		g.Differences = append(g.Differences, fewerCredits(t.ECTS, c.ECTS))
	}
	if t.Transfer == asGiven {
		g.Grade = c.Grade
	}
	return g
}

// fewerCredits is the difference that a rule for part of the credits names.
func fewerCredits(counted, all vocab.ECTS) vocab.Difference {
	return vocab.Difference{
		Element: vocab.Workload,
		Text:    fmt.Sprintf("The rule between the two institutions counts %s of the %s ECTS credits.", counted, all),
		Remedy:  "Appeal to your home institution within the term, and show what the other credits would replace.",
	}
}
