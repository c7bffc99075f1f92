// Package session keeps who has signed in: an opaque secret of 256 bits in the
// browser or a program, its SHA-256 here. Of a provider's tokens none is kept but
// the ID token, sealed, as the hint that its logout asks for.
package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/logouttoken"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service keeps sessions.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
	KEK keyring.KEK // seals hints for a provider's logout; the zero KEK keeps none

	recent recent
	seen   seen
}

// New returns the service on a database, whose changes of who may do what it
// hears from then on.
func New(db *ent.Client, now func() time.Time, kek keyring.KEK) *Service {
	s := &Service{DB: db, Now: now, KEK: kek}
	s.recent.hear(db)
	return s
}

// Proof is how somebody proved themselves to their provider, as it says.
type Proof struct {
	ACR             string     // REFEDS profile, or a level of the provider's own
	AMR             []string   // methods (RFC 8176)
	AuthenticatedAt *time.Time // nil: it does not say when
	SID             string     // the provider's name of its session
	IDToken         string     // kept sealed, as a hint for the provider's logout
	Purpose         string     // why it was asked for, for the record
}

// maxHint is the largest ID token that is kept, in bytes: it travels in an address.
const maxHint = 4096

func sealed(id ident.ID) keyring.Owner {
	return keyring.Owner{Institution: string(id), Purpose: "id_token"}
}

// How long sessions last.
const (
	idle     = time.Hour
	absolute = 12 * time.Hour
	staff    = 8 * time.Hour // absolute, of whoever holds a role
	lent     = time.Hour
	noticed  = time.Minute // that it is used is written no more often
)

// Start begins a session of an account that has just signed in and returns its
// secret, which nobody can read again.
func (s *Service) Start(ctx context.Context, id *ent.Identity, p Proof) (secret string, err error) {
	if p.SID != "" {
		p.SID = storage.Digest(p.SID)
	}
	return s.start(ctx, id, p, nil)
}

// start is Start with the SID as it is stored, after what is done first in the
// same transaction.
func (s *Service) start(ctx context.Context, id *ent.Identity, p Proof, first func(*ent.Tx) error) (secret string, err error) {
	now, lifetime := vocab.Now(s.Now), absolute
	isStaff, err := s.isStaff(ctx, id.PersonID, now)
	if err != nil {
		return "", err
	}
	if isStaff {
		lifetime = staff
	}
	secret = NewSecret()
	digest := storage.Digest(secret)
	hint := ""
	if s.KEK.ID() != "" && p.IDToken != "" && len(p.IDToken) <= maxHint {
		if hint, err = keyring.SealText(s.KEK, p.IDToken, digest, sealed(id.ID)); err != nil {
			return "", err
		}
	}
	return secret, s.create(ctx, p.Purpose, first, func(tx *ent.Tx) *ent.SessionCreate {
		create := tx.Session.Create().SetPersonID(id.PersonID).SetIdentityID(id.ID).SetKind(session.KindBROWSER).SetDigest(digest).
			SetAmr(p.AMR).SetCreatedAt(now).SetSeenAt(now).SetExpiresAt(now.Add(lifetime))
		if p.AuthenticatedAt != nil {
			create.SetAuthenticatedAt(vocab.Stored(*p.AuthenticatedAt))
		}
		if p.ACR != "" {
			create.SetAcr(vocab.Clean(255, p.ACR))
		}
		if p.SID != "" {
			create.SetSid(p.SID)
		}
		if hint != "" {
			create.SetIDToken(hint)
		}
		return create
	})
}

func (s *Service) isStaff(ctx context.Context, person ident.ID, now time.Time) (bool, error) {
	return s.DB.RoleGrant.Query().Where(rolegrant.PersonID(person), authz.Held(now)).Exist(viewer.AsSystem(ctx))
}

// Lend makes a bearer token that acts for the session's person. It ends with
// the session, or after an hour.
func (s *Service) Lend(ctx context.Context, parent ident.ID) (secret string, expires time.Time, err error) {
	return s.lendFor(ctx, parent, "", lent)
}

// Lifetimes are those from which the person chooses for a token that they name,
// the longest last.
var Lifetimes = []time.Duration{15 * time.Minute, 30 * time.Minute, lent}

// maxLoanName is how long the name of a token may be, in characters.
const maxLoanName = 60

