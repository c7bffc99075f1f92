package learner

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/portalcode"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Link gives the signed-in person another account, which they have just proved
// to hold and confirmed to be theirs; both is the caller's to check. It returns
// a CONFLICT problem when somebody has the account already, be it the person:
// records of two people are never merged. The account acts in all roles of the
// person, so it returns a STEP_UP_REQUIRED problem as Unlink does.
func (s *Service) Link(ctx context.Context, a Assertion) (*ent.Identity, error) {
	v, err := authz.SignedIn(ctx)
	if err != nil {
		return nil, err
	}
	if err := toLink.RequireOwn(ctx); err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	asSystem := viewer.AsSystem(ctx)
	id, err := storage.Write(asSystem, s.DB, func(tx *ent.Tx) (*ent.Identity, error) {
		// A sign-in of the person writes the same affiliations: it waits here.
		if err := tx.Person.Update().Where(person.ID(v.PersonID)).SetSignedInAt(now).Exec(asSystem); err != nil {
			return nil, err
		}
		taken, err := known(asSystem, tx, a)
		switch {
		case err != nil:
			return nil, err
		case taken != nil && taken.PersonID == v.PersonID:
			return nil, problem.New(problem.Conflict, "this account is linked to you already")
		case taken != nil:
			return nil, errOthers
		}
		id, err := add(asSystem, tx, v.PersonID, a, now)
		if err != nil {
			return nil, err
		}
		if _, err := refreshAffiliations(asSystem, tx, id, a, now); err != nil {
			return nil, err
		}
		return id, ledger.Note(ctx, tx, toLink, ledger.Thing{ID: id.ID, Person: id.PersonID, At: []ident.ID{a.InstitutionID}})
	})
	if storage.IsDuplicate(err) { // it has just signed in for the first time elsewhere
		return nil, errOthers
	}
	return id, err
}

// MayLink returns nil when the signed-in person may link an account, and a
// STEP_UP_REQUIRED problem when a place that they work for asks for more proof.
func MayLink(ctx context.Context) error { return toLink.RequireOwn(ctx) }

// IsKnown says whether an account is somebody's already.
func (s *Service) IsKnown(ctx context.Context, a Assertion) (bool, error) {
	return s.DB.Identity.Query().Where(identity.Digest(a.digest())).Exist(viewer.AsSystem(ctx))
}

var errOthers = problem.New(problem.Conflict, "this account belongs to another person here; accounts are not merged")

// Unlink takes an account from the signed-in person, and ends what it has
// signed in. It returns a CONFLICT problem for the last one, and for the one
// that the running session began with. What its home asserted of it ends
// too: nobody would hear when that is no longer so.
func (s *Service) Unlink(ctx context.Context, id ident.ID) error {
	v, err := authz.SignedIn(ctx)
	if err != nil {
		return err
	}
	asSystem, now := viewer.AsSystem(ctx), vocab.Now(s.Now)
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		// Whoever unlinks at the same moment waits here, and reads afterwards.
		if err := tx.Person.Update().Where(person.ID(v.PersonID)).SetUnlinkedAt(now).Exec(asSystem); err != nil {
			return err
		}
		gone, err := tx.Identity.Get(ctx, id) // the guard shows own accounts only
		if err != nil {
			return storage.Found(err, "account", "input", "identityId")
		}
		if err := toUnlink.RequireOwn(ctx); err != nil {
			return err
		}
		if err := storage.IfNone(ctx, tx.Identity.Query().Where(identity.PersonID(v.PersonID), identity.IDNEQ(id)),
			problem.New(problem.Conflict, "your last account cannot be unlinked")); err != nil {
			return err
		}
		if err := storage.IfAny(ctx, tx.Session.Query().Where(session.ID(v.SessionID), session.IdentityID(id)),
			problem.New(problem.Conflict, "you are signed in with this account; sign in with another one to unlink it")); err != nil {
			return err
		}
		// What a portal has not redeemed yet dies with the session that it was for.
		if _, err := tx.PortalCode.Delete().Where(portalcode.HasSessionWith(session.IdentityID(gone.ID))).Exec(asSystem); err != nil {
			return err
		}
		for _, kind := range []session.Kind{session.KindBEARER, session.KindBROWSER} { // those that were lent go first
			if _, err := tx.Session.Delete().Where(session.IdentityID(gone.ID), session.KindEQ(kind)).Exec(asSystem); err != nil {
				return err
			}
		}
		left, err := endAffiliations(asSystem, tx, now, affiliation.IdentityID(gone.ID))
		if err != nil {
			return err
		}
		for _, at := range left { // another account that still earns a role there gives it again
			if err := role.Assert(asSystem, tx, v.PersonID, role.Claims{InstitutionID: at}, now); err != nil {
				return err
			}
		}
		if err := tx.Affiliation.Update().Where(affiliation.IdentityID(gone.ID)).ClearIdentityID().Exec(asSystem); err != nil {
			return err
		}
		n, err := tx.Identity.Delete().Where(identity.ID(gone.ID)).Exec(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Raced("account", id)
		}
		return ledger.Note(ctx, tx, toUnlink, ledger.Thing{ID: gone.ID, Person: gone.PersonID})
	})
}
