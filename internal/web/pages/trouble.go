package pages

import (
	"errors"
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Cause says why a request failed. A provider's own text is never shown.
type Cause string

// The causes. The first group concerns signing in.
const (
	ForeignHome    Cause = "foreign_home"    // the provider spoke for a home that is not its own
	ProviderDown   Cause = "provider_down"   // the provider did not answer
	NoProvider     Cause = "no_provider"     // nobody signs in at that address, or no longer
	StateUnknown   Cause = "state_unknown"   // no sign-in of this browser waits for that answer
	Cancelled      Cause = "cancelled"       // the person or the provider ended the sign-in
	Expired        Cause = "expired"         // the sign-in took too long
	RefusedAccount Cause = "refused_account" // a test account, or one without an affiliation
	Misconfigured  Cause = "misconfigured"   // the provider answered in a way that is not accepted
	SignedOut      Cause = "signed_out"      // the page needs somebody who has signed in
	StepUpFirst    Cause = "step_up_first"   // it needs a second factor, which was not asked for yet
	StepUp         Cause = "step_up"         // a second factor was asked for and not proved
	NotFresh       Cause = "not_fresh"       // a fresh proof was asked for and not given
	OtherAccount   Cause = "other_account"   // another account was asked for
	AccountTaken   Cause = "account_taken"   // the account to link is somebody's already

	UnknownPortal Cause = "unknown_portal" // it is not registered, or not with that return address

	Invalid     Cause = "invalid"
	Conflict    Cause = "conflict"
	NotFound    Cause = "not_found"
	Forbidden   Cause = "forbidden"
	Unavailable Cause = "unavailable"
	Internal    Cause = "internal"
	TooLarge    Cause = "too_large"
	Limited     Cause = "limited"
)

// statuses holds the HTTP status of every cause.
var statuses = map[Cause]int{
	ForeignHome:    http.StatusForbidden,
	ProviderDown:   http.StatusServiceUnavailable,
	NoProvider:     http.StatusNotFound,
	StateUnknown:   http.StatusBadRequest,
	Cancelled:      http.StatusBadRequest,
	Expired:        http.StatusBadRequest,
	RefusedAccount: http.StatusForbidden,
	Misconfigured:  http.StatusBadGateway,
	SignedOut:      http.StatusUnauthorized,
	UnknownPortal:  http.StatusBadRequest,
	StepUpFirst:    http.StatusForbidden,
	StepUp:         http.StatusForbidden,
	NotFresh:       http.StatusForbidden,
	OtherAccount:   http.StatusForbidden,
	AccountTaken:   http.StatusConflict,
	Invalid:        http.StatusBadRequest,
	Conflict:       http.StatusConflict,
	NotFound:       http.StatusNotFound,
	Forbidden:      http.StatusForbidden,
	Unavailable:    http.StatusServiceUnavailable,
	Internal:       http.StatusInternalServerError,
	TooLarge:       http.StatusRequestEntityTooLarge,
	Limited:        http.StatusTooManyRequests,
}

// Known says whether there is a page for a cause.
func (c Cause) Known() bool { return statuses[c] != 0 }

// signInCauses lead back to the chooser.
var signInCauses = map[Cause]bool{
	ForeignHome: true, ProviderDown: true, NoProvider: true, StateUnknown: true, Cancelled: true,
	Expired: true, RefusedAccount: true, Misconfigured: true, SignedOut: true,
}

var causes = map[problem.Code]Cause{
	problem.Invalid:         Invalid,
	problem.Unauthenticated: SignedOut,
	problem.Forbidden:       Forbidden,
	problem.StepUpRequired:  StepUpFirst,
	problem.NotFound:        NotFound,
	problem.Conflict:        Conflict,
	problem.Limited:         Limited,
	problem.Unavailable:     Unavailable,
	problem.Internal:        Internal,
}

// CauseOf returns the cause that shows an error: that of its problem, or
// Internal for a fault.
func CauseOf(err error) Cause {
	if p, ok := errors.AsType[*problem.Error](err); ok && causes[p.Code] != "" {
		return causes[p.Code]
	}
	return Internal
}

// Trouble is a page that says what failed and what to do next.
type Trouble struct {
	Chrome
	Cause       Cause
	Wait        int // seconds after which the same may succeed; 0 where nobody knows
	RequestID   string
	Institution vocab.Text // whose sign-in failed; empty when none is concerned
	Support     string     // e-mail or web address of that institution's support; may be empty
	ReturnTo    string     // checked path at which to go on after another sign-in; may be empty
	StepUp      string     // address at which the second factor is proved that the cause asks for; may be empty
}

// Message returns the key of one of the cause's sentences: title, text or next.
func (t Trouble) Message(part string) string { return "cause." + string(t.Cause) + "." + part }

// Minutes is how many to wait, and 0 up to two: those are told in seconds.
func (t Trouble) Minutes() int {
	if t.Wait <= 120 {
		return 0
	}
	return (t.Wait + 59) / 60
}

// SignIn is the address of the chooser, or "" when choosing again would not help.
func (t Trouble) SignIn() string {
	if !signInCauses[t.Cause] {
		return ""
	}
	return SignIn{ReturnTo: t.ReturnTo}.All()
}

// Trouble writes an error page with the status of its cause; one that is not
// known counts as Internal. It leaves Retry-After to the caller.
func (r *Renderer) Trouble(w http.ResponseWriter, req *http.Request, p Trouble) {
	if !p.Cause.Known() {
		p.Cause = Internal
	}
	r.Show(w, req, p)
}

func (t Trouble) page() page {
	return page{name: "trouble", status: statuses[t.Cause], personal: true, hidden: true, fixed: true}
}
