// Package record reads what is stored about a person, of all areas: for the
// account page, and for whoever shows a person their data or hands it out.
package record

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/auditreader"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
	"github.com/peregrine-exchange/peregrine/ent/erasure"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/session"
	sessions "github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Record is what is stored about a person. Rows come with the edges that are
// named beside them.
type Record struct {
	Profile      *ent.Profile
	Affiliations []*ent.Affiliation      // institution, programme; oldest first
	Roles        []Role                  // in the order in which they were given
	Applications []*ent.Application      // host, offering and its version; newest first
	Credentials  []*ent.Credential       // institution, version; newest first
	Recognitions []*ent.RecognitionCase  // home, credential and its version; newest first
	Accounts     []*ent.Identity         // oldest first
	Homes        map[ident.ID]vocab.Text // names of institutions, by the provider that speaks for that one alone
	Sessions     []*ent.Session          // that have not ended; newest first
	Disclosures  []Disclosure            // newest first
	Erasure      *ent.Erasure            // the newest that was asked for; nil: none
	Done         []*ent.AuditEntry       // that the person did or that concern them, once sealed; newest first
}

// entries is how many of the audit a record shows; the API has all of them.
const entries = 20

// Role is a role that is held, and the name of the institution or alliance at
// which it is.
type Role struct {
	viewer.Grant
	Place vocab.Text
}

// Disclosure is a note that somebody has read data of the person, with the name
// of the institution for which they did; none for an alliance.
type Disclosure struct {
	*ent.Disclosure
	By vocab.Text
}

// Service reads records.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// Of reads the record of v's person with the rights of ctx, and of each list
// its first limit rows. Roles are those that v holds. Each part takes as many
// statements for many rows as for one.
func (s *Service) Of(ctx context.Context, v *viewer.Viewer, limit int) (Record, error) {
	var r Record
	for _, read := range []func(context.Context, *Record, *viewer.Viewer, int) error{
		s.person, s.roles, s.applications, s.credentials, s.recognitions, s.accounts, s.sessions, s.disclosures, s.erasure, s.done,
	} {
		if err := read(ctx, &r, v, limit); err != nil {
			return Record{}, err
		}
	}
	return r, nil
}

func (s *Service) person(ctx context.Context, r *Record, v *viewer.Viewer, limit int) (err error) {
	if r.Profile, err = s.DB.Profile.Query().Where(profile.PersonID(v.PersonID)).Only(ctx); err != nil {
		return err
	}
	r.Affiliations, err = s.DB.Affiliation.Query().Where(affiliation.PersonID(v.PersonID)).WithInstitution().WithProgramme().
		Order(affiliation.ByID()).Limit(limit).All(ctx)
	return err
}

func (s *Service) roles(ctx context.Context, r *Record, v *viewer.Viewer, _ int) error {
	if len(v.Grants) == 0 {
		return nil
	}
	var alliances, institutions []ident.ID
	for _, g := range v.Grants {
		if g.At.Kind() == ident.Alliance {
			alliances = append(alliances, g.At)
		} else {
			institutions = append(institutions, g.At)
		}
	}
	places := map[ident.ID]vocab.Text{}
	if len(alliances) > 0 {
		all, err := s.DB.Alliance.Query().Where(alliance.IDIn(alliances...)).All(ctx)
		if err != nil {
			return err
		}
		for _, a := range all {
			places[a.ID] = a.Name
		}
	}
	if len(institutions) > 0 {
		all, err := s.DB.Institution.Query().Where(institution.IDIn(institutions...)).All(ctx)
		if err != nil {
			return err
		}
		for _, i := range all {
			places[i.ID] = i.Name
		}
	}
	for _, g := range v.Grants {
		place, known := places[g.At]
		if !known {
			return problem.New(problem.NotFound, "there is no such thing, or it is not visible to you")
		}
		r.Roles = append(r.Roles, Role{g, place})
	}
	return nil
}

