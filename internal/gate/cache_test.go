package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// shop is a gate with a cache whose answers count how often they were made.
type shop struct {
	http.Handler
	gate    *gate
	runs    atomic.Int64
	version atomic.Value
	failing atomic.Bool
}

type seen struct{ who, language string }

func newShop(change ...func(*Options, stub)) *shop {
	s := &shop{}
	s.version.Store("1")
	resolve := resolvers()
	resolve["open"] = func(context.Context, map[string]any) (any, error) {
		return fmt.Sprintf("made %d", s.runs.Add(1)), nil
	}
	resolve["broken"] = func(context.Context, map[string]any) (any, error) {
		if n := s.runs.Add(1); s.failing.Load() {
			return nil, problem.New(problem.Unavailable, "not now %d", n)
		}
		return "well", nil
	}
	resolve["breaks"] = func(context.Context, map[string]any) (any, error) {
		if s.runs.Add(1); s.failing.Load() {
			panic("secret of a bug")
		}
		return "well", nil
	}
	resolve["hello"] = resolve["open"]
	o := Options{Concurrent: 1000, Cache: &Cache{
		Version: func() string { return s.version.Load().(string) },
		Shareable: func(ctx context.Context) (string, bool) {
			who := ctx.Value(seen{}).(seen).who
			return "anonymous", who == ""
		},
		Language: func(ctx context.Context) string { return ctx.Value(seen{}).(seen).language },
	}}
	for _, f := range change {
		f(&o, resolve)
	}
	h := New(resolve, o)
	s.gate = h.(*gate)
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := seen{r.Header.Get("Viewer"), r.Header.Get("Accept-Language")}
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), seen{}, who)))
	})
	return s
}

func posted(document, variables string) *http.Request {
	text, _ := json.Marshal(document)
	if variables == "" {
		variables = "null"
	}
	return postBody(`{"query":` + string(text) + `,"variables":` + variables + `}`)
}

func got(document string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/graphql?query="+url.QueryEscape(document), nil)
	r.Header.Set(ClientHeader, "test")
	return r
}

func with(r *http.Request, headers ...string) *http.Request {
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func (s *shop) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestOnlyPublicQueriesAreCacheable(t *testing.T) {
	for document, want := range map[string]bool{
		`{ open }`:                           true,
		`query A { a: open shown { name } }`: true,
		`{ open __typename }`:                true,
		`{ ...F } fragment F on Query { ... { open } ...G } fragment G on Query { shown { id } }`: true,
		`{ hello }`:                                   false,
		`{ open hello }`:                              false,
		`{ open ... { hello } }`:                      false,
		`{ open hello @skip(if: true) }`:              false,
		`{ ...F } fragment F on Query { open hello }`: false,
		`{ open __schema { queryType { name } } }`:    false,
		`{ __type(name: "Person") { name } }`:         false,
		`mutation { put }`:                            false,
		`mutation { set }`:                            false,
	} {
		v := newDocuments(schema).verdict(document)
		if v.doc == nil {
			t.Fatalf("%s: %v", document, v.refusals)
		}
		if got := isPublic(v.doc.Operations[0]); got != want {
			t.Errorf("%s: %v", document, got)
		}
	}
}

func TestAnAnswerIsGivenAgain(t *testing.T) {
	s := newShop()
	const document = `{ open shown { name } }`
	first := s.send(posted(document, ""))
	want := `{"data":{"open":"made 1","shown":null},"extensions":{"cost":{"limit":5000,"used":3}}}`
	if first.Body.String() != want || first.Header().Get("ETag") != "" || first.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v %s", first.Header(), first.Body)
	}
	for name, r := range map[string]*http.Request{
		"the same":         posted(document, ""),
		"spelled anew":     postBody(`{ "operationName": null, "query": "{ open shown { name } }", "x": 1}`),
		"unused variables": posted(document, `{"unused": 1}`),
		"by GET":           got(document),
	} {
		for range 2 {
			again := s.send(r.Clone(r.Context()))
			if again.Code != 200 || (r.Method == "GET" && again.Body.String() != want) {
				t.Errorf("%s: %d %s", name, again.Code, again.Body)
			}
			if r.Method == "POST" {
				break // its body is read
			}
		}
	}
	if n := s.runs.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}
	first.Header().Del("Date")
	again := s.send(posted(document, ""))
	if fmt.Sprint(again.Header()) != fmt.Sprint(first.Header()) || again.Body.String() != want {
		t.Errorf("%v, then %v", first.Header(), again.Header())
	}
}

