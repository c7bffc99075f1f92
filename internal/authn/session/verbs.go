package session

import (
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with sessions.
var Verbs ledger.Book

var (
	toStart         = Verbs.Declare("session.start", "", ledger.Nobody)
	toEnd           = Verbs.Declare("session.end", "endSession", ledger.Nobody).Everyday()
	toEndOthers     = Verbs.Declare("session.end_others", "endOtherSessions", ledger.Nobody).Everyday()
	toEndByProvider = Verbs.Declare("session.end_by_provider", "", ledger.Nobody)
)
