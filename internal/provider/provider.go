// Package provider is the registry of identity providers: which OpenID provider
// may say who the people of an institution are.
//
//	propose → PROPOSED ─approve→ ACTIVE ⇄ DISABLED
//	                └──disable──────────────┘  (enabling proposes it anew)
//
// Registering a provider hands out the power to create people. So a domain has
// exactly one provider, and what widens that power takes effect only once a
// second person has approved it, an administrator of an alliance of all the
// institutions concerned: a new provider, a further domain, and enabling again.
// What narrows it, and how the provider is spoken to, takes effect at once. The
// issuer never changes, because people are known by it.
package provider

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Service keeps the registry.
type Service struct {
	DB    *ent.Client
	Now   func() time.Time
	Check Checker
}

// Checker says whether a provider can be spoken to: its problems are for the
// people who administer it.
type Checker interface {
	CheckProvider(ctx context.Context, p *ent.Provider) error
}

// Bounds of the registry.
const (
	maxHomes  = 100 // domains of one provider
	maxScopes = 20
	maxNames  = 20 // claims or profiles that are spelt in the provider's own way
)

var states = lifecycle.Table[row.State]{
	row.StatePROPOSED: {row.StateACTIVE, row.StateDISABLED},
	row.StateACTIVE:   {row.StateDISABLED},
	row.StateDISABLED: {row.StatePROPOSED},
}

// Actions are what the viewer may do with a provider. Which institutions it
// speaks for is looked at when they do it.
func Actions(ctx context.Context, p *ent.Provider) []authz.Action {
	v := viewer.From(ctx)
	may := func(to row.State) error { return states.Check("provider", p.State, to) }
	var rules, second error
	if !slices.ContainsFunc(v.Grants, func(g viewer.Grant) bool {
		return g.Role == viewer.AllianceAdministrator || g.Role == viewer.Administrator && g.Unit == ""
	}) {
		rules = errNotYours
	}
	if !slices.ContainsFunc(v.Grants, func(g viewer.Grant) bool { return g.Role == viewer.AllianceAdministrator }) {
		second = errNotOverseer
	}
	return []authz.Action{
		authz.Act("approveIdentityProvider", second, other(v, p.ProposedByID), may(row.StateACTIVE)),
		authz.Act("updateIdentityProvider", rules),
		authz.Act("addProviderDomain", rules),
		authz.Act("removeProviderDomain", rules),
		authz.Act("disableIdentityProvider", rules, may(row.StateDISABLED)),
		authz.Act("enableIdentityProvider", rules, may(row.StatePROPOSED)),
		authz.Act("checkIdentityProvider", rules, checkable(p)),
	}
}

// InstitutionActions are what the viewer may do about the providers of an
// institution.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	v, err := authz.SignedIn(ctx)
	if err == nil && authz.Require(ctx, authz.ManageInstitution, institution) != nil &&
		!slices.ContainsFunc(v.Grants, func(g viewer.Grant) bool { return g.Role == viewer.AllianceAdministrator }) {
		err = errNotYours
	}
	return []authz.Action{authz.Act("proposeIdentityProvider", err)}
}

var (
	errNotYours    = problem.New(problem.Forbidden, "only administrators of these institutions, or of an alliance of all of them, may do this")
	errNotOverseer = problem.New(problem.Forbidden, "only an administrator of an alliance of all these institutions may do this")
	errSamePerson  = problem.New(problem.Forbidden, "a second person must approve what you have proposed")
)

// other returns nil unless the viewer is the one who proposed.
func other(v *viewer.Viewer, proposed *ident.ID) error {
	if v.Kind != viewer.System && proposed != nil && v.PersonID == *proposed {
		return errSamePerson
	}
	return nil
}

// oversees returns nil when the viewer administers an alliance to which all of
// the institutions belong.
func oversees(ctx context.Context, tx *ent.Tx, institutions []ident.ID) error {
	v, err := authz.SignedIn(ctx)
	if err != nil || v.Kind == viewer.System {
		return err
	}
	for _, g := range v.Grants {
		if g.Role != viewer.AllianceAdministrator {
			continue
		}
		n, err := tx.Membership.Query().Where(membership.AllianceID(g.At), membership.InstitutionIDIn(institutions...), membership.StateNEQ(membership.StateLEFT)).
			Count(viewer.AsSystem(ctx))
		if err != nil {
			return err
		}
		if n == len(institutions) {
			return authz.Require(ctx, authz.ManageAlliance, g.At)
		}
	}
	return errNotOverseer
}

// manages returns nil when the viewer administers all of the institutions, or
// oversees them.
func manages(ctx context.Context, tx *ent.Tx, institutions []ident.ID) error {
	if _, err := authz.SignedIn(ctx); err != nil {
		return err
	}
	if len(institutions) > 0 && !slices.ContainsFunc(institutions, func(id ident.ID) bool { return authz.Require(ctx, authz.ManageInstitution, id) != nil }) {
		return nil
	}
	if err := oversees(ctx, tx, institutions); !errors.Is(err, errNotOverseer) {
		return err
	}
	return errNotYours
}

// load reads a provider with the domains that it may assert, or is proposed for.
func load(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Provider, []*ent.ProviderHome, error) {
	p, err := tx.Provider.Get(ctx, id)
	if err != nil {
		return nil, nil, storage.Found(err, "provider", "input", "providerId")
	}
	homes, err := tx.ProviderHome.Query().Where(providerhome.ProviderID(id)).Order(providerhome.ByID()).All(viewer.AsSystem(ctx))
	return p, homes, err
}

func institutionsOf(homes []*ent.ProviderHome) []ident.ID {
	return relay.Keys(homes, func(h *ent.ProviderHome) ident.ID { return h.InstitutionID })
}

func record(ctx context.Context, tx *ent.Tx, verb string, p ident.ID, institutions []ident.ID, details map[string]string) error {
	return audit.Record(ctx, tx, audit.Entry{Verb: verb, Object: p, Institutions: institutions, Details: details})
}

// actor is the person on whose behalf something is done; nil for the operator.
func actor(ctx context.Context) *ident.ID {
	if v := viewer.From(ctx); v.PersonID != "" {
		return &v.PersonID
	}
	return nil
}
