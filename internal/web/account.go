package web

import (
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/record"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// accountRows bounds each list of the account page; the API pages through all.
const accountRows = 50

// account shows the signed-in person what is stored about them. All of it is
// read with their own rights.
func (s *site) account(w http.ResponseWriter, r *http.Request) {
	v := viewer.From(r.Context())
	if v.Kind != viewer.Person {
		http.Redirect(w, r, pages.SignIn{ReturnTo: "/account"}.All(), http.StatusSeeOther)
		return
	}
	rec, err := s.Records.Of(r.Context(), v, accountRows)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	named(r, learner.FullName(rec.Profile))
	page := pages.Account{
		Chrome: s.chrome(r),
		Lend:   "curl -X POST -b '" + s.Auth.Cookie.Name() + "=VALUE' " + s.BaseURL + "/auth/bearer",
		Use:    "curl -H 'Authorization: Bearer TOKEN' " + s.BaseURL + "/graphql",
	}
	fillAccount(&page, rec, v.SessionID)
	s.pages.Show(w, r, page)
}

// fillAccount puts a record on the page. current is the session that asks.
func fillAccount(page *pages.Account, rec record.Record, current ident.ID) {
	page.Name, page.Email = learner.FullName(rec.Profile), vocab.OrZero(rec.Profile.Email)
	for _, a := range rec.Affiliations {
		row := pages.Affiliation{Kind: string(a.Kind), Institution: a.Edges.Institution.Name, VerifiedAt: a.VerifiedAt, ExpiresAt: a.ExpiresAt}
		if a.Edges.Programme != nil {
			row.Programme = a.Edges.Programme.Title
		}
		page.Home = a.Edges.Institution.Name
		page.Affiliations = append(page.Affiliations, row)
	}
	for _, held := range rec.Roles {
		page.Roles = append(page.Roles, pages.HeldRole{Role: held.Role, At: held.Place})
	}
	for _, a := range rec.Applications {
		row := pages.Application{ID: string(a.ID), Host: a.Edges.Host.Name, State: string(a.State), SubmittedAt: a.SubmittedAt}
		if o := a.Edges.Offering; o != nil && o.Edges.Version != nil {
			row.Course = o.Edges.Version.Title
		}
		page.Applications = append(page.Applications, row)
	}
	for _, c := range rec.Credentials {
		row := pages.Credential{Title: c.Edges.Version.Title, Issuer: c.Edges.Institution.Name, ECTS: c.Ects, State: string(c.State), IssuedAt: c.IssuedAt}
		if c.Jwt != nil {
			row.Path = "/v/" + c.Token
		}
		page.Credentials = append(page.Credentials, row)
	}
	for _, c := range rec.Recognitions {
		page.Recognitions = append(page.Recognitions, pages.Recognition{Title: c.Edges.Credential.Edges.Version.Title, Home: c.Edges.Home.Name,
			State: string(c.State), Basis: string(c.Basis), ECTS: c.Ects, DueAt: c.DueAt, DecidedAt: c.DecidedAt})
	}
	for _, a := range rec.Accounts {
		page.Accounts = append(page.Accounts, pages.LinkedAccount{Issuer: a.Issuer, SignedInAt: a.SignedInAt})
	}
	for _, live := range rec.Sessions {
		page.Sessions = append(page.Sessions, pages.Session{ID: string(live.ID), Kind: string(live.Kind), Current: live.ID == current,
			StartedAt: live.CreatedAt, SeenAt: live.SeenAt, ExpiresAt: live.ExpiresAt})
	}
}

// endSession ends one of the signed-in person's sessions.
func (s *site) endSession(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	if _, err := s.Sessions.EndOwn(r.Context(), id); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}
