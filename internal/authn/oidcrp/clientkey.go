package oidcrp

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/signinkey"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// assertionTime is how long a proof of ours holds.
const assertionTime = time.Minute

// assertionType is what the token endpoint is told the proof to be.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// keyOwner is whose keys these are: no institution's, but the server's.
var keyOwner = keyring.Owner{Purpose: "sign-in"}

// live marks the one key in use.
const live = "live"

// clientAssertion proves to a provider that we are its client: by a token for
// that issuer alone, so that no other provider can use it elsewhere.
//
// Source: RFC 7523, section 3, with the audience of draft-ietf-oauth-rfc7523bis.
func (rp *RelyingParty) clientAssertion(ctx context.Context, p *known) (string, error) {
	row, err := rp.clientKey(ctx)
	if err != nil {
		return "", err
	}
	key, err := keyring.Open(rp.KEK, row.Sealed, row.Kid, keyOwner)
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

// clientKey returns the key in use, made when it is first wanted: of processes
// that want it at once one makes it for all.
func (rp *RelyingParty) clientKey(ctx context.Context) (*ent.SignInKey, error) {
	ctx = viewer.AsSystem(ctx)
	find := func() (*ent.SignInKey, error) {
		return rp.DB.SignInKey.Query().Where(signinkey.LiveKey(live)).Only(ctx)
	}
	if found, err := find(); !ent.IsNotFound(err) {
		return found, err
	}
	key, err := keyring.Generate(jose.ES256)
	if err != nil {
		return nil, err
	}
	defer key.Destroy()
	sealed, err := keyring.Seal(rp.KEK, key, keyOwner)
	if err != nil {
		return nil, err
	}
	public, err := json.Marshal(key.Public())
	if err != nil {
		return nil, err
	}
	made, err := storage.Write(ctx, rp.DB, func(tx *ent.Tx) (*ent.SignInKey, error) {
		made, err := tx.SignInKey.Create().SetKid(key.KeyID()).SetPublicJwk(string(public)).SetSealed(sealed).SetLiveKey(live).Save(ctx)
		if err != nil {
			return nil, err
		}
		return made, audit.Record(ctx, tx, audit.Entry{Verb: "sign_in_key.create", Object: made.ID})
	})
	if storage.IsDuplicate(err) {
		return find()
	}
	return made, err
}

// jwks publishes the keys by which we prove ourselves to providers.
func (rp *RelyingParty) jwks(w http.ResponseWriter, r *http.Request) {
	ctx := viewer.AsSystem(r.Context())
	var set jose.Set
	_, err := rp.clientKey(ctx)
	if err == nil {
		var rows []*ent.SignInKey
		rows, err = rp.DB.SignInKey.Query().Where(signinkey.RetiredAtIsNil()).Order(signinkey.ByID()).Limit(maxKeys).All(ctx)
		for _, row := range rows {
			key, bad := jose.ParseKey([]byte(row.PublicJwk))
			if bad != nil {
				err = bad
				break
			}
			set = append(set, key)
		}
	}
	if err != nil {
		rp.fail(w, r, Unavailable, err)
		return
	}
	body, err := json.Marshal(set)
	if err != nil {
		rp.fail(w, r, Unavailable, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "max-age=300")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}
