package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// failedPath is where a callback that failed leads.
const failedPath = "/auth/failed"

// failedCookie carries why a callback failed to the page that says it, for a
// minute. An address would carry it too, and say it to whoever follows a link.
const failedCookie = "failed"

// failure is why somebody could not sign in.
type failure struct {
	cause     pages.Cause
	key       string // of the provider; may be empty
	returnTo  string // checked path to which the sign-in was to lead; may be empty
	requestID string // of the request that failed, by which the log is found
}

// signInFailed tells why somebody could not sign in. to is where the sign-in was
// to lead, or "" when the request says it.
//
// Threat: the address of a callback holds a code and a state. A page at that
// address would keep them in the history, on the screen and in whatever the
// person sends to a help desk. So what failed there is told elsewhere.
func (s *site) signInFailed(w http.ResponseWriter, r *http.Request, cause pages.Cause, to string) {
	f := failure{cause: cause, key: r.PathValue("key"), returnTo: cmp.Or(to, returnTo(r)), requestID: telemetry.RequestID(r.Context())}
	if !strings.HasPrefix(r.URL.Path, oidcrp.CallbackPath) {
		s.tellFailure(w, r, f)
		return
	}
	http.SetCookie(w, s.Auth.Cookie.Named(failedCookie, f.packed(), 60))
	http.Redirect(w, r, failedPath, http.StatusSeeOther)
}

// packed is what the cookie holds of a failure.
func (f failure) packed() string {
	v := url.Values{"cause": {string(f.cause)}, "request": {f.requestID}, "return_to": {f.returnTo}}
	if choosable.MatchString(f.key) {
		v.Set("key", f.key)
	}
	return v.Encode()
}

// unpacked reads a failure as packed writes it. The cookie is the browser's, so
// each part is checked; without one, no sign-in of this browser failed lately.
func unpacked(cookie string) failure {
	v, _ := url.ParseQuery(cookie)
	f := failure{cause: pages.Cause(v.Get("cause")), key: v.Get("key"), requestID: vocab.Clean(64, v.Get("request"))}
	if to := v.Get("return_to"); to != "" {
		f.returnTo = oidcrp.SafePath(to)
	}
	if !f.cause.Known() {
		return failure{cause: pages.StateUnknown}
	}
	return f
}

// showFailed is the page about a callback that failed.
func (s *site) showFailed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	cookie := s.Auth.Cookie.NamedValue(r, failedCookie)
	if cookie != "" {
		http.SetCookie(w, s.Auth.Cookie.Named(failedCookie, "", -1))
	}
	f := unpacked(cookie)
	f.requestID = cmp.Or(f.requestID, telemetry.RequestID(r.Context()))
	s.tellFailure(w, r, f)
}

// tellFailure shows a failure, with the institution where that is clear. What a
// provider says of it is not part of that.
func (s *site) tellFailure(w http.ResponseWriter, r *http.Request, f failure) {
	if f.cause == pages.NotFound {
		f.cause = pages.NoProvider
	}
	wait := 0
	switch f.cause {
	case pages.ProviderDown:
		w.Header().Set("Retry-After", "60")
	case pages.Unavailable:
		w.Header().Set("Retry-After", "5")
	case pages.Limited:
		wait = 60 // somebody of the network will have finished
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	}
	page := pages.Trouble{Chrome: s.chrome(r), Cause: f.cause, Wait: wait, RequestID: f.requestID, ReturnTo: f.returnTo}
	var err error
	if page.Institution, err = s.Providers.SoleHome(r.Context(), f.key); err != nil {
		s.Log.WarnContext(r.Context(), "the institution of a sign-in could not be read", "err", err)
	}
	s.pages.Trouble(w, r, page)
}
