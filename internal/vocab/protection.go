package vocab

// Protection is a rule of an institution by which a single person, or a single
// factor, is not enough.
type Protection string

// The protections.
const (
	ProtectionStepUp             Protection = "STEP_UP"             // weighty verbs need a second factor
	ProtectionCourseReview       Protection = "COURSE_REVIEW"       // a second person reviews a course
	ProtectionResultConfirmation Protection = "RESULT_CONFIRMATION" // a second person confirms a result
)
