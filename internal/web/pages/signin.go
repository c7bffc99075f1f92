package pages

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// SignIn is the chooser of institutions. Its entries are links to
// /auth/start/{key}, because a form would fall under form-action when the
// provider is reached by redirect. Its form POST /signin/forget, with return_to in
// its body, asks to forget the remembered institution.
type SignIn struct {
	Chrome
	Query     string     // what was searched for; empty for all
	ReturnTo  string     // checked path on this server to return to; may be empty
	Forgetful bool       // the choice is not to be remembered (?remember=no)
	LastUsed  *Provider  // the one that this browser remembers; nil when none
	Providers []Provider // those of this page that fit Query, in the order to show
	Found     int        // how many fit Query, on all pages
	Page      int        // from 1; 0 where all are shown without pages, in one list
	Pages     int
}

// Country holds the institutions of one country, in the order to show.
type Country struct {
	Code      string
	Providers []Provider
}

// Countries divides the institutions of a page, which are sorted so.
func (s SignIn) Countries() []Country {
	var all []Country
	for _, p := range s.Providers {
		if len(all) == 0 || all[len(all)-1].Code != p.Country {
			all = append(all, Country{Code: p.Country})
		}
		last := &all[len(all)-1]
		last.Providers = append(last.Providers, p)
	}
	return all
}

// Country is the name of a country in the language of a request.
func (r *Renderer) Country(req *http.Request, code string) string {
	return r.choose(req).country(code)
}

// Before is the address of the page before, or "" on the first one.
func (s SignIn) Before() string { return s.at(s.Page - 1) }

// After is the address of the next page, or "" on the last one.
func (s SignIn) After() string { return s.at(s.Page + 1) }

func (s SignIn) at(page int) string {
	if s.Page == 0 || page < 1 || page > s.Pages {
		return ""
	}
	return s.self(s.Query, s.Forgetful, page)
}

// Provider is an institution through which people sign in.
type Provider struct {
	Key     string // of the provider, as in /auth/start/{key}
	Hint    string // home domain, where one provider speaks for several; else empty
	Name    vocab.Text
	Acronym string
	Town    string
	Country string // ISO 3166-1 alpha-2
	Domain  string // home domain, such as "uni-hannover.de"
	Broken  bool   // it did not answer lately; shown and marked, never hidden
}

// Start is the address at which signing in through p begins.
func (s SignIn) Start(p Provider) string {
	q := url.Values{}
	if p.Hint != "" {
		q.Set("home", p.Hint)
	}
	if s.Forgetful {
		q.Set("remember", "no")
	}
	if s.ReturnTo != "" {
		q.Set("return_to", s.ReturnTo)
	}
	return address("/auth/start/"+url.PathEscape(p.Key), q)
}

// All is the address of the chooser without a search.
func (s SignIn) All() string { return s.self("", s.Forgetful, 1) }

// Toggle is the address of the chooser with the other choice about remembering.
func (s SignIn) Toggle() string { return s.self(s.Query, !s.Forgetful, s.Page) }

func (s SignIn) self(query string, forgetful bool, page int) string {
	q := url.Values{}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if query != "" {
		q.Set("q", query)
	}
	if forgetful {
		q.Set("remember", "no")
	}
	if s.ReturnTo != "" {
		q.Set("return_to", s.ReturnTo)
	}
	return address("/signin", q)
}

func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
