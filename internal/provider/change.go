package provider

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Update is new settings of a provider; they replace the old ones.
type Update struct {
	ProviderID ident.ID
	Settings   Settings
}

// Update changes how a provider is spoken to, at once: it cannot make it speak
// for anybody else.
func (s *Service) Update(ctx context.Context, u Update) (*ent.Provider, error) {
	return s.change(ctx, u.ProviderID, "provider.update", func(tx *ent.Tx, p *ent.Provider, _ []*ent.ProviderHome) error {
		settings, err := u.Settings.check("input", "settings")
		if err != nil {
			return err
		}
		update := tx.Provider.UpdateOneID(p.ID)
		settings.fill(update.Mutation())
		return update.SetHealth(row.HealthUNKNOWN).ClearHealthReason().ClearCheckedAt().Exec(ctx)
	})
}

// NewHome is a further domain of a provider.
type NewHome struct {
	ProviderID    ident.ID
	Domain        string
	InstitutionID ident.ID
}

// AddDomain proposes a further domain. The provider speaks for it once a second
// person has approved it.
func (s *Service) AddDomain(ctx context.Context, n NewHome) (*ent.Provider, error) {
	home := Home{n.Domain, n.InstitutionID}
	if err := checkHomes(row.ModePROXY, []Home{home}); err != nil {
		return nil, err
	}
	return s.change(ctx, n.ProviderID, "provider.add_domain", func(tx *ent.Tx, p *ent.Provider, homes []*ent.ProviderHome) error {
		if err := manages(ctx, tx, []ident.ID{n.InstitutionID}); err != nil {
			return err
		}
		if len(homes) >= maxHomes {
			return problem.New(problem.Invalid, "a provider speaks for 1 to %d domains", maxHomes).At("input", "domain")
		}
		if p.Mode == row.ModeDIRECT && slices.ContainsFunc(homes, func(h *ent.ProviderHome) bool { return h.InstitutionID != n.InstitutionID }) {
			return problem.New(problem.Invalid, "only a proxy speaks for several institutions").At("input", "institutionId")
		}
		if err := ownDomains(ctx, tx, []Home{home}); err != nil {
			return err
		}
		err := tx.ProviderHome.Create().SetProviderID(p.ID).SetDomain(n.Domain).SetInstitutionID(n.InstitutionID).
			SetState(providerhome.StatePROPOSED).SetNillableProposedByID(actor(ctx)).Exec(ctx)
		if storage.IsDuplicate(err) {
			return errTaken
		}
		return err
	})
}

// RemoveDomain ends that a provider speaks for a domain, at once. Who has signed
// in by it stays signed in until the session ends.
func (s *Service) RemoveDomain(ctx context.Context, id ident.ID, domain string) (*ent.Provider, error) {
	return s.change(ctx, id, "provider.remove_domain", func(tx *ent.Tx, p *ent.Provider, homes []*ent.ProviderHome) error {
		n, err := tx.ProviderHome.Delete().Where(providerhome.ProviderID(id), providerhome.Domain(domain)).Exec(viewer.AsSystem(ctx))
		if err == nil && n == 0 {
			return problem.New(problem.Invalid, "the provider does not speak for this domain").At("input", "domain")
		}
		return err
	})
}

// Disable ends sign-in by a provider, at once, or turns a proposal down.
func (s *Service) Disable(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	return s.move(ctx, id, row.StateDISABLED, "provider.disable")
}

// Enable proposes a disabled provider anew.
func (s *Service) Enable(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	return s.move(ctx, id, row.StatePROPOSED, "provider.enable")
}

func (s *Service) move(ctx context.Context, id ident.ID, to row.State, verb string) (*ent.Provider, error) {
	return s.change(ctx, id, verb, func(tx *ent.Tx, p *ent.Provider, _ []*ent.ProviderHome) error {
		if err := states.Check("provider", p.State, to); err != nil {
			return err
		}
		update := tx.Provider.Update().Where(row.ID(id), row.StateEQ(p.State)).SetState(to)
		if to == row.StatePROPOSED {
			update.ClearApprovedByID().SetNillableProposedByID(actor(ctx))
		}
		n, err := update.Save(ctx)
		if err == nil && n != 1 {
			return problem.Raced("provider", id)
		}
		return err
	})
}

// change does something to a provider that the viewer manages, and records it.
func (s *Service) change(ctx context.Context, id ident.ID, verb string, do func(*ent.Tx, *ent.Provider, []*ent.ProviderHome) error) (*ent.Provider, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		p, homes, err := load(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		institutions := institutionsOf(homes)
		if err := manages(ctx, tx, institutions); err != nil {
			return nil, err
		}
		if err := do(tx, p, homes); err != nil {
			return nil, err
		}
		if err := record(ctx, tx, verb, id, institutions, nil); err != nil {
			return nil, err
		}
		return tx.Provider.Get(viewer.AsSystem(ctx), id) // who has removed the last domain of theirs sees what is left
	})
}
