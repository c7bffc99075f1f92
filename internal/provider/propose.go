package provider

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Home is a home organisation that a provider may assert: its domain, such as
// "uni-hannover.de", as schacHomeOrganization has it.
type Home struct {
	Domain        string
	InstitutionID ident.ID
}

// Proposal is a new provider.
type Proposal struct {
	Key            string // in the addresses of sign-in; never changes
	Issuer         string // exactly as the provider writes it
	Mode           row.Mode
	Settings       Settings
	Homes          []Home
	IdempotencyKey *string
}

// Propose proposes a provider. It returns a CONFLICT problem when its issuer,
// its key or one of its domains is taken, by a proposal too.
func (s *Service) Propose(ctx context.Context, p Proposal) (*ent.Provider, error) {
	settings, badSettings := p.Settings.check("input", "settings")
	if err := problem.Join(checkKey(p.Key), checkIssuer(p.Issuer), badSettings, checkHomes(p.Mode, p.Homes)); err != nil {
		return nil, err
	}
	call := idempotency.Call{Verb: "proposeIdentityProvider", Key: p.IdempotencyKey, Input: p}
	return idempotency.Write(ctx, s.DB, call, s.DB.Provider.Get, func(tx *ent.Tx) (*ent.Provider, error) {
		institutions := of(p.Homes)
		if err := manages(ctx, tx, institutions); err != nil {
			return nil, err
		}
		if err := ownDomains(ctx, tx, p.Homes); err != nil {
			return nil, err
		}
		create := tx.Provider.Create().SetKey(p.Key).SetIssuer(p.Issuer).SetMode(p.Mode).SetState(row.StatePROPOSED).SetNillableProposedByID(actor(ctx))
		settings.fill(create.Mutation())
		made, err := create.Save(ctx)
		for _, h := range p.Homes {
			if err == nil {
				err = tx.ProviderHome.Create().SetProviderID(made.ID).SetDomain(h.Domain).SetInstitutionID(h.InstitutionID).
					SetState(providerhome.StatePROPOSED).SetNillableProposedByID(actor(ctx)).Exec(ctx)
			}
		}
		if storage.IsDuplicate(err) {
			return nil, errTaken
		}
		if err != nil {
			return nil, err
		}
		return made, record(ctx, tx, "provider.propose", made.ID, institutions, nil)
	})
}

var errTaken = problem.New(problem.Conflict, "the issuer, the key or a domain belongs to another provider already")

func of(homes []Home) []ident.ID {
	var all []ident.ID
	for _, h := range homes {
		if !slices.Contains(all, h.InstitutionID) {
			all = append(all, h.InstitutionID)
		}
	}
	return all
}

// ownDomains returns problems for the domains that are not of the institution
// that they are to stand for.
func ownDomains(ctx context.Context, tx *ent.Tx, homes []Home) error {
	found, err := tx.Institution.Query().Where(institution.IDIn(of(homes)...)).All(ctx)
	if err != nil {
		return err
	}
	var bad []error
	for i, h := range homes {
		path := []string{"input", "homes", index(i), "domain"}
		at := slices.IndexFunc(found, func(inst *ent.Institution) bool { return inst.ID == h.InstitutionID })
		switch {
		case at < 0:
			bad = append(bad, storage.Found(errMissing, "institution", "input", "homes", index(i), "institutionId"))
		case h.Domain != found[at].Schac && !slices.Contains(found[at].Domains, h.Domain):
			bad = append(bad, problem.New(problem.Invalid, "%s is neither the SCHAC code nor a domain of the institution", h.Domain).At(path...))
		}
	}
	return problem.Join(bad...)
}

// errMissing is what ent says of a row that is not there.
var errMissing error = &ent.NotFoundError{}

// Approve makes a provider and its proposed domains active. It returns a
// FORBIDDEN problem for who proposed any of them.
func (s *Service) Approve(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		p, homes, err := load(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := oversees(ctx, tx, institutionsOf(homes)); err != nil {
			return nil, err
		}
		v := viewer.From(ctx)
		waiting := slices.DeleteFunc(slices.Clone(homes), func(h *ent.ProviderHome) bool { return h.State == providerhome.StateACTIVE })
		if p.State == row.StatePROPOSED {
			if err := other(v, p.ProposedByID); err != nil {
				return nil, err
			}
			if len(homes) == 0 {
				return nil, problem.New(problem.Conflict, "the provider speaks for no domain; add one first")
			}
		} else if len(waiting) == 0 || p.State == row.StateDISABLED {
			return nil, states.Check("provider", p.State, row.StateACTIVE)
		}
		for _, h := range waiting {
			if err := other(v, h.ProposedByID); err != nil {
				return nil, err
			}
		}
		n, err := tx.Provider.Update().Where(row.ID(id), row.StateEQ(p.State)).SetState(row.StateACTIVE).SetNillableApprovedByID(actor(ctx)).Save(ctx)
		if err != nil {
			return nil, err
		}
		if n != 1 {
			return nil, problem.Raced("provider", id)
		}
		for _, h := range waiting { // what was proposed meanwhile waits for its own approval
			if err := tx.ProviderHome.UpdateOneID(h.ID).SetState(providerhome.StateACTIVE).Exec(viewer.AsSystem(ctx)); err != nil {
				return nil, err
			}
		}
		if err := record(ctx, tx, "provider.approve", id, institutionsOf(homes), map[string]string{"from": string(p.State), "to": string(row.StateACTIVE)}); err != nil {
			return nil, err
		}
		return tx.Provider.Get(ctx, id)
	})
}

// Register registers a provider that is active at once. It is the operator's,
// who has the database in hand anyway: only the system may.
func (s *Service) Register(ctx context.Context, p Proposal) (*ent.Provider, error) {
	if v := viewer.From(ctx); v == nil || v.Kind != viewer.System {
		return nil, errNotYours
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		create := tx.Provider.Create().SetKey(p.Key).SetIssuer(p.Issuer).SetMode(p.Mode).SetState(row.StateACTIVE)
		p.Settings.fill(create.Mutation())
		made, err := create.Save(ctx)
		for _, h := range p.Homes {
			if err == nil {
				err = tx.ProviderHome.Create().SetProviderID(made.ID).SetDomain(h.Domain).SetInstitutionID(h.InstitutionID).SetState(providerhome.StateACTIVE).Exec(ctx)
			}
		}
		if storage.IsDuplicate(err) {
			return nil, errTaken
		}
		if err != nil {
			return nil, err
		}
		return made, record(ctx, tx, "provider.register", made.ID, of(p.Homes), nil)
	})
}
