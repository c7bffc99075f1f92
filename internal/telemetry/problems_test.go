package telemetry

import (
	"maps"
	"sync"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func TestProblemsAreCountedByCode(t *testing.T) {
	var p Problems
	if got := p.Counts(); len(got) != 0 {
		t.Errorf("before the first there are %v", got)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				p.Add(problem.Invalid)
				p.Add(problem.Internal)
			}
			p.Add(problem.Internal)
		})
	}
	all.Wait()
	got := p.Counts()
	if want := map[problem.Code]int64{problem.Invalid: 800, problem.Internal: 808}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	got[problem.Invalid] = 0
	if p.Counts()[problem.Invalid] != 800 {
		t.Error("who reads the counts changes them")
	}
}
