package relay

import (
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// Index is an index whose entries stand in the order of a list, once the
// columns before the id are fixed by the list's filter. It has the same name on
// both databases.
type Index string

// ByID is the index of the ids themselves: for a list of which most rows are
// wanted.
const ByID Index = "PRIMARY"

// deferred has MariaDB find the ids of the page in an index before it reads the
// rows. Left to itself it may sort a large table for one page, or walk from the
// end of an index to the cursor: it takes a lookup by the filter for cheaper
// than the range that the cursor bounds.
//
// SQLite reads an index in order, and would walk the table for such a join; it
// is only told which index.
func deferred(along []Index) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if s.Dialect() == dialect.MySQL {
			page := s.Clone().Select(s.C("id"))
			hint(page, "FORCE INDEX (`%s`)", along)
			page.As("page")
			s.SetP(nil).Join(page).On(s.C("id"), page.C("id"))
			return
		}
		if len(along) > 0 && along[0] == ByID {
			along = []Index{Index("sqlite_autoindex_" + s.TableName() + "_1")}
		}
		hint(s, "INDEXED BY `%s`", along)
	}
}

// hint names the index behind the table, where neither builder nor driver do.
func hint(s *sql.Selector, form string, along []Index) {
	if len(along) == 0 {
		return
	}
	table := s.TableName()
	s.From(sql.Dialect(s.Dialect()).Table(fmt.Sprintf("`%s` "+form, table, along[0])).Unquote())
}
