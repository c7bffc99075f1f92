package telemetry

import (
	"maps"
	"sync"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Problems counts the problems that callers were told, by their code. The zero
// Problems has counted none. It may be used by many at once.
type Problems struct {
	mu     sync.Mutex
	counts map[problem.Code]int64
}

// Add counts one more.
func (p *Problems) Add(code problem.Code) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts == nil {
		p.counts = map[problem.Code]int64{}
	}
	p.counts[code]++
}

// Counts returns how many there were of each code since this server began.
func (p *Problems) Counts() map[problem.Code]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.counts)
}
