package token

import (
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with tokens of programs.
var Verbs ledger.Book

var toGive = Verbs.Declare("api_client.token", "", ledger.Nobody)
