// Package lists says of which rows each connection of the GraphQL schema is a
// page. Only gqlgen reads it: it binds a name, not an instance of a generic
// type, and it sees the methods of a type below a folder internal only through
// an alias that stands below one too.
package lists

import (
	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/task"
)

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
	DraftConnection            = relay.Connection[*ent.Draft]
	DraftEdge                  = relay.Edge[*ent.Draft]
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
	AuditEntryConnection       = relay.Connection[*ent.AuditEntry]
	AuditEntryEdge             = relay.Edge[*ent.AuditEntry]
	CallConnection             = relay.Connection[*ent.Call]
	CallEdge                   = relay.Edge[*ent.Call]
	TaskConnection             = relay.Connection[*task.Task]
	TaskEdge                   = relay.Edge[*task.Task]
	DisclosureConnection       = relay.Connection[*ent.Disclosure]
	DisclosureEdge             = relay.Edge[*ent.Disclosure]
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
	AdmissionPolicyConnection  = relay.Connection[*ent.AdmissionPolicy]
	AdmissionPolicyEdge        = relay.Edge[*ent.AdmissionPolicy]
)
