package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// peregrine runs the command and returns its status and what it printed.
func peregrine(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = run(args, nil, strings.NewReader(""), &o, &e)
	return status, o.String(), e.String()
}

// A partner makes a key, registers its public half, and gets a token from the
// address of the exchange alone.
func TestTokenOnTheCommandLine(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	t.Cleanup(server.Close)
	c, err := config.Load("", []string{"PEREGRINE_BASE_URL=" + strings.Replace(server.URL, "127.0.0.1", "localhost", 1)})
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	kek, err := keyring.ParseKEK(base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	db := testkit.Database(t)
	a, err := app.New(app.Parts{Config: c, DB: db, KEK: kek, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Handler

	file := filepath.Join(t.TempDir(), "sis.jwk")
	status, public, errs := peregrine("token", "--new-key", file)
	if status != 0 || strings.Contains(public, `"d"`) {
		t.Fatalf("%d %s %s", status, public, errs)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != fs.FileMode(0o600) {
		t.Errorf("the private key is a file %v, %v", info.Mode(), err)
	}
	if status, _, _ := peregrine("token", "--new-key", file); status == 0 {
		t.Error("a key was written over another")
	}
	system := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	institutions := &institution.Service{DB: db.Client, Now: time.Now}
	alliance, err := institutions.Found(system, institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Bounds: institution.DefaultBounds})
	if err != nil {
		t.Fatal(err)
	}
	uni, err := institutions.Admit(system, institution.Admission{AllianceID: alliance.ID, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni-a.example", Name: vocab.Text{"en": "A"}, Acronym: "A", Country: "DE", Town: vocab.Text{"en": "Town"}, Zone: "Europe/Berlin"}})
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.Clients.Register(
		system,
		client.Registration{InstitutionID: uni.ID, Name: "SIS", Scopes: []string{"catalogue.read", "course.edit"}, Keys: []client.NewKey{{JWK: public}}},
	)
	if err != nil {
		t.Fatal(err)
	}

	status, got, errs := peregrine("token", "--key", file, "--client", string(made.ID), "--issuer", c.BaseURL+"/", "--scope", "course.edit")
	if status != 0 {
		t.Fatalf("%d %s", status, errs)
	}
	r, err := http.NewRequest(http.MethodPost, c.BaseURL+"/graphql", strings.NewReader(`{"query":"{ viewer { kind permissions { rights } } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(got))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	_, _ = body.ReadFrom(answer.Body)
	if !strings.HasPrefix(body.String(), `{"data":{"viewer":{"kind":"PROGRAM","permissions":[{"rights":["course.edit"]}]}}`) {
		t.Errorf("the token gives %s", body.String())
	}

	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"unknown program": {[]string{"--key", file, "--client", "cli_06h0hph4yvw3v2c0x5e4r7t9n8", "--issuer", c.BaseURL}, "invalid_client"},
		"foreign scope":   {[]string{"--key", file, "--client", string(made.ID), "--issuer", c.BaseURL, "--scope", "result.record"}, "invalid_scope"},
		"other name":      {[]string{"--key", file, "--client", string(made.ID), "--issuer", server.URL}, "calls itself"},
		"no client":       {[]string{"--key", file}, "--client"},
	} {
		status, got, errs := peregrine(append([]string{"token"}, tt.args...)...)
		if status == 0 || got != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: %d %q %q", name, status, got, errs)
		}
	}
}
