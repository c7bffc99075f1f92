package pages

import (
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Home is the start page.
type Home struct {
	Chrome
	Courses []Course    // newest published courses, about six
	Demo    []DemoGroup // some people of the demo; empty outside it
}

// Course is a published course of the catalogue.
type Course struct {
	Kind     vocab.CredentialKind
	Title    vocab.Text
	Summary  vocab.Text // may be empty
	Provider vocab.Text // name of the institution
	Country  string     // ISO 3166-1 alpha-2
	ECTS     vocab.ECTS
	EQF      int // 1 to 8; 0 when no level applies
	Mode     vocab.DeliveryMode
	Groups   []vocab.TargetGroup // who may take it
}

// Demo lists the invented people of the demo.
type Demo struct {
	Chrome
	Groups []DemoGroup
}

// DemoGroup is an institution with its invented people.
type DemoGroup struct {
	Institution vocab.Text
	Country     string // ISO 3166-1 alpha-2
	People      []DemoPerson
}

// DemoPerson is an invented person with whom the demo can be tried.
type DemoPerson struct {
	Name   string
	Label  vocab.Text    // who it is
	Roles  []viewer.Role // empty for learners
	Try    vocab.Text    // what to try
	SignIn string        // path at which to sign in as this person
}
