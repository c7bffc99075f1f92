package readmodel

import (
	"math"
	"sync"
)

// State is what a window is for somebody at an instant.
type State uint8

// The states of a window.
const (
	Open       State = iota // one can apply, and there is a free seat
	OpensLater              // not yet
	Closed                  // no longer
	Full                    // one could apply, but there is no free seat
	states
)

func (s State) String() string { return [states]string{"OPEN", "OPENS_LATER", "CLOSED", "FULL"}[s] }

// kind is what makes one window different from another.
type kind struct {
	opens, closes int64
	audience      uint32
	full          bool
}

func kindOf(w Window) kind {
	k := kind{opens: w.Opens, closes: w.Closes, audience: w.Audience, full: w.Free <= 0}
	if k.closes == 0 {
		k.closes = math.MaxInt64
	}
	return k
}

func (k kind) state(at int64) State {
	switch {
	case at < k.opens:
		return OpensLater
	case at >= k.closes:
		return Closed
	case k.full:
		return Full
	default:
		return Open
	}
}

// windows is the windows of a segment's rows.
type windows struct {
	count int // rows
	kinds []kind
	rows  spans // per row the places of its windows in kinds
	known *stateCache
}

// stateCache keeps the last answers of states: they hold until the next window
// opens or closes, and few audiences ask.
type stateCache struct {
	sync.Mutex
	last [4]stateSets
	next int
}

// stateSets is the rows that have a window in each state for an audience, from
// one instant until another.
type stateSets struct {
	from, until int64
	audience    uint32
	sets        [states]rowSet
}

type windowsBuilder struct {
	numbers map[kind]uint32
	out     windows
	values  []uint32
	ends    []uint32
}

func (b *windowsBuilder) add(k kind) {
	n, known := b.numbers[k]
	if !known {
		if b.numbers == nil {
			b.numbers = map[kind]uint32{}
		}
		n = uint32(len(b.out.kinds))
		b.numbers[k] = n
		b.out.kinds = append(b.out.kinds, k)
	}
	b.values = append(b.values, n)
}

func (b *windowsBuilder) endRow() { b.ends = append(b.ends, uint32(len(b.values))) }

func (b *windowsBuilder) finish() windows {
	w := b.out
	w.kinds, w.count = trimmed(w.kinds), len(b.ends)
	w.rows = newSpans(b.values, len(w.kinds), b.ends)
	w.known = &stateCache{}
	return w
}

func buildWindows(docs []Doc) windows {
	b := windowsBuilder{}
	for _, doc := range docs {
		for _, w := range doc.Windows {
			b.add(kindOf(w))
		}
		b.endRow()
	}
	return b.finish()
}

func mergeWindows(parts []part, moved [][]uint32, size int) windows {
	b := windowsBuilder{}
	from := make([]struct{ part, row uint32 }, size)
	for i := range parts {
		for row, to := range moved[i] {
			if to != gone {
				from[to].part, from[to].row = uint32(i), uint32(row)
			}
		}
	}
	for _, f := range from {
		w := &parts[f.part].windows
		start, end := w.rows.of(f.row)
		for i := start; i < end; i++ {
			b.add(w.kinds[w.rows.values.at(i)])
		}
		b.endRow()
	}
	return b.finish()
}

// states returns, per state, the rows with a window in it at an instant for an
// audience.
func (w *windows) states(at int64, audience uint32) [states]rowSet {
	w.known.Lock()
	defer w.known.Unlock()
	for _, known := range w.known.last {
		if known.sets[Open].Bitmap != nil && known.audience == audience && known.from <= at && at < known.until {
			return known.sets
		}
	}
	now := w.compute(at, audience)
	w.known.last[w.known.next] = now
	w.known.next = (w.known.next + 1) % len(w.known.last)
	return now.sets
}

func (w *windows) compute(at int64, audience uint32) stateSets {
	now := stateSets{from: math.MinInt64, until: math.MaxInt64, audience: audience}
	bits := make([]uint8, len(w.kinds))
	for i, k := range w.kinds {
		for _, instant := range [...]int64{k.opens, k.closes} {
			if instant <= at {
				now.from = max(now.from, instant)
			} else {
				now.until = min(now.until, instant)
			}
		}
		if k.audience == 0 || k.audience&audience != 0 {
			bits[i] = 1 << k.state(at)
		}
	}
	var words [states][]uint64
	for s := range words {
		words[s] = make([]uint64, (w.count+63)/64)
	}
	for row := range w.count {
		var found uint8
		start, end := w.rows.of(uint32(row))
		for i := start; i < end; i++ {
			found |= bits[w.rows.values.at(i)]
		}
		for s := range words {
			words[s][row/64] |= uint64(found>>s&1) << (row % 64)
		}
	}
	for s := range words {
		now.sets[s] = ofWords(words[s])
	}
	return now
}
