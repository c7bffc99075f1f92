package pages

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Account shows a signed-in person what is stored about them. Its form POST
// /account/sessions/{id}/end ends a session.
type Account struct {
	Chrome
	Name         string
	Email        string     // may be empty
	Home         vocab.Text // home institution; may be empty
	Affiliations []Affiliation
	Roles        []HeldRole
	Applications []Application
	Credentials  []Credential
	Recognitions []Recognition
	Accounts     []LinkedAccount
	Sessions     []Session
	Lend         string // command line that lends a bearer token; empty when none can be lent
	Use          string // command line that uses it
}

// Affiliation is a tie to an institution. Kind is a value of AffiliationKind.
type Affiliation struct {
	Kind        string
	Institution vocab.Text
	Programme   vocab.Text // may be empty
	VerifiedAt  time.Time
	ExpiresAt   time.Time
}

// HeldRole is a role and the institution or alliance at which it is held.
type HeldRole struct {
	Role viewer.Role
	At   vocab.Text
}

// Application is a wish to take a course. State is a value of ApplicationState.
type Application struct {
	ID          string
	Course      vocab.Text
	Host        vocab.Text
	State       string
	SubmittedAt time.Time
}

// Credential is one that the person holds. State is a value of CredentialState.
type Credential struct {
	Title    vocab.Text
	Issuer   vocab.Text
	ECTS     vocab.ECTS
	State    string
	IssuedAt *time.Time // nil until it is signed
	Path     string     // /v/{token}; empty until it is signed
}

// Recognition is a case at home. State is a value of RecognitionCaseState,
// Basis one of RecognitionBasis.
type Recognition struct {
	Title     vocab.Text // of what is to be recognised
	Home      vocab.Text
	State     string
	Basis     string     // may be empty
	ECTS      vocab.ECTS // what counts, once decided
	DueAt     time.Time  // by when home decides
	DecidedAt *time.Time // nil while the case is open
}

// LinkedAccount is one by which the person signs in.
type LinkedAccount struct {
	Issuer     string
	SignedInAt *time.Time
}

// Session is a signed-in browser (BROWSER) or a token that it lent (BEARER).
type Session struct {
	ID        string
	Kind      string
	Current   bool // the one that asks
	StartedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}
