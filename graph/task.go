package graph

import "github.com/peregrine-exchange/peregrine/internal/task"

// about returns what each task is about where that is an E, and nothing where it
// is something else.
func about[E any](tasks []*task.Task) []E {
	return each(tasks, func(t *task.Task) E {
		e, _ := t.Row.(E)
		return e
	})
}
