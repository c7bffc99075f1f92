package demoidp

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"
)

// The pages: one template, one style sheet that is part of each page, no
// script, and nothing from elsewhere.
var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string

	pages = template.Must(template.New("").Parse(pageHTML))

	// contentSecurityPolicy allows our style sheet and nothing else. It names
	// no form-action: browsers apply that to the redirect after the form, too,
	// and so would stop the way back to the client.
	contentSecurityPolicy = func() string {
		sum := sha256.Sum256([]byte(pageCSS))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; frame-ancestors 'none'"
	}()
)

// noticeView is a page that only tells something. Detail is in English.
type noticeView struct{ Text, Detail string }

// showPage writes one of the templates "login", "notice" and "index".
func showPage(w http.ResponseWriter, status int, name string, in speech, title string, view any) {
	var b bytes.Buffer
	err := pages.ExecuteTemplate(&b, name, struct {
		Speech speech
		Title  string
		Style  template.CSS
		View   any
	}{in, title, template.CSS(pageCSS), view})
	if err != nil {
		slog.Error("demo identity provider: page", "page", name, "err", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", in.String())
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // a failed write is a reader who left
}

// Issuer is the address of the realm, for the list of realms.
func (r *realm) Issuer() string { return r.issuer }

// Initials stand where other pages show a picture.
func (p Person) Initials() string {
	var b strings.Builder
	for _, name := range []string{p.GivenName, p.FamilyName} {
		if first, size := utf8.DecodeRuneInString(name); size > 0 {
			b.WriteRune(first)
		}
	}
	return b.String()
}
