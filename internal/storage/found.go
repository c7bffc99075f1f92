package storage

import (
	"cmp"
	"context"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// query is one of the database, and change an update of it.
type (
	query interface {
		Exist(context.Context) (bool, error)
		Count(context.Context) (int, error)
	}
	change interface {
		Save(context.Context) (int, error)
	}
)

// IfAny returns err when a query finds something.
func IfAny(ctx context.Context, q query, err error) error {
	some, fault := q.Exist(ctx)
	return cmp.Or(fault, problem.If(some, err))
}

// IfNone returns err when a query finds nothing.
func IfNone(ctx context.Context, q query, err error) error {
	some, fault := q.Exist(ctx)
	return cmp.Or(fault, problem.If(!some, err))
}

// IfFull returns err when a query finds as many rows as there may be.
func IfFull(ctx context.Context, q query, limit int, err error) error {
	n, fault := q.Count(ctx)
	return cmp.Or(fault, problem.If(n >= limit, err))
}

// IfUnchanged returns err when an update finds no row that it may change.
func IfUnchanged(ctx context.Context, c change, err error) error {
	n, fault := c.Save(ctx)
	return cmp.Or(fault, problem.If(n == 0, err))
}
