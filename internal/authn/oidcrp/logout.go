package oidcrp

import (
	"context"
	"net/http"
	"net/url"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// logout ends the session here first, then sends the browser to the provider's
// own logout when it has one.
func (rp *RelyingParty) logout(w http.ResponseWriter, r *http.Request) {
	guard(w)
	v := viewer.From(r.Context())
	to := "/"
	if v.SessionID != "" {
		ctx := viewer.AsSystem(r.Context())
		if found, err := rp.DB.Session.Get(ctx, v.SessionID); err == nil {
			to = rp.endSession(ctx, found)
		}
		if err := rp.Sessions.End(ctx, v.SessionID); err != nil {
			rp.fail(w, r, Unavailable, err)
			return
		}
	}
	rp.Cookie.Clear(w)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (rp *RelyingParty) endSession(ctx context.Context, s *ent.Session) string {
	id, err := rp.DB.Identity.Get(ctx, s.IdentityID)
	if err != nil {
		return "/"
	}
	row, err := rp.DB.Provider.Query().Where(provider.ID(id.ProviderID)).Only(ctx)
	if err != nil {
		return "/"
	}
	p := rp.providers.discoveredAlready(row.Key)
	if p == nil || p.EndSession == "" {
		return "/"
	}
	u, err := url.Parse(p.EndSession)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set("client_id", row.ClientID)
	q.Set("post_logout_redirect_uri", rp.BaseURL+"/")
	u.RawQuery = q.Encode()
	return u.String()
}