// LendNamed is Lend under a name by which the person tells the token from their
// others, and for one of Lifetimes.
func (s *Service) LendNamed(ctx context.Context, parent ident.ID, name string, lifetime time.Duration) (secret string, expires time.Time, err error) {
	name, bad := vocab.NeededLine(maxLoanName, name, "input", "name")
	var wrong error
	if !slices.Contains(Lifetimes, lifetime) {
		wrong = problem.New(problem.Invalid, "a token lasts 15, 30 or 60 minutes").At("input", "minutes")
	}
	if err := errors.Join(bad, wrong); err != nil {
		return "", time.Time{}, err
	}
	return s.lendFor(ctx, parent, name, lifetime)
}

func (s *Service) lendFor(ctx context.Context, parent ident.ID, name string, lifetime time.Duration) (secret string, expires time.Time, err error) {
	system := viewer.AsSystem(ctx)
	p, err := s.DB.Session.Get(system, parent)
	if err != nil {
		return "", time.Time{}, storage.Found(err, "session")
	}
	if p.Kind != session.KindBROWSER {
		return "", time.Time{}, problem.New(problem.Forbidden, "a bearer token cannot make another one")
	}
	if !s.alive(p, vocab.Now(s.Now)) {
		return "", time.Time{}, problem.New(problem.Unauthenticated, "sign in first")
	}
	secret = NewSecret()
	return secret, s.lentUntil(p, lifetime), s.create(ctx, "", nil, func(tx *ent.Tx) *ent.SessionCreate {
		made := s.lend(tx, p, secret, lifetime)
		if name != "" {
			made.SetName(name)
		}
		return made
	})
}

// LendTo lends a token of a browser's session to a portal, in the caller's
// transaction, which also records it. It returns nil when the session has ended.
func (s *Service) LendTo(ctx context.Context, tx *ent.Tx, parent, portal ident.ID) (made *ent.Session, secret string, err error) {
	p, err := tx.Session.Get(ctx, parent)
	if ent.IsNotFound(err) || err == nil && (p.Kind != session.KindBROWSER || !s.alive(p, vocab.Now(s.Now))) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	secret = NewSecret()
	made, err = s.lend(tx, p, secret, lent).SetPortalID(portal).Save(ctx)
	return made, secret, err
}

func (s *Service) lend(tx *ent.Tx, p *ent.Session, secret string, lifetime time.Duration) *ent.SessionCreate {
	now := vocab.Now(s.Now)
	return tx.Session.Create().SetPersonID(p.PersonID).SetIdentityID(p.IdentityID).SetParentID(p.ID).SetKind(session.KindBEARER).
		SetNillableAcr(p.Acr).SetAmr(p.Amr).SetDigest(storage.Digest(secret)).SetNillableAuthenticatedAt(p.AuthenticatedAt).
		SetCreatedAt(now).SetSeenAt(now).SetExpiresAt(s.lentUntil(p, lifetime))
}

func (s *Service) lentUntil(p *ent.Session, lifetime time.Duration) time.Time {
	until := vocab.Now(s.Now).Add(lifetime)
	if p.ExpiresAt.Before(until) {
		return p.ExpiresAt
	}
	return until
}

func (s *Service) create(ctx context.Context, purpose string, first func(*ent.Tx) error, row func(*ent.Tx) *ent.SessionCreate) error {
	ctx = viewer.AsSystem(ctx)
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		if first != nil {
			if err := first(tx); err != nil {
				return err
			}
		}
		made, err := row(tx).Save(ctx)
		if err != nil {
			return err
		}
		noted := ledger.Thing{ID: made.PersonID}.With("kind", string(made.Kind))
		if purpose != "" {
			noted = noted.With("purpose", purpose)
		}
		return ledger.Note(ctx, tx, toStart, noted)
	})
}

func (s *Service) alive(row *ent.Session, now time.Time) bool {
	return row.EndedAt == nil && now.Before(row.ExpiresAt) && now.Sub(s.seen.since(row.ID, row.SeenAt)) < idle
}

// Alive are the sessions that are stored as alive at a moment.
func Alive(now time.Time) predicate.Session {
	return session.And(session.EndedAtIsNil(), session.ExpiresAtGT(now), session.SeenAtGT(now.Add(-idle)))
}

// End ends a session, and with it the tokens that it has lent.
func (s *Service) End(ctx context.Context, id ident.ID) error {
	ctx = viewer.AsSystem(ctx)
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error { return s.end(ctx, tx, id) })
}

func (s *Service) end(ctx context.Context, tx *ent.Tx, id ident.ID) error {
	n, err := tx.Session.Update().Where(session.Or(session.ID(id), session.ParentID(id)), session.EndedAtIsNil()).SetEndedAt(vocab.Now(s.Now)).Save(ctx)
	if err != nil || n == 0 {
		return err
	}
	ended, err := tx.Session.Get(ctx, id)
	if err != nil {
		return err
	}
	return ledger.Note(ctx, tx, toEnd, ledger.Thing{ID: id, Person: ended.PersonID})
}

