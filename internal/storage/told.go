package storage

import (
	"context"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// told is a driver whose errors are problems where they concern callers: of a
// database that is away, full or too busy. So nobody above has to think of it.
type told struct{ dialect.Driver }

func (t told) Query(ctx context.Context, query string, args, v any) error {
	return toldQuery(t.Driver.Query(ctx, query, args, v), v)
}

func (t told) Exec(ctx context.Context, query string, args, v any) error {
	return classify(t.Driver.Exec(ctx, query, args, v))
}

func (t told) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := t.Driver.Tx(ctx)
	if err != nil {
		return nil, classify(err)
	}
	return toldTx{tx}, nil
}

type toldTx struct{ dialect.Tx }

func (t toldTx) Query(ctx context.Context, query string, args, v any) error {
	return toldQuery(t.Tx.Query(ctx, query, args, v), v)
}

func (t toldTx) Exec(ctx context.Context, query string, args, v any) error {
	return classify(t.Tx.Exec(ctx, query, args, v))
}

func (t toldTx) Commit() error { return classify(t.Tx.Commit()) }

// toldQuery also has the rows of an answer tell of a database that goes away
// while they come.
func toldQuery(err error, v any) error {
	if rows, ok := v.(*entsql.Rows); ok && err == nil {
		rows.ColumnScanner = toldRows{rows.ColumnScanner}
	}
	return classify(err)
}

type toldRows struct{ entsql.ColumnScanner }

func (r toldRows) Err() error { return classify(r.ColumnScanner.Err()) }

func (r toldRows) Scan(dest ...any) error { return classify(r.ColumnScanner.Scan(dest...)) }
