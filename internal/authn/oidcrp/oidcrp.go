// Package oidcrp signs people in with the OpenID provider of their home
// institution: code flow with PKCE, state and nonce, bound to one browser.
//
// Threat: any partner's provider may be hostile or broken. So each has its own
// callback address, its issuer must say who it is (RFC 9207), it may assert
// only the home organisations registered for it, and whatever it is slow,
// large or wrong with touches nobody else's sign-in.
package oidcrp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/authn"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Cause is why a sign-in failed, for a page that says what to do next. The
// provider's own words never reach a page.
type Cause string

// The causes.
const (
	UnknownProvider Cause = "not_found"
	ProviderDown    Cause = "provider_down"
	StateUnknown    Cause = "state_unknown" // used, or begun in another browser
	Expired         Cause = "expired"
	Cancelled       Cause = "cancelled"
	ForeignHome     Cause = "foreign_home" // the provider may not speak for that institution
	RefusedAccount  Cause = "refused_account"
	Misconfigured   Cause = "misconfigured" // the answer breaks the protocol
	Unavailable     Cause = "unavailable"
	SignedOut       Cause = "signed_out"    // the step needs somebody who has signed in
	TooWeak         Cause = "step_up"       // a second factor was asked for and not proved
	NotFresh        Cause = "not_fresh"     // a fresh proof was asked for and not given
	OtherAccount    Cause = "other_account" // another account than that of the session
	AccountTaken    Cause = "account_taken" // the account to link is somebody's already
	Limited         Cause = "limited"       // too many sign-ins of the network are under way
)

// flowTime is how long somebody may take at their provider.
const flowTime = 10 * time.Minute

// skew is how far the clocks of providers may be off.
const skew = time.Minute

// Options are what a relying party is made of.
type Options struct {
	DB       *ent.Client
	Now      func() time.Time
	BaseURL  string
	KEK      keyring.KEK       // seals the keys by which we prove ourselves
	Secrets  map[string]string // client secrets by reference, beside env: and file:
	Sessions *session.Service
	Learners *learner.Service
	Cookie   authn.Cookie
	Budgets  *budget.Keeper // nil: those of the table
	Log      *slog.Logger
	// AllowTo are addresses such as "localhost:8090" of providers that may be
	// plain http on this machine; all others must be https at a public address.
	AllowTo []string
}

// RelyingParty is what this server is to the providers.
type RelyingParty struct {
	Options
	client    *http.Client
	allowed   hosts
	providers providers
}

// New returns a relying party, with the client that talks to providers.
func New(o Options) *RelyingParty {
	return &RelyingParty{Options: o, client: guardedClient(o.AllowTo), allowed: o.AllowTo}
}

// Fail tells somebody why they are not in. returnTo is where they wanted to go,
// or "" when the request itself says that.
type Fail func(w http.ResponseWriter, r *http.Request, cause Cause, returnTo string)

// Handlers lead people to their provider and back.
type Handlers struct {
	*RelyingParty
	tell Fail
}

// Handlers returns what answers requests, and tells failures by fail.
func (rp *RelyingParty) Handlers(fail Fail) *Handlers { return &Handlers{rp, fail} }

// CallbackPath begins the addresses at which providers send people back.
const CallbackPath = "/auth/callback/"

// Routes adds the addresses of sign-in to mux.
func (h *Handlers) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /auth/start/{key}", h.start)
	mux.HandleFunc("GET "+CallbackPath+"{key}", h.callback)
	mux.HandleFunc("GET /auth/step-up", h.stepUp)
	mux.HandleFunc("POST /auth/logout", h.logout)
	mux.HandleFunc("POST /auth/backchannel-logout/{key}", h.backchannelLogout)
	mux.HandleFunc("GET /auth/jwks.json", h.jwks)
}

