package oidcrp

import (
	"context"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
)

// Check asks a provider for its metadata and its keys, as a sign-in would, and
// remembers nothing of them. It returns the hosts of its endpoints, sorted, and
// a registry.Trouble for what keeps people from signing in.
func (rp *RelyingParty) Check(ctx context.Context, p *ent.Provider) ([]string, error) {
	var said struct {
		Issuer string `json:"issuer"`
		metadata
	}
	if err := document(ctx, rp.client, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration", &said); err != nil {
		return nil, err
	}
	if said.Issuer != p.Issuer {
		return nil, registry.OtherIssuer
	}
	if err := said.check(rp.allowed); err != nil {
		return nil, err
	}
	keys, err := readKeys(ctx, rp.client, said.Keys)
	if err == nil && len(keys) == 0 {
		err = registry.NoKeys
	}
	return said.hosts(), err
}
