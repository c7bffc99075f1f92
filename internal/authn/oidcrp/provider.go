package oidcrp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// known is a provider as registered here and as it describes itself.
type known struct {
	*discovered
	row    *ent.Provider
	homes  map[string]ident.ID // domain to institution
	secret string              // empty when we prove ourselves by a key
	spelling
}

// provider returns the active provider of a key, discovered.
func (rp *RelyingParty) provider(ctx context.Context, key string) (*known, Cause, error) {
	row, err := rp.DB.Provider.Query().Where(provider.Key(key), provider.StateEQ(provider.StateACTIVE)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, UnknownProvider, err
	}
	if err != nil {
		return nil, Unavailable, err
	}
	homes, err := rp.DB.ProviderHome.Query().Where(providerhome.ProviderID(row.ID)).All(ctx)
	if err != nil {
		return nil, Unavailable, err
	}
	p := &known{row: row, homes: map[string]ident.ID{}, spelling: spellingOf(row)}
	for _, h := range homes {
		p.homes[h.Domain] = h.InstitutionID
	}
	if row.ClientAuthentication == provider.ClientAuthenticationSECRET {
		if p.secret, err = rp.clientSecret(vocab.OrZero(row.ClientSecretRef)); err != nil {
			return nil, Misconfigured, err
		}
	}
	var moved []string
	if p.discovered, moved, err = rp.providers.of(key).refresh(ctx, rp.client, rp.allowed, row.Issuer, rp.Now); err != nil {
		return nil, ProviderDown, err
	}
	if len(moved) > 0 {
		rp.note(ctx, toNoteMove, ledger.Thing{ID: row.ID}.With("endpoints", strings.Join(moved, " ")))
	}
	return p, "", nil
}

// algorithms are those that the registry leaves of what is accepted here.
func (p *known) algorithms() ([]string, error) {
	if len(p.row.Algorithms) == 0 {
		return registry.Algorithms, nil
	}
	var left []string
	for _, a := range registry.Algorithms {
		if slices.Contains(p.row.Algorithms, a) {
			left = append(left, a)
		}
	}
	if len(left) == 0 {
		return nil, errors.New("the registry leaves no algorithm")
	}
	return left, nil
}

// clientSecret reads the secret that a reference names.
func (rp *RelyingParty) clientSecret(ref string) (string, error) {
	if s, ok := rp.Secrets[ref]; ok {
		return s, nil
	}
	kind, name, _ := strings.Cut(ref, ":")
	var found string
	switch kind {
	case "env":
		found = os.Getenv(name)
	case "file":
		b, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		found = strings.TrimSpace(string(b))
	default:
		return "", errors.New("the reference of a client secret begins with \"env:\" or \"file:\"")
	}
	if found == "" {
		return "", fmt.Errorf("no client secret at %s:…", kind)
	}
	return found, nil
}
