package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// scratch opens an empty database and returns what throws it away.
func scratch(ctx context.Context, d string) (dialect.Driver, func() error, error) {
	if d == dialect.SQLite {
		return scratchFile()
	}
	return scratchSchema(ctx)
}

func scratchFile() (dialect.Driver, func() error, error) {
	path, err := os.MkdirTemp("", "peregrine-generate-")
	if err != nil {
		return nil, nil, err
	}
	remove := func() error { return os.RemoveAll(path) }
	db, err := open("sqlite:" + filepath.Join(path, "scratch.db"))
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return entsql.OpenDB(dialect.SQLite, db.SQL), func() error { return errors.Join(db.Close(), remove()) }, nil
}

func scratchSchema(ctx context.Context) (dialect.Driver, func() error, error) {
	address, err := url.Parse(os.Getenv("PEREGRINE_TEST_MYSQL"))
	if err != nil || address.Host == "" {
		return nil, nil, errors.New("PEREGRINE_TEST_MYSQL names no server; run this through scripts/with-mariadb")
	}
	server, err := open(address.JoinPath("information_schema").String())
	if err != nil {
		return nil, nil, err
	}
	name := fmt.Sprintf("peregrine_generate_%d", os.Getpid())
	if _, err := server.SQL.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	drop := func() error {
		_, err := server.SQL.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name)
		return errors.Join(err, server.Close())
	}
	db, err := open(address.JoinPath(name).String())
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	return entsql.OpenDB(dialect.MySQL, db.SQL), func() error { return errors.Join(db.Close(), drop()) }, nil
}

// open opens a database whose rows nobody reads, hence without a guard.
func open(address string) (*storage.DB, error) {
	return storage.Open(address, storage.Options{Guard: func(*ent.Client) {}, Unsafe: true})
}
