package relay

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// Children runs q for the same page of every parent's list, with one statement
// however many parents there are. column holds the parent's id, parentOf reads
// it from a row. A parent without rows gets an empty connection.
func Children[Q Query[Q, E, P, O], E Node, P, O ~func(*sql.Selector)](ctx context.Context, q Q, column string, parents []ident.ID, parentOf func(E) ident.ID, page Page, dir Direction) ([]*Connection[E], error) {
	size, cursor, err := page.resolve()
	if err != nil {
		return nil, err
	}
	descending := (dir == NewestFirst) != page.backwards()
	// Order runs after every predicate, also those of the guard, so the window
	// counts only rows that the viewer sees.
	found, err := q.Clone().Where(of(column, parents), beyond(cursor, descending)).
		Order(firstOfEach(column, size+1, descending), byID(descending)).All(ctx)
	if err != nil {
		return nil, storage.Classify(err)
	}
	byParent := map[ident.ID][]E{}
	for _, row := range found {
		byParent[parentOf(row)] = append(byParent[parentOf(row)], row)
	}
	connections := make([]*Connection[E], len(parents))
	for i, parent := range parents {
		rows := byParent[parent]
		more := len(rows) > size
		rows = rows[:min(size, len(rows))]
		if page.backwards() {
			slices.Reverse(rows)
		}
		connections[i] = connect(rows, more, page, func(ctx context.Context) (int, error) {
			n, err := q.Clone().Where(of(column, []ident.ID{parent})).Count(ctx)
			return n, storage.Classify(err)
		})
	}
	return connections, nil
}

func of(column string, parents []ident.ID) func(*sql.Selector) {
	return func(s *sql.Selector) {
		args := make([]any, len(parents))
		for i, p := range parents {
			args[i] = string(p)
		}
		s.Where(sql.In(s.C(column), args...))
	}
}

// firstOfEach keeps the first n rows of each parent, by a window over the rows
// that the selector has so far.
func firstOfEach(column string, n int, descending bool) func(*sql.Selector) {
	return func(s *sql.Selector) {
		order := sql.Asc(s.C("id"))
		if descending {
			order = sql.Desc(s.C("id"))
		}
		numbered := s.Clone().Select(s.C("id")).
			AppendSelectExprAs(sql.RowNumber().PartitionBy(s.C(column)).OrderBy(order), "place")
		numbered.As("numbered")
		d := sql.Dialect(s.Dialect())
		s.Where(sql.In(s.C("id"), d.Select("id").From(numbered).Where(sql.LTE("place", n))))
	}
}
