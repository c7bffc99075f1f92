package exchange

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importchunk"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// pruneSlice is how many old runs one transaction deletes.
const pruneSlice = 10

// Clear ends runs whose document stopped arriving, drops chunks that a crash
// left behind, and deletes runs that ended long ago. It returns how many runs
// it ended or deleted.
func (s *Service) Clear(ctx context.Context) (done int, err error) {
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	stuck, err := s.DB.ImportRun.Query().Where(importrun.StateEQ(importrun.StateRECEIVING), importrun.AwaitedUntilLT(now)).All(ctx)
	if err != nil {
		return 0, err
	}
	for _, run := range stuck {
		why := problem.New(problem.Invalid, "the file did not arrive whole; send it again")
		if err := s.end(ctx, nil, run, importrun.StateRECEIVING, importrun.StateFAILED, why); err != nil {
			return done, err
		}
		done++
	}
	left, err := s.DB.ImportRun.Query().Where(importrun.StateIn(ended...), hasChunks).IDs(ctx)
	if err != nil {
		return done, err
	}
	for _, id := range left {
		if err := s.drop(ctx, id); err != nil {
			return done, err
		}
	}
	for {
		old, err := s.DB.ImportRun.Query().Where(importrun.StateIn(ended...), importrun.EndedAtLT(now.Add(-retention))).Limit(pruneSlice).IDs(ctx)
		if err != nil || len(old) == 0 {
			return done, err
		}
		if err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			if _, err := tx.ImportFinding.Delete().Where(importfinding.RunIDIn(old...)).Exec(ctx); err != nil {
				return err
			}
			_, err := tx.ImportRun.Delete().Where(importrun.IDIn(old...)).Exec(ctx)
			return err
		}); err != nil {
			return done, err
		}
		done += len(old)
	}
}

// hasChunks keeps the runs that have chunks.
func hasChunks(q *sql.Selector) {
	t := sql.Dialect(q.Dialect()).Table(importchunk.Table)
	q.Where(sql.In(q.C(importrun.FieldID), sql.Dialect(q.Dialect()).Select(t.C(importchunk.FieldRunID)).From(t)))
}
