package pages

import (
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Portal asks a signed-in person whether a portal on another origin may act for
// them. Its form posts to /auth/portal.
type Portal struct {
	Chrome
	Name    string     // of the portal
	Origin  string     // at which it is
	Owner   vocab.Text // the institution or alliance that registered it
	Request string     // what the portal asked for, given back with the answer
}
