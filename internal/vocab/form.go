package vocab

// QuestionKind is how a question of an offering is answered.
type QuestionKind string

// The kinds.
const (
	AskText   QuestionKind = "TEXT"
	AskChoice QuestionKind = "CHOICE"
	AskNumber QuestionKind = "NUMBER"
	AskFile   QuestionKind = "FILE"
)

// QuestionKinds lists every kind.
var QuestionKinds = []QuestionKind{AskText, AskChoice, AskNumber, AskFile}

// Question is what an offering asks who applies for it.
type Question struct {
	Key       string       `json:"key"` // names it within the offering
	Kind      QuestionKind `json:"kind"`
	Text      Text         `json:"text"` // the question, in the languages of the provider
	Required  bool         `json:"required,omitempty"`
	MaxLength int          `json:"maxLength,omitempty"` // of a text, in characters; 0: the usual one
	Min       *float64     `json:"min,omitempty"`       // of a number, itself allowed
	Max       *float64     `json:"max,omitempty"`
	Choices   []Choice     `json:"choices,omitempty"` // of which one is chosen
}

// Choice is an answer to choose.
type Choice struct {
	Key  string `json:"key"`
	Text Text   `json:"text"`
}

// Answer is what a learner answered, with the question as it was asked. One of
// the values is set, after the question's kind. A question for a file is answered
// by the documents that name its key.
type Answer struct {
	Question Question `json:"question"`
	Text     *string  `json:"text,omitempty"`
	Choice   *string  `json:"choice,omitempty"` // key of the choice
	Number   *float64 `json:"number,omitempty"`
}

// RequirementKind is what a requirement of an offering is about.
type RequirementKind string

// The kinds.
const (
	NeedsCourse    RequirementKind = "COURSE"    // the learner has passed a course
	NeedsLanguage  RequirementKind = "LANGUAGE"  // knows a language, at a level of the CEFR
	NeedsStatement RequirementKind = "STATEMENT" // states what the text says
)

// RequirementKinds lists every kind.
var RequirementKinds = []RequirementKind{NeedsCourse, NeedsLanguage, NeedsStatement}

// Requirement is what who takes an offering has to bring.
type Requirement struct {
	Key      string          `json:"key"` // names it within the offering
	Kind     RequirementKind `json:"kind"`
	CourseID string          `json:"courseId,omitempty"`
	Language string          `json:"language,omitempty"` // BCP 47
	Level    LanguageLevel   `json:"level,omitempty"`
	Text     Text            `json:"text,omitempty"`
}

// LanguageLevel is a level of the Common European Framework of Reference for
// Languages (Council of Europe, 2001), from A1 to C2.
type LanguageLevel string

// LanguageLevels lists the levels, the lowest first.
var LanguageLevels = []LanguageLevel{"A1", "A2", "B1", "B2", "C1", "C2"}

// Ask is an item that an offering asks its applicants to share.
type Ask struct {
	Item     SharedItem `json:"item"`
	Required bool       `json:"required,omitempty"` // nobody applies without it
}

// DecisionReason says in a word why an application was decided as it was.
type DecisionReason string

// The reasons. The text beside one says more.
const (
	ReasonPrerequisite DecisionReason = "PREREQUISITE_NOT_MET"
	ReasonLanguage     DecisionReason = "LANGUAGE_LEVEL"
	ReasonTargetGroup  DecisionReason = "NOT_TARGET_GROUP"
	ReasonIncomplete   DecisionReason = "INCOMPLETE"
	ReasonNoSeat       DecisionReason = "NO_SEAT"
	ReasonRanking      DecisionReason = "RANKING"
	ReasonCreditLimit  DecisionReason = "CREDIT_LIMIT"
	ReasonNoAgreement  DecisionReason = "NO_AGREEMENT"
	ReasonNotCounted   DecisionReason = "NOT_COUNTED" // home would recognise nothing
	ReasonPlans        DecisionReason = "PLANS_CHANGED"
	ReasonClash        DecisionReason = "CLASH"
	ReasonElsewhere    DecisionReason = "SEAT_ELSEWHERE" // a choice that the learner prefers
	ReasonTime         DecisionReason = "TIME_RAN_OUT"
	ReasonCondition    DecisionReason = "CONDITION_NOT_MET"
	ReasonCancelled    DecisionReason = "OFFERING_CANCELLED"
	ReasonAccount      DecisionReason = "ACCOUNT_ERASED"
	ReasonOther        DecisionReason = "OTHER"
)

// DecisionReasons lists every reason.
var DecisionReasons = []DecisionReason{
	ReasonPrerequisite, ReasonLanguage, ReasonTargetGroup, ReasonIncomplete, ReasonNoSeat, ReasonRanking, ReasonCreditLimit, ReasonNoAgreement,
	ReasonNotCounted, ReasonPlans, ReasonClash, ReasonElsewhere, ReasonTime, ReasonCondition, ReasonCancelled, ReasonAccount, ReasonOther,
}
