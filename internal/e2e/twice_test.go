package e2e

import (
	"slices"
	"testing"
)

// outcome is what became of two who acted: "done" or the codes, and what they
// put on record.
type outcome struct {
	first, second string
	audit, events string
	left          string // see encounter
}

// agrees says whether two at once came out as one after the other: whoever is
// refused may also be told CONFLICT, since what refuses them has just happened.
func (o outcome) agrees(serial outcome) bool {
	same := func(got, want string) bool { return got == want || got == "CONFLICT" && want != "done" }
	return same(o.first, serial.first) && same(o.second, serial.second) && o.audit == serial.audit && o.events == serial.events && o.left == serial.left
}

// inTurn has one act after the other.
func (s *stage) inTurn(first, second func(*runner) string) (o outcome) {
	before := s.onRecord()
	o.first = first(nil)
	o.second = second(nil)
	o.audit, o.events = s.since(before)
	return o
}

// racing has both act at once.
func (s *stage) racing(first, second func(*runner) string) (o outcome) {
	before := s.onRecord()
	codes, met := atOnce(first, second)
	if met {
		s.met++
	}
	o = outcome{first: codes[0], second: codes[1]}
	o.audit, o.events = s.since(before)
	return o
}

func (o outcome) swapped() outcome { o.first, o.second = o.second, o.first; return o }

// Each mutation, sent twice at once without a key, comes out as if one had been
// after the other, with the same on record.
func TestTwiceAtOnceIsOneAfterTheOther(t *testing.T) {
	s := newStage(t)
	all := schemaMutations(t)
	for _, f := range all {
		a := s.play(f.Name)
		serial := s.inTurn(a.run, a.run)
		if serial.first != "done" || !slices.Contains([]string{"done", "CONFLICT", "NOT_FOUND", "INVALID", "LIMITED", "UNAUTHENTICATED"}, serial.second) {
			t.Errorf("%s twice is %+v", f.Name, serial)
			continue
		}
		b := s.play(f.Name)
		if got := s.racing(b.run, b.run); !got.agrees(serial) && !got.agrees(serial.swapped()) {
			t.Errorf("%s twice at once is %+v, one after the other %+v", f.Name, got, serial)
		}
	}
	if s.met < len(all)*9/10 {
		t.Errorf("only %d of %d met at the line", s.met, len(all))
	}
}
