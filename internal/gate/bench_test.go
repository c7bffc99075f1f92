package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// courses is data of some 20 kB, as a page of courses has.
func courses() []map[string]string {
	rows := make([]map[string]string, 100)
	for i := range rows {
		rows[i] = map[string]string{"id": fmt.Sprint(i), "title": strings.Repeat("Compilers & Übersetzer ", 8)}
	}
	return rows
}

// discard is a client that keeps only the headers, so that a benchmark shows
// the gate and not a recorder.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header       { return d.header }
func (*discard) Write(b []byte) (int, error) { return len(b), nil }
func (*discard) WriteHeader(int)             {}

// BenchmarkAnswer gives the time of a hit, a 304 and a miss. A miss here has
// resolvers that cost nothing, so that it is the price of the gate alone.
func BenchmarkAnswer(b *testing.B) {
	rows := courses()
	newBenchShop := func() *shop {
		return newShop(func(_ *Options, r stub) {
			r["shown"] = func(context.Context, map[string]any) (any, error) { return rows, nil }
		})
	}
	const document = `query Page($n: String) { open(name: $n) shown { id name friends(first: 5) { nodes { id name } totalCount } } }`
	text, _ := json.Marshal(document)
	body := `{"query":` + string(text) + `,"operationName":"Page","variables":{"n":"%d"}}`
	get := func() *http.Request {
		r := got(document)
		r.URL.RawQuery += "&variables=" + url.QueryEscape(`{"n":"5"}`)
		return r
	}
	run := func(name string, s *shop, request func(i int) *http.Request) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := &discard{http.Header{}}
			for i := range b.N {
				clear(w.header)
				s.ServeHTTP(w, request(i))
			}
		})
	}
	s := newBenchShop()
	etag := s.send(get()).Header().Get("ETag")
	fixed := get()
	conditional := with(get(), "If-None-Match", etag)
	run("hit GET", s, func(int) *http.Request { return fixed })
	run("304", s, func(int) *http.Request { return conditional })
	run("hit POST", s, func(int) *http.Request { return postBody(fmt.Sprintf(body, 5)) })
	run("known meaning, other spelling", s, func(i int) *http.Request { return postBody(fmt.Sprintf(body, 5) + strings.Repeat(" ", i%5000)) })
	run("miss", newBenchShop(), func(i int) *http.Request { return postBody(fmt.Sprintf(body, i)) })
	run("the request alone", &shop{Handler: http.NotFoundHandler()}, func(int) *http.Request { return postBody(fmt.Sprintf(body, 5)) })
}

// BenchmarkEncode compares putting a response together with marshalling it,
// which reads and writes the data once more.
func BenchmarkEncode(b *testing.B) {
	data, _ := json.Marshal(map[string]any{"shown": courses()})
	response := &graphql.Response{Data: data, Extensions: map[string]any{"cost": map[string]int{"used": 5, "limit": 5000}}}
	b.Run("together", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			out := bodies.Get().(*bytes.Buffer)
			if err := encode(out, response); err != nil {
				b.Fatal(err)
			}
			giveBack(out)
		}
	})
	b.Run("marshalled", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := json.Marshal(response); err != nil {
				b.Fatal(err)
			}
		}
	})
}
