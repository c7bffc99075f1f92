package recognition

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with recognition cases.
var Verbs ledger.Book

var (
	toRequest   = Verbs.Declare("recognition.request", "requestRecognition", ledger.Parties).Everyday().Says("to", "basis")
	toDecide    = Verbs.Declare("recognition.decide", "decideRecognition", ledger.Parties).By(authz.DecideRecognition).Everyday().Says("to", "basis")
	toSupersede = Verbs.Declare("recognition.supersede", "", ledger.Parties).Says("to", "basis")
	toRepeat    = Verbs.Declare("recognition.repeat", "", ledger.Parties).Says("to", "basis")
	toEnd       = Verbs.Declare("recognition.end", "", ledger.Parties).Says("to", "basis")
)
