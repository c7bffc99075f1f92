// Package authn turns a request into a viewer: by the session cookie of a
// browser or the bearer token of a program, and never by both.
package authn

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	row "github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Authenticator knows who asks.
type Authenticator struct {
	Sessions *session.Service
	Tokens   *token.Service // of programs
	Cookie   Cookie
}

// Door is how the site treats requests that are not let in as they are.
type Door struct {
	// Portal says whether a request without a cookie may come from another origin.
	Portal func(r *http.Request) bool
	// Fail answers a request that cannot be let in.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Middleware puts the viewer into the context of each request. A request with
// a bad bearer token is refused; one with a bad or expired cookie is anonymous,
// and the cookie is taken away. An unsafe request from another site is refused,
// whoever it is: cookies come along with it unasked. A registered portal may
// send one without a cookie.
func (a *Authenticator) Middleware(door Door, next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &viewer.Viewer{Kind: viewer.Anonymous, Language: Language(r)}
		ctx := viewer.With(r.Context(), v)
		if err := crossOrigin.Check(r); err != nil && (a.Cookie.Read(r) != "" || !door.Portal(r)) { // no cookie that somebody else could make use of
			door.Fail(w, r.WithContext(ctx), problem.New(problem.Forbidden, "the request comes from another site"))
			return
		}
		who, err := a.viewer(w, r.WithContext(ctx))
		if err != nil {
			door.Fail(w, r.WithContext(ctx), storage.Unanswered(err))
			return
		}
		if who != nil {
			who.Language = v.Language
			ctx = viewer.With(ctx, who)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// viewer returns who asks, nil for nobody, or why nobody can be let in.
func (a *Authenticator) viewer(w http.ResponseWriter, r *http.Request) (*viewer.Viewer, error) {
	secret, kind := a.Cookie.Read(r), row.KindBROWSER
	if headers := r.Header.Values("Authorization"); len(headers) > 0 {
		if secret != "" || len(headers) > 1 {
			return nil, problem.New(problem.Invalid, "a request carries a bearer token or a session cookie, not both and nothing else")
		}
		scheme, bearer, _ := strings.Cut(headers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") { // no token was sent, so none is bad (RFC 6750, 3.1)
			w.Header().Set("WWW-Authenticate", a.Tokens.Challenge(r.URL.Path, false))
			return nil, problem.New(problem.Unauthenticated, "this server takes bearer tokens and no other Authorization")
		}
		secret, kind = strings.TrimSpace(bearer), row.KindBEARER
	}
	if secret == "" && kind == row.KindBROWSER {
		return nil, nil
	}
	if kind == row.KindBEARER && token.Is(secret) {
		v, err := a.Tokens.Verify(r.Context(), secret, r.URL.Path)
		if v == nil && err == nil {
			return nil, a.unknownBearer(w, r)
		}
		return v, err
	}
	found, err := a.Sessions.Lookup(r.Context(), secret, kind)
	switch {
	case err != nil:
		return nil, err
	case found == nil && kind == row.KindBEARER:
		return nil, a.unknownBearer(w, r)
	case found == nil:
		a.Cookie.Clear(w)
		return nil, nil
	}
	return found, nil
}

func (a *Authenticator) unknownBearer(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("WWW-Authenticate", a.Tokens.Challenge(r.URL.Path, true))
	return problem.New(problem.Unauthenticated, "the bearer token is unknown or has expired")
}

// LanguageCookie holds the language that somebody chose on a page.
const LanguageCookie = "lang"

// Language returns the language of messages: chosen by ?lang= or before, else
// what the browser prefers, else English.
func Language(r *http.Request) language.Tag {
	wishes := []string{r.URL.Query().Get("lang")}
	if c, err := r.Cookie(LanguageCookie); err == nil {
		wishes = append(wishes, c.Value)
	}
	return lang.MatchStrings(append(wishes, r.Header.Get("Accept-Language"))...)
}
