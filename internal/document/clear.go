package document

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// arriveTime is how long a document may take to arrive, and clearSlice how many
// one transaction deletes with their bytes.
const (
	arriveTime = time.Hour
	clearSlice = 10
)

// Clear removes what has begun to arrive and never did, and returns how many that
// were. A job calls it; it is safe to run on several servers.
func (s *Service) Clear(ctx context.Context) (done int, err error) {
	ctx = viewer.AsSystem(ctx)
	for {
		left, err := s.DB.Document.Query().
			Where(document.StateEQ(document.StateRECEIVING), document.CreatedAtLT(vocab.Now(s.Now).Add(-arriveTime))).Limit(clearSlice).IDs(ctx)
		if err != nil || len(left) == 0 {
			return done, err
		}
		n := 0
		err = storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			n, err = tx.Document.Delete().Where(document.IDIn(left...), document.StateEQ(document.StateRECEIVING)).Exec(ctx)
			return err
		})
		for _, id := range left {
			err = cmp.Or(err, s.Store.Delete(ctx, id))
		}
		if done += n; err != nil {
			return done, err
		}
	}
}
