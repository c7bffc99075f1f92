package session

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// found is a row of a session, of the one that lent it, and of what its person is.
type found struct {
	learner.Standing
	ID              ident.ID   `sql:"session_id"`
	PersonID        ident.ID   `sql:"person_id"`
	ACR             string     `sql:"acr"`
	AuthenticatedAt time.Time  `sql:"authenticated_at"`
	Created         time.Time  `sql:"created_at"`
	Seen            time.Time  `sql:"seen_at"`
	Expires         time.Time  `sql:"session_expires_at"`
	Ended           *time.Time `sql:"ended_at"`
	Lender          ident.ID   `sql:"lender_id"`
	LenderCreated   time.Time  `sql:"lender_created_at"`
	LenderSeen      time.Time  `sql:"lender_seen_at"`
	LenderExpires   time.Time  `sql:"lender_expires_at"`
	LenderEnded     *time.Time `sql:"lender_ended_at"`
}

// Lookup returns who asks by the secret of a live session, or nil. A bearer
// token lives no longer than the session that lent it. It takes one statement,
// another for whom a role at a unit is held by, and none within the second
// after the last one.
func (s *Service) Lookup(ctx context.Context, secret string, kind session.Kind) (*viewer.Viewer, error) {
	now, key := vocab.Now(s.Now), known{kind, storage.Digest(secret)}
	v := s.recent.get(key, now)
	if v == nil {
		begun := s.recent.changes.Load()
		fresh, until, err := s.look(ctx, key, now)
		if fresh == nil || err != nil {
			return nil, err
		}
		s.recent.put(key, entry{viewer: *fresh, begun: begun, at: now, until: until})
		v = fresh
	}
	v.SteppedUp = authz.SteppedUp(v.ACR, v.AuthenticatedAt, now)
	return v, nil
}

// look reads who it is, and until when that is so at the longest.
func (s *Service) look(ctx context.Context, key known, now time.Time) (*viewer.Viewer, time.Time, error) {
	var rows []found
	err := s.DB.Session.Query().Where(session.Digest(key.digest), session.KindEQ(key.kind)).Modify(func(q *sql.Selector) {
		lender := sql.Table(session.Table).As("lender")
		q.Select(q.Columns(session.FieldPersonID, session.FieldAcr, session.FieldAuthenticatedAt, session.FieldCreatedAt, session.FieldSeenAt, session.FieldEndedAt)...).
			AppendSelectAs(q.C(session.FieldID), "session_id").AppendSelectAs(q.C(session.FieldExpiresAt), "session_expires_at")
		q.LeftJoin(lender).On(q.C(session.FieldParentID), lender.C(session.FieldID))
		for _, column := range []string{session.FieldID, session.FieldCreatedAt, session.FieldSeenAt, session.FieldExpiresAt, session.FieldEndedAt} {
			q.AppendSelectAs(lender.C(column), "lender_"+column)
		}
		learner.SelectStanding(q, q.C(session.FieldPersonID), now)
	}).Scan(viewer.AsSystem(ctx), &rows)
	if err != nil || len(rows) == 0 {
		return nil, time.Time{}, err
	}
	f := rows[0]
	own := &ent.Session{ID: f.ID, CreatedAt: f.Created, SeenAt: f.Seen, ExpiresAt: f.Expires, EndedAt: f.Ended}
	root := own
	if f.Lender != "" {
		root = &ent.Session{ID: f.Lender, CreatedAt: f.LenderCreated, SeenAt: f.LenderSeen, ExpiresAt: f.LenderExpires, EndedAt: f.LenderEnded}
	}
	until := root.ExpiresAt
	standing := make([]learner.Standing, len(rows))
	for i, r := range rows {
		standing[i] = r.Standing
		if r.Holds(now) { // older than a role allows, which may be younger than the session
			until = earlier(until, root.CreatedAt.Add(staff))
		}
	}
	if !s.alive(own, now) || !s.alive(root, now) || !now.Before(until) {
		return nil, time.Time{}, nil
	}
	if now.Sub(s.seen.since(own.ID, own.SeenAt)) >= noticed { // who uses a token is not idle in the browser
		s.seen.note(now, own.ID, root.ID)
	}
	for _, r := range standing {
		until = earlier(earlier(until, r.Until), r.Lapses)
		if r.Grant != "" && !r.Holds(now) {
			until = earlier(until, r.From)
		}
	}
	v, err := learner.Viewer(ctx, s.DB, f.PersonID, standing, now)
	if err != nil {
		return nil, time.Time{}, err
	}
	v.SessionID, v.ACR, v.AuthenticatedAt = f.ID, f.ACR, f.AuthenticatedAt
	return v, earlier(until, own.ExpiresAt), nil
}

// earlier returns the earlier of two moments, of which the second may be none.
func earlier(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
