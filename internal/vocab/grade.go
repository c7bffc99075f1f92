package vocab

import (
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// numeric is a scale of numbers from worst to best, or best to worst, with the
// last grade that passes.
type numeric struct {
	best, worst, pass float64
	decimals          int
}

// PassFail is the scale without grades.
const PassFail GradeScale = "PASS_FAIL"

// The scales of the alliance's countries, as their universities publish them.
var (
	numericScales = map[GradeScale]numeric{
		"DE_1_5":   {best: 1, worst: 5, pass: 4, decimals: 1},
		"AT_1_5":   {best: 1, worst: 5, pass: 4},
		"FR_0_20":  {best: 20, worst: 0, pass: 10, decimals: 2},
		"FI_0_5":   {best: 5, worst: 0, pass: 1},
		"GR_0_10":  {best: 10, worst: 0, pass: 5, decimals: 2},
		"ES_0_10":  {best: 10, worst: 0, pass: 5, decimals: 2},
		"IT_18_30": {best: 30, worst: 0, pass: 18},
		"UA_0_100": {best: 100, worst: 0, pass: 60},
	}
	letterScales = map[GradeScale][]string{ // best first; the last fails
		"CZ_A_F":  {"A", "B", "C", "D", "E", "F"},
		"SE_A_F":  {"A", "B", "C", "D", "E", "F"},
		"SK_A_FX": {"A", "B", "C", "D", "E", "FX"},
	}
)

// ReadGrade says whether a grade passes on its scale. It returns an INVALID
// problem when the scale has no such grade.
func ReadGrade(scale GradeScale, grade string, field ...string) (passed bool, err error) {
	if letters, ok := letterScales[scale]; ok {
		if i := slices.Index(letters, grade); i >= 0 {
			return i < len(letters)-1, nil
		}
	}
	if n, ok := numericScales[scale]; ok {
		whole, frac, dotted := strings.Cut(grade, ".")
		value, bad := strconv.ParseFloat(grade, 64)
		if bad == nil && digits(whole+frac) && plain(whole) && dotted == (frac != "") && len(frac) <= n.decimals &&
			value >= min(n.best, n.worst) && value <= max(n.best, n.worst) {
			if n.best < n.worst {
				return value <= n.pass, nil
			}
			return value >= n.pass, nil
		}
	}
	return false, problem.New(problem.Invalid, "the scale %s has no grade %q", scale, clip(grade)).At(field...)
}

// plain says whether the digits before the point are written without leading
// zeros, so that a grade has one spelling.
func plain(whole string) bool { return whole == "0" || whole != "" && whole[0] != '0' }
