package vocab

import (
	"regexp"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// esco is the address of a skill or another concept of ESCO, which ends in a
// UUID. Addresses there begin with http: they are names, not places to visit.
//
// Source: ESCO, "URI" of the classification's concepts (concept scheme
// http://data.europa.eu/esco/concept-scheme/skills).
var esco = regexp.MustCompile(`^http://data\.europa\.eu/esco/(skill|concept)/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// CheckESCO returns an INVALID problem unless s is the address of an ESCO skill
// or concept. It does not ask ESCO whether there is such a skill.
func CheckESCO(s string, field ...string) error {
	return problem.If(!esco.MatchString(s),
		problem.New(problem.Invalid, "%q is not the address of an ESCO skill, http://data.europa.eu/esco/skill/ and a UUID", clip(s)).At(field...))
}
