package privacy

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/peregrine-exchange/peregrine/ent/migrate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Rows of the tables that the inventory names, by its names: ent has a type for
// each table, and here all are treated alike.

// read returns columns of the rows that belong to a person by a link, oldest first.
func (l Link) read(ctx context.Context, db *sql.DB, columns []string, person ident.ID) ([]map[string]any, error) {
	statement := "SELECT " + quoted(columns...) + " FROM " + quoted(l.Table) + " WHERE " + quoted(l.Column) + " = ? ORDER BY " + quoted("id")
	found, err := db.QueryContext(ctx, statement, string(person))
	if err != nil {
		return nil, fmt.Errorf("privacy: %s: %w", l.Table, err)
	}
	defer found.Close()
	all := []map[string]any{}
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, fmt.Errorf("privacy: %s: %w", l.Table, err)
		}
		row := make(map[string]any, len(columns))
		for i, name := range columns {
			row[name] = plain(column(l.Table, name), values[i])
		}
		all = append(all, row)
	}
	return all, found.Err()
}

// kept returns how many rows belong to a person, and when the last was made.
func (l Link) kept(ctx context.Context, db *sql.DB, person ident.ID) (n int, last time.Time, err error) {
	rows, err := l.read(ctx, db, []string{"created_at"}, person)
	if err != nil || len(rows) == 0 {
		return 0, last, err
	}
	last, err = time.Parse(time.RFC3339Nano, fmt.Sprint(rows[len(rows)-1]["created_at"]))
	return len(rows), last, err
}

// wipe does what the inventory says of the rows of one link.
func (l Link) wipe(ctx context.Context, db *sql.DB, person ident.ID) error {
	where := " WHERE " + quoted(l.Column) + " = ?"
	for _, c := range l.Clear {
		if _, err := db.ExecContext(ctx, "UPDATE "+quoted(l.Table)+" SET "+emptied(l.Table, c)+where, string(person)); err != nil {
			return fmt.Errorf("privacy: %s.%s: %w", l.Table, c, err)
		}
	}
	if !l.Delete {
		return nil
	}
	if _, err := db.ExecContext(ctx, "DELETE FROM "+quoted(l.Table)+where, string(person)); err != nil {
		return fmt.Errorf("privacy: %s: %w", l.Table, err)
	}
	return nil
}

// emptied sets a column to nothing: to none, or to the text that has no letter
// where it must be one.
func emptied(table, name string) string {
	if column(table, name).Nullable {
		return quoted(name) + " = NULL"
	}
	return quoted(name) + " = ''"
}

// plain is a value of a column as JSON has it, the same from every database.
func plain(c *entschema.Column, value any) any {
	if b, ok := value.([]byte); ok {
		value = string(b)
	}
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case int64:
		if c.Type == field.TypeBool {
			return v != 0
		}
	case string:
		if c.Type == field.TypeJSON {
			return json.RawMessage(v)
		}
	}
	return value
}

// quoted names tables and columns as both databases read them.
func quoted(names ...string) string { return "`" + strings.Join(names, "`, `") + "`" }

// column finds a column of the schema, which the inventory's test has checked.
func column(table, name string) *entschema.Column {
	for _, t := range migrate.Tables {
		if t.Name != table {
			continue
		}
		for _, c := range t.Columns {
			if c.Name == name {
				return c
			}
		}
	}
	panic("privacy: there is no column " + table + "." + name)
}
