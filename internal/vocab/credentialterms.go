package vocab

import (
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// The enumerations of a micro-credential follow the European controlled lists
// (http://data.europa.eu/snb: learning-assessment, assessment,
// supervision-verification, accreditation), so that mapping to the European
// Learning Model stays one to one.

// DeliveryMode is how people take part.
type DeliveryMode string

// AssessmentType is how outcomes are assessed.
type AssessmentType string

// Supervision says how an assessment is supervised and identities are checked.
type Supervision string

// QualityKind is the kind of quality assurance that underpins an award.
type QualityKind string

// TargetGroup is who may take a course.
type TargetGroup string

// The audiences that identity providers can tell.
const (
	Students TargetGroup = "STUDENTS"
	Alumni   TargetGroup = "ALUMNI"
)

// Stackability says whether a micro-credential counts towards a larger award.
type Stackability string

// GradeScale is the scale of a grade: a number without its scale is no grade.
type GradeScale string

// RevocationReason says why a credential was revoked.
type RevocationReason string

// The reasons that say that the learner has not achieved it, and not only that
// the paper is wrong: the result counts for nothing any more.
const (
	ResultAnnulled RevocationReason = "RESULT_ANNULLED"
	Misconduct     RevocationReason = "MISCONDUCT"
)

// ResultCorrected says that another credential states what was achieved.
const ResultCorrected RevocationReason = "RESULT_CORRECTED"

// Annulling lists the reasons for which a result counts for nothing any more.
var Annulling = []RevocationReason{ResultAnnulled, Misconduct}

// DifferenceElement is an element of a qualification in which a substantial
// difference may lie (European Area of Recognition manual).
type DifferenceElement string

// Workload is the element in which fewer credits differ.
const Workload DifferenceElement = "WORKLOAD"

// The values of each enumeration, in the order of the API.
var (
	DeliveryModes   = []DeliveryMode{"PRESENTIAL", "ONLINE", "BLENDED", "PROJECT_BASED", "RESEARCH_LAB_BASED", "WORK_BASED"}
	AssessmentTypes = []AssessmentType{"WRITTEN_EXAMINATION", "ORAL_EXAMINATION", "PRACTICAL_ASSESSMENT", "PROJECT_WORK", "PORTFOLIO",
		"MARKED_ASSIGNMENT", "CONTINUOUS_EVALUATION", "QUIZ", "PEER_ASSESSMENT"}
	Supervisions       = []Supervision{"UNSUPERVISED", "UNSUPERVISED_ID_VERIFIED", "SUPERVISED", "SUPERVISED_ID_VERIFIED"}
	QualityKinds       = []QualityKind{"INSTITUTIONAL_LICENCE", "INSTITUTIONAL_QA", "PROGRAMME_QA", "PROGRAMME_LICENCE"}
	TargetGroups       = []TargetGroup{Students, "DOCTORAL_CANDIDATES", "POSTDOCS", Alumni, "INTERNATIONAL_RESEARCHERS"}
	Stackabilities     = []Stackability{"STAND_ALONE", "STACKABLE"}
	RevocationReasons  = []RevocationReason{"ISSUED_IN_ERROR", ResultCorrected, ResultAnnulled, Misconduct, "KEY_COMPROMISED"}
	DifferenceElements = []DifferenceElement{"LEVEL", Workload, "QUALITY", "PROFILE", "LEARNING_OUTCOMES"}
)

// CredentialKind is the kind of an award that the alliance bounds.
type CredentialKind string

// The kinds of awards.
const (
	KindCourse          CredentialKind = "COURSE"
	KindMicroCredential CredentialKind = "MICRO_CREDENTIAL"
	KindMicroDegree     CredentialKind = "MICRO_DEGREE"
)

// Bounds are the fewest and most credits of one kind of award. They are an
// alliance's configuration: no European text sets them.
type Bounds struct {
	Kind CredentialKind `json:"kind"`
	Min  ECTS           `json:"min"`
	Max  ECTS           `json:"max"`
}

// BoundsOf returns the bounds of kind, or none of 0 to MaxECTS.
func BoundsOf(all []Bounds, kind CredentialKind) Bounds {
	if i := slices.IndexFunc(all, func(b Bounds) bool { return b.Kind == kind }); i >= 0 {
		return all[i]
	}
	return Bounds{Kind: kind, Max: MaxECTS}
}

// Outcome is a learning outcome: what a learner knows and can do.
type Outcome struct {
	Text Text   `json:"text"`
	ESCO string `json:"esco,omitempty"` // address of the ESCO skill, if one fits
}

// QualityAssurance names what underpins the quality of an award.
type QualityAssurance struct {
	Kind QualityKind `json:"kind"`
	Name Text        `json:"name"`
	URL  string      `json:"url,omitempty"`
}

// Verdict is the answer to "what will this count at home?".
type Verdict string

// The verdicts.
const (
	Counts    Verdict = "COUNTS"     // an agreed rule says so
	NeedsCase Verdict = "NEEDS_CASE" // home decides afterwards, on the merits
)

// Commitment is what a home institution promised to count when a learner
// applied. It stands even when the rule behind it ends.
type Commitment struct {
	Verdict     Verdict   `json:"verdict"`
	RuleID      *ident.ID `json:"ruleId,omitempty"`
	ECTS        ECTS      `json:"ects"`
	ProgrammeID *ident.ID `json:"programmeId,omitempty"`
	ModuleID    *ident.ID `json:"moduleId,omitempty"`
	Transfer    string    `json:"transfer,omitempty"`
}

// Difference is a substantial difference between an achievement and what it
// would replace at home, with what would help (Lisbon Recognition Convention,
// articles III.5 and V.1).
type Difference struct {
	Element DifferenceElement `json:"element"`
	Text    string            `json:"text"`
	Remedy  string            `json:"remedy"`
}