// guard keeps the answers of sign-in out of caches and referrers.
func guard(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func (h *Handlers) fail(w http.ResponseWriter, r *http.Request, cause Cause, err error) {
	h.failOn(w, r, "", cause, err)
}

// failOn is fail where the journey knows where it was to lead.
func (h *Handlers) failOn(w http.ResponseWriter, r *http.Request, returnTo string, cause Cause, err error) {
	h.Log.WarnContext(r.Context(), "sign-in failed", "provider", vocab.Clean(64, r.PathValue("key")), "cause", cause, "err", cut(err))
	h.tell(w, r, cause, returnTo)
}

// cut returns the text of an error for the log. Libraries put whole answers of
// providers into it; the token endpoint's may repeat the code or the secret.
func cut(err error) string {
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Sprintf("the token endpoint answers %d %s", refusal.Response.StatusCode, vocab.Clean(40, refusal.ErrorCode))
	}
	text := err.Error()
	return vocab.Clean(300, text[:min(len(text), 1200)])
}

// start sends somebody to their provider.
func (h *Handlers) start(w http.ResponseWriter, r *http.Request) {
	h.begin(w, r, r.PathValue("key"), signin.PurposeSIGN_IN, SafePath(r.URL.Query().Get("return_to")))
}

// wish is what a journey asks of a provider beside a sign-in.
type wish struct {
	acr    string        // the level to prove
	within time.Duration // how long ago the person may have proved themselves; 0: as long as they like
}

// recent is how long a proof counts as fresh where accounts are linked.
const recent = 5 * time.Minute

// anew is the max_age that is sent where a fresh proof is needed: less than what
// is accepted, so that some of it is left, and not 0, which some providers take
// for nothing.
const anew = time.Minute

var wishes = map[signin.Purpose]wish{
	signin.PurposeSTEP_UP: {acr: authz.MultiFactor, within: authz.StepUpTime},
	signin.PurposeRENEW:   {within: recent},
	signin.PurposeLINK:    {within: recent},
}

// begin sends somebody to a provider. All but a sign-in concerns the session.
func (h *Handlers) begin(w http.ResponseWriter, r *http.Request, key string, purpose signin.Purpose, returnTo string) {
	guard(w)
	ctx := viewer.AsSystem(r.Context())
	p, cause, err := h.provider(ctx, key)
	if err != nil {
		h.fail(w, r, cause, err)
		return
	}
	payer, most := h.payer(r, purpose)
	switch full, err := h.full(ctx, payer, most); {
	case err != nil:
		h.fail(w, r, Unavailable, err)
		return
	case full:
		h.fail(w, r, Limited, fmt.Errorf("%d sign-ins are under way", most))
		return
	}
	state, nonce, browser, verifier := session.NewSecret(), session.NewSecret(), session.NewSecret(), oauth2.GenerateVerifier()
	err = storage.Do(ctx, h.DB, func(tx *ent.Tx) error {
		create := tx.SignIn.Create().SetProviderID(p.row.ID).SetPurpose(purpose).SetStateDigest(storage.Digest(state)).SetBrowserDigest(storage.Digest(browser)).
			SetNonce(nonce).SetVerifier(verifier).SetReturnTo(returnTo).SetExpiresAt(vocab.Now(h.Now).Add(flowTime)).SetPayerDigest(payer)
		if purpose != signin.PurposeSIGN_IN {
			create.SetSessionID(viewer.From(r.Context()).SessionID)
		}
		return create.Exec(ctx)
	})
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	h.dropOldFlows(w, r)
	http.SetCookie(w, h.Cookie.Named("flow-"+state[:9], browser, int(flowTime.Seconds())))
	options := append(p.ask(wishes[purpose]), oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))
	http.Redirect(w, r, h.oauth(p).AuthCodeURL(state, options...), http.StatusSeeOther)
}

