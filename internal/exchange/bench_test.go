package exchange_test

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
)

// BenchmarkImport imports a catalogue into an empty database, then again, while
// somebody keeps reading. Run it with -benchtime=1x: it needs minutes.
//
//	go test -run '^$' -bench Import/100000 -benchtime 1x ./internal/exchange
func BenchmarkImport(b *testing.B) {
	for _, rows := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			for b.Loop() {
				w := newWorld(b)
				for _, what := range []string{"new", "same"} {
					run := w.uploads(rows)
					reads, slowest, stop := w.readsMeanwhile()
					began := time.Now()
					if _, err := w.Work(w.ctx); err != nil {
						b.Fatal(err)
					}
					took := time.Since(began)
					stop()
					if r := w.run(run.ID); r.Rows != rows || r.Rejected > 0 {
						b.Fatal(counts(r))
					}
					b.ReportMetric(float64(rows)/took.Seconds(), what+"/s")
					b.ReportMetric(float64(slowest.Load())/1e6, what+"-slowest-read-ms")
					b.Logf("%s: %v, %d reads meanwhile", what, took, reads.Load())
				}
			}
		})
	}
}

func (w *world) uploads(rows int) *ent.ImportRun {
	pr, pw := io.Pipe()
	go func() {
		for n := range rows {
			_, _ = io.WriteString(pw, text(whole(n+1)))
		}
		_ = pw.Close()
	}()
	run, err := w.Receive(w.ctx, exchange.Upload{InstitutionID: w.uni, Format: importrun.FormatCSV, Mode: importrun.ModePUBLISH}, pr)
	if err != nil {
		w.tb.Fatal(err)
	}
	return run
}

// readsMeanwhile reads a page of courses every ten milliseconds.
func (w *world) readsMeanwhile() (reads, slowest *atomic.Int64, stop func()) {
	reads, slowest = new(atomic.Int64), new(atomic.Int64)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			began := time.Now()
			if _, err := w.course().Where(course.StateEQ(course.StatePUBLISHED)).Order(course.ByID()).Limit(20).All(ctx); err == nil {
				reads.Add(1)
				slowest.Store(max(slowest.Load(), int64(time.Since(began))))
			}
			<-tick.C
		}
	}()
	return reads, slowest, func() { cancel(); <-done }
}
