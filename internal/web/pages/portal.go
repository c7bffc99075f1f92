package pages

import (
	"net/http"

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

// Portal writes the question.
func (r *Renderer) Portal(w http.ResponseWriter, req *http.Request, p Portal) {
	r.write(w, req, page{name: "portal", status: http.StatusOK, chrome: p.Chrome, main: p, personal: true, hidden: true})
}
