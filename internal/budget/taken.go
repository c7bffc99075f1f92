package budget

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Taken is what came of taking: how the budget stands of which the least is
// left. Without a Budget nothing was counted.
type Taken struct {
	*Budget
	Most   int           // that it holds
	Left   int           // of that
	Refill time.Duration // from empty to full
	Wait   time.Duration // until there is enough; 0: there was
}

// tighter says whether t is closer to a refusal than another.
func (t Taken) tighter(than Taken) bool {
	switch {
	case t.Budget == nil || than.Budget == nil:
		return t.Budget != nil
	case t.Wait != than.Wait:
		return t.Wait > than.Wait
	}
	return t.Left*than.Most < than.Left*t.Most
}

// RetryAfter is in how many whole seconds to try again.
func (t Taken) RetryAfter() int { return max(seconds(t.Wait), 1) }

// seconds rounds up: a moment too early would be refused again. Waits have been
// rounded up to a millisecond, which is none.
func seconds(d time.Duration) int {
	return int((d + time.Second - time.Millisecond - 1) / time.Second)
}

// Show tells the budget in the headers of an answer, as the draft of the IETF
// does (draft-ietf-httpapi-ratelimit-headers-10): q holds a full bucket, which
// takes w seconds to fill; r of it are left, and after t seconds it is full
// again, or holds enough for what was refused.
func (t Taken) Show(h http.Header) {
	if t.Budget == nil {
		return
	}
	name := t.Name()
	wait := seconds(time.Duration(float64(t.Refill) * float64(t.Most-t.Left) / float64(t.Most)))
	if t.Wait > 0 {
		wait = t.RetryAfter()
	}
	h.Add("RateLimit-Policy", `"`+name+`";q=`+strconv.Itoa(t.Most)+`;w=`+strconv.Itoa(seconds(t.Refill)))
	h.Add("RateLimit", `"`+name+`";r=`+strconv.Itoa(t.Left)+`;t=`+strconv.Itoa(wait))
}

// Problem refuses what there was not enough for, and is nil when there was.
func (t Taken) Problem() *problem.Error {
	if t.Wait == 0 {
		return nil
	}
	return problem.New(problem.Limited, "the budget %s is spent; try again in %d seconds", t.Name(), t.RetryAfter()).
		With(problem.RetryAfter(t.RetryAfter()))
}

type key struct{}

// With returns a context of a request that p pays for.
func With(ctx context.Context, p *Payer) context.Context { return context.WithValue(ctx, key{}, p) }

// Of returns who pays for the request of ctx, nil for nobody.
func Of(ctx context.Context) *Payer {
	p, _ := ctx.Value(key{}).(*Payer)
	return p
}
