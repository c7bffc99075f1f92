package e2e

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/web"
)

// patterns reads what a mux routes, which it tells nobody: only what is really
// registered can be missed by no list.
func patterns(mux *http.ServeMux) (all []string) {
	index := reflect.ValueOf(mux).Elem().FieldByName("index")
	add := func(list reflect.Value) {
		for i := range list.Len() {
			all = append(all, list.Index(i).Elem().FieldByName("str").String())
		}
	}
	for _, key := range index.FieldByName("segments").MapKeys() {
		add(index.FieldByName("segments").MapIndex(key))
	}
	add(index.FieldByName("multis"))
	slices.Sort(all)
	return slices.Compact(all)
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// Every route answers under the same protections, by each method and whatever
// it answers: a page, a file, a refusal, an error.
func TestEveryAnswerIsProtected(t *testing.T) {
	w := NewWorld(t)
	w.parts.Config.BaseURL, w.parts.Config.Contact = "https://exchange.example", "security@exchange.example"
	w.restart()
	var paths []string
	for _, mux := range w.App.Handler.(*web.Site).Muxes {
		for _, pattern := range patterns(mux) {
			_, path, cut := strings.Cut(pattern, " ")
			if !cut {
				path = pattern
			}
			paths = append(paths, wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "x"))
		}
	}
	paths = append(paths, "/nothing", "/issuers/"+string(w.Institution("uni-a")), "/issuers/"+string(w.Institution("uni-a"))+"/jwks.json")
	slices.Sort(paths)
	paths = slices.Compact(paths)
	for _, known := range []string{"/auth/bearer", "/auth/portal/token", "/auth/step-up", "/oauth/token", "/healthz", "/catalogue/courses.csv", "/graphql", "/account"} {
		if !slices.Contains(paths, known) {
			t.Fatalf("%s is not among the routes: %v", known, paths)
		}
	}
	files := 0
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
			for _, accept := range []string{"text/html", "application/json"} {
				r := httptest.NewRequest(method, "https://exchange.example"+path, nil)
				r.Header.Set("Accept", accept)
				rec := httptest.NewRecorder()
				w.App.Handler.ServeHTTP(rec, r)
				h := rec.Header()
				for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=63072000"} {
					if got := h.Values(name); len(got) != 1 || got[0] != want {
						t.Errorf("%s %s: %d, %s is %q", method, path, rec.Code, name, got)
					}
				}
				policy := h.Get("Content-Security-Policy")
				if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
					t.Errorf("%s %s: %d under %q", method, path, rec.Code, policy)
				}
				if rec.Code >= 300 && rec.Code < 400 {
					continue // a browser shows nothing of it
				}
				page := strings.HasPrefix(h.Get("Content-Type"), "text/html") // the rest runs nothing
				if page == slices.Contains(strings.Split(policy, "; "), "sandbox") {
					t.Errorf("%s %s: %d %s under %q", method, path, rec.Code, h.Get("Content-Type"), policy)
				}
				if file := strings.HasPrefix(path, "/catalogue/") || strings.HasPrefix(path, "/templates/"); file && method == http.MethodGet {
					files++
					if rec.Code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") {
						t.Errorf("%s: %d, %q", path, rec.Code, h.Get("Content-Disposition"))
					}
				}
			}
		}
	}
	if files < 10 {
		t.Errorf("only %d files", files)
	}
}
