package model

import (
	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/grading"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Payload is the answer of a mutation: what it changed or made, or why it was
// refused. E is a pointer, so that the compiler makes one shape of them all.
type Payload[E any] struct {
	Done   E
	Errors []UserError
}

// The payloads of the schema; gqlgen.yml says what each calls Done.
type (
	DraftPayload             = Payload[*ent.Draft]
	DiscardedDraftPayload    = Payload[*ent.Draft]
	ApplicationPayload       = Payload[*ent.Application]
	CoursePayload            = Payload[*ent.Course]
	OfferingPayload          = Payload[*ent.Offering]
	ApiClientPayload         = Payload[*ent.ApiClient]
	CredentialPayload        = Payload[*ent.Credential]
	ResultPayload            = Payload[*ent.Result]
	AmendmentPayload         = Payload[*ent.Amendment]
	EnrolmentPayload         = Payload[*ent.Enrolment]
	GradingScalePayload      = Payload[*grading.Scale]
	ImportRunPayload         = Payload[*ent.ImportRun]
	ImportSourcePayload      = Payload[*ent.ImportSource]
	AdmissionPolicyPayload   = Payload[*ent.AdmissionPolicy]
	CallPayload              = Payload[*ent.Call]
	MembershipPayload        = Payload[*ent.Membership]
	InstitutionPayload       = Payload[*ent.Institution]
	InstitutionChangePayload = Payload[*ent.InstitutionChange]
	UnitPayload              = Payload[*ent.Unit]
	AlliancePayload          = Payload[*ent.Alliance]
	MicroDegreePayload       = Payload[*ent.MicroDegree]
	PortalPayload            = Payload[*ent.Portal]
	IdentityProviderPayload  = Payload[*ent.Provider]
	RecognitionRulePayload   = Payload[*ent.RecognitionRule]
	RecognitionCasePayload   = Payload[*ent.RecognitionCase]
	RoleGrantPayload         = Payload[*ent.RoleGrant]
	RoleRulePayload          = Payload[*ent.RoleRule]
	SessionPayload           = Payload[*ent.Session]
	UnlinkIdentityPayload    = Payload[*viewer.Viewer]
	ErasurePayload           = Payload[*ent.Erasure]
	RemoveDocumentPayload    = Payload[*ent.Document]
)

// Refusable is the payload of any mutation. It is asked even when there is none.
type Refusable interface {
	// Refused returns the payload of a mutation that was refused.
	Refused(why []UserError) any
}

// Refused is part of Refusable.
func (*Payload[E]) Refused(why []UserError) any { return &Payload[E]{Errors: why} }

// Refused is part of Refusable.
func (*OtherSessionsPayload) Refused(why []UserError) any { return &OtherSessionsPayload{Errors: why} }

// Refused is part of Refusable.
func (*ApplicationOutcomesPayload) Refused(why []UserError) any {
	return &ApplicationOutcomesPayload{Errors: why}
}

// Refused is part of Refusable.
func (*ResultOutcomesPayload) Refused(why []UserError) any {
	return &ResultOutcomesPayload{Errors: why}
}

// Refused is part of Refusable.
func (*EnrolmentOutcomesPayload) Refused(why []UserError) any {
	return &EnrolmentOutcomesPayload{Errors: why}
}