func TestDifferentRequestsDoNotMix(t *testing.T) {
	const two = `query A($n: Int, $name: String, $by: By) { open(first: $n, name: $name, by: $by) } query B { open }`
	body := func(operation, variables string) *http.Request {
		text, _ := json.Marshal(two)
		return postBody(`{"query":` + string(text) + `,"operationName":"` + operation + `","variables":` + variables + `}`)
	}
	s := newShop()
	for i, tt := range []struct {
		name string
		r    func() *http.Request
	}{
		{"an operation", func() *http.Request { return body("A", `{}`) }},
		{"another operation", func() *http.Request { return body("B", `{}`) }},
		{"a variable", func() *http.Request { return body("A", `{"n":1}`) }},
		{"another value", func() *http.Request { return body("A", `{"n":2}`) }},
		{"null", func() *http.Request { return body("A", `{"n":null}`) }},
		{"a text", func() *http.Request { return body("A", `{"name":"1"}`) }},
		{"the text null", func() *http.Request { return body("A", `{"name":"null"}`) }},
		{"an object", func() *http.Request { return body("A", `{"by":{"id":"1"}}`) }},
		{"another member", func() *http.Request { return body("A", `{"by":{"key":"1"}}`) }},
		{"a literal", func() *http.Request { return posted(`{ open(first: 1) }`, "") }},
		{"another literal", func() *http.Request { return posted(`{ open(first: 2) }`, "") }},
		{"another text of the document", func() *http.Request { return posted(`{ open(first:2) }`, "") }},
		{"extensions", func() *http.Request { return postBody(`{"query":"{ open(first: 1) }","extensions":{"a":1}}`) }},
		{"a language", func() *http.Request { return with(posted(`{ open(first: 1) }`, ""), "Accept-Language", "de") }},
		{"a media type", func() *http.Request { return with(posted(`{ open(first: 1) }`, ""), "Accept", graphqlResponse) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := fmt.Sprintf("made %d\"", i+1)
			for range 3 {
				w := s.send(tt.r())
				if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
					t.Errorf("%d %s, want %s", w.Code, w.Body, want)
				}
				if kind := mediaType(tt.r().Header.Values("Accept")); w.Header().Get("Content-Type") != kind+"; charset=utf-8" {
					t.Errorf("Content-Type = %s", w.Header().Get("Content-Type"))
				}
			}
		})
	}
}

func TestASignedInViewerIsNeverServedFromTheCache(t *testing.T) {
	s := newShop()
	for i, r := range []*http.Request{
		with(got(`{ open }`), "Viewer", "ada"), // not stored
		got(`{ open }`),
		with(got(`{ open }`), "Viewer", "ada"), // not given
		with(got(`{ open }`), "Viewer", "ada", "If-None-Match", "*"),
	} {
		w := s.send(r)
		if want := fmt.Sprintf("made %d\"", i+1); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
		if private := r.Header.Get("Viewer") != ""; private != (w.Header().Get("Cache-Control") == "no-store") || private != (w.Header().Get("ETag") == "") {
			t.Errorf("%v", w.Header())
		}
	}
	if w := s.send(got(`{ open }`)); !strings.Contains(w.Body.String(), "made 2") {
		t.Errorf("an answer to ada came back: %s", w.Body)
	}
}

