package privacy

import (
	"os"
	"slices"
	"strings"
	"testing"

	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/peregrine-exchange/peregrine/ent/migrate"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// personal says whether a column, by its reference or its name, points to a
// person, or holds what identifies one.
func personal(t *entschema.Table, c *entschema.Column) bool {
	for _, key := range t.ForeignKeys {
		if key.RefTable.Name == "persons" && slices.Contains(key.Columns, c) {
			return true
		}
	}
	for _, word := range []string{"person", "learner", "actor", "reader", "email", "phone", "given_name", "family_name", "birth"} {
		if strings.Contains(c.Name, word) {
			return true
		}
	}
	return false
}

// R84: a table is impersonal or has a link to a person; each column that names
// a person is a link; each column of rows about a person is exported or
// withheld, and exists.
func TestEveryPersonalColumnIsInTheInventory(t *testing.T) {
	links := map[string][]Link{}
	for _, l := range Links {
		links[l.Table] = append(links[l.Table], l)
		if (l.Keep == nil) != l.Delete {
			t.Errorf("%s.%s is neither deleted nor kept on a basis, or both", l.Table, l.Column)
		}
	}
	for _, table := range migrate.Tables {
		all := links[table.Name]
		delete(links, table.Name)
		if impersonal := slices.Contains(Impersonal, table.Name); impersonal == (len(all) > 0) {
			t.Errorf("%s must be either impersonal or linked to a person", table.Name)
		}
		for _, c := range table.Columns {
			classed := 0
			for _, l := range all {
				if l.Column == c.Name {
					classed++
				}
				if slices.Contains(l.Export, c.Name) || slices.Contains(l.Withhold, c.Name) {
					classed += 1 << 8
				}
			}
			about := slices.ContainsFunc(all, func(l Link) bool { return !l.Acts() })
			switch {
			case personal(table, c) && classed == 0:
				t.Errorf("%s.%s names a person or holds personal data and has no place in the inventory", table.Name, c.Name)
			case about && classed == 0:
				t.Errorf("%s.%s is of rows about a person and neither exported nor withheld", table.Name, c.Name)
			case classed >= 2<<8:
				t.Errorf("%s.%s is classed twice", table.Name, c.Name)
			}
		}
		for _, l := range all {
			for _, name := range slices.Concat([]string{l.Column}, l.Export, l.Withhold, l.Clear) {
				column(l.Table, name) // panics when there is none
			}
			for _, name := range l.Clear {
				if c := column(l.Table, name); !c.Nullable && c.Type != field.TypeString {
					t.Errorf("%s.%s cannot be emptied", l.Table, name)
				}
			}
		}
	}
	for name := range links {
		t.Errorf("the inventory names %s, which does not exist", name)
	}
}
