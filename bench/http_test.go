package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/app"
	sessions "github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// mine are own enrolments with their course, and what was achieved in them.
const mine = `{ enrolments(first: 20) { nodes { id state offering { course { code } version { title { text } } }
	results { credential { id state } } } } }`

// What a learner's own page costs over HTTP, as a whole server answers it: with
// the token looked up, rights, limits and a line of the log. The floor is plain
// net/http with one prepared statement and no viewer.
func BenchmarkSignedIn(b *testing.B) {
	d := fill(b)
	server, token := served(b, d)
	f := newFloor(b, d.db.SQL)
	floor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		f.mine(w, string(d.learner))
	}))
	defer floor.Close()
	var answer struct {
		Data struct {
			Enrolments struct{ Nodes []json.RawMessage }
		}
	}
	body := document(b, mine, nil)
	if err := json.Unmarshal(post(b, server.URL, token, body), &answer); err != nil || len(answer.Data.Enrolments.Nodes) != 10 {
		b.Fatalf("%d enrolments, %v", len(answer.Data.Enrolments.Nodes), err)
	}
	b.Run("Q5", func(b *testing.B) { overHTTP(b, server.URL, floor.URL, token, body) })
}

// overHTTP compares what two servers spend on the same request, less what asking
// costs.
func overHTTP(b *testing.B, server, floor, token string, body []byte) {
	b.Helper()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer empty.Close()
	var ours, theirs, making spent
	for b.Loop() { // alternating in rounds, so that a noisy machine hits all
		for of, address := range map[*spent]string{&ours: server, &theirs: floor, &making: empty.URL} {
			of.add(func() {
				for range round {
					post(b, address, token, body)
				}
			})
		}
	}
	ours.report(b, "ours")
	theirs.report(b, "floor")
	b.ReportMetric((ours.total()-making.total())/(theirs.total()-making.total()), "×floor")
	b.ReportMetric(0, "ns/op")
}

// post sends a request and fails on any error.
func post(b *testing.B, address, token string, body []byte) []byte {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address+"/graphql", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer got.Body.Close()
	said, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK || bytes.Contains(said, []byte(`"errors":[{`)) {
		b.Fatalf("%d %s %v", got.StatusCode, said, err)
	}
	return said
}

// served is a whole server on the data, and a token of its learner.
func served(tb testing.TB, d data) (*httptest.Server, string) {
	tb.Helper()
	c, err := config.Load("", nil)
	if err != nil {
		tb.Fatal(err)
	}
	c.Budgets = 1000 // a benchmark is a flood
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	a, err := app.New(app.Parts{Config: c, DB: d.db, KEK: keyring.KEK{}, Now: time.Now, Log: log})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := viewer.AsSystem(tb.Context())
	if err := a.Discovery.Load(ctx); err != nil {
		tb.Fatal(err)
	}
	secret, err := a.Sessions.Start(ctx, account(tb, d), sessions.Proof{})
	if err != nil {
		tb.Fatal(err)
	}
	browser, err := a.Sessions.Lookup(ctx, secret, session.KindBROWSER)
	if err != nil {
		tb.Fatal(err)
	}
	token, _, err := a.Sessions.Lend(ctx, browser.SessionID)
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(a.Handler)
	tb.Cleanup(server.Close)
	return server, token
}

// account is one with which the learner has signed in.
func account(tb testing.TB, d data) *ent.Identity {
	tb.Helper()
	ctx := viewer.AsSystem(tb.Context())
	p := d.db.Client.Provider.Create().SetKey("bench").SetIssuer("https://idp.example").SetClientID("bench").SetMode(provider.ModeDIRECT).
		SetState(provider.StateACTIVE).SetScopes([]string{"openid"}).SaveX(ctx)
	return d.db.Client.Identity.Create().SetPersonID(d.learner).SetProviderID(p.ID).SetIssuer("https://idp.example").SetSubject("ada").
		SetDigest(storage.Digest("ada")).SetSignedInAt(time.Now()).SaveX(ctx)
}
