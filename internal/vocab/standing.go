package vocab

import "time"

// Standing is a span of an institution's membership in one state. It lasts
// until the next one begins.
type Standing struct {
	State string    `json:"state"`
	Since time.Time `json:"since"`
}

// StandingAt returns the state at a moment, or "" before the first.
func StandingAt(history []Standing, at time.Time) string {
	state := ""
	for _, s := range history {
		if s.Since.After(at) {
			break
		}
		state = s.State
	}
	return state
}
