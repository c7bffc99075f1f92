package portal

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with portals.
var Verbs ledger.Book

var (
	toRegister = Verbs.Declare("portal.register", "registerPortal", ledger.Nobody).By(authz.ManageInstitution, authz.ManageAlliance).Weighs()
	toEnd      = Verbs.Declare("portal.end", "endPortal", ledger.Nobody).By(authz.ManageInstitution, authz.ManageAlliance).Weighs()
)
