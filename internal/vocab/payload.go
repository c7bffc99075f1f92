package vocab

import (
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Payload is what an event says besides its kind and its object: identifiers
// and words of the code, no personal data. Each kind declares which of the
// members it has (package ledger).
type Payload struct {
	From        string   `json:"from,omitempty"` // state before
	To          string   `json:"to,omitempty"`   // state afterwards
	Basis       string   `json:"basis,omitempty"`
	Fields      []string `json:"fields,omitempty"` // that were set
	Alliance    ident.ID `json:"alliance,omitempty"`
	Institution ident.ID `json:"institution,omitempty"`
	Offering    ident.ID `json:"offering,omitempty"` // whose free seats have changed
}

// Details are the members that are there, as an audit entry keeps them.
func (p Payload) Details() map[string]string {
	all := map[string]string{}
	for member, value := range map[string]string{"from": p.From, "to": p.To, "basis": p.Basis, "fields": strings.Join(p.Fields, " "),
		"alliance": string(p.Alliance), "institution": string(p.Institution), "offering": string(p.Offering)} {
		if value != "" {
			all[member] = value
		}
	}
	return all
}
