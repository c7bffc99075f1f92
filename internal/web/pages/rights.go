package pages

import (
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Rights shows auditors who may do what: each right with its roles, and each
// role with its rights.
type Rights struct {
	Chrome
	Rights    []authz.Right
	Roles     []RoleRights
	UnitRoles []viewer.Role // that may be held at a unit
	UnitVerbs []authz.Verb  // that these carry there
}

// RoleRights are the rights that a role carries.
type RoleRights struct {
	Role  viewer.Role
	Verbs []authz.Verb
}

// Rights writes the page of rights.
func (r *Renderer) Rights(w http.ResponseWriter, req *http.Request, p Rights) {
	r.write(w, req, page{name: "rights", status: http.StatusOK, chrome: p.Chrome, main: p})
}

// Visibility shows auditors who sees which rows.
type Visibility struct {
	Chrome
	Entities []authz.Sight
}

// Visibility writes the page of visibility.
func (r *Renderer) Visibility(w http.ResponseWriter, req *http.Request, p Visibility) {
	r.write(w, req, page{name: "visibility", status: http.StatusOK, chrome: p.Chrome, main: p})
}
