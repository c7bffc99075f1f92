// Package format is what all interchange formats have in common: a course as
// partners' systems tell it. Each format is a package below this one and turns
// its bytes into rows, or listed courses into its bytes. A format knows no
// database, no clock and no network.
//
//	intake/    what the readers share: bounded items, values checked field by field
//	oeapi/     Open Education API, versions 5 and 6
//	occapi/    Online Course Catalogue API of EUF
//	ewp/       Erasmus Without Paper: Courses API
//	sheet/     CSV and XLSX templates
//	jsonl/     one JSON object a line: all that a course has here
//	schemaorg/ Course of schema.org, for search engines
package format

import (
	"iter"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Course is a course in interchange. What a source does not say is zero.
type Course struct {
	ExternalID     string // id at the source: the same id means the same course
	Code           string // code at the provider; the external id serves when there is none
	Kind           vocab.CredentialKind
	Unit           string // key of the unit that provides it
	Title          vocab.Text
	Summary        vocab.Text
	Description    vocab.Text
	Outcomes       []vocab.Outcome
	ECTS           vocab.ECTS
	Hours          int
	Attempts       int // how often a learner may try; 0: not said
	EQF            int
	ISCED          vocab.ISCEDF
	Languages      []string // BCP 47
	Mode           vocab.DeliveryMode
	Assessments    []vocab.AssessmentType
	AssessmentNote vocab.Text
	Supervision    vocab.Supervision
	Quality        *vocab.QualityAssurance
	Prerequisites  vocab.Text
	TargetGroups   []vocab.TargetGroup
	Stackability   vocab.Stackability
	Topics         []string
	URL            string
	ModifiedAt     time.Time // last change at the source
	Offerings      []Offering
}

// Offering is one run of a course in interchange.
type Offering struct {
	ExternalID  string
	OnDemand    bool
	Zone        string // IANA time zone; the provider's when empty
	OpensAt     string // local time in Zone, such as "2027-02-01T00:00:00"
	ClosesAt    string
	StartsOn    string // such as "2027-03-01"
	EndsOn      string
	Seats       int
	Language    string
	Mode        vocab.DeliveryMode
	Place       vocab.Text
	Funding     vocab.Text
	FeeCents    int
	FeeCurrency string
}

// Provider is who provides a listed course.
type Provider struct {
	ID      string // id here
	SCHAC   string
	Name    vocab.Text
	Acronym string
	Country string // ISO 3166-1 alpha-2
	Website string
}

// Listed is a course of the catalogue, for export.
type Listed struct {
	ID          string // id here
	Provider    Provider
	PublishedAt time.Time
	ChangedAt   time.Time
	Page        string   // address of its page here, which credentials name; outcome N is at #outcome-N
	Withdrawn   bool     // no longer in the catalogue
	OfferingIDs []string // ids here, in the order of Course.Offerings
	Course
}

// Row is what a source says about one course.
type Row struct {
	Place  string // where it stands, such as "line 12" or "items[3]"
	Course Course
	Err    error    // INVALID problems, all of them; the row is refused
	Notes  error    // INVALID problems of parts that are left out, such as an offering
	Lost   []string // fields of the source that have no place here, by their names there
}

// Rows are the rows of a source, in order and one at a time, so that memory
// does not grow with the source. An error ends them: the source is malformed
// or larger than allowed, which is a problem, or reading it failed, a fault.
type Rows = iter.Seq2[Row, error]

// Courses are courses to export, one at a time. An error ends them.
type Courses = iter.Seq2[Listed, error]

// MaxRow bounds the bytes of one row of any source.
const MaxRow = 1 << 20
