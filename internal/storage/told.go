package storage

import (
	"context"
	"database/sql/driver"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// statements are run by a driver or in a transaction of it. A listener hears of
// each, and their errors are problems where they concern callers: of a database
// that is away, full or too busy. So nobody above has to think of it.
type statements struct {
	on   dialect.ExecQuerier
	hear func(ctx context.Context, query string, args any)
}

func (s statements) Query(ctx context.Context, query string, args, v any) error {
	s.hear(ctx, query, args)
	return toldQuery(s.on.Query(ctx, query, args, v), v)
}

func (s statements) Exec(ctx context.Context, query string, args, v any) error {
	s.hear(ctx, query, args)
	return classify(s.on.Exec(ctx, query, args, v))
}

// told is a driver of such statements.
type told struct {
	statements
	driver dialect.Driver
}

func (t told) Close() error    { return t.driver.Close() }
func (t told) Dialect() string { return t.driver.Dialect() }

func (t told) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := t.driver.Tx(ctx)
	if err != nil {
		return nil, classify(err)
	}
	return toldTx{statements{tx, t.hear}, tx}, nil
}

type toldTx struct {
	statements
	driver.Tx
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
