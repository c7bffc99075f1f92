package fetch

import (
	"net/http"
	"strconv"
	"time"
)

// The waits between two attempts.
const (
	firstWait = time.Minute
	longest   = 24 * time.Hour
)

// Backoff returns how long to wait after so many failures in a row: up to a
// minute after the first, twice as long after each further one, a day at most,
// and nothing without a failure. jitter, from 0 to 1, takes up to half of it
// away, so that many who failed together do not come back together.
func Backoff(failures int, jitter float64) time.Duration {
	if failures <= 0 {
		return 0
	}
	wait := longest
	if doubled := firstWait << min(failures-1, 20); doubled < longest {
		wait = doubled
	}
	return wait - time.Duration(float64(wait)/2*min(max(jitter, 0), 1))
}

// retryAfter reads a Retry-After, in seconds or as a date (RFC 9110, 10.2.3):
// a day at most, and false when it says nothing.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(text, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(longest/time.Second))) * time.Second, true
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return min(max(until.Sub(now), 0), longest), true
}
