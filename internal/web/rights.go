package web

import (
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// rights shows who may do what. It is public: the source is too.
func (s *site) rights(w http.ResponseWriter, r *http.Request) {
	page := pages.Rights{Chrome: s.chrome(r), Rights: authz.Rights(), UnitRoles: authz.UnitRoles, UnitVerbs: authz.UnitVerbs}
	for _, role := range viewer.Roles {
		page.Roles = append(page.Roles, pages.RoleRights{Role: role, Verbs: authz.Carried(role)})
	}
	s.pages.Show(w, r, page)
}

// visibility shows who sees what.
func (s *site) visibility(w http.ResponseWriter, r *http.Request) {
	s.pages.Show(w, r, pages.Visibility{Chrome: s.chrome(r), Entities: authz.Visibility()})
}
