package authz

import (
	"testing"
	"time"
)

// R19: only the second factor of REFEDS counts, for half an hour.
func TestR19ProofThatCounts(t *testing.T) {
	now := time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		acr  string
		at   time.Time
		want bool
	}{
		{MultiFactor, now, true}, {MultiFactor, now.Add(-30 * time.Minute), true}, {MultiFactor, now.Add(-30*time.Minute - time.Second), false},
		{"", now, false}, {"https://refeds.org/profile/sfa", now, false}, {MultiFactor + "/", now, false}, {MultiFactor, time.Time{}, false},
	} {
		if got := SteppedUp(tt.acr, tt.at, now); got != tt.want {
			t.Errorf("SteppedUp(%q, %s) = %t", tt.acr, tt.at, got)
		}
	}
}
