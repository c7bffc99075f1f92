package lend

import (
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with tokens of portals.
var Verbs ledger.Book

var toLend = Verbs.Declare("session.lend", "", ledger.Nobody)
