package storage

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// update is what ent generates for rows that have a state.
type update[S ~string, P ~func(*sql.Selector), U any] interface {
	Where(...P) U
	SetState(S) U
	Save(context.Context) (int, error)
}

// Move takes a row from one state to another, with what else row sets. It is the
// one way to do so: it returns a CONFLICT problem when the table does not allow
// the move, and when somebody else has moved the row since it was read.
func Move[S ~string, P ~func(*sql.Selector), U update[S, P, U]](ctx context.Context, t lifecycle.Table[S], id ident.ID, from, to S, row U) error {
	n, err := MoveAll(ctx, t, from, to, row.Where(P(sql.FieldEQ("id", id))))
	if err == nil && n != 1 {
		return problem.Raced(t.What(), id)
	}
	return err
}

// MoveAll moves those of the rows that are in the state from, and returns how
// many that were.
func MoveAll[S ~string, P ~func(*sql.Selector), U update[S, P, U]](ctx context.Context, t lifecycle.Table[S], from, to S, rows U) (int, error) {
	if err := t.Check(from, to); err != nil {
		return 0, err
	}
	return rows.Where(P(sql.FieldEQ("state", from))).SetState(to).Save(ctx)
}
