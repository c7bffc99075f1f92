package lifecycle

import (
	"errors"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

var doors = New("door", Next[string]{"OPEN": {"CLOSED"}, "CLOSED": {"OPEN", "LOCKED"}, "LOCKED": {}})

func TestOnlyWhatTheTableSaysMayFollow(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		ok       bool
	}{{"OPEN", "CLOSED", true}, {"CLOSED", "LOCKED", true}, {"OPEN", "LOCKED", false}, {"LOCKED", "OPEN", false}, {"OPEN", "OPEN", false}, {"AJAR", "OPEN", false}} {
		err := doors.Check(tt.from, tt.to)
		var p *problem.Error
		if (err == nil) != tt.ok || !tt.ok && (!errors.As(err, &p) || p.Code != problem.Conflict || p.Detail() != problem.Transition{From: tt.from, To: tt.to}) {
			t.Errorf("%s to %s: %v", tt.from, tt.to, err)
		}
	}
}

// A state without a line does not exist, so it is not final either.
func TestOnlyAStateOfTheTableIsFinal(t *testing.T) {
	for state, want := range map[string]bool{"OPEN": false, "LOCKED": true, "AJAR": false, "": false} {
		if doors.Final(state) != want {
			t.Errorf("%q is final: %t", state, !want)
		}
	}
}
