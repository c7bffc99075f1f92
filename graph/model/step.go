package model

import (
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// ApplicationStep is a step of an application as the viewer sees it.
type ApplicationStep struct {
	Number      int
	Verb, Label string
	From        *application.State
	To          application.State
	Side        applicationstep.Side
	Person      *ent.Person
	ReasonCode  *vocab.DecisionReason
	Reason      *string
	DueAt       *time.Time
	At          time.Time
}

// ResultStep is a step of a result as the viewer sees it.
type ResultStep struct {
	Number   int
	Verb     string
	Label    string
	State    result.State
	Achieved vocab.Achieved
	Person   *ent.Person
	Reason   *string
	At       time.Time
}
