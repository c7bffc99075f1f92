package readmodel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The benchmarks run over catalogues of 10 000 and 100 000 courses, and of as
// many as PEREGRINE_BENCH_COURSES says.
func benchSizes(b *testing.B) []int {
	sizes := []int{10_000, 100_000}
	if more := os.Getenv("PEREGRINE_BENCH_COURSES"); more != "" {
		n, err := strconv.Atoi(more)
		if err != nil {
			b.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	return slices.Compact(sizes)
}

var benchSchema = Schema{
	Facets: []string{"language", "level", "field", "kind", "mode", "country", "provider", "topic"},
	Orders: []string{"title", "ects", "starts", "deadline"},
}

// benchDocs makes courses with about 60 different terms of a vocabulary of
// 60 000, which stand in the texts as often as words do in languages (Zipf).
func benchDocs(from, n int) []Doc {
	r := rand.New(rand.NewPCG(7, uint64(from)))
	letters := "etaoinsrhldcumfpgwybvkxjqz"
	word := func() string {
		rank := int(math.Exp(r.Float64()*math.Log(60_000))) + 40*r.IntN(12)
		var w []byte
		for h := uint32(rank)*2654435761 + 12345; len(w) < 4+rank%8; h = h*1664525 + 1013904223 {
			w = append(w, letters[(h>>16)%uint32(len(letters))])
		}
		return string(w)
	}
	text := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = word()
		}
		return strings.Join(words, " ")
	}
	skewed := func(n int) int { return int(float64(n) * r.Float64() * r.Float64()) }
	docs := make([]Doc, n)
	for i := range docs {
		title := text(5)
		if r.IntN(100) < 3 {
			title = "Machine Learning " + title
		}
		provider := skewed(300)
		start := int64(1790000000+86400*7*r.IntN(100)) * 1e6
		docs[i] = Doc{
			ID:    fmt.Sprintf("crs_06h0%022d", from+i),
			Words: []Field{{8, title}, {4, text(8)}, {1, text(48)}},
			Tags: [][]string{
				{fmt.Sprint("lang", skewed(12))}, {fmt.Sprint("level", skewed(8))}, {fmt.Sprintf("%02d", skewed(10)), fmt.Sprintf("%04d", skewed(100))},
				{fmt.Sprint("kind", r.IntN(4))}, {fmt.Sprint("mode", r.IntN(3))}, {fmt.Sprint("country", provider%20)}, {fmt.Sprint("provider", provider)},
				{fmt.Sprint("topic", skewed(2000)), fmt.Sprint("topic", skewed(2000))},
			},
			Keys:    []string{strings.ToLower(title), Number(int64(1 + r.IntN(30))), Number(start), Number(start - int64(r.IntN(60))*86400e6)},
			Windows: []Window{{Opens: start - 100*86400e6, Closes: start, Free: int32(r.IntN(4))}, {Opens: start - 50*86400e6, Closes: start + 86400e6, Free: 9, Audience: 1}},
			Payload: make([]byte, 100),
		}
	}
	return docs
}

// benched keeps the catalogues, which several benchmarks share.
var benched struct {
	sync.Mutex
	indexes map[int]*Index
}

func benchIndex(b *testing.B, n int) *Index {
	b.Helper()
	benched.Lock()
	defer benched.Unlock()
	if x := benched.indexes[n]; x != nil {
		return x
	}
	if benched.indexes == nil {
		benched.indexes = map[int]*Index{}
	}
	before := heap()
	x := New(benchSchema)
	var building time.Duration
	for from := 0; from < n; from += 100_000 {
		docs := benchDocs(from, min(n, 100_000))
		start := time.Now()
		x.Apply(1, docs, nil)
		building += time.Since(start)
	}
	start := time.Now()
	for x.Compact() {
	}
	building += time.Since(start)
	payload := 0
	for _, p := range x.Snapshot().parts {
		for _, blob := range p.payloads {
			payload += cap(blob.data)
		}
	}
	b.Logf("%d courses: loaded in %v, %d bytes of heap each besides the payload, %d parts",
		n, building.Round(time.Millisecond), (int(heap()-before)-payload)/n, len(x.Snapshot().parts))
	benched.indexes[n] = x
	return x
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// cpu is the time that the process has computed, which neighbours do not change.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkSearch(b *testing.B) {
	common := map[int][]string{0: {"lang0"}, 1: {"level1"}, 2: {"01"}}
	rare := map[int][]string{0: {"lang5"}, 1: {"level5"}, 2: {"0060"}}
	all := map[int]int{StateFacet: 0}
	for f := range benchSchema.Facets {
		all[f] = 20
	}
	deep := Number(1790000000e6 + 86400*7*90*1e6)
	for _, c := range []struct {
		name  string
		query Query
		after string // the sort key of the cursor
		total bool
	}{
		{name: "newest", query: Query{Any: common, Order: Newest}},
		{name: "title", query: Query{Any: common}},
		{name: "starts-deep", query: Query{Any: common, Order: 2}, after: deep},
		{name: "rare", query: Query{Any: rare}},
		{name: "ects-open", query: Query{Any: common, States: []State{Open}, At: 1793000000e6, Ranges: map[int]Range{1: {Min: Number(5), Max: Number(10)}}}},
		{name: "text-facets", query: Query{Text: "machine learning", Order: Relevance, Facets: map[int]int{5: 20, 0: 20}}, total: true},
		{name: "text-facets-filtered", query: Query{Text: "machine learning", Order: Relevance, Any: map[int][]string{0: {"lang0"}}, Facets: map[int]int{5: 20, 0: 20}}, total: true},
		{name: "all-facets", query: Query{Any: common, Facets: all}, total: true},
		{name: "two-letters", query: Query{Text: "ma le", Order: Relevance}},
	} {
		for _, n := range benchSizes(b) {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				s := benchIndex(b, n).Snapshot()
				q := c.query
				q.First = 20
				if c.after != "" {
					q.After = Hit{ID: "crs", key: c.after, order: s.schema.listing(q, nil).tag}.Cursor()
				}
				b.ReportAllocs()
				b.ResetTimer()
				rows := 0
				before := cpu(b)
				for range b.N {
					r := search(b, s, q)
					if rows = len(r.Hits); c.total {
						rows = r.Total()
					}
				}
				b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
				b.ReportMetric(float64(rows), "rows")
			})
		}
	}
}

func BenchmarkApplyOne(b *testing.B) {
	for _, n := range benchSizes(b) {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := New(benchSchema)
			shared := benchIndex(b, n).Snapshot()
			x.current.Store(shared)
			docs := benchDocs(n/2, 1000)
			longest := time.Duration(0)
			b.ResetTimer()
			for i := range b.N {
				start := time.Now()
				x.Apply(uint64(i), docs[i%1000:i%1000+1], nil)
				longest = max(longest, time.Since(start))
			}
			b.ReportMetric(float64(longest.Microseconds()), "longest-µs")
		})
	}
}

func BenchmarkDidYouMean(b *testing.B) {
	s := benchIndex(b, 100_000).Snapshot()
	for range b.N {
		if got := search(b, s, Query{Text: "machnie lerning"}).DidYouMean(); got != "machine learning" {
			b.Fatal(got)
		}
	}
}
