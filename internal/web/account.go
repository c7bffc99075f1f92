package web

import (
	"context"
	"net/http"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/session"
	sessions "github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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
	page := pages.Account{Chrome: s.chrome(r), Lend: "curl -X POST -b '" + s.Auth.Cookie.Name() + "=VALUE' " + s.BaseURL + "/auth/bearer", Use: "curl -H 'Authorization: Bearer TOKEN' " + s.BaseURL + "/graphql"}
	for _, fill := range []func(context.Context, *viewer.Viewer, *pages.Account) error{
		s.fillPerson, s.fillRoles, s.fillApplications, s.fillCredentials, s.fillRecognitions, s.fillAccounts, s.fillSessions,
	} {
		if err := fill(r.Context(), v, &page); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.pages.Account(w, r, page)
}

func (s *site) fillPerson(ctx context.Context, v *viewer.Viewer, page *pages.Account) error {
	p, err := s.DB.Profile.Query().Where(profile.PersonID(v.PersonID)).Only(ctx)
	if err != nil {
		return err
	}
	page.Name, page.Email = strings.TrimSpace(p.GivenName+" "+p.FamilyName), vocab.OrZero(p.Email)
	all, err := s.DB.Affiliation.Query().Where(affiliation.PersonID(v.PersonID)).WithInstitution().WithProgramme().
		Order(affiliation.ByID()).Limit(accountRows).All(ctx)
	for _, a := range all {
		row := pages.Affiliation{Kind: string(a.Kind), Institution: a.Edges.Institution.Name, VerifiedAt: a.VerifiedAt, ExpiresAt: a.ExpiresAt}
		if a.Edges.Programme != nil {
			row.Programme = a.Edges.Programme.Title
		}
		page.Home = a.Edges.Institution.Name
		page.Affiliations = append(page.Affiliations, row)
	}
	return err
}

func (s *site) fillRoles(ctx context.Context, v *viewer.Viewer, page *pages.Account) error {
	for _, g := range v.Grants {
		var at vocab.Text
		if g.At.Kind() == ident.Alliance {
			a, err := s.DB.Alliance.Get(ctx, g.At)
			if err != nil {
				return err
			}
			at = a.Name
		} else {
			i, err := s.DB.Institution.Get(ctx, g.At)
			if err != nil {
				return err
			}
			at = i.Name
		}
		page.Roles = append(page.Roles, pages.HeldRole{Role: g.Role, At: at})
	}
	return nil
}

func (s *site) fillApplications(ctx context.Context, v *viewer.Viewer, page *pages.Account) error {
	all, err := s.DB.Application.Query().Where(application.LearnerID(v.PersonID)).WithHost().
		WithOffering(func(q *ent.OfferingQuery) { q.WithVersion() }).Order(application.ByID(sql.OrderDesc())).Limit(accountRows).All(ctx)
	for _, a := range all {
		row := pages.Application{ID: string(a.ID), Host: a.Edges.Host.Name, State: string(a.State), SubmittedAt: a.SubmittedAt}
		if o := a.Edges.Offering; o != nil && o.Edges.Version != nil {
			row.Course = o.Edges.Version.Title
		}
		page.Applications = append(page.Applications, row)
	}
	return err
}

func (s *site) fillCredentials(ctx context.Context, v *viewer.Viewer, page *pages.Account) error {
	all, err := s.DB.Credential.Query().Where(credential.LearnerID(v.PersonID)).WithInstitution().WithVersion().
		Order(credential.ByID(sql.OrderDesc())).Limit(accountRows).All(ctx)
	for _, c := range all {
		row := pages.Credential{Title: c.Edges.Version.Title, Issuer: c.Edges.Institution.Name, ECTS: c.Ects, State: string(c.State), IssuedAt: c.IssuedAt}
		if c.Jwt != nil {
			row.Path = "/v/" + c.Token
		}
		page.Credentials = append(page.Credentials, row)
	}
	return err
}

func (s *site) fillRecognitions(ctx context.Context, v *viewer.Viewer, page *pages.Account) error {
	all, err := s.DB.RecognitionCase.Query().Where(recognitioncase.LearnerID(v.PersonID)).WithHome().
		WithCredential(func(q *ent.CredentialQuery) { q.WithVersion() }).Order(recognitioncase.ByID(sql.OrderDesc())).Limit(accountRows).All(ctx)
	for _, c := range all {
		page.Recognitions = append(page.Recognitions, pages.Recognition{Title: c.Edges.Credential.Edges.Version.Title, Home: c.Edges.Home.Name,
			State: string(c.State), Basis: string(c.Basis), ECTS: c.Ects, DueAt: c.DueAt, DecidedAt: c.DecidedAt})
	}
	return err
}

func (s *site) fillAccounts(ctx context.Context, v *viewer.Viewer, page *pages.Account) error {
	all, err := s.DB.Identity.Query().Where(identity.PersonID(v.PersonID)).Order(identity.ByID()).Limit(accountRows).All(ctx)
	for _, row := range all {
		page.Accounts = append(page.Accounts, pages.LinkedAccount{Issuer: row.Issuer, SignedInAt: row.SignedInAt})
	}
	return err
}

func (s *site) fillSessions(ctx context.Context, v *viewer.Viewer, page *pages.Account) error {
	all, err := s.DB.Session.Query().Where(session.PersonID(v.PersonID), sessions.Alive(s.Now())).
		Order(session.ByID(sql.OrderDesc())).Limit(accountRows).All(ctx)
	for _, row := range all {
		page.Sessions = append(page.Sessions, pages.Session{ID: string(row.ID), Kind: string(row.Kind), Current: row.ID == v.SessionID,
			StartedAt: row.CreatedAt, SeenAt: row.SeenAt, ExpiresAt: row.ExpiresAt})
	}
	return err
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
