package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync/atomic"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// statements are run by a driver or in a transaction of it. A listener hears of
// each, and their errors are problems where they concern callers: of a database
// that is away, full or too busy. So nobody above has to think of it.
type statements struct {
	on   dialect.ExecQuerier
	hear func(ctx context.Context, query string, args any)
	writing
}

func (s statements) Query(ctx context.Context, query string, args, v any) error {
	s.hear(ctx, query, args)
	err := s.on.Query(ctx, query, args, v)
	if !strings.HasPrefix(query, "SELECT") { // INSERT … RETURNING
		err = s.noted(ctx, err)
	}
	return toldQuery(ctx, err, v)
}

func (s statements) Exec(ctx context.Context, query string, args, v any) error {
	s.hear(ctx, query, args)
	return classify(late(ctx, s.noted(ctx, s.on.Exec(ctx, query, args, v))))
}

// told is a driver of such statements.
type told struct {
	statements
	driver  dialect.Driver
	breaker *breaker
}

func (t told) Close() error    { return t.driver.Close() }
func (t told) Dialect() string { return t.driver.Dialect() }

func (t told) Query(ctx context.Context, query string, args, v any) error {
	run := func() error { return t.statements.Query(ctx, query, args, v) }
	if strings.HasPrefix(query, "SELECT") {
		return t.breaker.lookUp(ctx, run)
	}
	return t.change(ctx, run)
}

func (t told) Exec(ctx context.Context, query string, args, v any) error {
	return t.change(ctx, func() error { return t.statements.Exec(ctx, query, args, v) })
}

// change runs a change outside any transaction.
func (t told) change(ctx context.Context, run func() error) error {
	if _, err := t.breaker.admit(ctx); err != nil {
		return err
	}
	err := run()
	if err == nil {
		t.stored()
	}
	return err
}

func (t told) Tx(ctx context.Context) (dialect.Tx, error) {
	if _, err := t.breaker.admit(ctx); err != nil {
		return nil, err
	}
	tx, err := t.driver.Tx(ctx)
	if err != nil {
		return nil, classify(late(ctx, t.noted(ctx, err)))
	}
	return toldTx{statements{tx, t.hear, t.writing}, ctx, tx, new(atomic.Bool)}, nil
}

type toldTx struct {
	statements
	ctx context.Context // of whoever began it
	driver.Tx
	changed *atomic.Bool
}

func (t toldTx) Query(ctx context.Context, query string, args, v any) error {
	err := t.statements.Query(ctx, query, args, v)
	if err == nil && !strings.HasPrefix(query, "SELECT") {
		t.changed.Store(true)
	}
	return err
}

func (t toldTx) Exec(ctx context.Context, query string, args, v any) error {
	err := t.statements.Exec(ctx, query, args, v)
	if err == nil {
		t.changed.Store(true)
	}
	return err
}

func (t toldTx) Commit() error {
	err := t.noted(t.ctx, t.Tx.Commit())
	if err == nil && t.changed.Load() {
		t.stored()
	}
	return classify(err)
}

// toldQuery also has the rows of an answer tell of a database that goes away
// while they come.
func toldQuery(ctx context.Context, err error, v any) error {
	if rows, ok := v.(*entsql.Rows); ok && err == nil {
		rows.ColumnScanner = toldRows{rows.ColumnScanner, ctx}
	}
	return classify(late(ctx, err))
}

type toldRows struct {
	entsql.ColumnScanner
	ctx context.Context
}

func (r toldRows) Err() error { return classify(late(r.ctx, r.ColumnScanner.Err())) }

func (r toldRows) Scan(dest ...any) error {
	return classify(late(r.ctx, r.ColumnScanner.Scan(dest...)))
}

// late has an error say so whose statement was ended by its context: SQLite's
// driver calls that an interruption.
func late(ctx context.Context, err error) error {
	if _, lite := numbers(err); lite == interrupted && ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// writing is how the last change went: nil, or why the database takes none.
type writing struct {
	refused *atomic.Pointer[problem.Error]
	// readOnly asks a MySQL server whether it is so. The driver drops the connection
	// of a change that was refused for that, lest it stay with a server that is no
	// longer the one to write to, and does not say why.
	readOnly func(context.Context) bool
}

func (w writing) stored() { w.refused.Store(nil) }

// noted takes note of a change that the database refuses, and returns why.
func (w writing) noted(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	p := unwritable(err)
	if p == nil && errors.Is(err, driver.ErrBadConn) && w.readOnly(ctx) {
		p = readOnly(err)
	}
	if p == nil {
		return err
	}
	w.refused.Store(p)
	return p
}
