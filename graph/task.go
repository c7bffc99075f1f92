package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/task"
)

// about returns what each task is about where that is of a kind, and nothing where
// it is something else.
func about[E relay.Node](ctx context.Context, tasks []*task.Task, kind ident.Kind, load load[E]) ([]E, error) {
	return follow(ctx, tasks, func(t *task.Task) ident.ID {
		if t.About.Kind() != kind {
			return ""
		}
		return t.About
	}, load)
}
