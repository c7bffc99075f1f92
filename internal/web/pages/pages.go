// Package pages renders the HTML pages for people: the start page, the chooser
// of institutions, errors, the verification of credentials, the account, the
// people of the demo, the issuers and the courses. It asks no database: the
// caller fills a struct per page. Pages work without scripts, load nothing but
// their own style, and exist in every language of package lang.
package pages

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"golang.org/x/text/language/display"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

//go:embed template/*.html
var templates embed.FS

// Options say what the pages have in common.
type Options struct {
	ProductName string // name in the header; "Peregrine" when empty
	BaseURL     string // public address without a slash at its end, such as "https://exchange.example"
	Demo        bool   // show on every page that people and courses are invented
	Contact     string // e-mail or web address of those who run the service, for errors and the footer
}

// Renderer renders the pages. It is safe for concurrent use.
type Renderer struct {
	options  Options
	speeches []*speech // in the order of lang.Languages
	style    asset
	mark     asset
	pages    map[string]map[*speech]*template.Template
}

// names of the pages, each a file of template/.
var names = []string{
	"home", "signin", "trouble", "verification", "unknown", "verify", "account", "link", "demo", "issuer", "course", "credential", "draw",
	"portal", "rights", "visibility", "unlink", "token", "signout", "privacy", "erase",
}

// New reads the embedded templates, for each language.
func New(o Options) (*Renderer, error) {
	o.ProductName = cmp.Or(o.ProductName, "Peregrine")
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	r := &Renderer{options: o, style: styleSheet(), mark: markFile(), pages: map[string]map[*speech]*template.Template{}}
	for _, tag := range lang.Languages {
		s := &speech{tag: tag, regions: display.Regions(tag), tongues: display.Languages(tag)}
		r.speeches = append(r.speeches, s)
		frame, err := template.New("frame.html").Funcs(r.functions(s)).ParseFS(templates, "template/frame.html", "template/icons.html", "template/people.html")
		if err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
		for _, name := range names {
			page, err := template.Must(frame.Clone()).ParseFS(templates, "template/"+name+".html")
			if err != nil {
				return nil, fmt.Errorf("pages: %w", err)
			}
			if r.pages[name] == nil {
				r.pages[name] = map[*speech]*template.Template{}
			}
			r.pages[name][s] = page
		}
	}
	return r, nil
}

func (r *Renderer) functions(s *speech) template.FuncMap {
	return template.FuncMap{
		"t":         s.say,
		"enum":      s.enum,
		"text":      s.text,
		"plain":     s.plain,
		"foreign":   s.foreign,
		"ects":      s.ects,
		"country":   s.country,
		"tongue":    s.tongue,
		"date":      s.date,
		"moment":    s.moment,
		"until":     s.until,
		"calendar":  s.calendar,
		"numbered":  func(i int) int { return i + 1 },
		"explain":   s.explain,
		"said":      s.said,
		"product":   func() string { return r.options.ProductName },
		"base":      func() string { return r.options.BaseURL },
		"operator":  func() string { return r.options.Contact },
		"reachable": reachable,
		"doors": func(page SignIn, some []Provider) map[string]any {
			return map[string]any{"page": page, "providers": some}
		},
	}
}

// reachable returns the address at which a contact is reached: an e-mail
// address becomes a mailto address.
func reachable(contact string) string {
	if strings.Contains(contact, "@") && !strings.Contains(contact, "/") {
		return "mailto:" + strings.TrimPrefix(contact, "mailto:")
	}
	return contact
}

// Chrome is what is common to all pages; every page's struct embeds it.
type Chrome struct {
	SignedInAs string // name of the viewer; empty while nobody has signed in
}

func (c Chrome) viewer() string { return c.SignedInAs }

// Page is what Show writes: the struct of a page.
type Page interface {
	page() page
	viewer() string
}

