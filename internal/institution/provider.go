package institution

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// NewProvider is an OpenID provider and the home organisations that it may
// assert: the power to create people of theirs.
type NewProvider struct {
	AllianceID      ident.ID
	Key             string // in the addresses of sign-in
	Issuer          string
	ClientID        string
	ClientSecretRef string // env:NAME or file:PATH
	Mode            provider.Mode
	Scopes          []string
	Homes           map[string]ident.ID // domain to institution
}

// RegisterProvider registers an identity provider. It returns a CONFLICT
// problem when its issuer, its key or one of its domains is taken: a domain
// has exactly one provider, so that nobody speaks for another university.
func (s *Service) RegisterProvider(ctx context.Context, p NewProvider) (*ent.Provider, error) {
	if err := authz.Require(ctx, authz.ManageAlliance, p.AllianceID); err != nil {
		return nil, err
	}
	for domain := range p.Homes {
		if err := vocab.CheckDomain(domain, "domains"); err != nil {
			return nil, err
		}
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		made, err := tx.Provider.Create().SetKey(p.Key).SetIssuer(p.Issuer).SetClientID(p.ClientID).
			SetClientSecretRef(p.ClientSecretRef).SetMode(p.Mode).SetState(provider.StateACTIVE).SetScopes(p.Scopes).Save(ctx)
		if err == nil {
			for domain, home := range p.Homes {
				err = tx.ProviderHome.Create().SetProviderID(made.ID).SetDomain(domain).SetInstitutionID(home).Exec(ctx)
				if err != nil {
					break
				}
			}
		}
		if storage.IsDuplicate(err) {
			return nil, problem.New(problem.Conflict, "the issuer, the key or a domain belongs to another provider already")
		}
		if err != nil {
			return nil, err
		}
		return made, audit.Record(ctx, tx, audit.Entry{Verb: "provider.register", Object: made.ID})
	})
}
