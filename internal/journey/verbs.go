package journey

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with applications, enrolments and results. Learner and
// home hear of a result when it is confirmed.
var Verbs ledger.Book

var (
	toSave               = Verbs.Declare("draft.save", "saveDraft", ledger.Nobody).Everyday()
	toDiscard            = Verbs.Declare("draft.discard", "discardDraft", ledger.Nobody).Everyday()
	toSubmit             = Verbs.Declare("application.submit", "submitApplication", ledger.Parties).Everyday().Says("to")
	toNominate           = atHome("application.nominate", "nominateApplication").Says("from", "to", "offering").Brings(inTurn...)
	toRefuseAtHome       = atHome("application.refuse", "refuseNomination").Says("from", "to")
	toRefuseAtHost       = atHost("application.refuse", "refuseApplication").Says("from", "to", "offering").Brings("application.offer_seat")
	toAdmit              = atHost("application.admit", "admitApplication").Says("from", "to", "offering").Brings("enrolment.begin")
	toWaitlist           = atHost("application.waitlist", "waitlistApplication").Says("from", "to", "offering")
	toAdmitConditionally = atHost("application.admit_conditionally", "admitConditionally").Says("from", "to", "offering")
	toFulfil             = atHost("application.fulfil", "fulfilCondition").Says("from", "to").Brings("enrolment.begin")
	toAccept             = own("application.accept_seat", "acceptSeat").Says("from", "to").Brings("enrolment.begin")
	toDecline            = own("application.decline_seat", "declineSeat").Says("from", "to", "offering").Brings("application.offer_seat")
	toWithdraw           = own("application.withdraw", "withdrawApplication").Says("from", "to", "offering").Brings("enrolment.withdraw", "application.offer_seat")
	toConsent            = own("application.consent", "giveConsent")
	toWithdrawConsent    = own("application.withdraw_consent", "withdrawConsent")

	// What the server does when somebody has left, when time has run out, or when an offering was called off.
	toOffer    = Verbs.Declare("application.offer_seat", "", ledger.Parties).Says("from", "to", "offering")
	toLapse    = Verbs.Declare("application.lapse", "", ledger.Parties).Says("from", "to", "offering")
	toCancel   = Verbs.Declare("application.cancel", "", ledger.Parties).Says("from", "to", "offering")
	toRemind   = Verbs.Declare("application.remind", "", ledger.Parties).Says("to")
	toOverdue  = Verbs.Declare("application.overdue", "", ledger.Parties).Says("to")
	toEscalate = Verbs.Declare("application.escalate", "", ledger.Parties).Says("to")
	toEndSeat  = Verbs.Declare("enrolment.cancel", "", ledger.Parties).Says("offering")

	toBegin    = Verbs.Declare("enrolment.begin", "", ledger.Parties).Says("offering")
	toLeave    = Verbs.Declare("enrolment.withdraw", "", ledger.Parties).Says("offering")
	toRecord   = Verbs.Declare("result.record", "recordResult", ledger.Host).By(authz.RecordResult).Everyday()
	toConfirm  = Verbs.Declare("result.confirm", "confirmResult", ledger.Parties).By(authz.ConfirmResult).Weighs().Brings("enrolment.complete")
	toComplete = Verbs.Declare("enrolment.complete", "", ledger.Parties)
)

// inTurn is what may follow from a nomination where the host leaves it to the order.
var inTurn = []string{"application.admit", "enrolment.begin", "application.waitlist", "application.refuse"}

func own(name, mutation string) *ledger.Verb {
	return Verbs.Declare(name, mutation, ledger.Parties).Everyday()
}

func atHome(name, mutation string) *ledger.Verb {
	return own(name, mutation).By(authz.NominateApplication).ForMany("decideApplications")
}

func atHost(name, mutation string) *ledger.Verb {
	return own(name, mutation).By(authz.DecideApplication).ForMany("decideApplications")
}
