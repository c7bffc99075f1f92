// Package outbox stores events in the transaction that causes them, so that an
// event is told if and only if its change happened.
//
// A transaction cannot know which of its neighbours commits first, so an event
// gets its number afterwards (log.go). Numbered events are one log without
// gaps: whoever keeps the number of the last event they saw misses nothing.
// The read model, the change feed and notifications all follow it.
package outbox

import (
	"context"
	"sync"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Event is a fact in the past tense, such as "application.admit", about one
// object. Its payload holds ids and states, no personal data. It concerns
// everybody when it is public, and else the named parties.
type Event struct {
	Type    string
	Object  ident.ID
	Payload map[string]string
	Public  bool
	Home    ident.ID
	Host    ident.ID
	Person  ident.ID
}

// Append stores the event.
func Append(ctx context.Context, tx *ent.Tx, e Event) error {
	return event(ctx, tx, e).Exec(ctx)
}

// AppendAll stores many events with one statement.
func AppendAll(ctx context.Context, tx *ent.Tx, all []Event) error {
	if len(all) == 0 {
		return nil
	}
	creates := make([]*ent.OutboxEventCreate, len(all))
	for i, e := range all {
		creates[i] = event(ctx, tx, e)
	}
	return tx.OutboxEvent.CreateBulk(creates...).Exec(ctx)
}

func event(ctx context.Context, tx *ent.Tx, e Event) *ent.OutboxEventCreate {
	if e.Payload == nil {
		e.Payload = map[string]string{}
	}
	create := tx.OutboxEvent.Create().SetType(e.Type).SetObjectID(e.Object).SetPayload(e.Payload).
		SetAudience(outboxevent.AudiencePARTIES)
	if e.Public {
		create.SetAudience(outboxevent.AudiencePUBLIC)
	}
	if e.Home != "" {
		create.SetHomeID(e.Home)
	}
	if e.Host != "" {
		create.SetHostID(e.Host)
	}
	if e.Person != "" {
		create.SetPersonID(e.Person)
	}
	if c, ok := ctx.Value(collectorKey{}).(*Collector); ok {
		c.add(e)
	}
	return create
}

type collectorKey struct{}

// Collector holds the events that were appended on behalf of one request, also
// those of a transaction that was rolled back: they say what may have changed.
type Collector struct {
	mu     sync.Mutex
	events []Event
}

// Collect returns a context whose events are collected.
func Collect(ctx context.Context) (context.Context, *Collector) {
	c := &Collector{}
	return context.WithValue(ctx, collectorKey{}, c), c
}

func (c *Collector) add(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
}

// Take returns what was collected and forgets it.
func (c *Collector) Take() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.events
	c.events = nil
	return events
}
