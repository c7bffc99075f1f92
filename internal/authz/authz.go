// Package authz decides who sees which rows (visibility.go) and who may do what
// (permission.go). Both are tables that an auditor reads on one page each.
//
// Rows: Guard narrows every query, update and deletion of a client to the rows
// that the viewer of the context sees. A missing viewer is a fault; an entity
// without a rule is invisible to all but the system.
//
// Verbs: a service calls Require after it has loaded the row and before it
// changes it.
package authz

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/intercept"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// errNoViewer is a fault: some code path forgot on whose behalf it runs.
var errNoViewer = errors.New("authz: the context has no viewer")

// Guard installs row visibility on a client, and keeps the audit as it is.
func Guard(c *ent.Client) {
	c.AuditEntry.Use(sealOnly)
	c.Intercept(intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
		narrow, err := Rows(ctx, q.Type())
		if narrow != nil {
			q.WhereP(narrow)
		}
		return err
	}))
	c.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			narrow, err := Rows(ctx, m.Type())
			if err != nil {
				return nil, err
			}
			if narrow != nil && !m.Op().Is(ent.OpCreate) {
				where, ok := m.(interface{ WhereP(...func(*sql.Selector)) })
				if !ok {
					return nil, fmt.Errorf("authz: a change of %s cannot be narrowed", m.Type())
				}
				where.WhereP(func(s *sql.Selector) {
					if narrow(s); s.P() == nil { // ent expects a predicate of who brings one
						s.Where(sql.ExprP("1 = 1"))
					}
				})
			}
			return next.Mutate(ctx, m)
		})
	})
}

// Rows returns what narrows a query of an entity to what the viewer sees, or
// nil when the viewer sees all of it. The guard applies it by itself; only a
// statement with a part that the guard cannot reach, such as a window, asks.
func Rows(ctx context.Context, entity string) (func(*sql.Selector), error) {
	v := viewer.From(ctx)
	if v == nil {
		return nil, errNoViewer
	}
	if v.Kind == viewer.System {
		return nil, nil
	}
	r, ok := visible[entity]
	if !ok {
		return nothing, nil
	}
	v = asReader(v, entity)
	return func(s *sql.Selector) {
		if p := r.rows(v, s); p != nil {
			s.Where(p)
		}
	}, nil
}

func nothing(s *sql.Selector) { s.Where(sql.False()) }
