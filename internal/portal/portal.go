// Package portal holds the front ends on origins of their own: which origins a
// browser may call the API from, and to which addresses a person's token is
// handed. An institution's administrator registers portals for it, an alliance's
// administrator those of the alliance. A portal is never changed: a new address
// is a new registration, and ending one ends every token that was lent to it.
package portal

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	row "github.com/peregrine-exchange/peregrine/ent/portal"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service registers portals and knows their origins.
type Service struct {
	DB  *ent.Client
	Now func() time.Time

	origins origins
}

// Bounds of what is registered.
const (
	maxName            = 100
	maxReturnAddresses = 10
	maxPortals         = 50 // of one institution or alliance, while they last
)

// Registration is a new portal of an institution or an alliance.
type Registration struct {
	At              ident.ID // institution or alliance
	Name            string   // what people read before they let it in
	Origin          string   // such as "https://portal.example"
	ReturnAddresses []string // at the origin; none for a portal that asks no person in
	IdempotencyKey  *string
}

// Register registers a portal. It returns a CONFLICT problem while the origin
// is registered already, by whomever.
func (s *Service) Register(ctx context.Context, r Registration) (*ent.Portal, error) {
	made, err := idempotency.Write(ctx, s.DB, idempotency.Of(toRegister, r.IdempotencyKey, r), s.DB.Portal.Get, func(tx *ent.Tx) (*ent.Portal, error) {
		if err := requireAt(ctx, toRegister, r.At); err != nil {
			return nil, err
		}
		name, badName := vocab.NeededLine(maxName, r.Name, "input", "name")
		if err := problem.Join(badName, checkOrigin(r.Origin), checkReturnAddresses(r.Origin, r.ReturnAddresses)); err != nil {
			return nil, err
		}
		system := viewer.AsSystem(ctx) // the origin may be another's
		if err := s.room(system, tx, r); err != nil {
			return nil, err
		}
		create := tx.Portal.Create().SetName(name).SetOrigin(r.Origin).SetHeldOrigin(r.Origin).
			SetReturnAddresses(append([]string{}, r.ReturnAddresses...))
		if r.At.Kind() == ident.Alliance {
			create.SetAllianceID(r.At)
		} else {
			create.SetInstitutionID(r.At)
		}
		// It may be taken by who registered at the same moment.
		return ledger.Made(ctx, tx, toRegister, ofPortal, errTaken, create)
	})
	if err == nil {
		s.origins.forget()
	}
	return made, err
}

var (
	errTaken = problem.New(problem.Conflict, "this origin is registered already").At("input", "origin")
	errEnded = problem.New(problem.Conflict, "the portal has ended already")
)

// room returns a CONFLICT problem when the origin is taken or its owner has as
// many portals as one may.
func (s *Service) room(ctx context.Context, tx *ent.Tx, r Registration) error {
	if err := storage.IfAny(ctx, tx.Portal.Query().Where(row.HeldOrigin(r.Origin)), errTaken); err != nil {
		return err
	}
	return storage.IfFull(ctx, tx.Portal.Query().Where(Of(r.At), row.EndedAtIsNil()), maxPortals,
		problem.New(problem.Conflict, "at most %d portals are registered at once", maxPortals))
}

// End ends a portal, and with it every token that was lent to it.
func (s *Service) End(ctx context.Context, id ident.ID) (*ent.Portal, error) {
	p, err := s.DB.Portal.Get(ctx, id)
	if err != nil {
		return nil, storage.Found(err, "portal", "input", "portalId")
	}
	if err := requireAt(ctx, toEnd, Owner(p)); err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	ended, err := storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Portal, error) {
		update := tx.Portal.Update().Where(row.ID(id), row.EndedAtIsNil()).SetEndedAt(now).ClearHeldOrigin()
		if err := storage.IfUnchanged(ctx, update, errEnded); err != nil {
			return nil, err
		}
		system := viewer.AsSystem(ctx) // the tokens are other people's
		done := tx.Session.Update().Where(session.PortalID(id), session.EndedAtIsNil()).SetEndedAt(now).Exec(system)
		return ledger.Noted(ctx, tx, done, toEnd, ofPortal(p), tx.Portal.Get)
	})
	if err == nil {
		s.origins.forget()
	}
	return ended, err
}

// Use holds a portal for the rest of the transaction, so that it cannot end
// while a token is lent to it, and notes the moment. It returns false when the
// portal has ended.
func Use(ctx context.Context, tx *ent.Tx, id ident.ID, now time.Time) (bool, error) {
	n, err := tx.Portal.Update().Where(row.ID(id), row.EndedAtIsNil()).SetUsedAt(now).Save(viewer.AsSystem(ctx))
	return n == 1, err
}

// Registered returns the portal, or nil when none that lasts has the id.
func (s *Service) Registered(ctx context.Context, id ident.ID) (*ent.Portal, error) {
	p, err := s.DB.Portal.Query().Where(row.ID(id), row.EndedAtIsNil()).WithInstitution().WithAlliance().Only(viewer.AsSystem(ctx))
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return p, err
}

// ReturnsTo says whether a portal may ask for tokens to be handed to an
// address: exactly one of those it was registered with.
func ReturnsTo(p *ent.Portal, address string) bool {
	return slices.Contains(p.ReturnAddresses, address)
}

// Owner is the institution or the alliance that registered a portal.
func Owner(p *ent.Portal) ident.ID { return vocab.OrZero(cmp.Or(p.AllianceID, p.InstitutionID)) }

// ofPortal is the portal for the record.
func ofPortal(p *ent.Portal) ledger.Thing { return ledger.Thing{ID: p.ID, At: []ident.ID{Owner(p)}} }

// Of are the portals of an institution or an alliance.
func Of(at ident.ID) predicate.Portal {
	if at.Kind() == ident.Alliance {
		return row.AllianceID(at)
	}
	return row.InstitutionID(at)
}

// Actions are what the viewer may do with a portal.
func Actions(ctx context.Context, p *ent.Portal) []authz.Action {
	ended := problem.If(p.EndedAt != nil, errEnded)
	return []authz.Action{toEnd.Act(requireAt(ctx, toEnd, Owner(p)), ended)}
}

// OwnerActions are what the viewer may do about the portals of an institution
// or an alliance.
func OwnerActions(ctx context.Context, at ident.ID) []authz.Action {
	return []authz.Action{toRegister.Act(requireAt(ctx, toRegister, at))}
}

// requireAt asks for the right of an institution, or that of an alliance.
func requireAt(ctx context.Context, v *ledger.Verb, at ident.ID) error {
	if at.Kind() == ident.Alliance {
		return v.RequireOr(ctx, at)
	}
	return v.Require(ctx, at)
}
