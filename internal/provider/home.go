package provider

import (
	"cmp"
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// NewHome is a further home organisation for which a provider shall speak.
type NewHome struct {
	ProviderID    ident.ID
	Domain        string
	InstitutionID ident.ID
}

// AddHome proposes that a provider speaks for a further home: the provider waits
// until a second person approves it. It returns a CONFLICT problem for a domain
// that has a provider, and an INVALID problem for one that is another
// institution's.
func (s *Service) AddHome(ctx context.Context, n NewHome) (*ent.Provider, error) {
	system := viewer.AsSystem(ctx)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		row, homes, err := hold(ctx, tx, n.ProviderID)
		if err != nil {
			return nil, err
		}
		all := institutionsOf(homes)
		if !slices.Contains(all, n.InstitutionID) {
			all = append(all, n.InstitutionID)
		}
		if err := cmp.Or(s.byEither(ctx, tx.Client(), toAddHome, all), vocab.CheckDomain(n.Domain, "input", "domain")); err != nil {
			return nil, err
		}
		if len(homes) >= maxHomes {
			return nil, problem.New(problem.Invalid, "at most %d domains are allowed", maxHomes).At("input", "domain")
		}
		if err := addHome(system, tx, row.ID, Home{n.Domain, n.InstitutionID}, "input", "domain"); err != nil {
			return nil, err
		}
		now, err := save(ctx, tx, row, tx.Provider.Update(), true)
		if err != nil {
			return nil, err
		}
		details := change(row.State, now.State)
		details["home"] = n.Domain
		return now, note(ctx, tx, toAddHome, ofProvider(row, all, details))
	})
}

// OldHome is a home organisation for which a provider shall speak no longer.
type OldHome struct {
	ProviderID ident.ID
	Domain     string
}

// RemoveHome takes a home away, at once: nobody of it signs in through the
// provider from then on. It returns a CONFLICT problem for the last one.
func (s *Service) RemoveHome(ctx context.Context, o OldHome) (*ent.Provider, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		row, homes, err := hold(ctx, tx, o.ProviderID) // of two that take homes away, one leaves the last
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(homes, func(h *ent.ProviderHome) bool { return h.Domain == o.Domain })
		if i < 0 {
			if err := s.byEither(ctx, tx.Client(), toRemoveHome, institutionsOf(homes)); err != nil {
				return nil, err
			}
			return nil, problem.Missing("domain").At("input", "domain")
		}
		// An institution may leave a proxy without asking the others.
		if err := s.byEither(ctx, tx.Client(), toRemoveHome, []ident.ID{homes[i].InstitutionID}); err != nil {
			return nil, err
		}
		if len(homes) == 1 {
			return nil, errLastHome
		}
		if err := tx.ProviderHome.DeleteOne(homes[i]).Exec(viewer.AsSystem(ctx)); err != nil {
			return nil, err
		}
		return row, note(ctx, tx, toRemoveHome, ofProvider(row, []ident.ID{homes[i].InstitutionID}, map[string]string{"home": o.Domain}))
	})
}

var errLastHome = problem.New(problem.Conflict, "this is its last home organisation; disable the provider instead").At("input", "domain")

// addHome stores a home that the provider may have: the domain is the
// institution's, no other institution's, and no other provider's.
func addHome(system context.Context, tx *ent.Tx, providerID ident.ID, h Home, field ...string) error {
	inst, err := tx.Institution.Get(system, h.InstitutionID)
	if err != nil {
		return storage.Found(err, "institution", field...)
	}
	if inst.Schac != h.Domain && !slices.Contains(inst.Domains, h.Domain) {
		return problem.New(problem.Invalid, "%q is not a domain of %s; its own are its home organisation and its web and mail domains", h.Domain, inst.Schac).At(field...)
	}
	others, err := tx.Institution.Query().Where(institution.IDNEQ(inst.ID)).Select(institution.FieldSchac, institution.FieldDomains).All(system)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.Schac == h.Domain || inst.Schac != h.Domain && slices.Contains(other.Domains, h.Domain) {
			return problem.New(problem.Invalid, "the domain %q is another institution's too", h.Domain).At(field...)
		}
	}
	if err := storage.IfAny(system, tx.ProviderHome.Query().Where(providerhome.Domain(h.Domain)), errTaken.At(field...)); err != nil {
		return err
	}
	err = tx.ProviderHome.Create().SetProviderID(providerID).SetDomain(h.Domain).SetInstitutionID(h.InstitutionID).Exec(system)
	return storage.IfTaken(err, errTaken.At(field...))
}