func TestWhatIsNotPublicIsExecutedAgain(t *testing.T) {
	s := newShop()
	for i := range 3 {
		w := s.send(got(`{ hello }`))
		if !strings.Contains(w.Body.String(), fmt.Sprintf("made %d", i+1)) || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Vary") != "" {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
	}
}

func TestANewVersionEndsWhatWasKept(t *testing.T) {
	s := newShop()
	for i, version := range []string{"1", "2", "", ""} {
		s.version.Store(version)
		for range 2 {
			s.send(got(`{ open }`))
		}
		if want := []int64{1, 2, 4, 6}[i]; s.runs.Load() != want {
			t.Errorf("%q: it ran %d times, want %d", version, s.runs.Load(), want)
		}
	}
}

func TestAnAnswerGrowsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop()
		for i, wait := range []time.Duration{0, time.Minute, time.Nanosecond, time.Minute} {
			time.Sleep(wait) // in the bubble
			s.send(got(`{ open }`))
			if want := []int64{1, 1, 2, 2}[i]; s.runs.Load() != want {
				t.Errorf("after %d: it ran %d times, want %d", i, s.runs.Load(), want)
			}
		}
	})
}

func TestAnswersWithErrorsAreNotKept(t *testing.T) {
	s := newShop()
	s.failing.Store(true)
	for i := range 2 {
		w := s.send(got(`{ open broken }`))
		if w.Code != 200 || !strings.Contains(w.Body.String(), "UNAVAILABLE") || w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d: %d %v %s", i, w.Code, w.Header(), w.Body)
		}
	}
	if w := s.send(got(`{ broken }`)); w.Code != 503 || w.Header().Get("Retry-After") != "5" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	s.failing.Store(false)
	if w := s.send(got(`{ open broken }`)); w.Code != 200 || strings.Contains(w.Body.String(), "errors") {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
}

func TestAPanicDoesNotPoisonAnAnswer(t *testing.T) {
	s := newShop()
	s.failing.Store(true)
	for range 2 {
		w := s.send(got(`{ breaks }`))
		if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	s.failing.Store(false)
	if w := s.send(got(`{ breaks }`)); w.Code != 200 || !strings.Contains(w.Body.String(), "well") {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
	if n := len(s.gate.answers.flights.running); n != 0 {
		t.Errorf("%d executions are remembered", n)
	}
}

func TestAbortingAHandlerReachesTheServer(t *testing.T) {
	s := newShop(func(_ *Options, r stub) {
		r["open"] = func(context.Context, map[string]any) (any, error) { panic(http.ErrAbortHandler) }
	})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("recovered %v", v)
		}
	}()
	s.send(got(`{ open }`))
}

func TestWhatManyAskAtATimeRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(func(_ *Options, r stub) {
			make := r["open"]
			r["open"] = func(ctx context.Context, args map[string]any) (any, error) {
				time.Sleep(time.Second) // in the bubble: until all have asked
				return make(ctx, args)
			}
		})
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				r := got(`{ open }`)
				if i%2 == 0 {
					r = posted(`{ open }`, "")
				}
				if w := s.send(r); w.Code != 200 || !strings.Contains(w.Body.String(), "made 1") {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		all.Wait()
		if n := s.runs.Load(); n != 1 {
			t.Errorf("it ran %d times", n)
		}
	})
}

// slow runs for a second, or until its context ends.
func slow(ended *atomic.Int64) func(*Options, stub) {
	return func(_ *Options, r stub) {
		next := r["open"]
		r["open"] = func(ctx context.Context, args map[string]any) (any, error) {
			select {
			case <-time.After(time.Second):
				return next(ctx, args)
			case <-ctx.Done():
				ended.Add(1)
				return nil, ctx.Err()
			}
		}
	}
}

func TestTheOneWhoBeganMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int64
		s := newShop(slow(&ended))
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if w := s.send(got(`{ open }`).WithContext(ctx)); w.Code != 503 {
				t.Errorf("who left: %d %s", w.Code, w.Body)
			}
		})
		synctest.Wait()
		for range 3 {
			all.Go(func() {
				if w := s.send(got(`{ open }`)); w.Code != 200 || !strings.Contains(w.Body.String(), "made 1") {
					t.Errorf("who stayed: %d %s", w.Code, w.Body)
				}
			})
		}
		synctest.Wait()
		leave()
		all.Wait()
		if ended.Load() != 0 || s.runs.Load() != 1 {
			t.Errorf("ended %d, ran %d times", ended.Load(), s.runs.Load())
		}
	})
}

func TestAnExecutionNobodyWaitsForEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int64
		s := newShop(slow(&ended))
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { s.send(got(`{ open }`).WithContext(ctx)) })
		}
		synctest.Wait()
		start := time.Now()
		leave()
		all.Wait()
		if ended.Load() != 1 || !time.Now().Equal(start) {
			t.Errorf("ended %d, after %v", ended.Load(), time.Since(start))
		}
		if len(s.gate.running.running) != 0 {
			t.Errorf("places are held: %v", s.gate.running.running)
		}
		if w := s.send(got(`{ open }`)); w.Code != 200 {
			t.Errorf("afterwards: %d %s", w.Code, w.Body)
		}
	})
}

// Who asks while an execution is being ended does not get its failure.
func TestNobodyJoinsAnExecutionThatIsBeingEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		s := newShop(func(_ *Options, r stub) {
			r["broken"] = func(ctx context.Context, _ map[string]any) (any, error) {
				if tries.Add(1) > 1 {
					return "well", nil
				}
				<-ctx.Done()
				time.Sleep(time.Second) // it takes its time to end
				return nil, ctx.Err()
			}
		})
		ctx, leave := context.WithCancel(t.Context())
		var first sync.WaitGroup
		first.Go(func() { s.send(got(`{ broken }`).WithContext(ctx)) })
		synctest.Wait()
		leave()
		synctest.Wait()
		start := time.Now()
		if w := s.send(got(`{ broken }`)); w.Code != 200 || !time.Now().Equal(start) {
			t.Errorf("%d after %v: %s", w.Code, time.Since(start), w.Body)
		}
		first.Wait()
	})
}

// A failure is told to who began; who waited tries for itself.
func TestFailuresAreNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		s := newShop(func(_ *Options, r stub) {
			r["broken"] = func(context.Context, map[string]any) (any, error) {
				n := tries.Add(1)
				time.Sleep(time.Second)
				if n == 1 {
					return nil, problem.New(problem.Limited, "you have had enough")
				}
				return "well", nil
			}
		})
		var good, bad atomic.Int64
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if strings.Contains(s.send(got(`{ broken }`)).Body.String(), "well") {
					good.Add(1)
				} else {
					bad.Add(1)
				}
			})
		}
		all.Wait()
		if good.Load() != 4 || bad.Load() != 1 {
			t.Errorf("%d good, %d bad", good.Load(), bad.Load())
		}
	})
}

func TestDeadlineOfASharedExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(func(_ *Options, r stub) { r["open"] = r["wait"] })
		start := time.Now()
		w := s.send(got(`{ open }`))
		if took := time.Since(start); took != 10*time.Second || w.Code != 503 || !strings.Contains(w.Body.String(), "took too long") {
			t.Errorf("after %v: %d %s", took, w.Code, w.Body)
		}
	})
}

func TestAHitNeedsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(func(o *Options, _ stub) { o.Concurrent = 1 })
		s.send(got(`{ open }`))
		ctx, leave := context.WithCancel(t.Context())
		go s.send(got(`{ wait }`).WithContext(ctx))
		synctest.Wait()
		if w := s.send(got(`{ open }`)); w.Code != 200 {
			t.Errorf("a hit: %d %s", w.Code, w.Body)
		}
		if w := s.send(got(`{ open(first: 9) }`)); w.Code != 429 {
			t.Errorf("a miss: %d %s", w.Code, w.Body)
		}
		leave()
		synctest.Wait()
	})
}

