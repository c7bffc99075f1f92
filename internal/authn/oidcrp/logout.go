package oidcrp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// logout ends the session here first, then sends the browser to the provider's
// own logout when it has one.
func (h *Handlers) logout(w http.ResponseWriter, r *http.Request) {
	guard(w)
	to := "/"
	running, err := h.running(r)
	switch {
	case err == nil:
		ctx := viewer.AsSystem(r.Context())
		if err := h.Sessions.End(ctx, running.ID); err != nil {
			h.fail(w, r, Unavailable, err)
			return
		}
		to = h.endSession(ctx, running)
	case nobody(err) != SignedOut: // the session may live: its cookie stays
		h.fail(w, r, Unavailable, err)
		return
	}
	h.Cookie.Clear(w)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// endSession is where the provider ends its own session, or "/".
//
// Source: OpenID Connect RP-Initiated Logout 1.0, section 2.
func (rp *RelyingParty) endSession(ctx context.Context, s *ent.Session) string {
	row, err := s.Edges.Identity.QueryProvider().Only(ctx)
	if err != nil {
		return "/"
	}
	p, _, err := rp.provider(ctx, row.Key)
	if err != nil || p.EndSession == "" {
		return "/"
	}
	u, err := url.Parse(p.EndSession)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set("client_id", row.ClientID)
	q.Set("post_logout_redirect_uri", rp.BaseURL+"/")
	if hint := rp.Sessions.Hint(s); hint != "" {
		q.Set("id_token_hint", hint)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// maxLogout bounds the body of a provider's logout, in bytes.
const maxLogout = 64 << 10

// backchannelLogout ends the sessions that a provider says are over. It says no
// more than that a request was wrong: whoever sends it is told nothing.
//
// Source: OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8.
func (h *Handlers) backchannelLogout(w http.ResponseWriter, r *http.Request) {
	guard(w)
	r.Body = http.MaxBytesReader(w, r.Body, maxLogout)
	ctx := viewer.AsSystem(r.Context())
	n, err := h.endByToken(ctx, r.PathValue("key"), r.PostFormValue("logout_token"))
	if err != nil {
		h.Log.WarnContext(ctx, "back-channel logout refused", "provider", vocab.Clean(64, r.PathValue("key")), "err", cut(err))
		http.Error(w, "the logout token is not accepted", http.StatusBadRequest)
		return
	}
	h.Log.InfoContext(ctx, "back-channel logout", "provider", r.PathValue("key"), "sessions", n)
	w.WriteHeader(http.StatusOK)
}

func (rp *RelyingParty) endByToken(ctx context.Context, key, raw string) (int, error) {
	if raw == "" {
		return 0, errors.New("no logout token")
	}
	p, _, err := rp.provider(ctx, key)
	if err != nil {
		return 0, err
	}
	verifier, err := rp.verifier(p)
	if err != nil {
		return 0, err
	}
	token, err := verifier.VerifyLogout(oidc.ClientContext(ctx, rp.client), raw)
	if err != nil {
		return 0, err
	}
	if err := rp.checkLogout(p, token, raw); err != nil {
		return 0, err
	}
	return rp.Sessions.EndByProvider(ctx, session.ProviderLogout{
		ProviderID: p.row.ID, Issuer: p.row.Issuer, JTI: token.TokenID, Expires: vocab.Stored(token.Expiry.Add(skew)), SID: token.SessionID, Subject: token.Subject,
	})
}

// logoutTime is how long a logout token may hold: as long its jti is kept.
const logoutTime = time.Hour

// checkLogout checks what the library leaves out.
func (rp *RelyingParty) checkLogout(p *known, token *oidc.LogoutToken, raw string) error {
	jws, err := jose.ParseSignedCompact(raw, signatures)
	if err != nil {
		return err
	}
	typ, told := jws.Signatures[0].Header.ExtraHeaders[jose.HeaderType].(string)
	now := rp.Now()
	var c struct {
		Events map[string]struct{} `json:"events"`
	}
	switch err := token.Claims(&c); {
	case err != nil: // an event that is no object
		return err
	case told && !strings.EqualFold(typ, "JWT") && !strings.EqualFold(typ, "logout+jwt"):
		return errors.New("a token of another type")
	case len(token.Audience) != 1:
		return errors.New("the logout token is for others too")
	case token.IssuedAt.After(now.Add(skew)), token.IssuedAt.Before(now.Add(-flowTime)):
		return errors.New("the logout token was issued at another time")
	case token.Expiry.After(now.Add(logoutTime)):
		return errors.New("the logout token holds for too long")
	case len(token.Subject) > 255, len(token.SessionID) > maxValue:
		return errors.New("the logout token names nobody who could be known")
	}
	return nil
}
