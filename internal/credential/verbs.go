package credential

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with credentials and the keys that sign them.
var Verbs ledger.Book

var (
	toIntend     = Verbs.Declare("credential.intend", "", ledger.Parties)
	toIssue      = Verbs.Declare("credential.issue", "issueCredential", ledger.Parties).By(authz.IssueCredential).Weighs().Brings("credential.intend", "key.generate")
	toRevoke     = Verbs.Declare("credential.revoke", "revokeCredential", ledger.Parties).By(authz.RevokeCredential).Weighs().Brings("recognition.end")
	toMakeKey    = Verbs.Declare("key.generate", "", ledger.Nobody).By(authz.ManageKeys).Weighs()
	toCompromise = Verbs.Declare("key.compromise", "", ledger.Nobody).By(authz.ManageKeys).Weighs()
)
