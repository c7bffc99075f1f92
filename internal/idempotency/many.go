package idempotency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/idempotencykey"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Row is what became of one row of many: the identifier of what was made of it, or
// why nothing was.
type Row struct {
	ID      ident.ID
	Refused error
}

// atOnce is how many keys one statement reads or writes.
const atOnce = 500

// Many is Write for a mutation with many rows, in one transaction: each row has a
// key of its own, made of that of the whole and its place. fn gets the places of the
// rows that were not done before, and says what became of each; what it refuses has
// left nothing behind, and may be sent again with the same key. An error that is no
// refusal of a row takes all of them back.
func Many[In any](ctx context.Context, db *ent.Client, verb *ledger.Verb, key *string, rows []In, fn func(tx *ent.Tx, todo []int) ([]Row, error)) ([]Row, error) {
	v, err := authz.SignedIn(ctx)
	if err != nil {
		return nil, err
	}
	if err := CheckKey(key); err != nil {
		return nil, err
	}
	digests, inputs := make([]string, len(rows)), make([]string, len(rows))
	for i, row := range rows {
		input, err := json.Marshal(row)
		if err != nil {
			return nil, fmt.Errorf("idempotency: %w", err)
		}
		if key != nil {
			digests[i] = storage.Digest(string(v.Actor()) + "\x00" + verb.Mutation() + "\x00" + *key + "\x00" + strconv.Itoa(i))
			inputs[i] = storage.Digest(string(input))
		}
	}
	for {
		all := make([]Row, len(rows))
		err := storage.Do(ctx, db, func(tx *ent.Tx) error {
			clear(all)
			if err := turn(ctx, tx, v.Actor(), verb, key); err != nil {
				return err
			}
			todo, err := repeated(ctx, tx, key, digests, inputs, all)
			if err != nil || len(todo) == 0 {
				return err
			}
			done, err := fn(tx, todo)
			if err != nil {
				return err
			}
			var keys []*ent.IdempotencyKeyCreate
			for n, i := range todo {
				all[i] = done[n]
				if key != nil && done[n].Refused == nil {
					keys = append(keys, tx.IdempotencyKey.Create().SetDigest(digests[i]).SetInputDigest(inputs[i]).SetAnswerID(done[n].ID))
				}
			}
			if len(keys) == 0 {
				return nil
			}
			return storage.IfTaken(tx.IdempotencyKey.CreateBulk(keys...).Exec(viewer.AsSystem(ctx)), errRepeat)
		})
		if errors.Is(err, errRepeat) {
			continue // a rival with the same key was first: now its answers are found
		}
		return all, err
	}
}

// turn makes who sends the same key at the same moment wait, before they have looked
// at anything: a rival that looked at the rows first would find them moved, and
// refuse what has been done for it.
func turn(ctx context.Context, tx *ent.Tx, who ident.ID, verb *ledger.Verb, key *string) error {
	if key == nil {
		return nil
	}
	system, digest := viewer.AsSystem(ctx), storage.Digest(string(who)+"\x00"+verb.Mutation()+"\x00"+*key+"\x00all")
	held, err := tx.IdempotencyKey.Update().Where(idempotencykey.Digest(digest)).SetAnswerID(who).Save(system)
	if err != nil || held > 0 {
		return err
	}
	return storage.IfTaken(tx.IdempotencyKey.Create().SetDigest(digest).SetInputDigest(digest).SetAnswerID(who).Exec(system), errRepeat)
}

// repeated fills in the rows that were done before, and returns the places of the others.
func repeated(ctx context.Context, tx *ent.Tx, key *string, digests, inputs []string, all []Row) (todo []int, err error) {
	before := map[string]*ent.IdempotencyKey{}
	if key != nil {
		found, err := tx.IdempotencyKey.Query().Where(idempotencykey.DigestIn(digests...)).Limit(atOnce).All(viewer.AsSystem(ctx))
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			before[k.Digest] = k
		}
	}
	for i := range all {
		switch k := before[digests[i]]; {
		case k == nil:
			todo = append(todo, i)
		case k.InputDigest != inputs[i]:
			all[i].Refused = problem.New(problem.Conflict, "this idempotency key was used for another input").At("input", "idempotencyKey")
		default:
			all[i].ID = *k.AnswerID
		}
	}
	return todo, nil
}
