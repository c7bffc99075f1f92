package fetch

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for _, tt := range []struct {
		failures int
		jitter   float64
		want     time.Duration
	}{
		{-1, 0, 0},
		{0, 1, 0},
		{1, 0, time.Minute},
		{1, 1, 30 * time.Second},
		{2, 0, 2 * time.Minute},
		{3, 0.5, 3 * time.Minute},
		{11, 0, 1024 * time.Minute},
		{12, 0, 24 * time.Hour},
		{12, 1, 12 * time.Hour},
		{1 << 40, 0, 24 * time.Hour},
		{1, 7, 30 * time.Second},
		{1, -7, time.Minute},
	} {
		if got := Backoff(tt.failures, tt.jitter); got != tt.want {
			t.Errorf("Backoff(%d, %v) = %v, want %v", tt.failures, tt.jitter, got, tt.want)
		}
	}
}
