package privacy

import "github.com/peregrine-exchange/peregrine/internal/ledger"

// Verbs are what people do with their own data. All but the last need a second
// factor in any case, whether or not a place asks for it.
var Verbs ledger.Book

var (
	toExport = Verbs.Declare("person.export", "", ledger.Nobody)
	toAsk    = Verbs.Declare("erasure.request", "requestErasure", ledger.Nobody).Weighs()
	toCancel = Verbs.Declare("erasure.cancel", "cancelErasure", ledger.Nobody).Everyday()
	toRefuse = Verbs.Declare("erasure.refuse", "", ledger.Nobody)
	toErase  = Verbs.Declare("person.erase", "", ledger.Nobody)
)
