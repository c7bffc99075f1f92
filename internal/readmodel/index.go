package readmodel

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
)

// Index publishes one snapshot after the other. Readers never wait.
type Index struct {
	schema     Schema
	current    atomic.Pointer[Snapshot]
	write      sync.Mutex // held to replace current
	compacting sync.Mutex // held by Compact
	frozen     int        // how many of the first parts Compact works on; under write
	aside      int        // rows that Apply may merge on the side
}

// Snapshot is the catalogue at one version. It never changes.
type Snapshot struct {
	version uint64
	schema  Schema
	parts   []part // each id lives in at most one
}

// New returns an empty index.
func New(schema Schema) *Index {
	x := &Index{schema: schema, aside: smallMerge}
	x.current.Store(&Snapshot{schema: schema})
	return x
}

// Snapshot returns the latest snapshot.
func (x *Index) Snapshot() *Snapshot { return x.current.Load() }

// Version returns what Apply named the last change of the snapshot.
func (s *Snapshot) Version() uint64 { return s.version }

// Size returns the number of rows.
func (s *Snapshot) Size() int {
	n := 0
	for _, p := range s.parts {
		n += p.live()
	}
	return n
}

// Get returns the payload of a row. It must not be changed.
func (s *Snapshot) Get(id string) (payload []byte, ok bool) {
	for _, p := range s.parts {
		if row, found := p.find(id); found {
			return p.payload(row), true
		}
	}
	return nil, false
}

// Apply publishes a snapshot without the removed rows and with the put ones in
// place of their earlier versions; of rows with the same id the last one
// counts, and one that is both removed and put stays.
func (x *Index) Apply(version uint64, put []Doc, remove []string) {
	put = sorted(put)
	var added *segment
	if len(put) > 0 {
		added = build(x.schema, put)
	}
	x.write.Lock()
	defer x.write.Unlock()
	parts := slices.Clone(x.current.Load().parts)
	for i := range parts {
		parts[i] = parts[i].without(put, remove)
	}
	if added != nil {
		parts = append(parts, part{segment: added})
	}
	kept := slices.DeleteFunc(parts[x.frozen:], func(p part) bool { return p.live() == 0 })
	parts = x.settle(parts[:x.frozen+len(kept)], x.aside+2*len(put))
	x.current.Store(&Snapshot{version: version, schema: x.schema, parts: parts})
}

// without marks rows as dead.
func (p part) without(put []Doc, remove []string) part {
	var dead []uint32
	for _, doc := range put {
		if row, found := p.find(doc.ID); found {
			dead = append(dead, row)
		}
	}
	for _, id := range remove {
		if row, found := p.find(id); found {
			dead = append(dead, row)
		}
	}
	if len(dead) == 0 {
		return p
	}
	if p.dead == nil {
		p.dead = roaring.New()
	} else {
		p.dead = p.dead.Clone()
	}
	p.dead.AddMany(dead)
	return p
}
