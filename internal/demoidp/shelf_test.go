package demoidp

import (
	"strconv"
	"testing"
	"time"
)

func TestShelfKeepsFewAndNotForLong(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s, err := newShelf[int](3, time.Minute, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		s.put(strconv.Itoa(i), i)
		s.get("0") // reading does not save a value from falling off
	}
	for i, want := range []bool{false, false, true, true, true} {
		if _, ok := s.get(strconv.Itoa(i)); ok != want {
			t.Errorf("value %d kept: %v, want %v", i, ok, want)
		}
	}
	now = now.Add(time.Minute - time.Microsecond)
	if _, ok := s.get("2"); !ok {
		t.Error("expired too early")
	}
	now = now.Add(time.Microsecond)
	if _, ok := s.get("2"); ok {
		t.Error("still there after its time")
	}
	s.put("new", 9)
	if n := s.lru.Len(); n != 1 {
		t.Errorf("%d values held, want 1: the old ones are swept", n)
	}
}
