package vocab

import "github.com/peregrine-exchange/peregrine/internal/problem"

// CheckEQF returns an INVALID problem unless level is one of the European
// Qualifications Framework, 1 to 8. Short, first, second and third cycle of
// the QF-EHEA are levels 5, 6, 7 and 8.
func CheckEQF(level int, field ...string) error {
	return problem.If(level < 1 || level > 8, problem.New(problem.Invalid, "EQF levels are 1 to 8, not %d", level).At(field...))
}
