package e2e

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
)

// cable is a connection to the database that can be pulled.
type cable struct {
	listener net.Listener
	target   string
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
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
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
