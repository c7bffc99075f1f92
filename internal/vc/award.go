package vc

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Award is what a learner achieved and who says so, free of any form. It has a
// place for every element, mandatory and optional, of Annex I of Council
// Recommendation 2022/C 243/02 on micro-credentials. Its JSON is stable: it is
// what is stored, digested and later rendered in each form.
type Award struct {
	ID             string               `json:"id"` // URL of the credential, the same in each form
	Kind           vocab.CredentialKind `json:"kind"`
	Achievement    string               `json:"achievement"` // URL of what was achieved, the same for all holders
	Issuer         Organisation         `json:"issuer"`      // who signs
	AwardingBodies []Organisation       `json:"awardingBodies,omitempty"`
	Holder         Holder               `json:"holder"`

	Title         vocab.Text             `json:"title"`
	Description   vocab.Text             `json:"description,omitempty"`
	Criteria      vocab.Text             `json:"criteria,omitempty"` // what had to be done, and how it was assessed
	Outcomes      []vocab.Outcome        `json:"outcomes,omitempty"`
	ECTS          vocab.ECTS             `json:"ects,omitzero"`
	Hours         int                    `json:"hours,omitempty"`  // notional workload in hours of work
	EQF           int                    `json:"eqf,omitempty"`    // 1 to 8; 0 when no level applies
	ISCEDF        vocab.ISCEDF           `json:"iscedf,omitempty"` // field of education
	Assessments   []vocab.AssessmentType `json:"assessments,omitempty"`
	Participation vocab.DeliveryMode     `json:"participation,omitempty"`
	Quality       vocab.QualityAssurance `json:"quality,omitzero"`
	Prerequisites vocab.Text             `json:"prerequisites,omitempty"`
	Supervision   vocab.Supervision      `json:"supervision,omitempty"`
	Grade         *Grade                 `json:"grade,omitempty"`
	Stacking      vocab.Stackability     `json:"stacking,omitempty"`
	Language      string                 `json:"language,omitempty"` // of instruction, BCP 47

	IssuedAt   time.Time `json:"issuedAt"`            // when this credential is signed and becomes valid
	AwardedAt  time.Time `json:"awardedAt,omitzero"`  // when it was first awarded; a reissue keeps it
	ValidUntil time.Time `json:"validUntil,omitzero"` // technical validity; zero without end
	Status     *Status   `json:"status,omitempty"`
	VerifyURL  string    `json:"verifyUrl,omitempty"` // page on which anybody can verify it
}

// Organisation is an issuer or awarding body.
type Organisation struct {
	ID      string     `json:"id"` // URL or DID
	Name    vocab.Text `json:"name"`
	Country string     `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Website string     `json:"website,omitempty"`
	ROR     string     `json:"ror,omitempty"`
	Erasmus string     `json:"erasmus,omitempty"` // blanks count
	PIC     string     `json:"pic,omitempty"`
	SCHAC   string     `json:"schac,omitempty"` // home organisation domain
}

// Holder is the learner. What is empty is not disclosed by any form.
type Holder struct {
	ID          string `json:"id,omitempty"` // URN or DID
	GivenName   string `json:"givenName,omitempty"`
	FamilyName  string `json:"familyName,omitempty"`
	DateOfBirth string `json:"dateOfBirth,omitempty"` // such as "2001-09-30"
	ESI         string `json:"esi,omitempty"`         // European Student Identifier
}

// Name returns the full name, given name first, or "" when there is none.
func (h Holder) Name() string { return vocab.FullName(h.GivenName, h.FamilyName) }

// Grade is a mark with its scale; a mark without a scale says nothing.
type Grade struct {
	Value string           `json:"value"`
	Scale vocab.GradeScale `json:"scale"`
}

// Status says where the status of a credential is published: one bit of a list
// (W3C Bitstring Status List 1.0).
type Status struct {
	List    string `json:"list"` // URL of the status list credential
	Index   int    `json:"index"`
	Purpose string `json:"purpose"` // Revocation or Suspension
}

// The purposes of a status: a revocation is for good, a suspension may end.
const (
	Revocation = "revocation"
	Suspension = "suspension"
)

// Elements are the keys that Missing returns, in the order of Annex I. The
// annex has one mandatory element more, the level, but only "if applicable":
// no rule can find it missing.
var Elements = []string{
	"holder", "title", "issuer.country", "awardingBodies", "issuedAt", "outcomes",
	"workload", "assessments", "participation", "quality",
}

// Missing returns the keys of the mandatory elements of Annex I of Council
// Recommendation 2022/C 243/02 that the award lacks, in the order of Elements.
func (a Award) Missing() []string {
	named := len(a.AwardingBodies) > 0
	for _, body := range a.AwardingBodies {
		named = named && len(body.Name) > 0
	}
	has := map[string]bool{
		"holder":         a.Holder.Name() != "",
		"title":          len(a.Title) > 0,
		"issuer.country": a.Issuer.Country != "",
		"awardingBodies": named,
		"issuedAt":       !a.IssuedAt.IsZero(),
		"outcomes":       len(a.Outcomes) > 0,
		"workload":       a.ECTS > 0 || a.Hours > 0,
		"assessments":    len(a.Assessments) > 0,
		"participation":  a.Participation != "",
		"quality":        a.Quality.Kind != "",
	}
	var missing []string
	for _, key := range Elements {
		if !has[key] {
			missing = append(missing, key)
		}
	}
	return missing
}
