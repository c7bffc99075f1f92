package institution

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// NewGrant gives a person a role at an institution or one of its units, or, for
// the role of alliance administrator, in an alliance.
type NewGrant struct {
	PersonID       ident.ID
	Role           viewer.Role
	At             ident.ID
	UnitID         *ident.ID // nil: the whole institution
	IdempotencyKey *string
}

// Grant gives the role, from now on. It returns an INVALID problem when the
// role is not one for such a place.
func (s *Service) Grant(ctx context.Context, g NewGrant) (*ent.RoleGrant, error) {
	if err := s.requireGrant(ctx, g); err != nil {
		return nil, err
	}
	if (g.Role == viewer.AllianceAdministrator) != (g.At.Kind() == ident.Alliance) {
		return nil, problem.New(problem.Invalid, "an alliance administrator is one of an alliance, every other role belongs to an institution").At("input", "role")
	}
	if g.UnitID != nil && !slices.Contains(authz.UnitRoles, g.Role) {
		return nil, problem.New(problem.Invalid, "the role %s is held at a whole institution, not at a unit", g.Role).At("input", "unitId")
	}
	call := idempotency.Call{Verb: "grantRole", Key: g.IdempotencyKey, Input: g}
	system := viewer.AsSystem(ctx) // the person and the institution's rows need not be visible
	return idempotency.Write(ctx, s.DB, call, s.DB.RoleGrant.Get, func(tx *ent.Tx) (*ent.RoleGrant, error) {
		if _, err := tx.Person.Get(system, g.PersonID); err != nil {
			return nil, storage.Found(err, "person", "input", "personId")
		}
		if g.UnitID != nil {
			u, err := tx.Unit.Get(system, *g.UnitID)
			if err != nil {
				return nil, storage.Found(err, "unit", "input", "unitId")
			}
			if u.InstitutionID != g.At {
				return nil, problem.New(problem.Invalid, "the unit belongs to another institution").At("input", "unitId")
			}
			if u.ClosedAt != nil {
				return nil, errClosed.At("input", "unitId")
			}
		}
		create := tx.RoleGrant.Create().SetPersonID(g.PersonID).SetRole(rolegrant.Role(g.Role)).SetValidFrom(vocab.Now(s.Now)).SetNillableUnitID(g.UnitID)
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
		details := map[string]string{"role": string(g.Role)}
		if g.UnitID != nil {
			details["unit"] = string(*g.UnitID)
		}
		return made, audit.Record(ctx, tx, audit.Entry{Verb: "role.grant", Object: g.PersonID, Institutions: []ident.ID{g.At}, Details: details})
	})
}

// requireGrant returns nil when the viewer may give the role. Beside who has
// the right there, the administrators of the alliance that brought an
// institution here may appoint its administrator while it has none: somebody
// has to answer its invitation.
func (s *Service) requireGrant(ctx context.Context, g NewGrant) error {
	refused := authz.Require(ctx, authz.GrantRoles, g.At)
	if refused == nil || g.Role != viewer.Administrator || g.UnitID != nil {
		return refused
	}
	system := viewer.AsSystem(ctx)
	first, err := s.DB.Membership.Query().Where(membership.InstitutionID(g.At)).Order(membership.ByID()).First(system)
	if ent.IsNotFound(err) || err == nil && (first.State == membership.StateLEFT || authz.Require(ctx, authz.ManageAlliance, first.AllianceID) != nil) {
		return refused
	}
	if err != nil {
		return storage.Classify(err)
	}
	governed, err := s.DB.RoleGrant.Query().Where(rolegrant.InstitutionID(g.At), rolegrant.RoleEQ(rolegrant.RoleADMINISTRATOR), heldAt(s.Now())).Exist(system)
	if err != nil {
		return storage.Classify(err)
	}
	if governed {
		return problem.New(problem.Forbidden, "the institution has an administrator, who gives its roles")
	}
	return nil
}

// heldAt are the grants that hold at a moment.
func heldAt(at time.Time) predicate.RoleGrant {
	return rolegrant.And(rolegrant.ValidFromLTE(at), rolegrant.Or(rolegrant.ValidUntilIsNil(), rolegrant.ValidUntilGT(at)))
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
