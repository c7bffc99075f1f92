package web

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
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

// maxQuery bounds what is searched for, in bytes.
const maxQuery = 100

var choosable = regexp.MustCompile(`^[a-z0-9.-]{1,191}$`)

const yearSeconds = 365 * 24 * 3600

func (s *site) signInRoutes(mux *http.ServeMux) {
	auth := http.NewServeMux()
	s.SignIn.Routes(auth)
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
	s.linkRoutes(mux)
	mux.HandleFunc("POST /auth/bearer", s.lend)
	mux.HandleFunc("GET /signin", s.chooser)
	mux.HandleFunc("POST /signin/forget", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, s.Auth.Cookie.Named(lastUsed, "", -1))
		http.Redirect(w, r, pages.SignIn{ReturnTo: returnTo(r)}.All(), http.StatusSeeOther)
	})
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
	all, err := s.providers(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := pages.SignIn{Chrome: s.chrome(r), Query: searched(r), ReturnTo: returnTo(r), Forgetful: r.URL.Query().Get("remember") == "no"}
	last := s.Auth.Cookie.NamedValue(r, lastUsed)
	for _, c := range all {
		if c.Key == last || c.Hint != "" && c.Key+"/"+c.Hint == last {
			page.LastUsed = &c.Provider
		}
	}
	found := slices.DeleteFunc(all, func(c choice) bool { return !c.fits(page.Query) })
	if mail := homesOf(found, page.Query); len(mail) > 0 {
		found = mail
	}
	page.Found, page.Pages = len(found), 1
	if len(found) > perPage {
		found = s.countryByCountry(r, found)
		page.Pages = (len(found) + perPage - 1) / perPage
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		page.Page = max(1, min(number, page.Pages))
		found = found[(page.Page-1)*perPage : min(page.Page*perPage, len(found))]
	}
	for _, c := range found {
		page.Providers = append(page.Providers, c.Provider)
	}
	s.pages.SignIn(w, r, page)
}

// searched is what somebody looks for. Of an e-mail address only what stands
// behind the @ counts, and the rest is not repeated.
func searched(r *http.Request) string {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(q) > maxQuery || !utf8.ValidString(q) {
		return ""
	}
	if i := strings.LastIndexByte(q, '@'); i >= 0 {
		q = strings.TrimRight(strings.TrimSpace(q[i+1:]), ".")
	}
	return q
}

// homesOf keeps the choices to which a whole domain belongs, such as that of an
// e-mail address: somebody of students.uni-x.example belongs to uni-x.example.
// It only shows where to go on; who somebody is their provider says.
func homesOf(all []choice, query string) []choice {
	domain := strings.ToLower(query)
	return slices.DeleteFunc(slices.Clone(all), func(c choice) bool {
		return !slices.ContainsFunc(c.domains, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) })
	})
}

// countryByCountry sorts the choices by the names of their countries.
func (s *site) countryByCountry(r *http.Request, all []choice) []choice {
	slices.SortStableFunc(all, func(a, b choice) int {
		return strings.Compare(vocab.Fold(s.pages.Country(r, a.Country)), vocab.Fold(s.pages.Country(r, b.Country)))
	})
	return all
}

// signInFailed shows why somebody could not sign in, and with which institution
// where that is clear. What a provider says of it is not part of that. to is
// where the sign-in was to lead, or "" when the request says it.
func (s *site) signInFailed(w http.ResponseWriter, r *http.Request, cause pages.Cause, to string) {
	if cause == pages.NotFound {
		cause = pages.NoProvider
	}
	switch cause {
	case pages.ProviderDown:
		w.Header().Set("Retry-After", "60")
	case pages.Unavailable:
		w.Header().Set("Retry-After", "5")
	}
	page := pages.Trouble{Chrome: s.chrome(r), Cause: cause, RequestID: telemetry.RequestID(r.Context()), ReturnTo: cmp.Or(to, returnTo(r))}
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.HasProviderWith(provider.Key(r.PathValue("key")), provider.StateEQ(provider.StateACTIVE))).
		WithInstitution().Limit(2).All(viewer.AsSystem(r.Context()))
	if err == nil && len(homes) == 1 {
		page.Institution = homes[0].Edges.Institution.Name
	}
	s.pages.Trouble(w, r, page)
}

// choice is a provider with the words by which it is found.
type choice struct {
	pages.Provider
	words   []string
	domains []string
}

// fits says whether each word of the query begins or is part of one of the
// choice's: name, acronym, town or domain, whatever the capitals and accents.
// The domain of somebody's e-mail fits as a whole.
func (c choice) fits(query string) bool {
	if len(homesOf([]choice{c}, query)) > 0 {
		return true
	}
	for _, word := range strings.Fields(vocab.Fold(query)) {
		if !slices.ContainsFunc(c.words, func(w string) bool { return strings.Contains(w, word) }) {
			return false
		}
	}
	return true
}

// providers lists the active ones with their institution, by name.
func (s *site) providers(r *http.Request) ([]choice, error) {
	ctx := viewer.AsSystem(r.Context())
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.HasProviderWith(provider.StateEQ(provider.StateACTIVE))).
		WithProvider().WithInstitution().All(ctx)
	if err != nil {
		return nil, err
	}
	tag := s.pages.Language(r).String()
	var all []choice
	for _, h := range homes {
		all = append(all, choiceOf(h, tag))
	}
	slices.SortFunc(all, func(a, b choice) int { return strings.Compare(vocab.Fold(a.Name.In(tag)), vocab.Fold(b.Name.In(tag))) })
	return all, nil
}

func choiceOf(h *ent.ProviderHome, tag string) choice {
	inst := h.Edges.Institution
	c := choice{Provider: pages.Provider{Key: h.Edges.Provider.Key, Name: inst.Name, Acronym: inst.Acronym, Town: inst.Town.In(tag), Country: inst.Country, Domain: h.Domain,
		Broken: h.Edges.Provider.Health == provider.HealthBROKEN}, domains: append([]string{h.Domain, inst.Schac}, inst.Domains...)}
	if h.Edges.Provider.Mode == provider.ModePROXY {
		c.Hint = h.Domain
	}
	texts := append([]string{inst.Acronym}, c.domains...)
	for _, t := range inst.Name.Translations() {
		texts = append(texts, t.Text)
	}
	for _, t := range inst.Town.Translations() {
		texts = append(texts, t.Text)
	}
	for _, t := range texts {
		c.words = append(c.words, vocab.Fold(t))
	}
	return c
}

// lend gives the signed-in browser a bearer token for a program.
func (s *site) lend(w http.ResponseWriter, r *http.Request) {
	v := viewer.From(r.Context())
	if v.SessionID == "" {
		s.refuse(w, r, problem.New(problem.Unauthenticated, "sign in first"))
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
