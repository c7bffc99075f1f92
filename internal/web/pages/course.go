package pages

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// CoursePage shows a course at the address by which credentials name it, with
// its content as last published. Its anchors are those that credentials name:
// outcome-1 and so on, workload, participation, assessment, supervision, grade.
type CoursePage struct {
	Chrome
	Course
	Withdrawn      bool   // no longer in the catalogue
	Code           string // at the provider
	Issuer         string // path of the provider's page
	Version        int
	PublishedAt    *time.Time
	Description    vocab.Text
	Outcomes       []vocab.Outcome
	Hours          int
	ISCED          vocab.ISCEDF
	Languages      []string
	Assessments    []vocab.AssessmentType
	AssessmentNote vocab.Text
	Supervision    vocab.Supervision
	Prerequisites  vocab.Text
	URL            string // page at the provider
	Offerings      []CourseOffering
}

// CourseOffering is one run of a course.
type CourseOffering struct {
	Stage    Stage
	OnDemand bool
	StartsOn string // such as "2027-03-01"; may be empty
	EndsOn   string
	OpensAt  time.Time
	ClosesAt *time.Time     // nil when applications never close
	Windows  []vocab.Window // of single audiences
	Zone     string         // in which the deadlines were set
	Language string
	Mode     vocab.DeliveryMode
	Place    vocab.Text
	Draw     string // path of the page of its draw; empty for none
}

// Stage says whether learners may apply for an offering.
type Stage string

// The stages.
const (
	CalledOff Stage = "cancelled"
	ToOpen    Stage = "soon"
	Open      Stage = "open"
	Closed    Stage = "closed"
)

// Message returns the key of the stage's words.
func (s Stage) Message() string { return "course.stage." + string(s) }

// CredentialPage stands at the identifier of a credential. It tells where to
// verify one and nothing of what this one says: the identifier is no secret.
type CredentialPage struct{ Chrome }
