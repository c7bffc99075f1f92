package oidcrp

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
)

// Check asks a provider for its metadata and its keys, as a sign-in would, and
// remembers nothing of them. It returns the hosts of its endpoints, sorted, and
// a registry.Trouble for what keeps people from signing in.
func (rp *RelyingParty) Check(ctx context.Context, p *ent.Provider) ([]string, error) {
	var said struct {
		Issuer        string `json:"issuer"`
		Authorization string `json:"authorization_endpoint"`
		Token         string `json:"token_endpoint"`
		Keys          string `json:"jwks_uri"`
		UserInfo      string `json:"userinfo_endpoint"`
		EndSession    string `json:"end_session_endpoint"`
	}
	if err := rp.document(ctx, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration", &said); err != nil {
		return nil, err
	}
	if said.Issuer != p.Issuer {
		return nil, registry.OtherIssuer
	}
	plain := "" // the one scheme and host beside https: an issuer that was registered so
	if u, err := url.Parse(p.Issuer); err == nil && u.Scheme == "http" {
		plain = u.Host
	}
	var hosts []string
	for _, e := range []struct {
		address string
		needed  bool
	}{{said.Authorization, true}, {said.Token, true}, {said.Keys, true}, {said.UserInfo, false}, {said.EndSession, false}} {
		if e.address == "" && !e.needed {
			continue
		}
		u, err := url.Parse(e.address)
		if err != nil || u.Host == "" || u.User != nil {
			return nil, registry.Unreadable
		}
		if u.Scheme != "https" && (u.Scheme != "http" || u.Host != plain) {
			return nil, registry.Insecure
		}
		if host := strings.ToLower(u.Host); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := rp.document(ctx, said.Keys, &set); err != nil {
		return hosts, err
	}
	if !slices.ContainsFunc(set.Keys[:min(len(set.Keys), maxCheckedKeys)], signs) {
		return hosts, registry.NoKeys
	}
	return hosts, nil
}

// maxCheckedKeys bounds the keys of a set that are looked at.
const maxCheckedKeys = 50

// document gets a JSON document by the client that is guarded.
func (rp *RelyingParty) document(ctx context.Context, address string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", registry.Unreadable, err)
	}
	r.Header.Set("Accept", "application/json")
	answer, err := rp.client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", registry.Unreachable, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", registry.Unreachable, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err != nil {
		return fmt.Errorf("%w: %w", registry.Unreachable, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %w", registry.Unreadable, err)
	}
	return nil
}

// signs says whether a key may have signed an ID token that is accepted.
func signs(raw json.RawMessage) bool {
	var k jose.JSONWebKey
	if k.UnmarshalJSON(raw) != nil || k.Use != "" && k.Use != "sig" || !k.IsPublic() {
		return false
	}
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= 2048
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256() || key.Curve == elliptic.P384()
	case ed25519.PublicKey:
		return true
	}
	return false
}
