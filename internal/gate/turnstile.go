package gate

import "sync"

// turnstile lets a number of operations of each viewer run at a time.
type turnstile struct {
	places int

	mu      sync.Mutex
	running map[string]int // by viewer; a viewer without operations has no entry
}

// enter reports whether one more operation of key may run. Who enters must
// leave.
func (t *turnstile) enter(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running[key] >= t.places {
		return false
	}
	if t.running == nil {
		t.running = map[string]int{}
	}
	t.running[key]++
	return true
}

func (t *turnstile) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running[key]--; t.running[key] == 0 {
		delete(t.running, key)
	}
}
