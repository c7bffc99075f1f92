package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// cable is a connection to the database that can be pulled.
type cable struct {
	listener net.Listener
	target   string
	flow     sync.RWMutex // write-locked while nothing comes through
	mu       sync.Mutex
	pulled   bool
	open     []net.Conn
}

func newCable(t *testing.T, target string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: l, target: target}
	t.Cleanup(func() { _ = l.Close(); c.Pull() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			c.connect(in)
		}
	}()
	return c
}

func (c *cable) connect(in net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := net.Dial("tcp", c.target)
	if c.pulled || err != nil {
		_ = in.Close()
		return
	}
	c.open = append(c.open, in, out)
	go func() { _, _ = io.Copy(out, flowing{in, c}); _ = out.Close() }()
	go func() { _, _ = io.Copy(in, flowing{out, c}); _ = in.Close() }()
}

// flowing is what comes through a cable, unless it is held.
type flowing struct {
	net.Conn
	cable *cable
}

func (f flowing) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	f.cable.flow.RLock()
	defer f.cable.flow.RUnlock()
	return n, err
}

// Pull ends all connections and lets none through.
func (c *cable) Pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
	for _, conn := range c.open {
		_ = conn.Close()
	}
	c.open = nil
}

// Plug lets connections through again.
func (c *cable) Plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = false
}

// T5: while the database is away, answers are 503 with Retry-After and nothing
// of its error; once it is back, everything works without a restart. SQLite has
// no server to lose, so there the list of servers is empty.
func TestDatabaseIsAwayAndComesBack(t *testing.T) {
	for _, server := range servers() {
		address, err := url.Parse(testkit.Migrated(t))
		if err != nil {
			t.Fatal(err)
		}
		c := newCable(t, server)
		address.Host = c.listener.Addr().String()
		w := emptyWorld(t)
		parts := w.parts
		parts.DB = testkit.Open(t, address.String())
		a, err := app.New(parts)
		if err != nil {
			t.Fatal(err)
		}
		w.App, w.DB = a, parts.DB
		w.found()
		ada := w.Learner("Ada", "uni-a")
		const q = `{ institutions { totalCount } }`
		ada.Asks("asks before", q, nil)
		c.Pull()
		for _, who := range []*Actor{ada, w.Nobody()} {
			got := who.Post(q, nil)
			if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "UNAVAILABLE" {
				t.Errorf("%s is told %d %s", who.Name, got.Status, got.Raw)
			}
			if strings.Contains(got.Raw, "connection") || strings.Contains(got.Raw, "tcp") {
				t.Errorf("%s learns %s", who.Name, got.Raw)
			}
		}
		c.Plug()
		deadline := time.Now().Add(10 * time.Second)
		for ada.Post(q, nil).Status != http.StatusOK {
			if time.Now().After(deadline) {
				t.Fatal("the server does not recover")
			}
		}
	}
}

// servers lists the database servers of this run: host and port.
func servers() []string {
	if testkit.Dialect() != dialect.MySQL {
		return nil
	}
	u, err := url.Parse(os.Getenv("PEREGRINE_TEST_MYSQL"))
	if err != nil {
		panic(err)
	}
	return []string{u.Host}
}

// frozen is a database that can be stopped as by kill -STOP: a server by its
// cable, and SQLite, which has none, before each statement. What is asked then
// gets no answer before its context ends.
type frozen struct {
	cable *cable
	until atomic.Pointer[chan struct{}]
}

func (f *frozen) hear(ctx context.Context, _ string, _ any) {
	if until := f.until.Load(); until != nil {
		select {
		case <-*until:
		case <-ctx.Done():
		}
	}
}

func (f *frozen) freeze() {
	if f.cable != nil {
		f.cable.flow.Lock()
		return
	}
	f.until.Store(new(make(chan struct{})))
}

func (f *frozen) thaw() {
	if f.cable != nil {
		f.cable.flow.Unlock()
		return
	}
	close(*f.until.Swap(nil))
}

// freezing starts a server whose database can be frozen, with a deadline.
func freezing(t *testing.T, deadline time.Duration) (*World, *frozen) {
	t.Helper()
	w, f := emptyWorld(t), &frozen{}
	address := w.address
	for _, server := range servers() {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		f.cable = newCable(t, server)
		u.Host = f.cable.listener.Addr().String()
		address = u.String()
	}
	w.parts.Deadline = deadline
	w.parts.DB = testkit.Open(t, address, testkit.OnStatementOf(f.hear))
	w.DB = w.parts.DB
	w.restart()
	w.found()
	return w, f
}

