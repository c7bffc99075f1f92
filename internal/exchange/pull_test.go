package exchange_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// partner is a server that publishes a catalogue.
type partner struct {
	*httptest.Server
	body   string
	etag   string
	status int
	asked  int
}

func newPartner(t *testing.T) *partner {
	p := &partner{status: http.StatusOK, etag: `"1"`}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked++
		switch {
		case p.status != http.StatusOK:
			w.WriteHeader(p.status)
		case r.Header.Get("If-None-Match") == p.etag:
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("ETag", p.etag)
			_, _ = w.Write([]byte(p.body))
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// Fetch makes the partner's client a Fetcher.
func (p *partner) Fetch(ctx context.Context, address string, previous exchange.Previous) (*exchange.Document, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("If-None-Match", previous.ETag)
	answer, err := p.Client().Do(r)
	if err != nil {
		return nil, problem.New(problem.Unavailable, "%s does not answer", r.URL.Hostname()).Because(err)
	}
	told := exchange.Previous{ETag: answer.Header.Get("ETag")}
	switch answer.StatusCode {
	case http.StatusOK:
		return &exchange.Document{Body: answer.Body, Previous: told}, nil
	case http.StatusNotModified:
		return &exchange.Document{NotModified: true, Previous: previous}, answer.Body.Close()
	}
	_ = answer.Body.Close()
	refusal := problem.New(problem.Unavailable, "%s answers with the status %d", r.URL.Hostname(), answer.StatusCode)
	if answer.StatusCode == http.StatusTooManyRequests {
		refusal = refusal.With(problem.RetryAfter(7200))
	}
	return nil, refusal
}

func (w *world) source(p *partner) *ent.ImportSource {
	w.tb.Helper()
	w.Fetcher, w.AllowTo = p, []string{strings.TrimPrefix(p.URL, "https://")}
	source, err := w.AddSource(
		w.ctx,
		exchange.NewSource{
			InstitutionID: w.uni,
			Name:          "SIS",
			Format:        importrun.FormatCSV,
			URL:           p.URL + "/courses?key=topsecret",
			EveryMinutes:  60,
			Policy:        importsource.PolicyPUBLISH,
		},
	)
	if err != nil {
		w.tb.Fatal(err)
	}
	return source
}

func (w *world) pulls(want int) {
	w.tb.Helper()
	if n, err := w.PullDue(w.ctx); n != want || err != nil {
		w.tb.Fatalf("PullDue = %d, %v, want %d", n, err, want)
	}
	if _, err := w.Work(w.ctx); err != nil {
		w.tb.Fatal(err)
	}
}

func TestSourceIsPulledWhenItIsDue(t *testing.T) {
	w := newWorld(t)
	p := newPartner(t)
	p.body = text(whole(1), whole(2))
	id := w.source(p).ID
	get := func() *ent.ImportSource { return w.db.Client.ImportSource.GetX(w.ctx, id) }
	w.pulls(1)
	if s := get(); s.Etag != `"1"` || !s.PulledAt.Equal(w.now()) || !s.DueAt.Equal(w.now().Add(time.Hour)) || s.Failures != 0 {
		t.Errorf("after the first pull: %+v", s)
	}
	first := w.db.Client.ImportRun.Query().OnlyX(w.ctx)
	w.expect("pulled", first, "DONE 2 2 0 0 0 0")
	if c := w.course().FirstX(w.ctx); c.SourceID == nil || *c.SourceID != id {
		t.Errorf("the source of a course is %v", c.SourceID)
	}
	w.pulls(0)
	w.later(time.Hour)
	w.pulls(1) // 304
	if s := get(); p.asked != 2 || !s.PulledAt.Equal(w.now()) || s.ChangedAt.Equal(w.now()) || w.db.Client.ImportRun.Query().CountX(w.ctx) != 1 {
		t.Errorf("after 304: %+v", s)
	}
	p.body, p.etag = text(whole(2)), `"2"`
	w.later(time.Hour)
	w.pulls(1)
	second := w.db.Client.ImportRun.Query().Order(importrun.ByID()).AllX(w.ctx)[1]
	w.expect("one is gone", second, "DONE 1 0 0 1 0 0")
	if n := w.course().CountX(w.ctx); n != 2 {
		t.Errorf("a course that a source no longer lists was taken away: %d are left", n)
	}
}

// A source that fails is left alone for longer each time, and a success makes
// all well. Its error holds nothing of its address but the host.
func TestFailingSourceBacksOff(t *testing.T) {
	w := newWorld(t)
	p := newPartner(t)
	id := w.source(p).ID
	get := func() *ent.ImportSource { return w.db.Client.ImportSource.GetX(w.ctx, id) }
	p.status = http.StatusInternalServerError
	var waits []time.Duration
	for range 11 {
		w.pulls(1)
		s := get()
		waits = append(waits, s.DueAt.Sub(w.now()))
		if s.LastError != "127.0.0.1 answers with the status 500" {
			t.Fatalf("last error %q", s.LastError)
		}
		w.later(s.DueAt.Sub(w.now()))
	}
	if got, want := fmt.Sprint(waits), "[5m0s 10m0s 20m0s 40m0s 1h20m0s 2h40m0s 5h20m0s 10h40m0s 21h20m0s 24h0m0s 24h0m0s]"; got != want {
		t.Errorf("waits %s, want %s", got, want)
	}
	p.status, p.body = http.StatusOK, text(whole(1))
	w.pulls(1)
	if s := get(); s.Failures != 0 || s.LastError != "" || !s.DueAt.Equal(w.now().Add(time.Hour)) {
		t.Errorf("after a success: %+v", s)
	}
	w.later(time.Hour)
	p.status = http.StatusTooManyRequests
	w.pulls(1)
	if s := get(); !s.DueAt.Equal(w.now().Add(2 * time.Hour)) {
		t.Errorf("the server wants two hours, it gets %v", s.DueAt.Sub(w.now()))
	}
}

// A document that cannot be read counts as a failure of the source, and is
// asked for anew although the server says that it has not changed.
func TestUnreadableDocumentIsAFailureOfItsSource(t *testing.T) {
	w := newWorld(t)
	p := newPartner(t)
	p.body = "!\n"
	id := w.source(p).ID
	w.pulls(1)
	s := w.db.Client.ImportSource.GetX(w.ctx, id)
	if s.Failures != 1 || s.LastError == "" || s.Etag != "" || !s.DueAt.Equal(w.now().Add(5*time.Minute)) {
		t.Errorf("after a document of another format: %+v", s)
	}
	p.body = ""
	w.later(5 * time.Minute)
	w.pulls(1)
	if s := w.db.Client.ImportSource.GetX(w.ctx, id); s.Failures != 2 || s.LastError != "the file is empty" {
		t.Errorf("after an empty document: %+v", s)
	}
	w.MaxBytes = 1 << 20
	p.body = strings.Repeat("x", 2<<20)
	w.later(10 * time.Minute)
	w.pulls(1)
	if s := w.db.Client.ImportSource.GetX(w.ctx, id); s.Failures != 3 || s.LastError != "an import has at most 1 MiB" {
		t.Errorf("after a document that is too large: %+v", s)
	}
}

// Of several servers one pulls a source that is due, and nobody pulls one that
// is paused or whose last document is still being read.
func TestOneServerPullsASource(t *testing.T) {
	w := newWorld(t)
	p := newPartner(t)
	p.body = text(whole(1))
	id := w.source(p).ID
	other := w.server(nil)
	other.Fetcher = p
	sum := make(chan int)
	for _, s := range []node{w.node, other} {
		go func() {
			n, err := s.PullDue(w.ctx)
			if err != nil {
				t.Error(err)
			}
			sum <- n
		}()
	}
	if n := <-sum + <-sum; n != 1 || p.asked != 1 {
		t.Errorf("%d pulls, %d requests", n, p.asked)
	}
	if run, err := w.PullOnce(w.ctx, id); run != nil || err != nil || p.asked != 1 {
		t.Errorf("while a run waits: %v, %v", run, err)
	}
	if _, err := w.Work(w.ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.PauseSource(w.ctx, id); err != nil {
		t.Fatal(err)
	}
	w.later(2 * time.Hour)
	w.pulls(0)
	if _, err := w.PullOnce(w.ctx, id); err == nil {
		t.Error("a paused source was pulled")
	}
	if _, err := w.ResumeSource(w.ctx, id); err != nil {
		t.Fatal(err)
	}
	w.pulls(1)
	w.later(time.Minute)
	if _, err := w.PullSource(w.ctx, id); err != nil {
		t.Fatal(err)
	}
	w.pulls(1)
}

// Nobody is asked whether a document has changed while something of it is left
// to do: it is read anew until all is done.
func TestWhatIsLeftToDoIsAskedForAnew(t *testing.T) {
	for name, tt := range map[string]struct {
		body  string
		first func(w *world, source *ent.ImportSource) // what happens to the first document
		want  string                                   // of the second run
	}{
		"a run that was cancelled": {text(whole(1)), func(w *world, _ *ent.ImportSource) {
			run := w.db.Client.ImportRun.Query().OnlyX(w.ctx)
			if _, err := w.Cancel(w.ctx, run.ID); err != nil {
				w.tb.Fatal(err)
			}
		}, "DONE 1 1 0 0 0 0"},
		"another policy": {text(whole(1)), func(w *world, source *ent.ImportSource) {
			w.works()
			policy := importsource.PolicyDRAFT
			if _, err := w.UpdateSource(w.ctx, exchange.SourceUpdate{SourceID: source.ID, Policy: &policy}); err != nil {
				w.tb.Fatal(err)
			}
		}, "DONE 1 0 0 1 0 0"},
		"a row that was refused":        {text(whole(1)) + "?\n", func(w *world, _ *ent.ImportSource) { w.works() }, "DONE 2 0 0 1 1 0"},
		"a course that is not complete": {strings.Replace(text(whole(1)), `"EQF":7,`, "", 1), func(w *world, _ *ent.ImportSource) { w.works() }, "DONE 1 0 0 1 0 1"},
		"an address that changed while its document was read": {text(whole(1)), func(w *world, source *ent.ImportSource) {
			address := source.URL + "&other"
			if _, err := w.UpdateSource(w.ctx, exchange.SourceUpdate{SourceID: source.ID, URL: &address}); err != nil {
				w.tb.Fatal(err)
			}
			w.works()
		}, "DONE 1 0 0 1 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newPartner(t)
			p.body = tt.body
			source := w.source(p)
			if n, err := w.PullDue(w.ctx); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			tt.first(w, source)
			w.later(time.Hour)
			w.pulls(1)
			runs := w.db.Client.ImportRun.Query().Order(importrun.ByID()).AllX(w.ctx)
			if len(runs) != 2 {
				t.Fatalf("%d runs, want a second one", len(runs))
			}
			w.expect("the second", runs[1], tt.want)
		})
	}
}

func (w *world) works() {
	w.tb.Helper()
	if _, err := w.Work(w.ctx); err != nil {
		w.tb.Fatal(err)
	}
}

// A document that comes slowly is not given up while parts of it come; one that
// stopped is, once, and what still comes of it afterwards is not kept.
func TestASlowDocumentIsGivenUpByItsProgress(t *testing.T) {
	for name, stops := range map[string]bool{"it goes on": false, "it stops": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			source := w.source(newPartner(t))
			body := &slowly{w: w, parts: 4, each: 90 * time.Minute, between: func() int {
				n, err := w.Clear(w.ctx)
				if err != nil {
					t.Error(err)
				}
				return n
			}}
			if stops {
				body.each = 3 * time.Hour
			}
			w.Fetcher = body
			if n, err := w.PullDue(w.ctx); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			source = w.db.Client.ImportSource.GetX(w.ctx, source.ID)
			run := w.db.Client.ImportRun.Query().OnlyX(w.ctx)
			if stops && (run.State != importrun.StateFAILED || source.Failures != 1 || body.ended != 1) {
				t.Errorf("%s, %d failures, given up %d times: %s", run.State, source.Failures, body.ended, source.LastError)
			}
			if !stops && (run.State != importrun.StateQUEUED || source.Failures != 0 || body.ended != 0) {
				t.Errorf("%s, %d failures, given up %d times: %s", run.State, source.Failures, body.ended, source.LastError)
			}
			if n := w.db.Client.ImportChunk.Query().CountX(w.ctx); stops && n != 0 {
				t.Errorf("%d parts were kept", n)
			}
		})
	}
}

