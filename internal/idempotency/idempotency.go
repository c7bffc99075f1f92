// Package idempotency gives a mutation that is sent twice one effect. The key
// is stored in the transaction of the change, so it exists if and only if the
// change happened.
package idempotency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/idempotencykey"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// MaxKey is the longest key that a client may choose, in characters.
const MaxKey = 100

// Entity is what a mutation answers with.
type Entity[T any] interface {
	Unwrap() T
	NodeID() ident.ID
}

// Call names one mutation as its client sent it.
type Call struct {
	Verb  *ledger.Verb
	Key   *string // nil: the client wants no protection against repeats
	Input any     // compared, so that a key is not reused for something else
}

// Of returns the call of a verb with a key, which may be nil, and an input.
func Of(verb *ledger.Verb, key *string, input any) Call { return Call{verb, key, input} }

// errRepeat tells that the key is already stored.
var errRepeat = errors.New("idempotency: key stored already")

// CheckKey returns an INVALID problem for a key that no client may choose. None is
// fine.
func CheckKey(key *string) error {
	if key == nil {
		return nil
	}
	n := utf8.RuneCountInString(*key)
	return problem.If(n == 0 || n > MaxKey, problem.New(problem.Invalid, "an idempotency key has 1 to %d characters", MaxKey).At("input", "idempotencyKey"))
}

// Write is storage.Write for a mutation that may be repeated. The first call
// with a key does the work; later ones of the same person or program, verb and input get
// what it made, loaded anew with their own rights. The same key with another
// input is a CONFLICT.
func Write[T Entity[T]](ctx context.Context, db *ent.Client, c Call, load func(context.Context, ident.ID) (T, error), fn func(*ent.Tx) (T, error)) (T, error) {
	var none T
	v, err := authz.SignedIn(ctx)
	if err != nil {
		return none, err
	}
	if c.Key == nil {
		return storage.Write(ctx, db, fn)
	}
	if err := CheckKey(c.Key); err != nil {
		return none, err
	}
	input, err := json.Marshal(c.Input)
	if err != nil {
		return none, fmt.Errorf("idempotency: %w", err)
	}
	digest, inputDigest := storage.Digest(string(v.Actor())+"\x00"+c.Verb.Mutation()+"\x00"+*c.Key), storage.Digest(string(input))
	system := viewer.AsSystem(ctx)

	// A repeat is found here; only rivals at the same moment meet the unique key.
	if id, err := answered(system, db, digest, inputDigest); err != nil || id != "" {
		return again(ctx, load, id, err)
	}
	made, err := storage.Write(ctx, db, func(tx *ent.Tx) (T, error) {
		// First, so that a rival waits here before it has done anything.
		key, err := tx.IdempotencyKey.Create().SetDigest(digest).SetInputDigest(inputDigest).Save(system)
		if err := storage.IfTaken(err, errRepeat); err != nil {
			return none, err
		}
		made, err := fn(tx)
		if err != nil {
			return none, err
		}
		return made, tx.IdempotencyKey.UpdateOne(key).SetAnswerID(made.NodeID()).Exec(system)
	})
	if errors.Is(err, errRepeat) {
		id, err := answered(system, db, digest, inputDigest)
		return again(ctx, load, id, err)
	}
	return made, err
}

func again[T any](ctx context.Context, load func(context.Context, ident.ID) (T, error), id ident.ID, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return load(ctx, id)
}

// answered returns what the key has already made, or "".
func answered(ctx context.Context, db *ent.Client, digest, inputDigest string) (ident.ID, error) {
	key, err := db.IdempotencyKey.Query().Where(idempotencykey.Digest(digest)).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if key.InputDigest != inputDigest {
		return "", problem.New(problem.Conflict, "this idempotency key was used for another input").At("input", "idempotencyKey")
	}
	return *key.AnswerID, nil
}
