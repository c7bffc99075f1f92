package seed

import (
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what the demo leaves on record: that its alliance is whole.
var Verbs ledger.Book

var toSeed = Verbs.Declare("demo.seed", "", ledger.Nobody)
