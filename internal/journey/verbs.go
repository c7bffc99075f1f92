package journey

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with applications, enrolments and results. Learner and
// home hear of a result when it is confirmed.
var Verbs ledger.Book

var (
	toSave     = Verbs.Declare("draft.save", "saveDraft", ledger.Nobody).Everyday()
	toDiscard  = Verbs.Declare("draft.discard", "discardDraft", ledger.Nobody).Everyday()
	toSubmit   = Verbs.Declare("application.submit", "submitApplication", ledger.Parties).Everyday().Says("to")
	toNominate = Verbs.Declare("application.nominate", "nominateApplication", ledger.Parties).By(authz.NominateApplication).Everyday().
			ForMany(many).Says("from", "to", "offering").Brings(inTurn...)
	toRefuseAtHome = Verbs.Declare("application.refuse", "refuseNomination", ledger.Parties).By(authz.NominateApplication).Everyday().
			ForMany(many).Says("from", "to")
	toRefuseAtHost = Verbs.Declare("application.refuse", "refuseApplication", ledger.Parties).By(authz.DecideApplication).Everyday().
			ForMany(many).Says("from", "to", "offering").Brings("application.offer_seat")
	toAdmit = Verbs.Declare("application.admit", "admitApplication", ledger.Parties).By(authz.DecideApplication).Everyday().
		ForMany(many).Says("from", "to", "offering").Brings("enrolment.begin")
	toWaitlist = Verbs.Declare("application.waitlist", "waitlistApplication", ledger.Parties).By(authz.DecideApplication).Everyday().
			ForMany(many).Says("from", "to", "offering")
	toAdmitConditionally = Verbs.Declare("application.admit_conditionally", "admitConditionally", ledger.Parties).By(authz.DecideApplication).Everyday().
				ForMany(many).Says("from", "to", "offering")
	toFulfil = Verbs.Declare("application.fulfil", "fulfilCondition", ledger.Parties).By(authz.DecideApplication).Everyday().
			ForMany(many).Says("from", "to").Brings("enrolment.begin")
	toAccept   = Verbs.Declare("application.accept_seat", "acceptSeat", ledger.Parties).Everyday().Says("from", "to").Brings("enrolment.begin")
	toDecline  = Verbs.Declare("application.decline_seat", "declineSeat", ledger.Parties).Everyday().Says("from", "to", "offering").Brings("application.offer_seat")
	toWithdraw = Verbs.Declare("application.withdraw", "withdrawApplication", ledger.Parties).Everyday().
			Says("from", "to", "offering").Brings("enrolment.withdraw", "application.offer_seat")
	toReorder         = Verbs.Declare("application.reorder", "reorderChoices", ledger.Parties).Everyday()
	toRank            = Verbs.Declare("application.rank", "rankApplications", ledger.Nobody).By(authz.NominateApplication).Everyday()
	toConsent         = Verbs.Declare("application.consent", "giveConsent", ledger.Parties).Everyday()
	toWithdrawConsent = Verbs.Declare("application.withdraw_consent", "withdrawConsent", ledger.Parties).Everyday()

	// What the server does when somebody has left, when time has run out, or when an offering was called off.
	toOffer    = Verbs.Declare("application.offer_seat", "", ledger.Parties).Says("from", "to", "offering")
	toLapse    = Verbs.Declare("application.lapse", "", ledger.Parties).Says("from", "to", "offering")
	toCancel   = Verbs.Declare("application.cancel", "", ledger.Parties).Says("from", "to", "offering")
	toGiveUp   = Verbs.Declare("application.give_up", "", ledger.Parties).Says("from", "to", "offering").Brings("application.offer_seat")
	toDraw     = Verbs.Declare("offering.draw", "", ledger.Everybody)
	toRemind   = Verbs.Declare("application.remind", "", ledger.Parties).Says("to")
	toOverdue  = Verbs.Declare("application.overdue", "", ledger.Parties).Says("to")
	toEscalate = Verbs.Declare("application.escalate", "", ledger.Parties).Says("to")
	toEndSeat  = Verbs.Declare("enrolment.cancel", "", ledger.Parties).Says("offering")

	toBegin     = Verbs.Declare("enrolment.begin", "", ledger.Parties).Says("offering")
	toLeave     = Verbs.Declare("enrolment.withdraw", "", ledger.Parties).Says("offering")
	toRecord    = Verbs.Declare("result.record", "recordResult", ledger.Host).By(authz.RecordResult).Everyday().ForMany("recordResults")
	toRevise    = Verbs.Declare("result.revise", "reviseResult", ledger.Host).By(authz.RecordResult).Everyday()
	toThrowAway = Verbs.Declare("result.discard", "discardResult", ledger.Host).By(authz.RecordResult).Everyday()
	toConfirm   = Verbs.Declare("result.confirm", "confirmResult", ledger.Parties).By(authz.ConfirmResult).Weighs().ForMany("confirmResults").Brings("enrolment.complete")
	toCorrect   = Verbs.Declare("result.correct", "correctResult", ledger.Parties).By(authz.ConfirmResult).Weighs().Brings(moved...)
	toAnnul     = Verbs.Declare("result.annul", "annulResult", ledger.Parties).By(authz.ConfirmResult).Weighs().Brings(moved...)
	toPropose   = Verbs.Declare("amendment.propose", "", ledger.Host)
	toApprove   = Verbs.Declare("amendment.approve", "approveAmendment", ledger.Host).By(authz.ConfirmResult).Weighs().Brings(append(moved, "result.correct", "result.annul")...)
	toDismiss   = Verbs.Declare("amendment.dismiss", "dismissAmendment", ledger.Host).By(authz.ConfirmResult).Everyday()
	toComplete  = Verbs.Declare("enrolment.complete", "", ledger.Parties)
	toResume    = Verbs.Declare("enrolment.resume", "", ledger.Parties)
	toTakePart  = Verbs.Declare("enrolment.take_part", "recordParticipation", ledger.Parties).By(authz.RecordResult).Everyday()
	toDropOut   = Verbs.Declare("enrolment.drop_out", "noteDropOut", ledger.Parties).By(authz.RecordResult).Everyday()
	toReopen    = Verbs.Declare("enrolment.reopen", "reopenEnrolment", ledger.Parties).By(authz.ConfirmResult).Everyday()
)

// many is the mutation that decides about many applications.
const many = "decideApplications"

// inTurn is what may follow from a nomination where the host leaves it to the order.
var inTurn = []string{"application.admit", "enrolment.begin", "application.offer_seat", "application.waitlist", "application.refuse"}

// moved is what may follow from a correction or an annulment.
var moved = []string{
	"amendment.propose", "enrolment.resume", "enrolment.complete", "credential.revoke", "credential.intend", "recognition.supersede", "recognition.repeat",
}
