// Package relay pages lists by keyset, in the form of the Relay connection
// specification, and the lists of many parents at once.
package relay

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Page sizes.
const (
	DefaultSize = 20
	MaxSize     = 100
)

// Page is the part of a list that a client asks for: the first rows after a
// cursor, or the last rows before one.
type Page struct {
	First, Last   *int
	After, Before *string
}

// Direction is the order of a list by the time its rows were made.
type Direction int

// The directions.
const (
	OldestFirst Direction = iota
	NewestFirst
)

// Node is a row with an identifier. It knows the kind without a row.
type Node interface {
	NodeID() ident.ID
	NodeKind() ident.Kind
}

// Query is what ent generates for every entity.
type Query[Q any, E Node, P, O ~func(*sql.Selector), S any] interface {
	Where(...P) Q
	Modify(...func(*sql.Selector)) S
	Order(...O) Q
	Limit(int) Q
	Clone() Q
	Count(context.Context) (int, error)
	All(context.Context) ([]E, error)
}

// Connection is a page of a list.
type Connection[E Node] struct {
	Nodes    []E
	Edges    []*Edge[E]
	PageInfo PageInfo
	count    func(context.Context) (int, error)
}

// PageInfo says whether and where a list goes on.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// Edge is a row and its place in the list.
type Edge[E Node] struct {
	Node   E
	Cursor string
}

// TotalCount counts the rows of the whole list, as the viewer sees it. It costs
// a statement of its own, so it runs only when a client asks.
func (c *Connection[E]) TotalCount(ctx context.Context) (int, error) { return c.count(ctx) }

// List runs q for a page, in order of the row's making. It reads one row more
// than it returns to know whether the list goes on, and never counts. along
// names the index in which the page stands in order, or is AnyIndex.
func List[Q Query[Q, E, P, O, S], E Node, P, O ~func(*sql.Selector), S any](ctx context.Context, q Q, page Page, dir Direction, along ...Index) (*Connection[E], error) {
	size, cursor, err := resolve[E](page)
	if err != nil {
		return nil, err
	}
	descending := (dir == NewestFirst) != page.Backwards()
	rows := q.Clone().Where(beyond(cursor, descending)).Order(byID(descending)).Limit(size + 1)
	rows.Modify(deferred(along))
	found, err := rows.All(ctx)
	if err != nil {
		return nil, err
	}
	more := len(found) > size
	found = found[:min(size, len(found))]
	if page.Backwards() {
		slices.Reverse(found)
	}
	count := func(ctx context.Context) (int, error) {
		return q.Clone().Count(ctx)
	}
	return connect(found, more, page, count), nil
}

// Known makes the first page of a list whose rows are all at hand.
func Known[E Node](rows []E, size int) *Connection[E] {
	count := func(context.Context) (int, error) { return len(rows), nil }
	return connect(rows[:min(size, len(rows))], len(rows) > size, Page{}, count)
}

// Connect makes a connection of the rows of a page that were found otherwise, in
// the order of the list.
func Connect[E Node](rows []E, more bool, page Page, count func(context.Context) (int, error)) *Connection[E] {
	return connect(rows, more, page, count)
}

// cursorOf is the place of a row in its list: its identifier, unless the list has
// another order.
func cursorOf(row Node) string {
	if placed, ok := row.(interface{ Cursor() string }); ok {
		return placed.Cursor()
	}
	return string(row.NodeID())
}

// connect makes a connection of the rows of a page.
func connect[E Node](rows []E, more bool, page Page, count func(context.Context) (int, error)) *Connection[E] {
	c := &Connection[E]{Nodes: rows, Edges: make([]*Edge[E], len(rows)), count: count}
	for i, row := range rows {
		c.Edges[i] = &Edge[E]{Node: row, Cursor: cursorOf(row)}
	}
	c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage = more, page.After != nil
	if page.Backwards() {
		c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage = page.Before != nil, more
	}
	if len(rows) > 0 {
		c.PageInfo.StartCursor = &c.Edges[0].Cursor
		c.PageInfo.EndCursor = &c.Edges[len(rows)-1].Cursor
	}
	return c
}

// beyond sees the rows behind the cursor.
func beyond(cursor ident.ID, descending bool) func(*sql.Selector) {
	return func(s *sql.Selector) {
		switch {
		case cursor == "":
		case descending:
			s.Where(sql.LT(s.C("id"), string(cursor)))
		default:
			s.Where(sql.GT(s.C("id"), string(cursor)))
		}
	}
}

func byID(descending bool) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if descending {
			s.OrderBy(sql.Desc(s.C("id")))
		} else {
			s.OrderBy(sql.Asc(s.C("id")))
		}
	}
}

// Backwards says whether the page is the last one before a cursor.
func (p Page) Backwards() bool { return p.Last != nil || p.Before != nil }

// Size returns the most rows that the page has. It returns an INVALID problem
// for one that is too large, or both forwards and backwards.
func (p Page) Size() (int, error) {
	if (p.First != nil || p.After != nil) && p.Backwards() {
		return 0, problem.New(problem.Invalid, "a page is either the first after, or the last before a cursor")
	}
	size := DefaultSize
	for _, n := range []*int{p.First, p.Last} {
		if n == nil {
			continue
		}
		if *n < 1 || *n > MaxSize {
			return 0, problem.New(problem.Invalid, "a page has 1 to %d rows, not %d", MaxSize, *n)
		}
		size = *n
	}
	return size, nil
}

// resolve returns the size and the cursor of a page of a list. It returns an
// INVALID problem for a cursor of rows of another kind.
func resolve[E Node](p Page) (size int, cursor ident.ID, err error) {
	if size, err = p.Size(); err != nil {
		return 0, "", err
	}
	var row E
	for _, c := range []*string{p.After, p.Before} {
		if c == nil {
			continue
		}
		if cursor, err = ident.Parse(*c); err != nil || cursor.Kind() != row.NodeKind() {
			return 0, "", problem.New(problem.Invalid, "this is not a cursor of the list")
		}
	}
	return size, cursor, nil
}

// Keys returns the distinct keys of the objects, without empty ones.
func Keys[O any](objects []O, key func(O) ident.ID) []ident.ID {
	seen := map[ident.ID]bool{"": true}
	var keys []ident.ID
	for _, o := range objects {
		if k := key(o); !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}
