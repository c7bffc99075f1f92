// Package outbox stores events in the transaction that causes them, so that an
// event is told if and only if its change happened.
package outbox

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Event is a fact in the past tense, such as "application.admitted", about one
// object. Its payload holds ids and states, no personal data.
type Event struct {
	Type    string
	Object  ident.ID
	Payload map[string]string
}

// Append stores the event, due at once.
func Append(ctx context.Context, tx *ent.Tx, e Event) error {
	if e.Payload == nil {
		e.Payload = map[string]string{}
	}
	return tx.OutboxEvent.Create().SetType(e.Type).SetObjectID(e.Object).SetPayload(e.Payload).
		SetState(outboxevent.StatePENDING).SetDueAt(vocab.Now(time.Now)).Exec(ctx)
}
