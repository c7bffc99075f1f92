package token

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// tokenType is the type in the header of an access token (RFC 9068, 2.1). No
// other token of ours has it, and it is the only one that is taken for one.
const tokenType = "at+jwt"

// claims are those of an access token. Scope is what it was issued for; what
// it is worth is decided when it is used.
type claims struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	Subject  string   `json:"sub"`
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope"`
	IssuedAt int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	ID       string   `json:"jti"`
	Key      ident.ID `json:"client_key,omitempty"` // registered key by which it was got
}

// wish is what a program asks for.
type wish struct {
	scopes   []string // nil: all that it has
	resource string   // empty: all of this server
	from     netip.Addr
}

// issue redeems an assertion and returns a token for it. The assertion is used
// up before anything is signed: after a fault in between the program makes a
// new one, and nobody gets two tokens for one.
func (s *Service) issue(ctx context.Context, p *proven, w wish) (string, []string, error) {
	granted := p.client.Scopes
	if w.scopes != nil {
		for _, one := range w.scopes {
			if !slices.Contains(granted, one) {
				return "", nil, &refusal{status: 400, Code: "invalid_scope", Description: "the program is not registered for one of these scopes"}
			}
		}
		granted = w.scopes
	}
	signer, err := s.signing().Signer(ctx)
	if err != nil {
		return "", nil, err
	}
	defer signer.Destroy()
	ctx = viewer.With(ctx, &viewer.Viewer{Kind: viewer.Program, ClientID: p.client.ID, ClientAt: p.client.InstitutionID})
	system := viewer.AsSystem(ctx)
	now, from := vocab.Now(s.Now), network(w.from)
	details := map[string]string{"scope": strings.Join(granted, " "), "from": from}
	known := p.client.LastUsedFrom != nil && *p.client.LastUsedFrom == from
	if !known {
		details["network"] = "new"
	}
	if err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		if err := s.redeem(system, tx, p); err != nil {
			return err
		}
		if err := tx.ApiClient.Update().Where(apiclient.ID(p.client.ID)).SetLastUsedAt(now).SetLastUsedFrom(from).Exec(system); err != nil {
			return err
		}
		return ledger.Note(ctx, tx, toGive, ledger.Thing{ID: p.client.ID, Host: p.client.InstitutionID, Details: details})
	}); err != nil {
		return "", nil, err
	}
	if !known && p.client.LastUsedFrom != nil {
		s.Log.WarnContext(ctx, "a program comes from another network than before", "client", p.client.ID, "from", from, "before", *p.client.LastUsedFrom)
	}
	c := claims{Issuer: s.BaseURL, Audience: s.BaseURL, Subject: string(p.client.ID), ClientID: string(p.client.ID), Scope: strings.Join(granted, " "),
		IssuedAt: now.Unix(), Expires: now.Add(lifetime).Unix(), ID: rand.Text(), Key: p.key}
	if w.resource != "" {
		c.Audience = w.resource
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", nil, err
	}
	signed, err := jose.Sign(signer, jose.Header{Type: tokenType}, payload)
	return signed, granted, err
}

// network is that of an address, or "unknown".
func network(a netip.Addr) string {
	if p := budget.NetworkOf(a); p.IsValid() {
		return p.String()
	}
	return "unknown"
}

// seconds is a duration as OAuth tells it.
func seconds(d time.Duration) int { return int(d / time.Second) }
