package work

import "time"

// RenewBy returns a function that has a lease renewed, and waits until it is.
func (q *Queue) RenewBy() (renew func()) {
	tick, waits := make(chan time.Time), make(chan struct{}, 1)
	q.after = func(time.Duration) <-chan time.Time {
		waits <- struct{}{}
		return tick
	}
	return func() {
		<-waits
		tick <- time.Time{}
		<-waits
		waits <- struct{}{}
	}
}
