package pages

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Account shows a signed-in person what is stored about them. Its forms POST
// /account/sessions/{id}/end, which ends a session or a token, POST
// /account/sessions/end-others, and POST /account/tokens, which lends a token
// and sends name and minutes.
type Account struct {
	Chrome
	Name         string
	Email        string     // may be empty
	Home         vocab.Text // home institution; may be empty
	Affiliations []Affiliation
	Roles        []HeldRole
	Waits        []Tasks // for the person to do
	Applications []Application
	Credentials  []Credential
	Recognitions []Recognition
	Accounts     []LinkedAccount
	Sessions     []Session // browsers
	Tokens       []Session
	Disclosures  []Disclosure
	Erasure      *Erasure // nil: none was asked for, or it was taken back
	MayErase     bool     // none is under way
	Done         []Deed   // newest first
	Proof        Proof
	Said         Said   // what has just been done; may be empty
	Minutes      []int  // for which a token can be lent
	TokenName    string // as it was sent and refused
	Fault        string // why it was refused, in the reader's language
	FaultAt      string // the field of the form that it is about: name or minutes
}

// Said is what an action on the account has done.
type Said string

// What can be said. The cookie that carries it from the action to the page is
// the browser's, so the page says nothing else.
const (
	SessionEnded Said = "session_ended"
	OthersEnded  Said = "others_ended"
	NoOthers     Said = "no_others"
	Unlinked     Said = "unlinked"
	ErasureAsked Said = "erasure_asked"
	ErasureEnded Said = "erasure_ended"

	DocumentAdded Said = "document_added"
)

// Known returns what can be said, or "".
func (s Said) Known() Said {
	switch s {
	case SessionEnded, OthersEnded, NoOthers, Unlinked, ErasureAsked, ErasureEnded, DocumentAdded:
		return s
	}
	return ""
}

// Message returns the key of its sentence.
func (s Said) Message() string { return "account.said." + string(s) }

// Proof is how strongly the person has proved themselves.
type Proof string

// The proofs.
const (
	OneFactor    Proof = "one"    // and nobody asks for more
	FactorNeeded Proof = "needed" // a place that the person works for asks for a second factor
	SteppedUp    Proof = "two"
)

// Message returns the key of its sentence.
func (p Proof) Message() string { return "account.proof." + string(p) }

// Unlink asks whether an account is to be unlinked. Its form POSTs to the
// address of the page.
type Unlink struct {
	Chrome
	ID          string
	Institution vocab.Text // empty when the provider speaks for none alone
	Host        string
	Fault       string // why it was refused, in the reader's language; may be empty
}

// Token shows a token that was lent, this once.
type Token struct {
	Chrome
	Name      string
	Secret    string
	Command   string // line that uses it
	ExpiresAt time.Time
}

// SignOut asks whether to sign out. Pages whose forms may lead nowhere else have
// a link to it, because signing out leads on to the provider.
type SignOut struct{ Chrome }

// Affiliation is a tie to an institution. Kind is a value of AffiliationKind.
type Affiliation struct {
	Kind        string
	Institution vocab.Text
	Programme   vocab.Text // may be empty
	VerifiedAt  time.Time
	ExpiresAt   time.Time
	Lapsed      bool // home no longer asserts it
}

// HeldRole is a role and the institution or alliance at which it is held.
type HeldRole struct {
	Role viewer.Role
	At   vocab.Text
}

// Tasks is how many tasks of one kind wait. Kind is a value of TaskKind.
type Tasks struct {
	Kind           string
	Count, Overdue int
	DueAt          *time.Time // of the first one; nil where it is later than others are, or never
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
	ID          string
	Institution vocab.Text // empty when the provider speaks for none alone
	Host        string     // of the issuer
	SignedInAt  *time.Time
	Current     bool // the running session began with it
}

// Deed is something that the person did, or that somebody or the exchange did and
// that concerns them. Verb is that of the audit.
type Deed struct {
	Verb string
	Own  bool
	At   time.Time
}

// Message returns the key of its words.
func (d Deed) Message() string { return "verb." + d.Verb }

// Session is a signed-in browser (BROWSER) or a token that it lent (BEARER).
type Session struct {
	ID        string
	Kind      string
	Name      string // of a token: what its person or its portal is called; may be empty
	Current   bool   // the one that asks
	StartedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}
