package policy

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with policies. They weigh: a policy lets the server
// nominate learners without anybody who looks, and a limit goes with it.
var Verbs ledger.Book

var (
	toSet    = Verbs.Declare("policy.set", "setAdmissionPolicy", ledger.Host).By(authz.ManagePolicies).Weighs()
	toRemove = Verbs.Declare("policy.remove", "removeAdmissionPolicy", ledger.Host).By(authz.ManagePolicies).Weighs()
)