// slowly is a partner whose document comes in parts, with time between them in
// which others clear up.
type slowly struct {
	w       *world
	parts   int
	each    time.Duration
	between func() int
	ended   int
}

func (s *slowly) Fetch(context.Context, string, exchange.Previous) (*exchange.Document, error) {
	return &exchange.Document{Body: io.NopCloser(s)}, nil
}

func (s *slowly) Read(p []byte) (int, error) {
	if s.parts == 0 {
		return 0, io.EOF
	}
	if len(p) == 512<<10 { // the beginning of a part
		s.parts--
		s.w.later(s.each)
		s.ended += s.between()
	}
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

// One partner that does not answer holds up no other.
func TestSourcesArePulledSideBySide(t *testing.T) {
	w := newWorld(t)
	p := newPartner(t)
	p.body = text(whole(1))
	slow := w.source(p)
	var names []string
	for i := range 3 {
		source, err := w.AddSource(
			w.ctx,
			exchange.NewSource{
				InstitutionID: w.uni,
				Name:          fmt.Sprint("SIS ", i),
				Format:        importrun.FormatCSV,
				URL:           p.URL + "/" + fmt.Sprint(i),
				EveryMinutes:  60,
				Policy:        importsource.PolicyPUBLISH,
			},
		)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, source.Name)
	}
	others := make(chan struct{}, len(names))
	w.Fetcher = fetcher(func(ctx context.Context, address string, previous exchange.Previous) (*exchange.Document, error) {
		if address == slow.URL {
			for range names { // until all others are through
				select {
				case <-others:
				case <-time.After(10 * time.Second):
					t.Error("the others wait for the slow one")
				}
			}
			return nil, problem.New(problem.Unavailable, "%s does not answer", "sis")
		}
		defer func() { others <- struct{}{} }()
		return &exchange.Document{Body: io.NopCloser(strings.NewReader(p.body))}, nil
	})
	if n, err := w.PullDue(w.ctx); n != 4 || err != nil {
		t.Errorf("PullDue = %d, %v", n, err)
	}
}

