// Package explorer owns the API explorer: GraphiQL with this product's example
// operations, bundled so that it needs nothing from any other host. The bundle in
// dist is built from ui and committed; building this program needs no Node.
//
// The page may do little, by its content security policy: run its own scripts, ask
// its own host, show its own images. Inline styles alone are allowed, for the editor
// places its lines with them.
package explorer

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// Options say what the explorer offers. Only Endpoint is required. An address is a
// path of this host, or absolute for a link elsewhere; an empty one has no link.
type Options struct {
	Title    string    `json:"title"`    // heading and window title; "API explorer" when empty
	Endpoint string    `json:"endpoint"` // where operations are posted, such as "/graphql"
	Examples []Example `json:"examples"`

	// Viewer returns how to call whoever sent the request, and "" when nobody is
	// signed in. Without it everybody counts as not signed in.
	Viewer func(*http.Request) string `json:"-"`

	SignInURL  string `json:"signInURL"`
	SignOutURL string `json:"signOutURL"` // a page that asks: the explorer follows links and posts no forms
	AccountURL string `json:"accountURL"`
	SchemaURL  string `json:"schemaURL"` // the schema as SDL; named to visitors without JavaScript too
	DocsURL    string `json:"docsURL"`   // likewise
}

// Example is an operation that runs as it stands. Each opens as a tab of its own on
// the first visit, and on the next visit after any of them has changed.
type Example struct {
	Key       string `json:"key"`       // stable and unique; the page's address with #key opens the example
	Title     string `json:"title"`     // its line in the Examples menu
	Document  string `json:"document"`  // one named operation: the tab is called after it
	Variables string `json:"variables"` // a JSON object, or empty
}

// contentSecurityPolicy of the page. Workers are plain files of this host.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed explorer.html
var pageText string

var page = template.Must(template.New("explorer").Parse(pageText))

// Handler serves the explorer with its root as the page and the bundle's files below
// it. All addresses in the page are relative, so mount it under any prefix that ends
// in a slash:
//
//	mux.Handle("/explorer/", http.StripPrefix("/explorer", explorer.Handler(opts)))
func Handler(opts Options) http.Handler {
	opts.Title = cmp.Or(opts.Title, "API explorer")
	version := examplesVersion(opts.Examples)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if name := strings.TrimPrefix(r.URL.Path, "/"); name != "" {
			serveFile(w, r, name)
			return
		}
		servePage(w, r, opts, version)
	})
}

// config is what the page's script reads; ui/src/config.ts has its other side.
type config struct {
	Options
	Version string `json:"version"`
	Viewer  string `json:"viewer"`
}

func servePage(w http.ResponseWriter, r *http.Request, opts Options, version string) {
	c := config{Options: opts, Version: version}
	c.Examples = append([]Example{}, opts.Examples...) // never null in JSON
	if opts.Viewer != nil {
		c.Viewer = opts.Viewer(r)
	}
	var body bytes.Buffer
	if err := page.Execute(&body, struct {
		Config config
		Entry  entryFiles
	}{c, entry}); err != nil {
		// Text and struct are fixed: only a broken template comes here.
		panic(fmt.Errorf("explorer: render page: %w", err))
	}
	h := w.Header()
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store") // it names the viewer
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	_, _ = w.Write(body.Bytes()) // a client that has gone needs no answer
}

// examplesVersion names this set of examples, so that the page can tell whether the
// tabs it has kept began with another.
func examplesVersion(examples []Example) string {
	text, err := json.Marshal(examples)
	if err != nil {
		panic(fmt.Errorf("explorer: examples as JSON: %w", err)) // four strings each: cannot happen
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
