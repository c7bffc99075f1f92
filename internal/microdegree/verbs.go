package microdegree

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with micro-degrees.
var Verbs ledger.Book

var (
	toCreate   = Verbs.Declare("micro_degree.create", "createMicroDegree", ledger.Parties).By(authz.EditMicroDegree).Everyday()
	toEdit     = Verbs.Declare("micro_degree.edit", "updateMicroDegree", ledger.Parties).By(authz.EditMicroDegree).Everyday()
	toPublish  = Verbs.Declare("micro_degree.publish", "publishMicroDegree", ledger.Everybody).By(authz.EditMicroDegree).Everyday()
	toWithdraw = Verbs.Declare("micro_degree.withdraw", "withdrawMicroDegree", ledger.Everybody).By(authz.EditMicroDegree).Everyday()
)