type fetcher func(context.Context, string, exchange.Previous) (*exchange.Document, error)

func (f fetcher) Fetch(ctx context.Context, address string, previous exchange.Previous) (*exchange.Document, error) {
	return f(ctx, address, previous)
}

// A source whose pages are numbered from anywhere has no more of them than one
// that counts from 1.
func TestPagesAreCountedNotBelieved(t *testing.T) {
	w := newWorld(t)
	source := w.source(newPartner(t))
	w.db.Client.ImportSource.UpdateOneID(source.ID).SetFormat(importsource.FormatOEAPI_V5).SetWithOfferings(false).ExecX(w.ctx)
	w.Readers[importrun.FormatOEAPI_V5] = w.Readers[importrun.FormatCSV]
	asked := 0
	w.Fetcher = fetcher(func(context.Context, string, exchange.Previous) (*exchange.Document, error) {
		if asked++; asked > 4100 {
			return nil, context.Canceled
		}
		return &exchange.Document{Body: io.NopCloser(strings.NewReader(`{"pageNumber":4001,"hasNextPage":true,"items":[{}]}`))}, nil
	})
	w.pulls(1)
	if got := w.db.Client.ImportSource.GetX(w.ctx, source.ID); asked != 4000 || !strings.Contains(got.LastError, "more than 4000 pages") {
		t.Errorf("%d pages were asked for: %s", asked, got.LastError)
	}
}
