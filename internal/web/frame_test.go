package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// The name in the frame is read once a request, however many pages are begun in
// it, and a request without it is served all the same.
func TestNameOfTheFrame(t *testing.T) {
	var n atomic.Int64
	db := testkit.Database(t, testkit.CountStatements(&n)).Client
	system := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	person := db.Person.Create().SetSignedInAt(time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)).SaveX(system).ID
	var log bytes.Buffer
	s := &site{Parts: Parts{Learners: &learner.Service{DB: db}, Log: slog.New(slog.NewTextHandler(&log, nil))}}
	ask := func(ctx context.Context) *http.Request {
		return httptest.NewRequest(http.MethodGet, "/", nil).WithContext(viewer.With(framed(ctx), &viewer.Viewer{Kind: viewer.Person, PersonID: person}))
	}
	if got := s.chrome(ask(t.Context())).SignedInAs; got != string(person) || log.Len() > 0 {
		t.Errorf("who has no profile is called %q: %s", got, &log)
	}
	db.Profile.Create().SetPersonID(person).SetGivenName("Ada").SetFamilyName("Lovelace").SetLanguage("en").ExecX(system)
	n.Store(0)
	r := ask(t.Context())
	for range 3 {
		if got := s.chrome(r).SignedInAs; got != "Ada Lovelace" {
			t.Errorf("they are called %q", got)
		}
	}
	if n.Load() != 1 {
		t.Errorf("their name takes %d statements", n.Load())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r = ask(gone)
	if first, again := s.chrome(r).SignedInAs, s.chrome(r).SignedInAs; first != string(person) || again != first {
		t.Errorf("where no name can be read they are called %q and %q", first, again)
	}
	if strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("the log says %q", &log)
	}
}
