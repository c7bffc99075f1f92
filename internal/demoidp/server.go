package demoidp

import (
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// maxInput bounds the query and the body of a request, in bytes, and with it
// what one pending request can hold. An ID token as a hint is about 2 KB.
const maxInput = 8 << 10

// server finds the realm of a request.
type server struct {
	host   string // host[:port] of the base address
	realms map[string]*realm
	order  []*realm // as configured
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	for pattern, h := range map[string]func(*realm, http.ResponseWriter, *http.Request){
		"GET /{realm}/.well-known/openid-configuration": (*realm).discovery,
		"GET /{realm}/keys":                             (*realm).keys,
		"GET /{realm}/authorize":                        (*realm).authorize,
		"POST /{realm}/authorize":                       (*realm).authorize, // OpenID Connect Core, section 3.1.2.1
		"GET /{realm}/login":                            (*realm).loginPage,
		"POST /{realm}/login":                           (*realm).choose,
		"POST /{realm}/token":                           (*realm).token,
		"GET /{realm}/userinfo":                         (*realm).userinfo,
		"POST /{realm}/userinfo":                        (*realm).userinfo,
		"GET /{realm}/end_session":                      (*realm).endSession,
		"POST /{realm}/end_session":                     (*realm).endSession,
		"GET /{realm}/signed-out":                       (*realm).signedOut,
	} {
		mux.HandleFunc(pattern, s.in(h))
	}
	return s.guard(mux)
}

// in runs h with the realm of the path and its issuer.
func (s *server) in(h func(*realm, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found, ok := s.realms[r.PathValue("realm")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h(found, w, r.WithContext(op.ContextWithIssuer(r.Context(), found.issuer)))
	}
}

// guard sets the headers of every answer and turns away what is too large or
// meant for another host. The latter keeps a foreign page that makes its own
// name resolve to this machine (DNS rebinding) away from the people.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		switch {
		case r.Host != s.host:
			http.Error(w, "the demo identity provider answers at "+s.host+" only", http.StatusMisdirectedRequest)
			return
		case len(r.URL.RawQuery) > maxInput:
			http.Error(w, "the query is too long", http.StatusRequestURITooLong)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxInput)
		next.ServeHTTP(w, r)
	})
}
