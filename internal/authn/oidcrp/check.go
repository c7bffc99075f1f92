package oidcrp

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// CheckProvider says whether a provider can be spoken to: it reads its
// description and its keys anew, for nobody else's sign-in. It returns an
// UNAVAILABLE problem with the provider's own words as its cause.
func (rp *RelyingParty) CheckProvider(ctx context.Context, p *ent.Provider) error {
	d := &discovery{issuer: p.Issuer}
	d.ask(ctx, rp.client, rp.allowed, rp.Now)
	if d.found == nil {
		return problem.New(problem.Unavailable, "the provider does not describe itself as OpenID Connect Discovery says").Because(d.err)
	}
	if _, err := d.found.keys.named(ctx, ""); err != nil {
		return problem.New(problem.Unavailable, "the keys of the provider cannot be read").Because(err)
	}
	return nil
}
