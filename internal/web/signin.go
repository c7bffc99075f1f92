package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// lastUsed is the cookie with the key of the provider that was chosen last, and
// behind a proxy with the home organisation: no person, only an institution.
const lastUsed = "institution"

// perPage is how many institutions the chooser shows in one plain list. More are
// shown country by country, on pages of that many.
const perPage = 24

var choosable = regexp.MustCompile(`^[a-z0-9.-]{1,191}$`)

const yearSeconds = 365 * 24 * 3600

// signInRoutes returns the mux of the routes below /auth/ that are the relying
// party's own.
func (s *site) signInRoutes(mux *http.ServeMux, signIn *oidcrp.Handlers) *http.ServeMux {
	auth := http.NewServeMux()
	signIn.Routes(auth)
	mux.HandleFunc("GET /auth/start/{key}", func(w http.ResponseWriter, r *http.Request) {
		if key := r.PathValue("key"); r.URL.Query().Get("remember") != "no" && choosable.MatchString(key) {
			if home := r.URL.Query().Get("home"); choosable.MatchString(home) {
				key += "/" + home
			}
			http.SetCookie(w, s.Auth.Cookie.Named(lastUsed, key, yearSeconds))
		}
		auth.ServeHTTP(w, r)
	})
	mux.HandleFunc("/auth/", func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := auth.Handler(r); pattern == "" {
			s.elsewhere(w, r, auth, mux)
			return
		}
		auth.ServeHTTP(w, r)
	})
	s.linkRoutes(mux, signIn)
	mux.HandleFunc("GET "+failedPath, s.showFailed)
	mux.HandleFunc("POST /auth/bearer", s.lend)
	mux.HandleFunc("GET /signin", s.chooser)
	mux.HandleFunc("POST /signin/forget", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, s.Auth.Cookie.Named(lastUsed, "", -1))
		http.Redirect(w, r, pages.SignIn{ReturnTo: returnTo(r)}.All(), http.StatusSeeOther)
	})
	return auth
}

// returnTo is the path on this server to which a request wants to return.
func returnTo(r *http.Request) string {
	if to := r.FormValue("return_to"); to != "" {
		return oidcrp.SafePath(to)
	}
	return ""
}

// chooser lists the institutions through which people sign in.
func (s *site) chooser(w http.ResponseWriter, r *http.Request) {
	all, err := s.choices(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := pages.SignIn{Chrome: s.chrome(r), Query: provider.Searched(r.URL.Query().Get("q")), ReturnTo: returnTo(r), Forgetful: r.URL.Query().Get("remember") == "no"}
	last := s.Auth.Cookie.NamedValue(r, lastUsed)
	for _, c := range all {
		if c.Key == last || c.Hint != "" && c.Key+"/"+c.Hint == last {
			page.LastUsed = new(s.shown(r, c))
		}
	}
	found := provider.Find(all, page.Query)
	page.Found, page.Pages = len(found), 1
	if len(found) > perPage {
		found = s.countryByCountry(r, found)
		page.Pages = (len(found) + perPage - 1) / perPage
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		page.Page = max(1, min(number, page.Pages))
		found = found[(page.Page-1)*perPage : min(page.Page*perPage, len(found))]
	}
	for _, c := range found {
		page.Providers = append(page.Providers, s.shown(r, c))
	}
	s.pages.Show(w, r, page)
}

// countryByCountry sorts the choices by the names of their countries.
func (s *site) countryByCountry(r *http.Request, all []provider.Choice) []provider.Choice {
	slices.SortStableFunc(all, func(a, b provider.Choice) int {
		return strings.Compare(vocab.Fold(s.pages.Country(r, a.Country)), vocab.Fold(s.pages.Country(r, b.Country)))
	})
	return all
}

// choices lists the institutions through which people sign in, by their name in
// the language of a request.
func (s *site) choices(r *http.Request) ([]provider.Choice, error) {
	return s.Providers.Choices(r.Context(), s.pages.Language(r).String())
}

// shown is how pages show a choice.
func (s *site) shown(r *http.Request, c provider.Choice) pages.Provider {
	return pages.Provider{
		Key: c.Key, Hint: c.Hint, Name: c.Name, Acronym: c.Acronym, Town: c.Town.In(s.pages.Language(r).String()), Country: c.Country,
		Domain: c.Domain, Broken: c.Broken,
	}
}

// lend gives the signed-in browser a bearer token for a program.
func (s *site) lend(w http.ResponseWriter, r *http.Request) {
	v := viewer.From(r.Context())
	if v.SessionID == "" {
		s.fail(w, r, problem.New(problem.Unauthenticated, "sign in first"))
		return
	}
	token, expires, err := s.Sessions.Lend(r.Context(), v.SessionID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	s.writeToken(w, token, expires)
}

// writeToken answers with a bearer token (RFC 6749, section 5.1).
func (s *site) writeToken(w http.ResponseWriter, token string, expires time.Time) {
	writeJSON(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(expires.Sub(s.Now()).Seconds())})
}
