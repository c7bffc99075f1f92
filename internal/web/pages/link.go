package pages

import (
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Link is the page on which somebody links a second account to their own: they
// choose where it is, and once they have signed in there they confirm it. Its form
// POST /auth/link sends the key of a provider, or confirm with yes or no.
type Link struct {
	Chrome
	Providers []Provider // to choose from, while no account waits
	Waiting   *Waiting   // the account to confirm; nil while none waits
}

// Waiting is an account that waits to be linked, as its provider describes it.
type Waiting struct {
	Institution vocab.Text
	Name        string
	Email       string // may be empty
}
