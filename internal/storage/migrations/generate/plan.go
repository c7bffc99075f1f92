package main

import (
	"context"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"

	entmigrate "github.com/peregrine-exchange/peregrine/ent/migrate"
)

// plan adds to dir the migration that leads from its files to ent's tables.
// drv is an empty database, and is empty again afterwards. It returns
// migrate.ErrNoPlan when the files build these tables already.
func plan(ctx context.Context, drv dialect.Driver, dir migrate.Dir, version, name string) error {
	m, err := schema.NewMigrate(drv,
		schema.WithDir(dir),
		schema.WithFormatter(dated(version)),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithIndent("  "),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithErrNoPlan(true))
	if err != nil {
		return err
	}
	return m.NamedDiff(ctx, name, tables()...)
}

// tables are ent's tables with the collation of every char column set. ent
// forgets the annotation of primary and foreign keys, which would then differ
// from columns that hold the same ids without a constraint.
func tables() []*schema.Table {
	for _, t := range entmigrate.Tables {
		for _, c := range t.Columns {
			if strings.HasPrefix(c.SchemaType[dialect.MySQL], "char(") {
				c.Collation = "ascii_bin"
			}
		}
	}
	return entmigrate.Tables
}

// dated gives a plan's file a version that the caller chose.
type dated string

func (d dated) Format(p *migrate.Plan) ([]migrate.File, error) {
	p.Version = string(d)
	return migrate.DefaultFormatter.Format(p)
}
