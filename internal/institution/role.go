package institution

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// NewGrant gives a person a role at an institution, or, for the role of
// alliance administrator, in an alliance.
type NewGrant struct {
	PersonID ident.ID
	Role     viewer.Role
	At       ident.ID
}

// Grant gives the role, from now on. It returns an INVALID problem when the
// role is not one for such a place.
func (s *Service) Grant(ctx context.Context, g NewGrant) (*ent.RoleGrant, error) {
	if err := authz.Require(ctx, authz.GrantRoles, g.At); err != nil {
		return nil, err
	}
	if (g.Role == viewer.AllianceAdministrator) != (g.At.Kind() == ident.Alliance) {
		return nil, problem.New(problem.Invalid, "an alliance administrator is one of an alliance, every other role belongs to an institution").At("role")
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.RoleGrant, error) {
		create := tx.RoleGrant.Create().SetPersonID(g.PersonID).SetRole(rolegrant.Role(g.Role)).SetValidFrom(vocab.Now(s.Now))
		if g.At.Kind() == ident.Alliance {
			create.SetAllianceID(g.At)
		} else {
			create.SetInstitutionID(g.At)
		}
		if v := viewer.From(ctx); v.PersonID != "" {
			create.SetGrantedByID(v.PersonID)
		}
		made, err := create.Save(ctx)
		if err != nil {
			return nil, err
		}
		return made, audit.Record(ctx, tx, audit.Entry{
			Verb: "role.grant", Object: g.PersonID, Institutions: []ident.ID{g.At}, Details: map[string]string{"role": string(g.Role)},
		})
	})
}

// Study says which programme a person studies at home: what a recognition will
// count towards unless they say otherwise.
type Study struct {
	PersonID    ident.ID
	ProgrammeID ident.ID
}

// RecordStudy records it at the person's affiliations with the institution. It
// returns a NOT_FOUND problem when they have none.
func (s *Service) RecordStudy(ctx context.Context, st Study) error {
	p, err := s.DB.Programme.Get(ctx, st.ProgrammeID)
	if err != nil {
		return storage.Found(err, "programme", "programmeId")
	}
	if err := authz.Require(ctx, authz.ManageInstitution, p.InstitutionID); err != nil {
		return err
	}
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		n, err := tx.Affiliation.Update().Where(affiliation.PersonID(st.PersonID), affiliation.InstitutionID(p.InstitutionID)).
			SetProgrammeID(p.ID).Save(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Missing("person").At("personId")
		}
		return audit.Record(ctx, tx, audit.Entry{Verb: "study.record", Object: st.PersonID, Institutions: []ident.ID{p.InstitutionID}})
	})
}
