package learner

import (
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what people do with their accounts.
var Verbs ledger.Book

var (
	toSignIn = Verbs.Declare("person.sign_in", "", ledger.Nobody)
	toLink   = Verbs.Declare("identity.link", "", ledger.Nobody).Weighs()
	toUnlink = Verbs.Declare("identity.unlink", "unlinkIdentity", ledger.Nobody).Weighs()
)
