package pages

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// node is an element of a page.
type node struct {
	name  string
	attrs map[string]string
	text  string // all text inside
	up    *node
}

// parse reads a page as strict XML, which is more than HTML asks: every element
// is closed, nested and quoted as it should be.
func parse(t *testing.T, page string) []*node {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(page))
	var all []*node
	var open *node
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = &node{name: token.Name.Local, attrs: map[string]string{}, up: open}
			for _, a := range token.Attr {
				open.attrs[a.Name.Local] = a.Value
			}
			all = append(all, open)
		case xml.CharData:
			for n := open; n != nil; n = n.up {
				n.text += string(token)
			}
		case xml.EndElement:
			open = open.up
		}
	}
	return all
}

func count(all []*node, name string) (n int) {
	for _, e := range all {
		if e.name == name {
			n++
		}
	}
	return n
}

func TestPagesAreWellStructured(t *testing.T) {
	each(t, func(t *testing.T, _ sample, lang string, w *httptest.ResponseRecorder) {
		all := parse(t, w.Body.String())
		if all[0].name != "html" || all[0].attrs["lang"] != lang {
			t.Errorf("the page begins with %s in %q", all[0].name, all[0].attrs["lang"])
		}
		for _, name := range []string{"title", "h1", "main", "header", "footer"} {
			if n := count(all, name); n != 1 {
				t.Errorf("there are %d %s", n, name)
			}
		}
		ids := map[string]*node{}
		for _, e := range all {
			if id := e.attrs["id"]; id != "" {
				if ids[id] != nil {
					t.Errorf("the id %q stands twice", id)
				}
				ids[id] = e
			}
		}
		labelled, level := map[string]bool{}, 0
		for _, e := range all {
			if e.name == "label" && strings.TrimSpace(e.text) != "" {
				labelled[e.attrs["for"]] = true
			}
			if len(e.name) == 2 && e.name[0] == 'h' && e.name[1] >= '1' && e.name[1] <= '6' {
				if next := int(e.name[1] - '0'); next > level+1 {
					t.Errorf("a heading of level %d follows one of level %d", next, level)
				} else {
					level = next
				}
				if strings.TrimSpace(e.text) == "" {
					t.Errorf("an %s is empty", e.name)
				}
			}
			if e.name == "a" || e.name == "button" {
				if strings.TrimSpace(e.text) == "" {
					t.Errorf("a %s says nothing: %v", e.name, e.attrs)
				}
			}
			for _, attr := range []string{"aria-labelledby", "aria-describedby"} {
				for _, id := range strings.Fields(e.attrs[attr]) {
					if ids[id] == nil {
						t.Errorf("%s names %q, which is not there", attr, id)
					}
				}
			}
			if target, ok := strings.CutPrefix(e.attrs["href"], "#"); ok && ids[target] == nil {
				t.Errorf("a link leads to #%s, which is not there", target)
			}
		}
		for _, e := range all {
			if (e.name == "input" && e.attrs["type"] != "hidden" || e.name == "textarea") && !labelled[e.attrs["id"]] {
				t.Errorf("the field %q has no label", e.attrs["name"])
			}
		}
	})
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	each(t, func(t *testing.T, _ sample, _ string, w *httptest.ResponseRecorder) {
		for _, e := range parse(t, w.Body.String()) {
			switch e.name {
			case "script", "style", "iframe", "object", "embed", "base", "img":
				t.Errorf("there is a %s", e.name)
			}
			for name, value := range e.attrs {
				if name == "style" || name == "src" || strings.HasPrefix(name, "on") {
					t.Errorf("%s has the attribute %s=%q", e.name, name, value)
				}
				if (name == "href" && e.name != "a" || name == "action") && !strings.HasPrefix(value, "/") {
					t.Errorf("%s reaches for %q", e.name, value)
				}
			}
		}
	})
}

