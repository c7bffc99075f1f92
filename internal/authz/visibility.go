package authz

import (
	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/accessneeds"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/amendment"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/ent/draft"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/erasure"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/ent/institutionchange"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/portal"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/rolerule"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// visible says which rows of each entity a viewer sees. What is once published
// stays visible when it is withdrawn, because results and credentials refer to
// it; lists leave it out.
var visible = map[string]rule{
	// The alliance and its members are public.
	ent.TypeAlliance:    everyone,
	ent.TypeInstitution: everyone,
	ent.TypeUnit:        everyone,
	ent.TypeProgramme:   everyone,
	ent.TypeHomeModule:  everyone,
	ent.TypeMembership: either(
		where(membership.FieldState, membership.StateACTIVE, membership.StateSUSPENDED, membership.StateLEFT),
		staff(membership.FieldInstitutionID), staff(membership.FieldAllianceID)),

	// What an institution would like to be called is for those who decide it.
	ent.TypeInstitutionChange: either(holding(viewer.Administrator, institutionchange.FieldInstitutionID), administratorsOfItsAlliances(institutionchange.FieldInstitutionID)),

	// The catalogue is public once published; drafts belong to the provider's staff.
	ent.TypeCourse:        either(where(course.FieldState, course.StatePUBLISHED, course.StateWITHDRAWN), staff(course.FieldInstitutionID)),
	ent.TypeCourseVersion: either(where(courseversion.FieldState, courseversion.StatePUBLISHED, courseversion.StateSUPERSEDED), staff(courseversion.FieldInstitutionID)),
	ent.TypeOffering:      either(where(offering.FieldState, offering.StatePUBLISHED, offering.StateCANCELLED), staff(offering.FieldInstitutionID)),
	ent.TypeSeatQuota:     everyone,
	ent.TypeDraw:          everyone, // its seed is sealed until it is drawn
	ent.TypeCall:          everyone,
	ent.TypeMicroDegree:   either(where(microdegree.FieldState, microdegree.StatePUBLISHED, microdegree.StateWITHDRAWN), staff(microdegree.FieldInstitutionID)),

	// People see themselves. Those who handle applications and records see who
	// applies from or to their institution, administrators who holds a role with
	// them: that there is somebody. What they may know of them stands in looks
	// (personal.go), and package privacy is the only way to it.
	ent.TypePerson:      either(self(person.FieldID), applicantsOf(person.FieldID), colleaguesOf(person.FieldID)),
	ent.TypeProfile:     self(profile.FieldPersonID),
	ent.TypeDisclosure:  self(disclosure.FieldPersonID),
	ent.TypeErasure:     self(erasure.FieldPersonID),
	ent.TypeAffiliation: either(self(affiliation.FieldPersonID), working(affiliation.FieldInstitutionID, atHome)),
	ent.TypeIdentity:    self(identity.FieldPersonID),
	ent.TypeSession:     self(session.FieldPersonID),
	ent.TypeRoleGrant: either(self(rolegrant.FieldPersonID), self(rolegrant.FieldGrantedByID),
		holding(viewer.Administrator, rolegrant.FieldInstitutionID), holding(viewer.AllianceAdministrator, rolegrant.FieldAllianceID)),
	ent.TypeRoleRule: holding(viewer.Administrator, rolerule.FieldInstitutionID),

	// An application, its seat and its result belong to the learner, and to those
	// at home and host who handle them.
	ent.TypeApplication: either(self(application.FieldLearnerID), working(application.FieldHomeID, atHome), working(application.FieldHostID, atHost)),
	ent.TypeEnrolment:   either(self(enrolment.FieldLearnerID), working(enrolment.FieldHomeID, atHome), working(enrolment.FieldHostID, atHost)),
	ent.TypeResult: either(working(result.FieldHostID, atHost), // others see it once it is confirmed
		both(where(result.FieldState, result.StateCONFIRMED, result.StateANNULLED), either(self(result.FieldLearnerID), working(result.FieldHomeID, atHome)))),
	ent.TypeAmendment: either(working(amendment.FieldHostID, atHost), // others see what was made, of what they knew
		both(where(amendment.FieldState, amendment.StateMADE), either(self(amendment.FieldLearnerID), working(amendment.FieldHomeID, atHome)))),
	ent.TypeGradingScale: everyone,

	// What a learner has not submitted is nobody else's. What goes with an
	// application beside its row, others read by the reasons in looks.
	ent.TypeDraft:           self(draft.FieldLearnerID),
	ent.TypeAccessNeeds:     self(accessneeds.FieldLearnerID),
	ent.TypeDocument:        both(where(document.FieldState, document.StateSTORED), self(document.FieldLearnerID)), // nobody sees what is arriving
	ent.TypeAdmissionPolicy: staff(admissionpolicy.FieldInstitutionID),

	// A credential belongs to its holder; issuer and home see it. A verifier
	// comes with its token and sees what verification shows, not the row.
	ent.TypeCredential: either(self(credential.FieldLearnerID), working(credential.FieldInstitutionID, atHost), working(credential.FieldHomeID, atHome)),
	ent.TypeSigningKey: staff(signingkey.FieldInstitutionID),

	// Rules in force are public; a case belongs to the learner and the home.
	ent.TypeRecognitionRule: either(where(recognitionrule.FieldState, recognitionrule.StateAGREED, recognitionrule.StateTERMINATED),
		staff(recognitionrule.FieldHomeID), staff(recognitionrule.FieldHostID)),
	ent.TypeRecognitionCase: either(self(recognitioncase.FieldLearnerID), working(recognitioncase.FieldHomeID, atHome)),

	// Imports belong to the staff of the institution whose catalogue they fill.
	ent.TypeImportSource: staff(importsource.FieldInstitutionID),
	ent.TypeImportRun:    staff(importrun.FieldInstitutionID),

	// An entry of the audit is read by who did it, by whom it concerns, and by those
	// who answer for an institution or alliance that it names. An auditor of an
	// alliance reads those of its members, present ones only: what happens at a
	// university that has left is none of the alliance's business.
	ent.TypeAuditEntry: concerned(auditentry.FieldID),

	// Portals belong to those who register them.
	ent.TypePortal: either(staff(portal.FieldInstitutionID), staff(portal.FieldAllianceID)),
	// The programs of an institution are in the hands of its administrators.
	ent.TypeApiClient: holding(viewer.Administrator, apiclient.FieldInstitutionID),

	// The registry of identity providers.
	ent.TypeProvider:     either(allianceAdministrators, speakingFor(provider.FieldID)),
	ent.TypeProviderHome: either(allianceAdministrators, holding(viewer.Administrator, providerhome.FieldInstitutionID)),
}

// systemOnly lists the entities that no viewer sees as rows.
var systemOnly = []string{
	ent.TypeSignIn,          // secrets of a running sign-in
	ent.TypePortalCode,      // secrets of a portal that waits
	ent.TypeLogoutToken,     // digests only
	ent.TypeStatusList,      // published as a signed list
	ent.TypeAuditReader,     // read behind the entry that it belongs to
	ent.TypeAuditCheckpoint, // published, the newest one
	ent.TypeOutboxEvent,     // read by jobs
	ent.TypeIdempotencyKey,  // answers by digest only
	ent.TypeWorkItem,        // done by servers, seen by operators
	ent.TypeImportChunk,     // read by the job that imports
	ent.TypeImportFinding,   // read behind the run that it belongs to
	ent.TypeDocumentChunk,   // read behind the document that it belongs to
	ent.TypeApplicationStep, // read behind the application that it belongs to
	ent.TypeResultStep,      // read behind the result that it belongs to

	ent.TypeClientKey,       // read behind the program that it belongs to
	ent.TypeClientAssertion, // used ones, by digest only
	ent.TypeInstitutionName, // digests only
	ent.TypeServerKey,       // published as a set of keys
}
