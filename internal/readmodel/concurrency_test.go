package readmodel

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// In every version each row carries the version in its payload and in its tag,
// so that a reader can tell a torn snapshot.
func TestReadersSeeWholeSnapshots(t *testing.T) {
	x := New(testSchema)
	x.aside = 0
	version := func(v uint64) []Doc {
		docs := make([]Doc, 40)
		for i := range docs {
			tag := fmt.Sprint("v", v)
			docs[i] = Doc{ID: fmt.Sprintf("crs_%03d", (uint64(i)+v)%100), Tags: [][]string{{tag}}, Words: []Field{{1, "word " + tag}}, Payload: []byte(tag)}
		}
		return docs
	}
	all := func() (ids []string) {
		for i := range 100 {
			ids = append(ids, fmt.Sprintf("crs_%03d", i))
		}
		return ids
	}()
	x.Apply(0, version(0), nil)
	stop := make(chan struct{})
	var readers, compactor sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			last := uint64(0)
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := x.Snapshot()
				if s.Version() < last {
					t.Errorf("version %d after %d", s.Version(), last)
				}
				last = s.Version()
				tag := fmt.Sprint("v", last)
				r := search(t, s, Query{Text: tag, Order: Relevance, First: 50, Facets: map[int]int{0: 0, StateFacet: 0}})
				if len(r.Hits) != 40 || r.Total() != 40 || len(r.Facets[0]) != 1 || r.Facets[0][0] != (Count{tag, 40}) {
					t.Errorf("version %d: %d hits, total %d, facets %v", last, len(r.Hits), r.Total(), r.Facets)
					return
				}
				for _, hit := range r.Hits {
					if string(hit.Payload) != tag {
						t.Errorf("version %d holds %s of %s", last, hit.ID, hit.Payload)
					}
				}
			}
		})
	}
	compactor.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				x.Compact()
			}
		}
	})
	for v := uint64(1); v <= 300; v++ {
		x.Apply(v, version(v), all)
	}
	close(stop)
	readers.Wait()
	compactor.Wait()
}

func TestCompactKeepsWhatChangesMeanwhile(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for round := range 20 {
		x := New(testSchema)
		x.aside = 0
		n := newNaive()
		change := func(v, size int) {
			var put []Doc
			var remove []string
			for range size {
				put = append(put, randomDoc(r, 2000))
				remove = append(remove, fmt.Sprintf("crs_%05d", r.IntN(2000)))
			}
			x.Apply(uint64(v), put, remove)
			n.apply(put, remove)
		}
		for v := range 30 {
			change(v, 50-v)
		}
		var compactor sync.WaitGroup
		for i := range 10 {
			compactor.Go(func() { x.Compact() })
			change(100+i, 20)
		}
		compactor.Wait()
		if got := x.Snapshot().Version(); got != 109 {
			t.Fatalf("round %d: version %d", round, got)
		}
		for range 3 {
			n.compare(t, x.Snapshot(), randomQuery(r, 2000), 50)
		}
	}
}
