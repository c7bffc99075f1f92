package provider

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Update changes what is given of a provider; what is nil stays. An empty
// reference removes that of the secret.
type Update struct {
	ProviderID           ident.ID
	Issuer               *string
	ClientID             *string
	ClientAuthentication *provider.ClientAuthentication
	ClientSecretRef      *string
	Mode                 *provider.Mode
	Scopes               []string
	Algorithms           []string
	Claims               *provider.Claims
	ClaimNames           []ClaimName
	ACRValues            []ACRValue
	PromptLogin          *bool
}

// Update changes a provider. What decides who may be asserted is proposed anew;
// see the comment of the package.
func (s *Service) Update(ctx context.Context, u Update) (*ent.Provider, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		row, homes, err := holdFor(ctx, tx, u.ProviderID, s.byEither, toUpdate)
		if err != nil {
			return nil, err
		}
		after, from := u.applied(row), fromAPI
		if u.ClientSecretRef == nil && after.clientAuthentication() == row.ClientAuthentication {
			from = fromOperator // it is what somebody was allowed to store
		}
		if err := s.check(after, from, "input"); err != nil {
			return nil, err
		}
		update := tx.Provider.Update().SetHealth(provider.HealthUNKNOWN).ClearHealthReason() // of what it was
		changed, weighty := changes(row, after, update.Mutation())
		if slices.Contains(changed, "clientSecretRef") {
			if err := ownSecret(viewer.AsSystem(ctx), tx, row.ID, after.secretRef()); err != nil {
				return nil, err
			}
		}
		now, err := save(ctx, tx, row, update, weighty)
		if err := storage.IfTaken(err, errTaken); err != nil {
			return nil, err
		}
		details := change(row.State, now.State)
		details["fields"] = strings.Join(changed, " ")
		return now, note(ctx, tx, toUpdate, ofProvider(now, institutionsOf(homes), details))
	})
}

// save carries out an update. One that proposes waits for a second person, unless
// the operator makes it.
func save(ctx context.Context, tx *ent.Tx, row *ent.Provider, update *ent.ProviderUpdate, proposes bool) (*ent.Provider, error) {
	v, system := viewer.From(ctx), viewer.AsSystem(ctx)
	if proposes && v.Kind != viewer.System {
		update.SetProposedByID(v.PersonID).ClearApprovedBy()
		if !slices.Contains(row.Proposers, v.PersonID) {
			update.AppendProposers([]ident.ID{v.PersonID})
		}
		if row.State != provider.StatePROPOSED {
			return move(system, tx, row, provider.StatePROPOSED, update)
		}
	}
	if err := update.Where(provider.ID(row.ID)).Exec(system); err != nil {
		return nil, err
	}
	return tx.Provider.Get(system, row.ID)
}

// applied is the provider as it will be.
func (u Update) applied(row *ent.Provider) Proposal {
	p := Proposal{
		Key: row.Key, Issuer: row.Issuer, ClientID: row.ClientID, ClientAuthentication: row.ClientAuthentication, ClientSecretRef: row.ClientSecretRef,
		Mode: row.Mode, Scopes: row.Scopes, Algorithms: row.Algorithms, Claims: row.Claims, ClaimNames: ClaimNamesOf(row), ACRValues: ACRValuesOf(row), PromptLogin: row.PromptLogin,
	}
	replace(&p.Issuer, u.Issuer)
	replace(&p.ClientID, u.ClientID)
	replace(&p.ClientAuthentication, u.ClientAuthentication)
	replace(&p.Mode, u.Mode)
	replace(&p.Claims, u.Claims)
	replace(&p.PromptLogin, u.PromptLogin)
	p.ClientSecretRef = cmp.Or(u.ClientSecretRef, p.ClientSecretRef)
	given(&p.Scopes, u.Scopes)
	given(&p.Algorithms, u.Algorithms)
	given(&p.ClaimNames, u.ClaimNames)
	given(&p.ACRValues, u.ACRValues)
	return p
}

func given[T any](list *[]T, with []T) {
	if with != nil {
		*list = with
	}
}

func replace[T any](value *T, with *T) {
	if with != nil {
		*value = *with
	}
}

// changes sets and lists the fields that differ, and says whether one of them
// decides who may be asserted. What stays is not written.
func changes(row *ent.Provider, after Proposal, m *ent.ProviderMutation) (fields []string, weighty bool) {
	for _, f := range []struct {
		name           string
		changed, heavy bool
		set            func()
	}{
		{"issuer", after.Issuer != row.Issuer, true, func() { m.SetIssuer(after.Issuer) }},
		{"clientAuthentication", after.clientAuthentication() != row.ClientAuthentication, true, func() { m.SetClientAuthentication(after.clientAuthentication()) }},
		{"mode", after.Mode != row.Mode, true, func() { m.SetMode(after.Mode) }},
		{"algorithms", !slices.Equal(after.Algorithms, row.Algorithms), true, func() { m.SetAlgorithms(after.Algorithms) }},
		{"claims", after.claims() != row.Claims, true, func() { m.SetClaims(after.claims()) }},
		{"claimNames", !maps.Equal(claimNames(after.ClaimNames), row.ClaimNames), true, func() { m.SetClaimNames(claimNames(after.ClaimNames)) }},
		{"acrValues", !maps.Equal(acrValues(after.ACRValues), row.AcrValues), true, func() { m.SetAcrValues(acrValues(after.ACRValues)) }},
		{"clientId", after.ClientID != row.ClientID, false, func() { m.SetClientID(after.ClientID) }},
		{"clientSecretRef", vocab.OrZero(after.secretRef()) != vocab.OrZero(row.ClientSecretRef), true, func() {
			if ref := after.secretRef(); ref != nil {
				m.SetClientSecretRef(*ref)
			} else {
				m.ClearClientSecretRef()
			}
		}},
		{"promptLogin", after.PromptLogin != row.PromptLogin, false, func() { m.SetPromptLogin(after.PromptLogin) }},
		{"scopes", !slices.Equal(after.Scopes, row.Scopes), false, func() { m.SetScopes(after.Scopes) }},
	} {
		if f.changed {
			f.set()
			fields, weighty = append(fields, f.name), weighty || f.heavy
		}
	}
	return fields, weighty
}