func (s *Service) applications(ctx context.Context, r *Record, v *viewer.Viewer, limit int) (err error) {
	r.Applications, err = s.DB.Application.Query().Where(application.LearnerID(v.PersonID)).WithHost().
		WithOffering(func(q *ent.OfferingQuery) { q.WithVersion() }).Order(application.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	return err
}

func (s *Service) credentials(ctx context.Context, r *Record, v *viewer.Viewer, limit int) (err error) {
	r.Credentials, err = s.DB.Credential.Query().Where(credential.LearnerID(v.PersonID)).WithInstitution().WithVersion().
		Order(credential.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	return err
}

func (s *Service) recognitions(ctx context.Context, r *Record, v *viewer.Viewer, limit int) (err error) {
	r.Recognitions, err = s.DB.RecognitionCase.Query().Where(recognitioncase.LearnerID(v.PersonID)).WithHome().
		WithCredential(func(q *ent.CredentialQuery) { q.WithVersion() }).Order(recognitioncase.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	return err
}

func (s *Service) accounts(ctx context.Context, r *Record, v *viewer.Viewer, limit int) (err error) {
	r.Accounts, err = s.DB.Identity.Query().Where(identity.PersonID(v.PersonID)).Order(identity.ByID()).Limit(limit).All(ctx)
	if err != nil || len(r.Accounts) == 0 {
		return err
	}
	var providers []ident.ID
	for _, a := range r.Accounts {
		providers = append(providers, a.ProviderID)
	}
	// For whom a provider speaks is public: who signs in chooses by it.
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.ProviderIDIn(providers...)).WithInstitution().All(viewer.AsSystem(ctx))
	r.Homes = map[ident.ID]vocab.Text{}
	for _, h := range homes {
		if _, another := r.Homes[h.ProviderID]; another {
			r.Homes[h.ProviderID] = nil
			continue
		}
		r.Homes[h.ProviderID] = h.Edges.Institution.Name
	}
	return err
}

func (s *Service) sessions(ctx context.Context, r *Record, v *viewer.Viewer, limit int) (err error) {
	r.Sessions, err = s.DB.Session.Query().Where(session.PersonID(v.PersonID), sessions.Alive(s.Now())).WithPortal().
		Order(session.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	return err
}

func (s *Service) disclosures(ctx context.Context, r *Record, v *viewer.Viewer, limit int) error {
	all, err := s.DB.Disclosure.Query().Where(disclosure.PersonID(v.PersonID)).Order(disclosure.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	at := vocab.Each(all, func(d *ent.Disclosure) ident.ID { return vocab.OrZero(d.InstitutionID) })
	found, err := s.DB.Institution.Query().Where(institution.IDIn(at...)).All(ctx)
	names := map[ident.ID]vocab.Text{}
	for _, i := range found {
		names[i.ID] = i.Name
	}
	r.Disclosures = vocab.Each(all, func(d *ent.Disclosure) Disclosure { return Disclosure{d, names[vocab.OrZero(d.InstitutionID)]} })
	return err
}

func (s *Service) erasure(ctx context.Context, r *Record, v *viewer.Viewer, _ int) (err error) {
	r.Erasure, err = s.DB.Erasure.Query().Where(erasure.PersonID(v.PersonID)).Order(erasure.ByID(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	return err
}

func (s *Service) done(ctx context.Context, r *Record, v *viewer.Viewer, limit int) (err error) {
	own := func(q *sql.Selector) {
		t := sql.Dialect(q.Dialect()).Table(auditreader.Table)
		q.Where(sql.In(q.C(auditentry.FieldID), sql.Dialect(q.Dialect()).Select(t.C(auditreader.FieldEntryID)).From(t).
			Where(sql.EQ(t.C(auditreader.FieldReaderID), string(v.PersonID)))))
	}
	r.Done, err = s.DB.AuditEntry.Query().Where(own).Order(auditentry.ByID(sql.OrderDesc())).Limit(min(limit, entries)).All(ctx)
	return err
}
