package bench

import (
	"runtime"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// What the read model takes to start, to keep, and to follow one change.
func BenchmarkReadModel(b *testing.B) {
	d := fill(b)
	before := heap()
	found := discovery.New(d.db.Client, time.Now)
	began := time.Now()
	if err := found.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	kept := heap() - before
	b.Run("load", func(b *testing.B) {
		for b.Loop() { // it is loaded already
		}
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(kept)/float64(volume()), "B/course")
		b.ReportMetric(0, "ns/op")
	})
	runtime.KeepAlive(found)
	ctx := viewer.AsSystem(b.Context())
	ids := d.db.Client.Course.Query().Where(course.StateEQ(course.StatePUBLISHED)).Limit(200).IDsX(ctx)
	b.Run("change", func(b *testing.B) {
		n := 0
		for b.Loop() {
			if err := found.Refresh(ctx, []ledger.Event{{Object: ids[n%len(ids)], Public: true}}); err != nil {
				b.Fatal(err)
			}
			n++
		}
	})
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
