package token

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// How often tokens may be asked for. A token lives ten minutes, so that a
// program which keeps it stays far below. A network pays for every question, a
// program only for those that it has proved to be its own: otherwise whoever
// knows its id could lock it out.
const (
	perNetworkBurst = 200
	perNetworkEvery = time.Second / 2
	perClientBurst  = 30
	perClientEvery  = 10 * time.Second
	maxBudgets      = 10_000
)

// budgets are those of whoever asked last; the rest has been idle, and full,
// for long, or is one of so many that they count for little.
type budgets struct {
	every time.Duration
	burst int

	mu  sync.Mutex
	all *lru.Cache[string, *rate.Limiter]
}

func newBudgets(every time.Duration, burst int) *budgets {
	all, _ := lru.New[string, *rate.Limiter](maxBudgets) // fails for no size only
	return &budgets{every: every, burst: burst, all: all}
}

// take takes one question of who, or returns how long to wait for the next.
func (b *budgets) take(who string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	limiter, ok := b.all.Get(who)
	if !ok {
		limiter = rate.NewLimiter(rate.Every(b.every), b.burst)
		b.all.Add(who, limiter)
	}
	if limiter.AllowN(now, 1) {
		return 0
	}
	return max(b.every, time.Second)
}
