package provider

import (
	"context"
	"net/url"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Actions says what the viewer may do with a provider now.
func (s *Service) Actions(ctx context.Context, row *ent.Provider) ([]authz.Action, error) {
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.ProviderID(row.ID)).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	alliance := s.byAlliance(ctx, s.DB, toApprove, institutionsOf(homes))
	if alliance != nil && problem.All(alliance) == nil {
		return nil, alliance
	}
	either := orOwn(ctx, alliance, toUpdate, institutionsOf(homes))
	proposed := problem.If(row.State != provider.StatePROPOSED, errNotProposed(row))
	last := problem.If(len(homes) == 1, errLastHome)
	return []authz.Action{
		toApprove.Act(alliance, expect(row, provider.StatePROPOSED, provider.StateACTIVE), authz.OtherEyes(viewer.From(ctx), row.Proposers)),
		toReject.Act(either, proposed),
		toUpdate.Act(either),
		toAddHome.Act(either),
		toRemoveHome.Act(either, last),
		toDisable.Act(either, expect(row, provider.StateACTIVE, provider.StateDISABLED)),
		toEnable.Act(alliance, expect(row, provider.StateDISABLED, provider.StateACTIVE)),
		toCheck.Act(either, rests(row, s.Now())),
	}, nil
}

// SignInURLs returns, for the institutions with which people can sign in, the
// address at which that begins. That is public, as the chooser is.
func (s *Service) SignInURLs(ctx context.Context, institutions []ident.ID) (map[ident.ID]string, error) {
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.InstitutionIDIn(institutions...), providerhome.HasProviderWith(provider.StateEQ(provider.StateACTIVE))).
		WithProvider().Order(providerhome.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	all := map[ident.ID]string{}
	for _, h := range homes {
		if all[h.InstitutionID] == "" { // the first that was registered
			all[h.InstitutionID] = s.BaseURL + StartPath(h)
		}
	}
	return all, nil
}

// StartPath is the path at which signing in with a home begins, without where
// to return to. h has its provider loaded. Where one provider speaks for several
// homes, the home goes along, so that a browser remembers which one it was. A
// proxy asks for it again: what it takes as a hint (aarc_idp_hint, AARC-G061) is
// the identifier of the provider behind it, which is not known here.
func StartPath(h *ent.ProviderHome) string {
	path := "/auth/start/" + url.PathEscape(h.Edges.Provider.Key)
	if h.Edges.Provider.Mode == provider.ModePROXY {
		path += "?home=" + url.QueryEscape(h.Domain)
	}
	return path
}

// RedirectURI is the address to which a provider has to send people back.
func (s *Service) RedirectURI(row *ent.Provider) string {
	return s.BaseURL + "/auth/callback/" + url.PathEscape(row.Key)
}
