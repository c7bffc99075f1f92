// Package openbadge owns the form Open Badges 3.0 (1EdTech): it writes an award
// as an AchievementCredential, as JSON or as the payload of a VC-JWT, and reads
// those of anybody. Each version of the form is a file.
//
// An award has more than the form has members for. What the form lacks stands
// in alignments with a targetType of ours that begins with "ext:", which the
// form allows, so that both variants of its JSON Schema and JSON-LD readers
// accept the whole. Loss says what is left out all the same.
package openbadge

import (
	"fmt"
	"strings"
)

// Incomplete is returned for an award that lacks what every Open Badge has.
type Incomplete struct{ Missing []string }

// Error names what is missing.
func (e *Incomplete) Error() string {
	return fmt.Sprintf("openbadge: the award lacks %s", strings.Join(e.Missing, ", "))
}
