package authz

import (
	"context"
	"errors"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
)

// errKept is a fault: some code path would change the history.
var errKept = errors.New("authz: an entry of the audit is never changed or deleted")

// sealOnly lets entries of the audit be written and, once, be sealed; it refuses
// every other change, also to the system. Who reaches the database past this
// process is found by the chain (package audit).
func sealOnly(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if m.Op().Is(ent.OpCreate) {
			return next.Mutate(ctx, m)
		}
		where, ok := m.(interface{ WhereP(...func(*sql.Selector)) })
		if !ok || m.Op().Is(ent.OpDelete|ent.OpDeleteOne) || slices.ContainsFunc(slices.Concat(m.Fields(), m.ClearedFields()), isContent) {
			return nil, errKept
		}
		where.WhereP(sql.FieldIsNull(auditentry.FieldSequence))
		return next.Mutate(ctx, m)
	})
}

func isContent(field string) bool {
	return field != auditentry.FieldSequence && field != auditentry.FieldHash
}
