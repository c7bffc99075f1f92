package institution

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// Verbs are what is done with the alliance, its members and their units.
var Verbs ledger.Book

var (
	toFound            = Verbs.Declare("alliance.found", "", ledger.Nobody)
	toUpdateAlliance   = Verbs.Declare("alliance.update", "updateAlliance", ledger.Everybody).By(authz.ManageAlliance).Weighs().Brings("institution.protect")
	toRegister         = Verbs.Declare("institution.register", "", ledger.Everybody)
	toJoin             = Verbs.Declare("institution.admit", "", ledger.Everybody).By(authz.ManageAlliance).Weighs().Brings("institution.protect")
	toUpdate           = Verbs.Declare("institution.update", "updateInstitution", ledger.Everybody).By(authz.ManageInstitution).Weighs().Says("fields")
	toIdentify         = Verbs.Declare("institution.identify", "", ledger.Everybody).Says("fields")
	toProposeIdentity  = Verbs.Declare("institution_change.propose", "proposeInstitutionIdentity", ledger.Nobody).By(authz.ManageInstitution).Weighs()
	toApproveIdentity  = Verbs.Declare("institution_change.approve", "approveInstitutionIdentity", ledger.Nobody).By(authz.ManageAlliance).Weighs().Brings("institution.identify")
	toRejectIdentity   = Verbs.Declare("institution_change.reject", "rejectInstitutionIdentity", ledger.Nobody).By(authz.ManageAlliance).Weighs()
	toWithdrawIdentity = Verbs.Declare("institution_change.withdraw", "withdrawInstitutionIdentity", ledger.Nobody).By(authz.ManageInstitution).Weighs()
	toProtect          = Verbs.Declare("institution.protect", "", ledger.Everybody).Says("fields")
	toInvite           = Verbs.Declare("membership.invite", "inviteMember", ledger.Onlookers).By(authz.ManageAlliance).
				Weighs().Says("alliance", "institution", "from", "to").Brings("institution.register")
	toAccept = Verbs.Declare("membership.accept", "answerInvitation", ledger.Onlookers).By(authz.ManageInstitution).
			Weighs().Says("alliance", "institution", "from", "to").Brings("institution.protect")
	toDecline   = Verbs.Declare("membership.decline", "answerInvitation", ledger.Onlookers).By(authz.ManageInstitution).Weighs().Says("alliance", "institution", "from", "to")
	toSuspend   = Verbs.Declare("membership.suspend", "suspendMember", ledger.Onlookers).By(authz.ManageAlliance).Weighs().Says("alliance", "institution", "from", "to")
	toReinstate = Verbs.Declare("membership.reinstate", "reinstateMember", ledger.Onlookers).By(authz.ManageAlliance).
			Weighs().Says("alliance", "institution", "from", "to").Brings("institution.protect")
	toEnd = Verbs.Declare("membership.end", "endMembership", ledger.Onlookers).By(authz.ManageAlliance, authz.ManageInstitution).
		Weighs().Says("alliance", "institution", "from", "to")
	toAddUnit      = Verbs.Declare("unit.add", "addUnit", ledger.Everybody).By(authz.ManageInstitution).Everyday().Says("institution")
	toUpdateUnit   = Verbs.Declare("unit.update", "updateUnit", ledger.Everybody).By(authz.ManageInstitution).Weighs().Says("institution")
	toCloseUnit    = Verbs.Declare("unit.close", "closeUnit", ledger.Everybody).By(authz.ManageInstitution).Weighs().Says("institution")
	toAddProgramme = Verbs.Declare("programme.add", "", ledger.Nobody).By(authz.ManageInstitution).Everyday()
	toRecordStudy  = Verbs.Declare("study.record", "", ledger.Nobody).By(authz.ManageInstitution).Everyday()
)
