// Package openbadge owns the form Open Badges 3.0 (1EdTech): it writes an award
// as an AchievementCredential, the payload of a VC-JWT, and reads those of
// anybody. Each version of the form is a file.
//
// An award has more than the form has members for. What the form lacks stands
// in alignments with a targetType of ours that begins with "ext:", which the
// form allows, so that both variants of its JSON Schema and JSON-LD readers
// accept the whole. Loss says what is left out all the same.
package openbadge

import (
	"fmt"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/form"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// Form is version 3.0, signed as VC-JWT.
var Form = form.Form{
	Name: "Open Badges 3.0", Type: jose.TypeJWT, MediaType: "application/vc+jwt", File: "credential.jwt",
	Render: func(a vc.Award) (payload []byte, losses []string, err error) {
		payload, err = Payload(a)
		return payload, Loss(a), err
	},
	Claims: func(data []byte) bool {
		doc, _, err := jose.Read(data, jose.TypeJWT)
		return err == nil && achieves(doc)
	},
	Read: func(data []byte) (*form.Reading, error) {
		b, err := Parse(data)
		if err != nil {
			return nil, err
		}
		return &form.Reading{Award: b.Award, Token: b.Token}, nil
	},
	Profile: Issuer,
}

// Incomplete is returned for an award that lacks what every Open Badge has.
type Incomplete struct{ Missing []string }

// Error names what is missing.
func (e *Incomplete) Error() string {
	return fmt.Sprintf("openbadge: the award lacks %s", strings.Join(e.Missing, ", "))
}