func TestTextOfAnotherLanguageSaysSo(t *testing.T) {
	r := renderer(t, usual)
	for _, tt := range []struct{ lang, text, marked string }{
		{"en", "Photogrammetrie und Fernerkundung", "de"},
		{"de", "Photogrammetrie und Fernerkundung", ""},
		{"de", "Power Grids of the Future", "en"},
		{"en", "Power Grids of the Future", ""},
	} {
		page := samples()[0].ask(r, tt.lang).Body.String()
		found := false
		for _, e := range parse(t, page) {
			if e.name == "h3" && e.text == tt.text {
				found = true
				if got := strings.Contains(page, `<span lang="`+tt.marked+`">`+tt.text); got != (tt.marked != "") {
					t.Errorf("in %s, %q is marked: %v", tt.lang, tt.text, got)
				}
			}
		}
		if !found {
			t.Errorf("in %s there is no %q", tt.lang, tt.text)
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	r := renderer(t, Options{ProductName: hostile, BaseURL: "https://exchange.example", Contact: "javascript:alert(1)"})
	evil := vocab.Text{"en": hostile}
	v := verification()
	v.Award.Holder = vc.Holder{GivenName: hostile}
	v.Award.Title, v.Award.Issuer.Name, v.Award.Description = evil, evil, vocab.Text{`x" onload="y`: hostile}
	v.Award.Language, v.Award.Issuer.Country, v.Award.Quality.URL = hostile, hostile, "javascript:alert(1)"
	v.JWT = "javascript:alert(1)"
	door := Provider{Key: hostile, Name: evil, Acronym: hostile, Town: hostile, Country: hostile, Domain: hostile}
	chrome := Chrome{SignedInAs: hostile}
	for name, serve := range map[string]func(http.ResponseWriter, *http.Request){
		"home": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Home{Chrome: chrome, Courses: []Course{{Title: evil, Summary: evil, Provider: evil, Country: hostile}},
				Demo: []DemoGroup{{Institution: evil, People: []DemoPerson{{Name: hostile, Label: evil, Try: evil, SignIn: "javascript:alert(1)"}}}}})
		},
		"signin": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, SignIn{Query: hostile, ReturnTo: hostile, LastUsed: &door, Providers: []Provider{door}})
		},
		"trouble": func(w http.ResponseWriter, q *http.Request) {
			r.Trouble(w, q, Trouble{Cause: Cause(hostile), RequestID: hostile, Institution: evil, Support: "javascript:alert(1)", ReturnTo: hostile})
		},
		"verification": func(w http.ResponseWriter, q *http.Request) { r.Show(w, q, v) },
		"verify": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Verify{Fault: ForeignLink, Link: hostile, Credential: "</textarea>" + hostile})
		},
		"account": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Account{Chrome: chrome, Name: hostile, Email: hostile, Home: evil, TokenName: hostile, Fault: hostile,
				Accounts: []LinkedAccount{{ID: hostile, Institution: evil, Host: hostile}}, Tokens: []Session{{ID: hostile, Kind: hostile, Name: hostile}},
				Affiliations: []Affiliation{{Kind: hostile, Institution: evil}}, Sessions: []Session{{ID: hostile, Kind: hostile}}})
		},
		"unlink": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Unlink{Chrome: chrome, ID: hostile, Institution: evil, Host: hostile, Fault: hostile})
		},
		"token": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Token{Chrome: chrome, Name: hostile, Secret: hostile, Command: hostile})
		},
		"portal": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Portal{Chrome: chrome, Name: hostile, Origin: hostile, Owner: evil, Request: hostile})
		},
		"issuer": func(w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Issuer{Organisation: vc.Organisation{ID: hostile, Name: evil, Website: "javascript:alert(1)"}, Keys: []IssuerKey{{ID: hostile, State: hostile, Algorithm: hostile}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			serve(w, httptest.NewRequest(http.MethodGet, "/?q=%22%3E%3Cscript%3E&lang=en", nil))
			page := w.Body.String()
			if !strings.Contains(page, "alert(") {
				t.Fatal("the page shows nothing of what it was given")
			}
			for _, e := range parse(t, page) {
				if e.name == "script" || e.attrs["onload"] != "" || strings.HasPrefix(e.attrs["href"], "javascript:") {
					t.Errorf("a %s got through: %v", e.name, e.attrs)
				}
			}
		})
	}
}

func TestOnlyWhatTheIssuerSignedIsCalledConfirmed(t *testing.T) {
	unreachable := verification(vc.Check{Kind: vc.CheckStatus, Result: vc.Unknown, Reason: vc.ReasonStatusUnreachable})
	foreign := verification(vc.Check{Kind: vc.CheckKey, Result: vc.Unknown, Reason: vc.ReasonKeyUnreachable},
		vc.Check{Kind: vc.CheckSignature, Result: vc.Unknown, Reason: vc.ReasonKeyUnreachable})
	forged := verification(vc.Check{Kind: vc.CheckSignature, Result: vc.Failed, Reason: vc.ReasonMismatch})
	stolen := verification(vc.Check{Kind: vc.CheckKey, Result: vc.Failed, Reason: vc.ReasonKeyCompromised})
	for name, tt := range map[string]struct {
		v    Verification
		want bool
	}{
		"valid": {verification(), true}, "revoked": {revoked(), true}, "status unknown": {unreachable, true},
		"keys unknown": {foreign, false}, "forged": {forged, false}, "stolen key": {stolen, false},
	} {
		if got := tt.v.Confirmed(); got != tt.want {
			t.Errorf("%s: Confirmed = %v, want %v", name, got, tt.want)
		}
	}
}

func TestRevocationSaysWhenAndWhy(t *testing.T) {
	r := renderer(t, usual)
	for lang, want := range map[string]string{
		"en": "Revoked on 20 November 2026. Reason: the result was annulled.",
		"de": "Widerrufen am 20. November 2026. Grund: das Ergebnis wurde aufgehoben.",
	} {
		w := httptest.NewRecorder()
		r.Show(w, httptest.NewRequest(http.MethodGet, "/v/Zk3v?lang="+lang, nil), revoked())
		found := false
		for _, e := range parse(t, w.Body.String()) {
			found = found || e.name == "p" && e.text == want
		}
		if !found {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestNoGradeIsShown(t *testing.T) {
	each(t, func(t *testing.T, _ sample, _ string, w *httptest.ResponseRecorder) {
		if strings.Contains(w.Body.String(), "GRADE-1.7") {
			t.Error("the page shows the grade")
		}
	})
}
