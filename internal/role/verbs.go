package role

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with roles and the rules that give them.
var Verbs ledger.Book

var (
	toGrant    = Verbs.Declare("role.grant", "grantRole", ledger.Nobody).By(authz.GrantRoles, authz.ManageAlliance).Weighs()
	toEnd      = Verbs.Declare("role.end", "endRole", ledger.Nobody).By(authz.GrantRoles).Weighs()
	toRenew    = Verbs.Declare("role.renew", "", ledger.Nobody)
	toMakeRule = Verbs.Declare("role_rule.make", "makeRoleRule", ledger.Nobody).By(authz.GrantRoles).Weighs()
	toEndRule  = Verbs.Declare("role_rule.end", "endRoleRule", ledger.Nobody).By(authz.GrantRoles).Weighs().Brings("role.end")
)