// page is how a page is answered.
type page struct {
	name     string
	status   int  // 200 when zero
	personal bool // never stored by a cache
	hidden   bool // not for search engines
	fixed    bool // cannot be asked for again in another language
	strict   bool // its forms lead nowhere but to this server
}

func (Home) page() page           { return page{name: "home"} }
func (Demo) page() page           { return page{name: "demo"} }
func (CoursePage) page() page     { return page{name: "course"} }
func (CredentialPage) page() page { return page{name: "credential", hidden: true} }
func (Issuer) page() page         { return page{name: "issuer"} }
func (Rights) page() page         { return page{name: "rights"} }
func (Visibility) page() page     { return page{name: "visibility"} }
func (SignIn) page() page         { return page{name: "signin", personal: true, hidden: true} }
func (SignOut) page() page        { return page{name: "signout", personal: true, hidden: true} }
func (Link) page() page           { return page{name: "link", personal: true, hidden: true} }
func (Portal) page() page         { return page{name: "portal", personal: true, hidden: true} }
func (Verification) page() page   { return page{name: "verification", personal: true, hidden: true} }

// page of an account has the status of what went wrong with its form.
func (a Account) page() page {
	p := page{name: "account", personal: true, hidden: true, strict: true}
	if a.Fault != "" {
		p.status, p.fixed = http.StatusBadRequest, true
	}
	return p
}

func (u Unlink) page() page {
	p := page{name: "unlink", personal: true, hidden: true, strict: true}
	if u.Fault != "" {
		p.status = http.StatusConflict
	}
	return p
}

func (Token) page() page {
	return page{name: "token", personal: true, hidden: true, fixed: true, strict: true}
}

// frame is what the frame template shows.
type frame struct {
	Lang       string
	Here       string
	SignedInAs string
	Demo       bool
	Hidden     bool
	Strict     bool
	Style      string
	Mark       string
	Languages  []choice
	Main       any
}

// Show writes a page in the language of the request. It is complete before its
// first byte leaves, so that a fault never shows as half a page.
func (r *Renderer) Show(w http.ResponseWriter, req *http.Request, main Page) {
	s, p := r.choose(req), main.page()
	p.status = cmp.Or(p.status, http.StatusOK)
	r.remember(w, req, s)
	f := frame{
		Lang: s.tag.String(), Here: req.URL.Path, SignedInAs: main.viewer(),
		Demo: r.options.Demo, Hidden: p.hidden, Strict: p.strict, Style: r.style.path, Mark: r.mark.path,
		Languages: r.choices(req, s, p.fixed), Main: main,
	}
	var body bytes.Buffer
	if err := r.pages[p.name][s].Execute(&body, f); err != nil {
		slog.ErrorContext(req.Context(), "fault", "page", p.name, "err", err)
		http.Error(w, s.say("cause.internal.title"), http.StatusInternalServerError)
		return
	}
	guard(w.Header(), p, main.viewer() != "")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", f.Lang)
	w.WriteHeader(p.status)
	_, _ = w.Write(body.Bytes())
}

// guard sets the headers that keep a page to itself, beyond those that every
// answer of the server has.
//
// Chromium applies form-action to the redirects that follow a form as well, and
// signing out redirects to the provider. So the directive is left out of pages
// with that form; strict ones have a link to it instead.
func guard(h http.Header, p page, signedIn bool) {
	csp := "default-src 'none'; style-src 'self'; img-src 'self' data:; "
	if !signedIn || p.strict {
		csp += "form-action 'self'; "
	}
	h.Set("Content-Security-Policy", csp+"base-uri 'none'; frame-ancestors 'none'")
	h.Add("Vary", "Accept-Language, Cookie")
	h.Set("Cache-Control", "no-cache")
	if p.personal || signedIn || p.status != http.StatusOK {
		h.Set("Cache-Control", "no-store")
	}
	if p.hidden {
		h.Set("X-Robots-Tag", "noindex")
	}
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}