// ask returns the parameters by which a provider learns what is wished for. A
// level of authentication in acr_values is voluntary: whoever signed in a moment
// ago by one factor would come back at once with that. So it is demanded by the
// claims parameter, without acr_values, which some providers would heed instead;
// and where a provider does not support that parameter, it has to ask the person
// again in any case.
//
// Source: OpenID Connect Core 1.0, sections 3.1.2.1 and 5.5.1.1.
func (p *known) ask(w wish) (options []oauth2.AuthCodeOption) {
	if w.within == 0 {
		return nil
	}
	set := func(name, value string) { options = append(options, oauth2.SetAuthURLParam(name, value)) }
	set("max_age", strconv.Itoa(int(anew.Seconds())))
	switch {
	case w.acr != "" && p.ClaimsParameter:
		level, err := json.Marshal(map[string]any{"id_token": map[string]any{"acr": map[string]any{"essential": true, "values": []string{p.own(w.acr)}}}})
		if err != nil {
			panic(err) // texts always become JSON
		}
		set("claims", string(level))
	case w.acr != "":
		set("acr_values", p.own(w.acr))
	}
	if p.row.PromptLogin || w.acr != "" && !p.ClaimsParameter {
		set("prompt", "login")
	}
	return options
}

// payer returns whose sign-ins are bounded together, as a digest, and to how
// many. What concerns a session is counted for it alone, so that strangers of
// its network keep nobody from a second factor.
func (rp *RelyingParty) payer(r *http.Request, purpose signin.Purpose) (digest string, most int) {
	if purpose != signin.PurposeSIGN_IN {
		return storage.Digest(string(viewer.From(r.Context()).SessionID)), rp.Budgets.Most(budget.Waiting, budget.Session)
	}
	from, _ := netip.ParseAddr(r.RemoteAddr)
	return storage.Digest(budget.NetworkOf(from).String()), rp.Budgets.Most(budget.Waiting, budget.Network)
}

// full says whether so many sign-ins of a payer are under way already, at
// whichever server they began. One index answers, and the rows that it counts
// are bounded by this very check. Several that begin at the same moment may
// together be a few more.
func (rp *RelyingParty) full(ctx context.Context, payer string, most int) (bool, error) {
	n, err := rp.DB.SignIn.Query().Where(signin.PayerDigest(payer), signin.ExpiresAtGT(rp.Now())).Count(ctx)
	return n >= most, err
}

// maxFlows is how many sign-ins one browser may have under way, so that their
// cookies never fill the header.
const maxFlows = 5

func (rp *RelyingParty) dropOldFlows(w http.ResponseWriter, r *http.Request) {
	flows := rp.Cookie.Family(r, "flow-")
	for len(flows) >= maxFlows {
		http.SetCookie(w, rp.Cookie.Named(flows[0], "", -1))
		flows = flows[1:]
	}
}

// callback receives somebody back.
func (h *Handlers) callback(w http.ResponseWriter, r *http.Request) {
	guard(w)
	ctx := viewer.AsSystem(r.Context())
	flow, cause, err := h.takeFlow(ctx, w, r)
	if err != nil {
		h.fail(w, r, cause, err)
		return
	}
	fail := func(cause Cause, err error) { h.failOn(w, r, flow.ReturnTo, cause, err) }
	if !h.Now().Before(flow.ExpiresAt) {
		fail(Expired, errors.New("the sign-in took longer than ten minutes"))
		return
	}
	p, cause, err := h.provider(ctx, r.PathValue("key"))
	if err != nil {
		fail(cause, err)
		return
	}
	if flow.ProviderID != p.row.ID {
		fail(StateUnknown, errors.New("begun with another provider"))
		return
	}
	if flow.Purpose != signin.PurposeSIGN_IN && viewer.From(r.Context()).SessionID != *flow.SessionID {
		fail(SignedOut, errors.New("the session that began it is over"))
		return
	}
	got, cause, err := h.redeem(ctx, p, flow, r.URL.Query())
	if err == nil && (flow.Purpose == signin.PurposeSTEP_UP || flow.Purpose == signin.PurposeRENEW) {
		cause, err = h.sameAccount(ctx, flow, got)
	}
	if err != nil {
		h.recordRefusal(ctx, p, flow, cause)
		fail(cause, err)
		return
	}
	if flow.Purpose == signin.PurposeLINK {
		h.askToLink(w, r, p, flow, got)
		return
	}
	if err := h.enter(w, r, got); err != nil {
		fail(Unavailable, err)
		return
	}
	http.Redirect(w, r, flow.ReturnTo, http.StatusSeeOther)
}

