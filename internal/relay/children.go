package relay

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Children runs q for the same page of every parent's list, with one statement
// however many parents there are. q has no predicates of its own; table and
// column say where the parent's id stands, visible narrows the rows to those
// that the viewer sees (authz.Rows), and parentOf reads the parent from a row.
// A parent without rows gets an empty connection.
func Children[Q Query[Q, E, P, O, S], E Node, P, O ~func(*sql.Selector), S any](
	ctx context.Context, q Q, of Of[E], parents []ident.ID, page Page, dir Direction,
) ([]*Connection[E], error) {
	size, cursor, err := resolve[E](page)
	if err != nil {
		return nil, err
	}
	descending := (dir == NewestFirst) != page.Backwards()
	found, err := q.Clone().Where(of.first(size+1, parents, cursor, descending)).Order(byID(descending)).All(ctx)
	if err != nil {
		return nil, err
	}
	byParent := map[ident.ID][]E{}
	for _, row := range found {
		byParent[of.Parent(row)] = append(byParent[of.Parent(row)], row)
	}
	connections := make([]*Connection[E], len(parents))
	for i, parent := range parents {
		rows := byParent[parent]
		more := len(rows) > size
		rows = slices.Clone(rows[:min(size, len(rows))]) // a parent may stand twice
		if page.Backwards() {
			slices.Reverse(rows)
		}
		connections[i] = connect(rows, more, page, func(ctx context.Context) (int, error) {
			return q.Clone().Where(of.among([]ident.ID{parent})).Count(ctx)
		})
	}
	return connections, nil
}

// Of says whose children a list holds.
type Of[E Node] struct {
	Table, Column string
	Visible       func(*sql.Selector) // nil: the viewer sees every row
	Parent        func(E) ident.ID
}

// among keeps the children of the parents.
func (o Of[E]) among(parents []ident.ID) func(*sql.Selector) {
	return func(s *sql.Selector) {
		args := make([]any, len(parents))
		for i, p := range parents {
			args[i] = string(p)
		}
		s.Where(sql.In(s.C(o.Column), args...))
	}
}

// first keeps the first n rows of each parent, by a window over the rows that
// the viewer sees: one that they do not see takes nobody's place.
func (o Of[E]) first(n int, parents []ident.ID, cursor ident.ID, descending bool) func(*sql.Selector) {
	return func(s *sql.Selector) {
		d := sql.Dialect(s.Dialect())
		t := d.Table(o.Table)
		order := sql.Asc(t.C("id"))
		if descending {
			order = sql.Desc(t.C("id"))
		}
		numbered := d.Select(t.C("id")).From(t)
		o.among(parents)(numbered)
		beyond(cursor, descending)(numbered)
		if o.Visible != nil {
			o.Visible(numbered)
		}
		numbered.AppendSelectExprAs(sql.RowNumber().PartitionBy(t.C(o.Column)).OrderBy(order), "place").As("numbered")
		s.Where(sql.In(s.C("id"), d.Select("id").From(numbered).Where(sql.LTE("place", n))))
	}
}
