// Package lifecycle checks moves between states against a table, so that what
// may follow what is data that a person can read and a test can walk.
package lifecycle

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Table lists, for every state, the states that may follow it. A final state
// has an empty list; a state without a line does not exist.
type Table[S ~string] map[S][]S

// Check returns nil when from may become to, and otherwise a CONFLICT problem
// with the Transition. what names the thing, such as "application".
func (t Table[S]) Check(what string, from, to S) error {
	if slices.Contains(t[from], to) {
		return nil
	}
	return problem.New(problem.Conflict, "this %s is %s and cannot become %s", what, from, to).
		With(problem.Transition{From: string(from), To: string(to)})
}

// Final says whether s is a state that nothing may follow.
func (t Table[S]) Final(s S) bool {
	next, exists := t[s]
	return exists && len(next) == 0
}

// Diagram draws the table, a line a state, for package comments.
func (t Table[S]) Diagram() string {
	var b strings.Builder
	for _, from := range slices.Sorted(maps.Keys(t)) {
		next := "(final)"
		if len(t[from]) > 0 {
			var names []string
			for _, to := range t[from] {
				names = append(names, string(to))
			}
			next = "→ " + strings.Join(names, ", ")
		}
		fmt.Fprintf(&b, "%s %s\n", from, next)
	}
	return b.String()
}
