package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/rs/cors"

	"github.com/peregrine-exchange/peregrine/internal/authn/lend"
	"github.com/peregrine-exchange/peregrine/internal/gate"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// What a portal on another origin asks for its person's token, and where it
// redeems the code that it is given.
const (
	lendPath   = "/auth/portal"
	redeemPath = "/auth/portal/token"
)

// sharedPaths are what registered portals may call from their origins. Public
// documents are open to every origin, and all else to none.
var sharedPaths = map[string]bool{"/graphql": true, redeemPath: true, "/oauth/token": true}

// maxRequest is how long the request of a portal may be, so that it survives
// the way through signing in.
const maxRequest = 1024

func (s *site) portalRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+lendPath, s.askLending)
	mux.HandleFunc("POST "+lendPath, s.answerLending)
	mux.HandleFunc("POST "+redeemPath, s.redeem)
}

// shared answers preflights for the paths that portals call, and lets the
// browsers of registered origins read the answers. It never grants credentials:
// no cookie of this server is of use from another origin.
func (s *site) shared(next http.Handler) http.Handler {
	grants := cors.New(cors.Options{
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) { return s.knows(r, origin), nil },
		AllowedMethods:             []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:             []string{"Authorization", "Content-Type", "If-None-Match", gate.ClientHeader},
		ExposedHeaders:             []string{"ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id"},
		MaxAge:                     600, // seconds; Chromium keeps no answer longer than 7200
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sharedPaths[r.URL.Path] {
			grants.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// fromPortal says whether a request comes from a registered portal and goes to
// what portals may call.
func (s *site) fromPortal(r *http.Request) bool {
	return sharedPaths[r.URL.Path] && s.knows(r, r.Header.Get("Origin"))
}

func (s *site) knows(r *http.Request, origin string) bool {
	known, err := s.Portals.Knows(r.Context(), origin)
	if err != nil {
		s.Log.WarnContext(r.Context(), "the registered origins could not be read", "err", err)
	}
	return known
}

// askLending asks the signed-in person whether a portal may act for them. Who
// has let it in during this session is not asked again.
func (s *site) askLending(w http.ResponseWriter, r *http.Request) {
	ask, ok := s.lending(w, r, r.URL.Query())
	if !ok {
		return
	}
	v := viewer.From(r.Context())
	if v.SessionID == "" {
		http.Redirect(w, r, pages.SignIn{ReturnTo: r.URL.RequestURI()}.All(), http.StatusSeeOther)
		return
	}
	known, err := s.Lend.Known(r.Context(), ask, v.SessionID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if known {
		s.grant(w, r, ask)
		return
	}
	page := pages.Portal{Chrome: s.chrome(r), Name: ask.Portal.Name, Origin: ask.Portal.Origin, Request: r.URL.RawQuery}
	if inst := ask.Portal.Edges.Institution; inst != nil {
		page.Owner = inst.Name
	} else if alliance := ask.Portal.Edges.Alliance; alliance != nil {
		page.Owner = alliance.Name
	}
	s.pages.Show(w, r, page)
}

// answerLending takes the person's answer.
func (s *site) answerLending(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4*maxRequest)
	err := r.ParseForm()
	q, unread := url.ParseQuery(r.PostForm.Get("request"))
	if err != nil || unread != nil {
		s.trouble(w, r, pages.Invalid)
		return
	}
	ask, ok := s.lending(w, r, q)
	if !ok {
		return
	}
	switch {
	case viewer.From(r.Context()).SessionID == "":
		s.trouble(w, r, pages.SignedOut)
	case r.PostForm.Get("answer") != "yes":
		s.back(w, r, s.Lend.Refused(ask, lend.AccessDenied))
	default:
		s.grant(w, r, ask)
	}
}

func (s *site) grant(w http.ResponseWriter, r *http.Request, ask lend.Request) {
	to, err := s.Lend.Grant(r.Context(), ask, viewer.From(r.Context()).SessionID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.back(w, r, to)
}

// back sends the browser to the portal. The code in the address is nobody
// else's to store or to learn from a referrer.
func (s *site) back(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// lending reads what a portal asks for. It answers by itself, and returns
// false, when that cannot be granted: to the portal where one is known, and
// otherwise with a page.
func (s *site) lending(w http.ResponseWriter, r *http.Request, q url.Values) (lend.Request, bool) {
	if len(r.URL.RequestURI()) > maxRequest {
		s.trouble(w, r, pages.Invalid)
		return lend.Request{}, false
	}
	ask, err := s.Lend.Parse(r.Context(), q)
	fault, is := errors.AsType[lend.Fault](err)
	switch {
	case err == nil:
		return ask, true
	case !is:
		s.fail(w, r, err)
	case ask.Portal != nil:
		s.back(w, r, s.Lend.Refused(ask, fault))
	default:
		s.trouble(w, r, pages.UnknownPortal)
	}
	return lend.Request{}, false
}

// redeem gives a portal the token for its code (RFC 6749 section 4.1.3).
func (s *site) redeem(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 4*maxRequest)
	var token lend.Token
	err := error(lend.InvalidRequest)
	if r.ParseForm() == nil {
		token, err = s.Lend.Redeem(r.Context(), r.PostForm)
	}
	if fault, is := errors.AsType[lend.Fault](err); is {
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]string{"error": string(fault)})
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.writeToken(w, token.Secret, token.Expires)
}
