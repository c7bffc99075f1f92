package ledger

import (
	"context"
	"sync"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Event is what followers of the log learn of a change.
type Event struct {
	Object  ident.ID
	Public  bool
	Payload vocab.Payload
}

type collectorKey struct{}

// Collector holds the events that were written on behalf of one request, also
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

// Take returns what was collected and forgets it.
func (c *Collector) Take() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.events
	c.events = nil
	return events
}

func collect(ctx context.Context, c Change) {
	if all, ok := ctx.Value(collectorKey{}).(*Collector); ok {
		all.mu.Lock()
		defer all.mu.Unlock()
		all.events = append(all.events, Event{c.ID, c.Public, c.Payload})
	}
}
