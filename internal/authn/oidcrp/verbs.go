package oidcrp

import (
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what sign-ins leave on record beside the accounts.
var Verbs ledger.Book

var (
	toRefuse   = Verbs.Declare("sign_in.refused", "", ledger.Nobody)
	toNoteMove = Verbs.Declare("provider.moved", "", ledger.Nobody)
)