// enter begins a session, and ends the one that the browser had: a new proof, a
// new secret.
func (rp *RelyingParty) enter(w http.ResponseWriter, r *http.Request, got redeemed) error {
	ctx := viewer.AsSystem(r.Context())
	identity, err := rp.Learners.SignIn(ctx, got.Assertion)
	if err != nil {
		return err
	}
	if old := viewer.From(r.Context()); old.SessionID != "" {
		if err := rp.Sessions.End(ctx, old.SessionID); err != nil {
			return err
		}
	}
	token, err := rp.Sessions.Start(ctx, identity, got.Proof)
	if err != nil {
		return err
	}
	rp.Cookie.Set(w, token)
	return nil
}

// takeFlow returns the sign-in that the state names and deletes it: a state
// works once, in the browser that began it.
func (rp *RelyingParty) takeFlow(ctx context.Context, w http.ResponseWriter, r *http.Request) (*ent.SignIn, Cause, error) {
	state := r.URL.Query().Get("state")
	if len(state) < 9 || len(state) > 100 {
		return nil, StateUnknown, errors.New("no state")
	}
	name := "flow-" + state[:9]
	browser := rp.Cookie.NamedValue(r, name)
	http.SetCookie(w, rp.Cookie.Named(name, "", -1))
	flow, err := rp.DB.SignIn.Query().Where(signin.StateDigest(storage.Digest(state)), signin.PurposeNEQ(signin.PurposeCONFIRM_LINK)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, StateUnknown, err
	}
	if err != nil {
		return nil, Unavailable, err
	}
	switch n, err := rp.forget(ctx, flow); {
	case err != nil:
		return nil, Unavailable, err
	case n != 1:
		return nil, StateUnknown, errors.New("state used at the same moment")
	case subtle.ConstantTimeCompare([]byte(storage.Digest(browser)), []byte(flow.BrowserDigest)) != 1:
		return nil, StateUnknown, errors.New("begun in another browser")
	}
	return flow, "", nil
}

// recordRefusal notes that a provider's answer got nobody in. What it said is
// left out: it may be about anybody.
func (rp *RelyingParty) recordRefusal(ctx context.Context, p *known, flow *ent.SignIn, cause Cause) {
	rp.note(ctx, toRefuse, ledger.Thing{ID: p.row.ID}.With("cause", string(cause)).With("purpose", string(flow.Purpose)))
}

func (rp *RelyingParty) note(ctx context.Context, verb *ledger.Verb, t ledger.Thing) {
	if err := storage.Do(ctx, rp.DB, func(tx *ent.Tx) error { return ledger.Note(ctx, tx, verb, t) }); err != nil {
		rp.Log.ErrorContext(ctx, "ledger", "err", err)
	}
}

func (rp *RelyingParty) oauth(p *known) *oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = p.authStyle()
	if p.row.ClientAuthentication == provider.ClientAuthenticationPRIVATE_KEY_JWT {
		endpoint.AuthStyle = oauth2.AuthStyleInParams // beside the proof, without a secret
	}
	return &oauth2.Config{ClientID: p.row.ClientID, ClientSecret: p.secret, Endpoint: endpoint,
		RedirectURL: rp.BaseURL + CallbackPath + p.row.Key, Scopes: p.row.Scopes}
}

// Clear deletes sign-ins that nobody finished. A job calls it.
func (rp *RelyingParty) Clear(ctx context.Context) (int, error) {
	return rp.DB.SignIn.Delete().Where(signin.ExpiresAtLT(rp.Now())).Exec(ctx)
}

// SafePath returns a path of this origin, or "/" for anything else: what begins
// with two slashes or a backslash, or holds a control character, would lead a
// browser to another site, and what is no text no database takes.
func SafePath(to string) string {
	u, err := url.Parse(to)
	if err != nil || len(to) > 1024 || !utf8.ValidString(to) || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsAny(to, "\\\x00\t\r\n") || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return to
}
