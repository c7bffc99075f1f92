package problem

import "time"

// Detail is a fact behind a problem that a caller can act on.
type Detail interface {
	extensions() map[string]any // its names and values in an answer
}

// Transition is a move that the state of a thing does not allow.
type Transition struct {
	From string
	To   string // empty where the thing was to do something else than move
}

// Window is when something is or was open.
type Window struct {
	OpensAt  time.Time
	ClosesAt *time.Time // nil: it stays open
	Zone     string
}

// Seats are how many there are, all of them taken.
type Seats int

// Version is that of the thing as it is now.
type Version int

// Right is the one that is missing.
type Right string

// StepUp is the path at which a second factor is proved.
type StepUp string

// RetryAfter is in how many seconds it makes sense to try again.
type RetryAfter int

// Cost is that of an operation, and the most that is allowed.
type Cost struct{ Cost, Limit int }

// Size is the largest that is taken, in bytes.
type Size int64

// Status is what another server answered.
type Status int

func (d Transition) extensions() map[string]any {
	if d.To == "" {
		return map[string]any{"from": d.From}
	}
	return map[string]any{"from": d.From, "to": d.To}
}

func (d Window) extensions() map[string]any {
	return map[string]any{"opensAt": d.OpensAt, "closesAt": d.ClosesAt, "zone": d.Zone}
}

func (d Seats) extensions() map[string]any { return map[string]any{"seats": int(d)} }

func (d Version) extensions() map[string]any { return map[string]any{"version": int(d)} }

func (d Right) extensions() map[string]any { return map[string]any{"verb": string(d)} }

func (d StepUp) extensions() map[string]any { return map[string]any{"stepUpUrl": string(d)} }

func (d RetryAfter) extensions() map[string]any { return map[string]any{"retryAfter": int(d)} }

func (d Cost) extensions() map[string]any { return map[string]any{"cost": d.Cost, "limit": d.Limit} }

func (d Size) extensions() map[string]any { return map[string]any{"limit": int64(d)} }

func (d Status) extensions() map[string]any { return map[string]any{"status": int(d)} }
