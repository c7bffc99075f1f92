// Package model holds the types of the GraphQL schema that are neither entities
// nor inputs of a service: some by hand, those that gqlgen makes of the schema
// in models_gen.go.
package model

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Node is anything that has an identifier of its own.
type Node interface {
	IsNode()
	NodeID() ident.ID
}

// Permission lists the rights of a viewer at one place: an institution, an
// alliance, or a unit of an institution.
type Permission struct {
	At     ident.ID
	UnitID ident.ID // empty: the whole institution or alliance
	Rights []string
}

// VerifiedCredential is what a verified credential says.
type VerifiedCredential struct {
	HolderName string
	IssuerName string
	IssuerID   ident.ID // empty when the issuer is no member
	Title      string
	Ects       *vocab.ECTS
	EqfLevel   *int
	Outcomes   []string
	IssuedAt   *time.Time
	ValidUntil *time.Time
}

// ReadinessCheck is what came out of a check, in the viewer's language.
type ReadinessCheck struct {
	Code    string
	Status  institution.Status
	Message string
	Hint    *string
}
