package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// lastUsed is the cookie with the key of the provider that was chosen last: no
// person, only an institution.
const lastUsed = "institution"

const yearSeconds = 365 * 24 * 3600

func (s *site) signInRoutes(mux *http.ServeMux) {
	auth := http.NewServeMux()
	s.SignIn.Routes(auth)
	mux.HandleFunc("GET /auth/start/{key}", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("remember") != "no" {
			http.SetCookie(w, s.Auth.Cookie.Named(lastUsed, r.PathValue("key"), yearSeconds))
		}
		auth.ServeHTTP(w, r)
	})
	mux.Handle("/auth/", auth)
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
	page := pages.SignIn{Chrome: s.chrome(r), Query: strings.TrimSpace(r.URL.Query().Get("q")), ReturnTo: returnTo(r), Forgetful: r.URL.Query().Get("remember") == "no"}
	if len(page.Query) > 100 {
		page.Query = ""
	}
	last := s.Auth.Cookie.NamedValue(r, lastUsed)
	for _, p := range all {
		if p.Key == last {
			page.LastUsed = &p.Provider
		}
		if p.fits(page.Query) {
			page.Providers = append(page.Providers, p.Provider)
		}
	}
	s.pages.SignIn(w, r, page)
}

// choice is a provider with the words by which it is found.
type choice struct {
	pages.Provider
	words []string
}

// fits says whether each word of the query begins or is part of one of the
// choice's: name, acronym, town or domain, whatever the capitals and accents.
func (c choice) fits(query string) bool {
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
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.StateEQ(providerhome.StateACTIVE), providerhome.HasProviderWith(provider.StateEQ(provider.StateACTIVE))).
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
		Broken: h.Edges.Provider.Health == provider.HealthBROKEN}}
	if h.Edges.Provider.Mode == provider.ModePROXY {
		c.Hint = h.Domain
	}
	texts := append([]string{inst.Acronym, h.Domain}, inst.Domains...)
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
	writeJSON(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(expires.Sub(s.Now()).Seconds())})
}
