// Package model holds the types of the GraphQL schema that are neither entities
// nor inputs of a service: connections here, payloads in models_gen.go.
package model

import (
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Node is anything that has an identifier of its own.
type Node interface {
	IsNode()
	NodeID() ident.ID
}

// Pages and rows of each list.
type (
	AllianceConnection         = relay.Connection[*ent.Alliance]
	AllianceEdge               = relay.Edge[*ent.Alliance]
	MembershipConnection       = relay.Connection[*ent.Membership]
	MembershipEdge             = relay.Edge[*ent.Membership]
	InstitutionConnection      = relay.Connection[*ent.Institution]
	InstitutionEdge            = relay.Edge[*ent.Institution]
	UnitConnection             = relay.Connection[*ent.Unit]
	UnitEdge                   = relay.Edge[*ent.Unit]
	ProgrammeConnection        = relay.Connection[*ent.Programme]
	ProgrammeEdge              = relay.Edge[*ent.Programme]
	RoleGrantConnection        = relay.Connection[*ent.RoleGrant]
	RoleGrantEdge              = relay.Edge[*ent.RoleGrant]
	RoleRuleConnection         = relay.Connection[*ent.RoleRule]
	RoleRuleEdge               = relay.Edge[*ent.RoleRule]
	CourseConnection           = relay.Connection[*ent.Course]
	CourseEdge                 = relay.Edge[*ent.Course]
	CourseVersionConnection    = relay.Connection[*ent.CourseVersion]
	CourseVersionEdge          = relay.Edge[*ent.CourseVersion]
	OfferingConnection         = relay.Connection[*ent.Offering]
	OfferingEdge               = relay.Edge[*ent.Offering]
	MicroDegreeConnection      = relay.Connection[*ent.MicroDegree]
	MicroDegreeEdge            = relay.Edge[*ent.MicroDegree]
	ApplicationConnection      = relay.Connection[*ent.Application]
	ApplicationEdge            = relay.Edge[*ent.Application]
	EnrolmentConnection        = relay.Connection[*ent.Enrolment]
	EnrolmentEdge              = relay.Edge[*ent.Enrolment]
	CredentialConnection       = relay.Connection[*ent.Credential]
	CredentialEdge             = relay.Edge[*ent.Credential]
	RecognitionRuleConnection  = relay.Connection[*ent.RecognitionRule]
	RecognitionRuleEdge        = relay.Edge[*ent.RecognitionRule]
	RecognitionCaseConnection  = relay.Connection[*ent.RecognitionCase]
	RecognitionCaseEdge        = relay.Edge[*ent.RecognitionCase]
	ImportRunConnection        = relay.Connection[*ent.ImportRun]
	ImportRunEdge              = relay.Edge[*ent.ImportRun]
	ImportFindingConnection    = relay.Connection[*ent.ImportFinding]
	ImportFindingEdge          = relay.Edge[*ent.ImportFinding]
	SessionConnection          = relay.Connection[*ent.Session]
	SessionEdge                = relay.Edge[*ent.Session]
	IdentityConnection         = relay.Connection[*ent.Identity]
	IdentityEdge               = relay.Edge[*ent.Identity]
	ProviderHomeConnection     = relay.Connection[*ent.ProviderHome]
	ProviderHomeEdge           = relay.Edge[*ent.ProviderHome]
	IdentityProviderConnection = relay.Connection[*ent.Provider]
	IdentityProviderEdge       = relay.Edge[*ent.Provider]
	PortalConnection           = relay.Connection[*ent.Portal]
	PortalEdge                 = relay.Edge[*ent.Portal]
	ApiClientConnection        = relay.Connection[*ent.ApiClient]
	ApiClientEdge              = relay.Edge[*ent.ApiClient]
	ImportSourceConnection     = relay.Connection[*ent.ImportSource]
	ImportSourceEdge           = relay.Edge[*ent.ImportSource]
)

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
