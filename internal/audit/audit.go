// Package audit writes the record of every change, in the transaction of the
// change. Entries are put in order and chained afterwards, so that writers do
// not wait for each other.
package audit

import (
	"context"
	"errors"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Entry is what happened. It holds identifiers and words of the code, never a
// text that a person wrote.
type Entry struct {
	Verb         string // such as "application.admit"
	Object       ident.ID
	Institutions []ident.ID        // those that the change concerns
	Details      map[string]string // such as from and to
}

// Record writes the entry on behalf of the viewer of ctx.
func Record(ctx context.Context, tx *ent.Tx, e Entry) error {
	create, err := entry(ctx, tx, e)
	if err != nil {
		return err
	}
	return create.Exec(ctx)
}

// RecordAll writes many entries with one statement.
func RecordAll(ctx context.Context, tx *ent.Tx, all []Entry) error {
	if len(all) == 0 {
		return nil
	}
	creates := make([]*ent.AuditEntryCreate, len(all))
	for i, e := range all {
		var err error
		if creates[i], err = entry(ctx, tx, e); err != nil {
			return err
		}
	}
	return tx.AuditEntry.CreateBulk(creates...).Exec(ctx)
}

func entry(ctx context.Context, tx *ent.Tx, e Entry) (*ent.AuditEntryCreate, error) {
	v := viewer.From(ctx)
	if v == nil {
		return nil, errors.New("audit: the context has no viewer")
	}
	create := tx.AuditEntry.Create().
		SetActorKind(auditentry.ActorKind(v.Kind)).
		SetVerb(e.Verb).SetObjectID(e.Object).SetRequestID(telemetry.RequestID(ctx)).
		SetInstitutions(append([]ident.ID{}, e.Institutions...)).
		SetDetails(e.Details)
	if e.Details == nil {
		create.SetDetails(map[string]string{})
	}
	if who := v.Actor(); who != "" {
		create.SetActorID(who)
	}
	if v.SessionID != "" {
		create.SetSessionID(v.SessionID)
	}
	return create, nil
}
