package authn

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Cookie makes the cookies of a server: none holds anything but a random
// secret, none is read by scripts or sent along from another site's form.
type Cookie struct {
	prefix string
	secure bool
}

const sessionName = "session"

// NewCookie returns the cookies for a public address. Browsers keep no __Host-
// cookies of plain http, which is for this machine only: anywhere else nobody
// stays signed in rather than send a secret in the clear.
func NewCookie(baseURL string) Cookie {
	if u, err := url.Parse(baseURL); err == nil && u.Scheme == "http" && vocab.IsLoopback(u.Hostname()) {
		return Cookie{prefix: "peregrine-"}
	}
	return Cookie{prefix: "__Host-", secure: true}
}

// Name is the name of the session's cookie.
func (c Cookie) Name() string { return c.prefix + sessionName }

// Read returns the session's secret in a request, or "".
func (c Cookie) Read(r *http.Request) string { return c.NamedValue(r, sessionName) }

// Set gives the browser the session's secret, for as long as the browser runs.
func (c Cookie) Set(w http.ResponseWriter, secret string) {
	http.SetCookie(w, c.Named(sessionName, secret, 0))
}

// Clear takes the session's secret away.
func (c Cookie) Clear(w http.ResponseWriter) { http.SetCookie(w, c.Named(sessionName, "", -1)) }

// Named makes another cookie, for maxAge seconds.
func (c Cookie) Named(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: c.prefix + name, Value: value, Path: "/", MaxAge: maxAge, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// NamedValue returns the value of another cookie in a request, or "".
func (c Cookie) NamedValue(r *http.Request, name string) string {
	got, err := r.Cookie(c.prefix + name)
	if err != nil {
		return ""
	}
	return got.Value
}

// Family lists the names of the other cookies in a request that begin alike.
func (c Cookie) Family(r *http.Request, begin string) []string {
	var names []string
	for _, got := range r.Cookies() {
		if name, ok := strings.CutPrefix(got.Name, c.prefix); ok && strings.HasPrefix(name, begin) {
			names = append(names, name)
		}
	}
	return names
}
