// Package form says what a form of credentials is, so that who issues and
// verifies them knows none by name. Each form is a value that its own package
// provides; a server has a table of those that it knows.
package form

import (
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// Form is one way to write an award as a credential that is signed.
type Form struct {
	Name      string // for people, such as "Open Badges 3.0"
	Type      string // of the token in which it is signed, as its header says
	MediaType string // of what is published
	File      string // its name, also at the end of its address

	// Render writes the payload that is signed, and names the members of the
	// award, by their JSON names, that the form cannot hold.
	Render func(vc.Award) (payload []byte, losses []string, err error)

	// Claims says whether data, of anybody, says that it is in this form. Nil for
	// a form that cannot be read back.
	Claims func(data []byte) bool

	// Read reads what anybody wrote in this form. It returns a *vc.Defect for what
	// is wrong with it.
	Read func(data []byte) (*Reading, error)

	// Profile writes what an issuer is as JSON-LD, for the address by which its
	// credentials name it. Nil for a form that does not look there.
	Profile func(vc.Organisation) ([]byte, error)
}

// Reading is a credential that was read. It is well formed; whether it is
// genuine and in force is still to be verified.
type Reading struct {
	Award vc.Award    // as far as it says so
	Token *jose.Token // its signature, not verified; nil when it has none
}

// Table is the forms that a server knows. It has at least the first, which can
// be read back and has a profile: in it is issued.
type Table []Form

// Issued is the form in which credentials are issued.
func (t Table) Issued() Form { return t[0] }

// Read reads a credential in the form that it says it is in, the first of
// several. Of one that says none, the form that is issued tells what is wrong.
func (t Table) Read(data []byte) (*Reading, error) {
	for _, f := range t {
		if f.Claims != nil && f.Claims(data) {
			return f.Read(data)
		}
	}
	return t.Issued().Read(data)
}
