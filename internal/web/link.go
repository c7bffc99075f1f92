package web

import (
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// Bounds of what the page shows of an account, as a provider describes it.
const (
	maxShownName  = 200
	maxShownEmail = 254
)

func (s *site) linkRoutes(mux *http.ServeMux, signIn *oidcrp.Handlers) {
	mux.HandleFunc("GET "+oidcrp.LinkPath, s.showLink)
	mux.HandleFunc("POST "+oidcrp.LinkPath, func(w http.ResponseWriter, r *http.Request) { link(w, r, signIn) })
}

// showLink shows the account that waits to be confirmed, or where to choose one.
func (s *site) showLink(w http.ResponseWriter, r *http.Request) {
	v := viewer.From(r.Context())
	if v.Kind != viewer.Person {
		http.Redirect(w, r, pages.SignIn{ReturnTo: oidcrp.LinkPath}.All(), http.StatusSeeOther)
		return
	}
	page := pages.Link{Chrome: s.chrome(r)}
	waiting, err := s.SignIn.Waiting(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if waiting != nil {
		inst, err := s.Institutions.Get(r.Context(), waiting.InstitutionID)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		name := vocab.FullName(waiting.GivenName, waiting.FamilyName)
		page.Waiting = &pages.Waiting{Institution: inst.Name, Name: vocab.Clean(maxShownName, name), Email: vocab.Clean(maxShownEmail, waiting.Email)}
		s.pages.Show(w, r, page)
		return
	}
	all, err := s.choices(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, c := range all {
		page.Providers = append(page.Providers, s.shown(r, c))
	}
	s.pages.Show(w, r, page)
}

// link takes the choice of a provider, or the answer about the account that waits.
func link(w http.ResponseWriter, r *http.Request, signIn *oidcrp.Handlers) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if answer := r.PostFormValue("confirm"); answer != "" {
		signIn.ConfirmLink(w, r, answer == "yes")
		return
	}
	signIn.BeginLink(w, r, r.PostFormValue("key"))
}
