package role

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// NewGrant gives a person a role at an institution or one of its units, or, for
// the roles of alliance administrator and auditor, in an alliance.
type NewGrant struct {
	PersonID       ident.ID
	Role           viewer.Role
	At             ident.ID
	UnitID         *ident.ID  // nil: the whole institution
	ValidFrom      *time.Time // nil: now
	ValidUntil     *time.Time // nil: without an end
	IdempotencyKey *string
}

// Grant gives the role. It returns an INVALID problem when the role is not one
// for such a place, or for such a time.
func (s *Service) Grant(ctx context.Context, g NewGrant) (*ent.RoleGrant, error) {
	now := vocab.Now(s.Now)
	system := viewer.AsSystem(ctx) // the person and the institution's rows need not be visible
	return idempotency.Write(ctx, s.DB, idempotency.Of(toGrant, g.IdempotencyKey, g), s.DB.RoleGrant.Get, func(tx *ent.Tx) (*ent.RoleGrant, error) {
		if err := lock(ctx, tx, g.At); err != nil {
			return nil, err
		}
		if err := requireGrant(ctx, tx, g, now); err != nil {
			return nil, err
		}
		from, until, err := g.span(now)
		if err := problem.Join(g.checkPlace(), err); err != nil {
			return nil, err
		}
		if _, err := tx.Person.Get(system, g.PersonID); err != nil {
			return nil, storage.Found(err, "person", "input", "personId")
		}
		if err := institution.HoldOpen(system, tx, g.UnitID, g.At, "input", "unitId"); err != nil {
			return nil, err
		}
		if administers(rolegrant.Role(g.Role)) && (until != nil || from.After(now)) {
			if err := storage.IfNone(system, tx.RoleGrant.Query().Where(administering(g.At, now)), errFirst); err != nil {
				return nil, err
			}
		}
		create := tx.RoleGrant.Create().SetPersonID(g.PersonID).SetRole(rolegrant.Role(g.Role)).
			SetValidFrom(from).SetNillableValidUntil(until).SetNillableUnitID(g.UnitID).SetNillableGrantedByID(viewer.From(ctx).ByPerson())
		if g.At.Kind() == ident.Alliance {
			create.SetAllianceID(g.At)
		} else {
			create.SetInstitutionID(g.At)
		}
		return ledger.Made(ctx, tx, toGrant, ofGrant, nil, create)
	})
}

// checkPlace returns nil when the role is one for an institution, unit or
// alliance, whichever is named.
func (g NewGrant) checkPlace() error {
	if g.Role != viewer.Auditor && (g.Role == viewer.AllianceAdministrator) != (g.At.Kind() == ident.Alliance) {
		return problem.New(problem.Invalid, "an alliance administrator is one of an alliance, an auditor of either, every other role belongs to an institution").
			At("input", "role")
	}
	return checkUnitRole(g.Role, g.UnitID)
}

func checkUnitRole(r viewer.Role, unit *ident.ID) error {
	return problem.If(unit != nil && !slices.Contains(authz.UnitRoles, r),
		problem.New(problem.Invalid, "the role %s is held at a whole institution, not at a unit", r).At("input", "unitId"))
}

// span returns since and until when the role holds. Nobody gets a role for a
// time that has passed: the record would say that they might have acted.
func (g NewGrant) span(now time.Time) (from time.Time, until *time.Time, err error) {
	from = now
	if g.ValidFrom != nil {
		from = vocab.Stored(*g.ValidFrom)
	}
	if from.Before(now) {
		return from, nil, errPast.At("input", "validFrom")
	}
	if g.ValidUntil == nil {
		return from, nil, nil
	}
	end := vocab.Stored(*g.ValidUntil)
	if !end.After(from) {
		return from, nil, problem.New(problem.Invalid, "a role ends after it has begun").At("input", "validUntil")
	}
	return from, &end, nil
}

var (
	errPast  = problem.New(problem.Invalid, "this moment has passed")
	errFirst = problem.New(problem.Invalid, "the first administrator holds the role from now on and without an end").At("input", "validUntil")
)

// requireGrant returns nil when the viewer may give the role. Nobody gives one
// to themselves. Beside who has the right there, the administrators of the
// alliance that brought an institution here may appoint its administrator while
// it has none: somebody has to answer its invitation. The place is held, so that
// of two who appoint the first one the second is too late.
func requireGrant(ctx context.Context, tx *ent.Tx, g NewGrant, now time.Time) error {
	refused := toGrant.Require(ctx, g.At)
	if refused == nil {
		return authz.RequireOther(ctx, g.PersonID)
	}
	if g.Role != viewer.Administrator || g.UnitID != nil {
		return refused
	}
	by, err := institution.BroughtBy(ctx, tx.Client(), g.At)
	if err != nil {
		return err
	}
	if by[g.At] == "" || toGrant.RequireOr(ctx, by[g.At]) != nil {
		return refused
	}
	if err := storage.IfAny(viewer.AsSystem(ctx), tx.RoleGrant.Query().Where(authz.Governs(g.At, now)),
		problem.New(problem.Forbidden, "the institution has an administrator, who gives its roles")); err != nil {
		return err
	}
	return authz.RequireOther(ctx, g.PersonID)
}
