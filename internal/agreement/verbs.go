package agreement

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with recognition rules.
var Verbs ledger.Book

var (
	toPropose   = Verbs.Declare("recognition_rule.propose", "proposeRecognitionRule", ledger.Onlookers).By(authz.ProposeRule).Everyday()
	toAnswer    = Verbs.Declare("recognition_rule.answer", "answerRecognitionRule", ledger.Onlookers).By(authz.AnswerRule).Weighs()
	toTerminate = Verbs.Declare("recognition_rule.terminate", "terminateRecognitionRule", ledger.Onlookers).By(authz.TerminateRule).Everyday()
)
