package serverkey

import (
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with keys of the server.
var Verbs ledger.Book

var toGenerate = Verbs.Declare("server_key.generate", "", ledger.Nobody)
