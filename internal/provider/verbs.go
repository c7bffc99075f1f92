package provider

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with identity providers.
var Verbs ledger.Book

var (
	toTell       = Verbs.Declare("institution.sign_in", "", ledger.Everybody)
	toPropose    = Verbs.Declare("provider.propose", "proposeProvider", ledger.Nobody).By(authz.ManageAlliance, authz.ManageInstitution).Weighs().Brings("institution.sign_in")
	toRegister   = Verbs.Declare("provider.register", "", ledger.Nobody).By(authz.ManageAlliance).Weighs().Brings("institution.sign_in")
	toApprove    = Verbs.Declare("provider.approve", "approveProvider", ledger.Nobody).By(authz.ManageAlliance).Weighs().Brings("institution.sign_in")
	toReject     = Verbs.Declare("provider.reject", "rejectProvider", ledger.Nobody).By(authz.ManageAlliance, authz.ManageInstitution).Weighs()
	toUpdate     = Verbs.Declare("provider.update", "updateProvider", ledger.Nobody).By(authz.ManageAlliance, authz.ManageInstitution).Weighs().Brings("institution.sign_in")
	toAddHome    = Verbs.Declare("provider.add_home", "addProviderHome", ledger.Nobody).By(authz.ManageAlliance, authz.ManageInstitution).Weighs().Brings("institution.sign_in")
	toRemoveHome = Verbs.Declare("provider.remove_home", "removeProviderHome", ledger.Nobody).By(authz.ManageAlliance, authz.ManageInstitution).
			Weighs().Brings("institution.sign_in")
	toDisable      = Verbs.Declare("provider.disable", "disableProvider", ledger.Nobody).By(authz.ManageAlliance, authz.ManageInstitution).Weighs().Brings("institution.sign_in")
	toEnable       = Verbs.Declare("provider.enable", "enableProvider", ledger.Nobody).By(authz.ManageAlliance).Weighs().Brings("institution.sign_in")
	toCheck        = Verbs.Declare("provider.health", "checkProvider", ledger.Nobody).By(authz.ManageAlliance, authz.ManageInstitution).Everyday().Brings("provider.endpoints")
	toSeeEndpoints = Verbs.Declare("provider.endpoints", "", ledger.Nobody)
)
