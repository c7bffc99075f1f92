package role

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// End takes a role back, at once or at a moment to come.
type End struct {
	RoleGrantID ident.ID
	At          *time.Time // nil: at once
	Reason      string
}

// End ends a role, or shortens it. It returns a CONFLICT problem when the role
// has ended, and when nobody would be left to administer the place.
func (s *Service) End(ctx context.Context, e End) (*ent.RoleGrant, error) {
	g, err := s.DB.RoleGrant.Get(ctx, e.RoleGrantID)
	if err != nil {
		return nil, storage.Found(err, "role", "input", "roleGrantId")
	}
	if err := mayEnd(ctx, g); err != nil {
		return nil, err
	}
	reason, err := vocab.LineOr(vocab.ErrNoReason, maxReason, e.Reason, "input", "reason")
	if err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	until := now
	if e.At != nil {
		until = vocab.Stored(*e.At)
	}
	if until.Before(now) {
		return nil, errPast.At("input", "at")
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.RoleGrant, error) {
		if err := lock(ctx, tx, placeOf(g)); err != nil {
			return nil, err
		}
		g, err := tx.RoleGrant.Get(ctx, g.ID)
		if err != nil {
			return nil, err
		}
		if err := running(g, now); err != nil {
			return nil, err
		}
		if g.ValidUntil != nil && until.After(*g.ValidUntil) {
			return nil, problem.New(problem.Invalid, "the role ends before that; give it anew to prolong it").At("input", "at")
		}
		if err := Succeeded(ctx, tx.Client(), g, now); err != nil {
			return nil, err
		}
		done := tx.RoleGrant.Update().Where(rolegrant.ID(g.ID)).SetValidUntil(until).SetEnded(!until.After(now)).SetEndReason(reason).
			SetNillableEndedByID(viewer.From(ctx).ByPerson()).Exec(viewer.AsSystem(ctx))
		return ledger.NotedAs(ctx, tx, done, toEnd, ofGrant, tx.RoleGrant.Get, g.ID)
	})
}

// mayEnd returns nil when the viewer may end the role: with the right there,
// or because it is their own.
func mayEnd(ctx context.Context, g *ent.RoleGrant) error {
	if authz.RequireSelf(ctx, g.PersonID) == nil {
		return nil
	}
	return toEnd.Require(ctx, placeOf(g))
}

// running returns nil while the role holds or will hold.
func running(g *ent.RoleGrant, now time.Time) error {
	return problem.If(g.Ended || g.ValidUntil != nil && !g.ValidUntil.After(now), problem.New(problem.Conflict, "this role has ended already"))
}

// Succeeded returns nil when the place keeps an administrator without an end
// who is somebody else's grant than g.
func Succeeded(ctx context.Context, db *ent.Client, g *ent.RoleGrant, now time.Time) error {
	if !administers(g.Role) || g.ValidFrom.After(now) {
		return nil
	}
	return storage.IfNone(viewer.AsSystem(ctx), db.RoleGrant.Query().Where(administering(placeOf(g), now), rolegrant.IDNEQ(g.ID)),
		problem.New(problem.Conflict, "this is the last administrator; appoint another one without an end first"))
}
