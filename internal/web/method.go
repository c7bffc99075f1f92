package web

import (
	"net/http"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// methods are those that an address may know.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// elsewhere answers what no route does: 404 at an address that there is not, and
// at one that knows other methods their list (RFC 9110, 15.5.6 and 9.3.7).
func (s *site) elsewhere(w http.ResponseWriter, r *http.Request, muxes ...*http.ServeMux) {
	allowed := allow(r, muxes)
	if allowed == nil {
		s.fail(w, r, problem.New(problem.NotFound, "there is no such thing, or it is not visible to you"))
		return
	}
	h := w.Header()
	h.Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
	if r.Method != http.MethodOptions {
		s.failWith(w, r, http.StatusMethodNotAllowed, problem.New(problem.Invalid, "this address does not know the method %s", r.Method))
		return
	}
	if strings.HasPrefix(r.URL.Path, "/catalogue/") { // a browser asks before it sends If-None-Match
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", "GET")
		h.Set("Access-Control-Allow-Headers", "If-None-Match")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// allow returns the methods that the address of a request knows.
func allow(r *http.Request, muxes []*http.ServeMux) (allowed []string) {
	for _, method := range methods {
		asked := r.Clone(r.Context())
		asked.Method = method
		for _, mux := range muxes {
			if _, pattern := mux.Handler(asked); pattern != "" && !everything(pattern) {
				allowed = append(allowed, method)
				break
			}
		}
	}
	return allowed
}

// everything says whether a pattern takes what others leave, by any method.
func everything(pattern string) bool {
	return strings.HasPrefix(pattern, "/") && strings.HasSuffix(pattern, "/")
}

// textRoutes serve what crawlers, and who finds a weakness, look for.
func (s *site) textRoutes(mux *http.ServeMux) {
	text := func(path, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			openTo(w, "text/plain; charset=utf-8", documentTTL)
			_, _ = w.Write([]byte(body))
		})
	}
	text("/robots.txt", "User-agent: *\nDisallow: /account\nDisallow: /auth/\nDisallow: /v/\n")
	mux.Handle("GET /favicon.ico", s.pages.Mark())
	if s.Contact == "" {
		return
	}
	// RFC 9116; it expires, so it is written anew for each who asks.
	mux.HandleFunc("GET /.well-known/security.txt", func(w http.ResponseWriter, _ *http.Request) {
		openTo(w, "text/plain; charset=utf-8", documentTTL)
		contact := s.Contact
		if strings.Contains(contact, "@") && !strings.Contains(contact, ":") {
			contact = "mailto:" + contact
		}
		_, _ = w.Write([]byte("Contact: " + contact + "\nExpires: " + vocab.AddMonths(s.Now().UTC(), 6).Format("2006-01-02T15:04:05Z") + "\n"))
	})
}
