package vocab

import "github.com/peregrine-exchange/peregrine/internal/ident"

// MaxAttempts bounds how often a learner may try, whatever a course says.
const MaxAttempts = 10

// Achieved is what a result says: in its history, and in a correction of it.
type Achieved struct {
	Outcome     string      `json:"outcome"` // PASSED or FAILED
	Grade       *string     `json:"grade,omitempty"`
	Scale       GradeScale  `json:"scale"`
	SecondGrade *string     `json:"secondGrade,omitempty"` // the same achievement on another scale
	SecondScale *GradeScale `json:"secondScale,omitempty"`
	ECTS        ECTS        `json:"ects"`
	AchievedOn  string      `json:"achievedOn"`
}

// ScaleTerms are the grades of a scale: letters, best first, or numbers.
type ScaleTerms struct {
	Letters  []string `json:"letters,omitempty"`
	Best     string   `json:"best,omitempty"`
	Worst    string   `json:"worst,omitempty"`
	LastPass string   `json:"lastPass,omitempty"` // the worst grade that passes
	Step     string   `json:"step,omitempty"`     // between two numbers that follow each other
	Honours  bool     `json:"honours,omitempty"`  // the best grade may be given with honours
}

// EffectKind says what a correction or an annulment does to something that rests
// on the result.
type EffectKind string

// The effects.
const (
	CredentialRevoked   EffectKind = "CREDENTIAL_REVOKED"
	CredentialReissued  EffectKind = "CREDENTIAL_REISSUED"
	EnrolmentReopened   EffectKind = "ENROLMENT_REOPENED"
	EnrolmentCompleted  EffectKind = "ENROLMENT_COMPLETED"
	RecognitionEnded    EffectKind = "RECOGNITION_ENDED"
	RecognitionRepeated EffectKind = "RECOGNITION_REPEATED"
	ProgressLost        EffectKind = "PROGRESS_LOST"
	ProgressGained      EffectKind = "PROGRESS_GAINED"
	TranscriptChanged   EffectKind = "TRANSCRIPT_CHANGED"
)

// EffectKinds lists them in the order of the API.
var EffectKinds = []EffectKind{
	CredentialRevoked, CredentialReissued, EnrolmentReopened, EnrolmentCompleted,
	RecognitionEnded, RecognitionRepeated, ProgressLost, ProgressGained, TranscriptChanged,
}

// Effect is what an amendment does to one thing.
type Effect struct {
	Kind   EffectKind `json:"kind"`
	ID     ident.ID   `json:"id"`               // of the thing, as it was before
	Before string     `json:"before,omitempty"` // its state, or its credits
	After  string     `json:"after,omitempty"`
}
