package graph

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	area "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func (r *Resolver) providers(ctx context.Context, ids []ident.ID) ([]*ent.Provider, error) {
	return r.DB.Provider.Query().Where(provider.IDIn(ids...)).All(ctx)
}

func providersLike(f *model.IdentityProviderFilter) (all []predicate.Provider) {
	if f == nil {
		return nil
	}
	all = among(all, f.States, provider.StateIn)
	return when(all, f.InstitutionID, func(id ident.ID) predicate.Provider {
		return provider.HasHomesWith(providerhome.InstitutionID(id))
	})
}

// domainsOf lists the domains of each provider, as the viewer sees them.
func (r *Resolver) domainsOf(ctx context.Context, providers []*ent.Provider) ([][]*model.ProviderDomain, error) {
	var ids []ident.ID
	for _, p := range providers {
		ids = append(ids, p.ID)
	}
	homes, err := r.DB.ProviderHome.Query().Where(providerhome.ProviderIDIn(ids...)).Order(providerhome.ByDomain()).All(ctx)
	if err != nil {
		return nil, err
	}
	all := make([][]*model.ProviderDomain, len(providers))
	for i, p := range providers {
		all[i] = []*model.ProviderDomain{}
		for _, h := range homes {
			if h.ProviderID == p.ID {
				all[i] = append(all[i], &model.ProviderDomain{Domain: h.Domain, InstitutionID: h.InstitutionID, Proposed: h.State == providerhome.StatePROPOSED})
			}
		}
	}
	return all, nil
}

// signInURLs are the addresses at which the people of institutions sign in,
// which everybody may know.
func (r *Resolver) signInURLs(ctx context.Context, institutions []*ent.Institution) ([]*string, error) {
	var ids []ident.ID
	for _, i := range institutions {
		ids = append(ids, i.ID)
	}
	homes, err := r.DB.ProviderHome.Query().Where(providerhome.InstitutionIDIn(ids...), providerhome.StateEQ(providerhome.StateACTIVE),
		providerhome.HasProviderWith(provider.StateEQ(provider.StateACTIVE))).WithProvider().Order(providerhome.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	all := make([]*string, len(institutions))
	for i, inst := range institutions {
		at := slices.IndexFunc(homes, func(h *ent.ProviderHome) bool { return h.InstitutionID == inst.ID })
		if at < 0 {
			continue
		}
		address := r.BaseURL + "/auth/start/" + url.PathEscape(homes[at].Edges.Provider.Key)
		if homes[at].Edges.Provider.Mode == provider.ModePROXY {
			address += "?home=" + url.QueryEscape(homes[at].Domain)
		}
		all[i] = &address
	}
	return all, nil
}

// spellings lists a map in the order of its names.
func spellings(m map[string]string) []*area.Spelling {
	all := []*area.Spelling{}
	for name, value := range m {
		all = append(all, &area.Spelling{Name: name, Value: value})
	}
	slices.SortFunc(all, func(a, b *area.Spelling) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