func TestTheCacheIsBoundedInBytes(t *testing.T) {
	const most = 64 << 10
	s := newShop(func(o *Options, r stub) {
		o.Cache.MaxBytes = most
		r["open"] = func(_ context.Context, args map[string]any) (any, error) {
			n, _ := args["first"].(int64)
			return strings.Repeat("x", int(n)*50), nil
		}
	})
	sum := func() (total, entries int) {
		for _, k := range s.gate.answers.kept.Values() {
			total += k.weight()
		}
		return total, s.gate.answers.kept.Len()
	}
	for i := range 300 {
		s.send(got(fmt.Sprintf(`{ a%d: open(first: %d) }`, i, i%20+1)))
		if total, _ := sum(); total != s.gate.answers.size || total > most {
			t.Fatalf("%d bytes are kept, %d counted", total, s.gate.answers.size)
		}
	}
	if total, entries := sum(); total < most-2000 || entries < 30 {
		t.Errorf("only %d answers of %d bytes are kept", entries, total)
	}
	_, before := sum()
	for range 2 {
		if w := s.send(got(`{ big: open(first: 80) }`)); w.Code != 200 || w.Body.Len() < 4000 {
			t.Errorf("a large answer: %d, %d bytes", w.Code, w.Body.Len())
		}
	}
	if _, after := sum(); after != before {
		t.Errorf("an answer above a 16th was kept")
	}
	for i := range knownSpellings + 100 {
		s.gate.answers.find(spelling{sum: digest{byte(i), byte(i >> 8)}}, answerKey{})
	}
	if n := s.gate.answers.meanings.Len(); n != knownSpellings {
		t.Errorf("%d spellings are known", n)
	}
}

// The same answer kept again counts once.
func TestKeepingAgainCountsOnce(t *testing.T) {
	a := newShop().gate.answers
	for range 3 {
		a.keep(answerKey{}, []byte(`{"data":{}}`), time.Now())
	}
	if want := len(`{"data":{}}`) + overhead; a.size != want || a.kept.Len() != 1 {
		t.Errorf("%d bytes, %d answers", a.size, a.kept.Len())
	}
}

func TestWithdrawnDocumentIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var withdrawn atomic.Bool
		s := newShop(func(o *Options, _ stub) {
			o.Document = func(context.Context, string) (string, error) {
				if withdrawn.Load() {
					return "", unknownDocument()
				}
				return `{ open }`, nil
			}
		})
		for range 2 {
			s.send(postBody(`{"documentId":"x"}`))
		}
		if s.runs.Load() != 1 {
			t.Errorf("it ran %d times", s.runs.Load())
		}
		withdrawn.Store(true)
		time.Sleep(time.Minute + 1)    // in the bubble
		s.send(posted(`{ open }`, "")) // who knows the text still gets the answer
		if w := s.send(postBody(`{"documentId":"x"}`)); w.Code != 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestRefusalsComeBeforeTheCache(t *testing.T) {
	s := newShop()
	s.send(got(`{ open }`))
	withoutHeader := got(`{ open }`)
	withoutHeader.Header.Del(ClientHeader)
	head := got(`{ open }`)
	head.Method = http.MethodHead
	for want, r := range map[int]*http.Request{403: withoutHeader, 405: head, 415: with(posted(`{ open }`, ""), "Content-Type", "text/plain")} {
		w := s.send(r)
		if w.Code != want || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" {
			t.Errorf("%d %v, want %d", w.Code, w.Header(), want)
		}
	}
}

// An owner's extension that answers with its own words is heard on every miss.
func TestOwnersRefusalIsNotKept(t *testing.T) {
	refuse := true
	s := newShop(func(o *Options, _ stub) {
		o.Extensions = []graphql.HandlerExtension{hook{around: func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
			if refuse {
				return nil
			}
			return next(ctx)
		}}}
	})
	if w := s.send(got(`{ open }`)); w.Code != 503 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	refuse = false
	if w := s.send(got(`{ open }`)); w.Code != 200 {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
}
