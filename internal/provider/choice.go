package provider

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Choice is an institution through which people sign in, as anybody may see it.
type Choice struct {
	Key     string // of the provider
	Hint    string // home domain, where one provider speaks for several; else empty
	Name    vocab.Text
	Acronym string
	Town    vocab.Text
	Country string // ISO 3166-1 alpha-2
	Domain  string // home domain
	Broken  bool   // it did not answer lately

	words   []string // by which it is found, folded
	domains []string // that belong to it as a whole
}

// Choices lists the institutions whose provider is in force, by their name in a
// language. Anybody may ask: nobody is signed in yet.
func (s *Service) Choices(ctx context.Context, language string) ([]Choice, error) {
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.HasProviderWith(provider.StateEQ(provider.StateACTIVE))).
		WithProvider().WithInstitution().All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	all := vocab.Each(homes, choiceOf)
	slices.SortFunc(all, func(a, b Choice) int {
		return strings.Compare(vocab.Fold(a.Name.In(language)), vocab.Fold(b.Name.In(language)))
	})
	return all, nil
}

// SoleHome names the institution for which the provider of a key speaks, or is
// empty when that is none, or not one alone.
func (s *Service) SoleHome(ctx context.Context, key string) (vocab.Text, error) {
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.HasProviderWith(provider.Key(key), provider.StateEQ(provider.StateACTIVE))).
		WithInstitution().Limit(2).All(viewer.AsSystem(ctx))
	if err != nil || len(homes) != 1 {
		return nil, err
	}
	return homes[0].Edges.Institution.Name, nil
}

func choiceOf(h *ent.ProviderHome) Choice {
	p, inst := h.Edges.Provider, h.Edges.Institution
	c := Choice{Key: p.Key, Name: inst.Name, Acronym: inst.Acronym, Town: inst.Town, Country: inst.Country, Domain: h.Domain,
		Broken: p.Health == provider.HealthBROKEN, domains: append([]string{h.Domain, inst.Schac}, inst.Domains...)}
	if p.Mode == provider.ModePROXY {
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

// maxQuery bounds what is searched for, in bytes.
const maxQuery = 100

// Searched is what Find is asked for when somebody types q. Of an e-mail address
// only what stands behind the @ counts, and the rest is not repeated.
func Searched(q string) string {
	q = strings.TrimSpace(q)
	if len(q) > maxQuery || !utf8.ValidString(q) {
		return ""
	}
	if i := strings.LastIndexByte(q, '@'); i >= 0 {
		q = strings.TrimRight(strings.TrimSpace(q[i+1:]), ".")
	}
	return q
}

// Find keeps the choices that fit a query, in their order. Where the query is a
// whole domain of some of them, such as that of an e-mail address, it keeps
// those alone.
func Find(all []Choice, query string) []Choice {
	var fit, home []Choice
	for _, c := range all {
		if c.has(query) {
			home = append(home, c)
		} else if c.fits(query) {
			fit = append(fit, c)
		}
	}
	if len(home) > 0 {
		return home
	}
	return fit
}

// has says whether a domain belongs to the choice: somebody of
// students.uni-x.example belongs to uni-x.example. It only shows where to go on;
// who somebody is their provider says.
func (c Choice) has(domain string) bool {
	domain = vocab.FoldASCII(domain)
	return slices.ContainsFunc(c.domains, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) })
}

// fits says whether each word of the query begins or is part of one of the
// choice's: name, acronym, town or domain, whatever the capitals and accents.
func (c Choice) fits(query string) bool {
	for _, word := range strings.Fields(vocab.Fold(query)) {
		if !slices.ContainsFunc(c.words, func(w string) bool { return strings.Contains(w, word) }) {
			return false
		}
	}
	return true
}
