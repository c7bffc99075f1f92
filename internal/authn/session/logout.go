package session

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// ErrReplayed is returned for a logout token that has worked already.
var ErrReplayed = errors.New("session: the logout token was used before")

// ProviderLogout is what a checked logout token of a provider says.
type ProviderLogout struct {
	ProviderID ident.ID
	Issuer     string
	JTI        string
	Expires    time.Time
	SID        string // empty: all sessions of the subject
	Subject    string // empty: whoever's session it is
}

// EndByProvider ends the sessions that a provider says are over, and no others:
// those that began by an account of that very issuer. Where it names a session
// and a subject, the subject's sessions of which it never told the name end as
// well. The same token works once, also when two come at the same moment.
//
// Source: OpenID Connect Back-Channel Logout 1.0, section 2.6.
func (s *Service) EndByProvider(ctx context.Context, l ProviderLogout) (n int, err error) {
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	err = storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		n = 0
		if err := tx.LogoutToken.Create().SetDigest(storage.Digest(l.Issuer + "\x00" + l.JTI)).SetExpiresAt(l.Expires).Exec(ctx); err != nil {
			return err
		}
		over, err := tx.Session.Query().Where(l.ends()...).All(ctx)
		if err != nil || len(over) == 0 {
			return err
		}
		ids := make([]ident.ID, len(over))
		for i, o := range over {
			ids[i] = o.ID
		}
		n, err = tx.Session.Update().Where(session.Or(session.IDIn(ids...), session.ParentIDIn(ids...)), session.EndedAtIsNil()).SetEndedAt(now).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		return ledger.Note(ctx, tx, toEndByProvider, ledger.Thing{ID: over[0].PersonID}.With("sessions", strconv.Itoa(n)))
	})
	if storage.IsDuplicate(err) {
		return 0, ErrReplayed
	}
	return n, err
}

// ends selects the sessions that are over.
func (l ProviderLogout) ends() []predicate.Session {
	account := []predicate.Identity{identity.ProviderID(l.ProviderID), identity.Issuer(l.Issuer)}
	if l.Subject != "" {
		account = append(account, identity.Digest(storage.Digest(l.Issuer+"\x00"+l.Subject)))
	}
	all := []predicate.Session{session.HasIdentityWith(account...), session.EndedAtIsNil(), session.ParentIDIsNil()}
	switch {
	case l.SID != "" && l.Subject != "":
		all = append(all, session.Or(session.Sid(storage.Digest(l.SID)), session.SidIsNil()))
	case l.SID != "":
		all = append(all, session.Sid(storage.Digest(l.SID)))
	}
	return all
}
