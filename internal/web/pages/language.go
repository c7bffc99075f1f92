package pages

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

// cookie keeps the language that a reader has chosen in the footer.
const cookie = "lang"

// Language returns the language in which a request is answered: that of
// ?lang, else of the cookie, else the best of Accept-Language, else English.
func (r *Renderer) Language(req *http.Request) language.Tag { return r.choose(req).tag }

func (r *Renderer) choose(req *http.Request) *speech {
	if s := r.named(req.URL.Query().Get("lang")); s != nil {
		return s
	}
	if c, err := req.Cookie(cookie); err == nil {
		if s := r.named(c.Value); s != nil {
			return s
		}
	}
	return r.named(lang.MatchStrings(req.Header.Get("Accept-Language")).String())
}

// named returns the language of a tag, or nil for a tag that no page has.
func (r *Renderer) named(tag string) *speech {
	for _, s := range r.speeches {
		if s.tag.String() == tag {
			return s
		}
	}
	return nil
}

// remember keeps the language when the reader has just chosen it.
func (r *Renderer) remember(w http.ResponseWriter, req *http.Request, s *speech) {
	if req.URL.Query().Get("lang") != s.tag.String() {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: s.tag.String(), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(r.options.BaseURL, "https:"),
	})
}

// choice is a language in the footer.
type choice struct {
	Tag     string
	Name    string // in that language itself
	Href    string
	Current bool
}

// kept are the parameters that a change of language keeps. Others, such as the
// code of a sign-in, must not be repeated in a link.
var kept = []string{"q", "return_to", "remember"}

// choices links the page in every language. A page that cannot be asked for
// again, such as the answer to a form, leads to the start page instead.
func (r *Renderer) choices(req *http.Request, now *speech, fixed bool) []choice {
	path, query := req.URL.Path, url.Values{}
	if fixed || req.Method != http.MethodGet && req.Method != http.MethodHead {
		path = "/"
	} else {
		for _, name := range kept {
			if v := req.URL.Query().Get(name); v != "" {
				query.Set(name, v)
			}
		}
	}
	var all []choice
	for _, s := range r.speeches {
		query.Set("lang", s.tag.String())
		href := url.URL{Path: path, RawQuery: query.Encode()}
		all = append(all, choice{Tag: s.tag.String(), Name: display.Self.Name(s.tag), Href: href.String(), Current: s == now})
	}
	return all
}
