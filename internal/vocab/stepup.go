package vocab

// StepUp says whether an institution or alliance asks its staff to prove a
// second factor, and lately, for what weighs most.
type StepUp string

// The two choices.
const (
	StepUpOptional StepUp = "OPTIONAL"
	StepUpRequired StepUp = "REQUIRED"
)
