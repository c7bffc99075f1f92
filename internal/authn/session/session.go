// Package session keeps who has signed in: an opaque secret of 256 bits in the
// browser or a program, its SHA-256 here. No token of a provider is kept.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service keeps sessions.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// How long sessions last.
const (
	idle     = time.Hour
	absolute = 12 * time.Hour
	lent     = time.Hour
	noticed  = time.Minute // seen_at is written no more often
)

// Start begins a session of an account that has just signed in and returns its
// secret, which nobody can read again.
func (s *Service) Start(ctx context.Context, id *ent.Identity, acr string, authenticated time.Time) (secret string, err error) {
	now := vocab.Now(s.Now)
	secret, digest := newSecret()
	return secret, s.create(ctx, func(tx *ent.Tx) *ent.SessionCreate {
		create := tx.Session.Create().SetPersonID(id.PersonID).SetIdentityID(id.ID).SetKind(session.KindBROWSER).SetDigest(digest).
			SetAuthenticatedAt(authenticated.UTC().Truncate(time.Microsecond)).SetSeenAt(now).SetExpiresAt(now.Add(absolute))
		if acr != "" {
			create.SetAcr(vocab.Clean(255, acr))
		}
		return create
	})
}

// Lend makes a bearer token that acts for the session's person. It ends with
// the session, or after an hour.
func (s *Service) Lend(ctx context.Context, parent ident.ID) (secret string, expires time.Time, err error) {
	system := viewer.AsSystem(ctx)
	p, err := s.DB.Session.Get(system, parent)
	if err != nil {
		return "", time.Time{}, storage.Found(err, "session")
	}
	if p.Kind != session.KindBROWSER {
		return "", time.Time{}, problem.New(problem.Forbidden, "a bearer token cannot make another one")
	}
	secret, digest := newSecret()
	return secret, s.lentUntil(p), s.create(ctx, func(tx *ent.Tx) *ent.SessionCreate { return s.lend(tx, p, digest) })
}

// LendTo lends a token of a browser's session to a portal, in the caller's
// transaction, which also records it. It returns nil when the session has ended.
func (s *Service) LendTo(ctx context.Context, tx *ent.Tx, parent, portal ident.ID) (lent *ent.Session, secret string, err error) {
	p, err := tx.Session.Get(ctx, parent)
	if ent.IsNotFound(err) || err == nil && (p.Kind != session.KindBROWSER || !alive(p, vocab.Now(s.Now))) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	secret, digest := newSecret()
	lent, err = s.lend(tx, p, digest).SetPortalID(portal).Save(ctx)
	return lent, secret, err
}

func (s *Service) lend(tx *ent.Tx, p *ent.Session, digest string) *ent.SessionCreate {
	return tx.Session.Create().SetPersonID(p.PersonID).SetIdentityID(p.IdentityID).SetParentID(p.ID).SetKind(session.KindBEARER).
		SetDigest(digest).SetAuthenticatedAt(p.AuthenticatedAt).SetSeenAt(vocab.Now(s.Now)).SetExpiresAt(s.lentUntil(p))
}

func (s *Service) lentUntil(p *ent.Session) time.Time {
	until := vocab.Now(s.Now).Add(lent)
	if p.ExpiresAt.Before(until) {
		return p.ExpiresAt
	}
	return until
}

func (s *Service) create(ctx context.Context, row func(*ent.Tx) *ent.SessionCreate) error {
	ctx = viewer.AsSystem(ctx)
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		made, err := row(tx).Save(ctx)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Verb: "session.start", Object: made.PersonID, Details: map[string]string{"kind": string(made.Kind)}})
	})
}

// Lookup returns the live session of a secret, or nil. A bearer token lives no
// longer than the session that lent it.
func (s *Service) Lookup(ctx context.Context, secret string, kind session.Kind) (*ent.Session, error) {
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	found, err := s.DB.Session.Query().Where(session.Digest(digestOf(secret)), session.KindEQ(kind)).WithParent().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, storage.Classify(err)
	}
	if !alive(found, now) || found.Edges.Parent != nil && !alive(found.Edges.Parent, now) {
		return nil, nil
	}
	if now.Sub(found.SeenAt) >= noticed {
		ids := []ident.ID{found.ID}
		if found.ParentID != nil {
			ids = append(ids, *found.ParentID) // who uses the token is not idle
		}
		if err := s.DB.Session.Update().Where(session.IDIn(ids...), session.EndedAtIsNil()).SetSeenAt(now).Exec(ctx); err != nil {
			return nil, storage.Classify(err)
		}
	}
	return found, nil
}

func alive(s *ent.Session, now time.Time) bool {
	return s.EndedAt == nil && now.Before(s.ExpiresAt) && now.Sub(s.SeenAt) < idle
}

// End ends a session, and with it the tokens that it has lent.
func (s *Service) End(ctx context.Context, id ident.ID) error {
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		n, err := tx.Session.Update().Where(session.ID(id), session.EndedAtIsNil()).SetEndedAt(now).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Verb: "session.end", Object: id})
	})
}

// Clear deletes what has expired a day ago or earlier. A job calls it.
func (s *Service) Clear(ctx context.Context) (int, error) {
	ctx = viewer.AsSystem(ctx)
	before := s.Now().Add(-24 * time.Hour)
	n, err := s.DB.Session.Delete().Where(session.ExpiresAtLT(before), session.ParentIDNotNil()).Exec(ctx)
	if err != nil {
		return n, err
	}
	m, err := s.DB.Session.Delete().Where(session.ExpiresAtLT(before.Add(-absolute))).Exec(ctx)
	return n + m, err
}

func newSecret() (secret, digest string) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	secret = base64.RawURLEncoding.EncodeToString(raw)
	return secret, digestOf(secret)
}

func digestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