// EndOthers ends every session of the viewer but one of them, the one that lent
// it and those that it has lent. It returns the one that goes on, and how many
// have ended.
func (s *Service) EndOthers(ctx context.Context, except ident.ID) (stays *ent.Session, n int, err error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, 0, err
	}
	stays, err = s.DB.Session.Get(ctx, except) // the guard shows own sessions only
	if err != nil {
		return nil, 0, storage.Found(err, "session", "input", "exceptSessionId")
	}
	kept := []ident.ID{stays.ID}
	if stays.ParentID != nil {
		kept = append(kept, *stays.ParentID)
	}
	now := vocab.Now(s.Now)
	err = storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		n, err = tx.Session.Update().Where(session.PersonID(stays.PersonID), session.IDNotIn(kept...), session.EndedAtIsNil(), session.ExpiresAtGT(now),
			session.Or(session.ParentIDIsNil(), session.ParentIDNEQ(stays.ID))).SetEndedAt(now).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		return ledger.Note(ctx, tx, toEndOthers, ledger.Thing{ID: stays.PersonID}.With("sessions", strconv.Itoa(n)))
	})
	return stays, n, err
}

// EndOwn ends one of the viewer's sessions, and with it the tokens that it has
// lent. It returns the session, ended.
func (s *Service) EndOwn(ctx context.Context, id ident.ID) (*ent.Session, error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	if _, err := s.DB.Session.Get(ctx, id); err != nil { // the guard shows own sessions only
		return nil, storage.Found(err, "session", "input", "sessionId")
	}
	if err := s.End(ctx, id); err != nil {
		return nil, err
	}
	return s.DB.Session.Get(ctx, id)
}

// Renew lets a session go on under a new secret, which it returns; the old one
// is dead. It returns an UNAUTHENTICATED problem for a session that has ended:
// whoever ended it meant it.
func (s *Service) Renew(ctx context.Context, id ident.ID) (secret string, err error) {
	ctx = viewer.AsSystem(ctx)
	old, err := s.DB.Session.Query().Where(session.ID(id)).WithIdentity().Only(ctx)
	if err != nil {
		return "", storage.Found(err, "session")
	}
	now := vocab.Now(s.Now)
	proof := Proof{ACR: vocab.OrZero(old.Acr), AMR: old.Amr, AuthenticatedAt: old.AuthenticatedAt, SID: vocab.OrZero(old.Sid), IDToken: s.Hint(old), Purpose: "RENEWED"}
	return s.start(ctx, old.Edges.Identity, proof, func(tx *ent.Tx) error {
		// Written first, so that who ends it at the same moment waits here.
		n, err := tx.Session.Update().Where(session.ID(id), session.EndedAtIsNil(), session.ExpiresAtGT(now), session.SeenAtGT(now.Add(-idle))).SetSeenAt(now).Save(ctx)
		if err != nil {
			return err
		}
		if n != 1 {
			return problem.New(problem.Unauthenticated, "sign in first")
		}
		return s.end(ctx, tx, id)
	})
}

// Hint returns the ID token by which a session began, or "" when none is kept
// that can be opened.
func (s *Service) Hint(found *ent.Session) string {
	hint, err := keyring.OpenText(s.KEK, vocab.OrZero(found.IDToken), found.Digest, sealed(found.IdentityID))
	if err != nil {
		return ""
	}
	return hint
}

// remembered is for how long after its end a used logout token is remembered: by
// the clock of another server it may not have ended.
const remembered = 10 * time.Minute

// Clear deletes what has expired a day ago or earlier. A job calls it.
func (s *Service) Clear(ctx context.Context) (int, error) {
	ctx = viewer.AsSystem(ctx)
	before := s.Now().Add(-24 * time.Hour)
	n, err := s.DB.Session.Delete().Where(session.ExpiresAtLT(before), session.ParentIDNotNil()).Exec(ctx)
	if err != nil {
		return n, err
	}
	m, err := s.DB.Session.Delete().Where(session.ExpiresAtLT(before.Add(-absolute))).Exec(ctx)
	if err != nil {
		return n + m, err
	}
	l, err := s.DB.LogoutToken.Delete().Where(logouttoken.ExpiresAtLT(s.Now().Add(-remembered))).Exec(ctx)
	return n + m + l, err
}

// NewSecret returns 256 random bits as text.
func NewSecret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
