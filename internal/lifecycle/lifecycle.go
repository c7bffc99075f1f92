// Package lifecycle checks moves between states against a table, so that what
// may follow what is data that a person can read and a test can walk.
package lifecycle

import (
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Next lists, for every state, the states that may follow it. A final state has
// an empty list; a state without a line does not exist.
type Next[S ~string] map[S][]S

// Table says which moves a kind of thing makes.
type Table[S ~string] struct {
	what string
	next Next[S]
}

// New returns the table of a kind of thing, such as "application".
func New[S ~string](what string, next Next[S]) Table[S] { return Table[S]{what, next} }

// What names the kind of thing.
func (t Table[S]) What() string { return t.what }

// Check returns nil when from may become to, and otherwise a CONFLICT problem
// with the Transition.
func (t Table[S]) Check(from, to S) error {
	if slices.Contains(t.next[from], to) {
		return nil
	}
	return t.Refuse(from, to)
}

// Refuse returns the CONFLICT problem of a move that a rule beside the table
// forbids.
func (t Table[S]) Refuse(from, to S) error {
	return problem.New(problem.Conflict, "this %s is %s and cannot become %s", t.what, from, to).
		With(problem.Transition{From: string(from), To: string(to)})
}

// Final says whether s is a state that nothing may follow.
func (t Table[S]) Final(s S) bool {
	next, exists := t.next[s]
	return exists && len(next) == 0
}
