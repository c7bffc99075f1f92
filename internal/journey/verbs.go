package journey

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with applications, enrolments and results. Learner and
// home hear of a result when it is confirmed.
var Verbs ledger.Book

var (
	toSubmit          = Verbs.Declare("application.submit", "submitApplication", ledger.Parties).Everyday().Says("to")
	toNominate        = Verbs.Declare("application.nominate", "nominateApplication", ledger.Parties).By(authz.NominateApplication).Everyday().Says("from", "to")
	toRefuseAtHome    = Verbs.Declare("application.refuse", "refuseNomination", ledger.Parties).By(authz.NominateApplication).Everyday().Says("from", "to")
	toRefuseAtHost    = Verbs.Declare("application.refuse", "refuseApplication", ledger.Parties).By(authz.DecideApplication).Everyday().Says("from", "to")
	toAdmit           = Verbs.Declare("application.admit", "admitApplication", ledger.Parties).By(authz.DecideApplication).Everyday().Says("from", "to").Brings("enrolment.begin")
	toWithdraw        = Verbs.Declare("application.withdraw", "withdrawApplication", ledger.Parties).Everyday().Says("from", "to").Brings("enrolment.withdraw")
	toConsent         = Verbs.Declare("application.consent", "giveConsent", ledger.Parties).Everyday()
	toWithdrawConsent = Verbs.Declare("application.withdraw_consent", "withdrawConsent", ledger.Parties).Everyday()

	toBegin    = Verbs.Declare("enrolment.begin", "", ledger.Parties).Says("offering")
	toLeave    = Verbs.Declare("enrolment.withdraw", "", ledger.Parties).Says("offering")
	toRecord   = Verbs.Declare("result.record", "recordResult", ledger.Host).By(authz.RecordResult).Everyday()
	toConfirm  = Verbs.Declare("result.confirm", "confirmResult", ledger.Parties).By(authz.ConfirmResult).Weighs().Brings("enrolment.complete")
	toComplete = Verbs.Declare("enrolment.complete", "", ledger.Parties)
)
