package oidcrp

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	row "github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// assertionTime is how long a proof of ours holds.
const assertionTime = time.Minute

// keys are those by which we prove ourselves to providers.
func (rp *RelyingParty) keys() serverkey.Keys {
	return serverkey.Keys{DB: rp.DB, Now: rp.Now, KEK: rp.KEK, Purpose: row.PurposeSIGN_IN}
}

// clientAssertion proves to a provider that we are its client: by a token for
// that issuer alone, so that no other provider can use it elsewhere.
//
// Source: RFC 7523, section 3, with the audience of draft-ietf-oauth-rfc7523bis.
func (rp *RelyingParty) clientAssertion(ctx context.Context, p *known) (string, error) {
	key, err := rp.keys().Signer(ctx)
	if err != nil {
		return "", err
	}
	defer key.Destroy()
	now := rp.Now()
	payload, err := json.Marshal(map[string]any{
		"iss": p.row.ClientID, "sub": p.row.ClientID, "aud": p.row.Issuer, "jti": session.NewSecret(),
		"iat": now.Unix(), "exp": now.Add(assertionTime).Unix(),
	})
	if err != nil {
		return "", err
	}
	return jose.Sign(key, jose.Header{Type: "JWT"}, payload)
}

// jwks publishes the keys by which we prove ourselves to providers.
func (h *Handlers) jwks(w http.ResponseWriter, r *http.Request) {
	set, err := h.keys().Offered(r.Context())
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	body, err := json.Marshal(set)
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "max-age=300")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}