// times sends a request of a browser that reads German, and measures its answer.
func (a *Actor) times(method, path, kind, body string) (*httptest.ResponseRecorder, time.Duration) {
	r := httptest.NewRequest(method, base+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", "de")
	began := time.Now()
	return a.answered(r), time.Since(began)
}

// While the database hangs every request is answered by its deadline, which
// begins before it is known who asks, with 503 in the form and the language of
// whoever asks; after that new ones at once, and within a second of its return
// all are served. What reads nothing from the database is served throughout.
func TestEveryRequestIsAnsweredWhileTheDatabaseHangs(t *testing.T) {
	const deadline, many = 500 * time.Millisecond, 64
	w, f := freezing(t, deadline)
	people := make([]*Actor, many)
	for i := range people {
		people[i] = w.Learner(fmt.Sprint("L", i), "uni-a")
	}
	w.SetClock(w.Now().Add(time.Minute)) // nobody is remembered
	const who, public = `{"query":"{ viewer { person { displayName } } }"}`, `{"query":"{ catalogue { totalCount nodes { course { code } } } }"}`
	doors := []struct{ method, path, kind, body string }{
		{http.MethodPost, "/graphql", "application/json", who},
		{http.MethodGet, "/account", "", ""},
		{http.MethodGet, "/v/x", "", ""},
		{http.MethodGet, "/auth/start/uni-a.example", "", ""},
		{http.MethodPost, "/imports?format=CSV", "text/csv", "x"},
	}
	f.freeze()
	var all sync.WaitGroup
	ask := func(a *Actor, limit time.Duration, i int) {
		d := doors[i%len(doors)]
		got, took := a.times(d.method, d.path, d.kind, d.body)
		body := got.Body.String()
		if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" || took > limit {
			t.Errorf("%s: %d after %v: %s", d.path, got.Code, took, body)
		}
		if api := strings.Contains(body, `"code":"UNAVAILABLE"`) && strings.Contains(body, "die Datenbank antwortet nicht"); d.path == "/graphql" && !api {
			t.Errorf("the API answers %s", body)
		}
		if page := strings.Contains(body, "Der Dienst macht eine kurze Pause"); d.path != "/graphql" && !page {
			t.Errorf("%s shows %s", d.path, body)
		}
	}
	for i, a := range people {
		all.Go(func() { ask(a, deadline+time.Second, i) })
	}
	all.Wait()
	for i, a := range people[:10] {
		// One of them may be the one that tries.
		ask(a, 450*time.Millisecond, i)
	}
	for _, open := range []struct{ method, path, kind, body string }{
		{http.MethodGet, "/healthz", "", ""}, {http.MethodGet, "/verify", "", ""}, {http.MethodGet, "/schema.graphql", "", ""},
		{http.MethodPost, "/graphql", "application/json", public},
	} {
		if got, took := w.Nobody().times(open.method, open.path, open.kind, open.body); got.Code != http.StatusOK || took > deadline || strings.Contains(got.Body.String(), `"errors"`) {
			t.Errorf("anybody is answered %s with %d after %v: %s", open.path, got.Code, took, got.Body)
		}
	}
	if got, _ := w.Nobody().times(http.MethodGet, "/readyz", "", ""); got.Code != http.StatusServiceUnavailable || !strings.HasPrefix(got.Body.String(), "reading: failed") {
		t.Errorf("ready: %d %s", got.Code, got.Body)
	}
	f.thaw()
	back := time.Now()
	for people[0].Post(`{ viewer { kind } }`, nil).Status != http.StatusOK {
		if time.Since(back) > time.Second {
			t.Fatal("the server does not recover")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// What takes long and gets on has no deadline but its own: an upload whose
// pieces come in time.
func TestAnUploadOutlastsTheDeadlineOfOthers(t *testing.T) {
	w, _ := freezing(t, 300*time.Millisecond)
	editor := w.Staff("Edda", "uni-a", viewer.CourseEditor)
	slow, feed := io.Pipe()
	go func() {
		time.Sleep(600 * time.Millisecond)
		_, _ = feed.Write([]byte(threeRows))
		_ = feed.Close()
	}()
	got := editor.upload("institution="+string(w.Institution("uni-a"))+"&format=CSV&mode=DRAFT&name=courses.csv", slow)
	if got.Status != http.StatusAccepted {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
}

// While nothing can be written everything can be read, by people who have
// signed in as well, and what they read of others is noted once it can be; a
// change is told why, and readiness tells reading from writing.
func TestReadersAreServedWhileNothingCanBeWritten(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	if w.DB.Dialect != dialect.SQLite {
		t.Skip("the setting of a server is that of all its databases")
	}
	w.SetClock(w.Now().Add(10 * time.Minute)) // the use of each session is to be noticed
	set := func(pragma string) {
		if _, err := w.DB.SQL.Exec(pragma); err != nil {
			t.Fatal(err)
		}
	}
	c.ada.proves(authz.MultiFactor)
	app := w.applies(c)
	set("PRAGMA query_only(1)")
	c.ada.Asks("reads", `{ viewer { person { displayName } } }`, nil)
	c.homeOffice.Asks("reads of others", readApplicant, map[string]any{"id": app})
	for _, path := range []string{"/", "/account", "/rights", "/visibility"} {
		if got := c.ada.page(path); got.Code != http.StatusOK {
			t.Errorf("%s answers %d", path, got.Code)
		}
	}
	got := c.ada.Post(mutations["requestErasure"].document("requestErasure"), map[string]any{"input": map[string]any{}})
	if !strings.Contains(got.Raw, "UNAVAILABLE") || !strings.Contains(got.Raw, "read-only") {
		t.Errorf("a change is told %d %s", got.Status, got.Raw)
	}
	ready := func() string {
		rec := w.Nobody().page("/readyz")
		return fmt.Sprint(rec.Code, " ", rec.Body)
	}
	if got := ready(); !strings.HasPrefix(got, "200 reading: ok\nwriting: failed: the database is read-only") {
		t.Errorf("ready: %q", got)
	}
	notes := map[string]func(context.Context) error{"the use of sessions": w.App.Sessions.Notice, "what was read": w.App.Privacy.Write}
	for what, write := range notes {
		if write(w.system()) == nil {
			t.Errorf("of %s nothing waits to be noted", what) // or the test proves nothing
		}
	}
	set("PRAGMA query_only(0)")
	for what, write := range notes {
		if err := write(w.system()); err != nil {
			t.Errorf("%s is noted late: %v", what, err)
		}
	}
	if n := w.DB.Client.Disclosure.Query().CountX(w.system()); n == 0 {
		t.Error("what was read is not noted")
	}
	if got := ready(); !strings.HasPrefix(got, "200 reading: ok\nwriting: ok\n") {
		t.Errorf("ready: %q", got)
	}
}
