package fetch

import (
	"net/http"
	"strconv"
	"time"
)

// longest is the most that a server may have us wait.
const longest = 24 * time.Hour

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
