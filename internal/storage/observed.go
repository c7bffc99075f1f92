package storage

import (
	"context"

	"entgo.io/ent/dialect"
)

// observed tells a listener of every statement, also inside transactions.
type observed struct {
	dialect.Driver
	hear func(ctx context.Context, query string, args any)
}

func (o observed) Query(ctx context.Context, query string, args, v any) error {
	o.hear(ctx, query, args)
	return o.Driver.Query(ctx, query, args, v)
}

func (o observed) Exec(ctx context.Context, query string, args, v any) error {
	o.hear(ctx, query, args)
	return o.Driver.Exec(ctx, query, args, v)
}

func (o observed) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := o.Driver.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return observedTx{tx, o.hear}, nil
}

type observedTx struct {
	dialect.Tx
	hear func(ctx context.Context, query string, args any)
}

func (o observedTx) Query(ctx context.Context, query string, args, v any) error {
	o.hear(ctx, query, args)
	return o.Tx.Query(ctx, query, args, v)
}

func (o observedTx) Exec(ctx context.Context, query string, args, v any) error {
	o.hear(ctx, query, args)
	return o.Tx.Exec(ctx, query, args, v)
}
