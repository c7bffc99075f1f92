package session

import (
	"context"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

const (
	// current is for how long it is remembered who asked. It is the longest that
	// another server goes by what this one has changed, and the other way round;
	// no message has to come through for that.
	current   = time.Second
	maxRecent = 16384 // sessions that are remembered
)

// known is a secret as it is stored.
type known struct {
	kind   session.Kind
	digest string
}

type entry struct {
	viewer    viewer.Viewer
	begun     int64 // what had changed before it was read
	at, until time.Time
}

// recent remembers for a second who has just asked. What this server changes of
// sessions, roles, affiliations and what they are held at acts at once: then all
// is read anew. The zero recent remembers nothing.
type recent struct {
	changes atomic.Int64
	all     *lru.Cache[known, entry]
}

func (r *recent) get(k known, now time.Time) *viewer.Viewer {
	if r.all == nil {
		return nil
	}
	e, ok := r.all.Get(k)
	if !ok || e.begun != r.changes.Load() || now.Before(e.at) || now.Sub(e.at) >= current || !now.Before(e.until) {
		return nil
	}
	return &e.viewer
}

func (r *recent) put(k known, e entry) {
	if r.all != nil {
		r.all.Add(k, e)
	}
}

// hear has changes of the tables by which it is known who asks make all that is
// remembered old: before they are committed, and again after.
func (r *recent) hear(db *ent.Client) {
	r.all, _ = lru.New[known, entry](maxRecent) // fails for no size only
	hook := func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if onlySeen(m) {
				return next.Mutate(ctx, m)
			}
			if in, ok := m.(interface{ Tx() (*ent.Tx, error) }); ok {
				if tx, err := in.Tx(); err == nil {
					tx.OnCommit(func(next ent.Committer) ent.Committer {
						return ent.CommitFunc(func(ctx context.Context, tx *ent.Tx) error {
							defer r.changes.Add(1)
							return next.Commit(ctx, tx)
						})
					})
				}
			}
			defer r.changes.Add(1)
			return next.Mutate(ctx, m)
		})
	}
	for _, use := range []func(...ent.Hook){db.Session.Use, db.RoleGrant.Use, db.Affiliation.Use, db.Unit.Use, db.Institution.Use, db.Alliance.Use} {
		use(hook)
	}
}

// onlySeen says whether a change is only that a session is used, or a new one
// that nobody can have asked with.
func onlySeen(m ent.Mutation) bool {
	if m.Type() != ent.TypeSession {
		return false
	}
	for _, f := range m.Fields() {
		if f != session.FieldSeenAt {
			return m.Op().Is(ent.OpCreate)
		}
	}
	return !m.Op().Is(ent.OpDelete | ent.OpDeleteOne)
}
