package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// act is somebody who does something.
type act struct {
	by       *Actor
	mutation string
	input    map[string]any
}

// does runs the mutation and returns "done", or the code of the refusal.
func (a act) does() string { return a.run(nil) }

// run is does in a race.
func (a act) run(r *runner) string { return a.by.in(r).codeOf(a.mutation, a.input) }

// scene is what a mutation needs to succeed once, and what is known of it
// afterwards: the verbs of the audit entries and the types of the events.
type scene struct {
	audit, events string
	set           func(*stage) (by *Actor, input map[string]any)
}

// stage is a world in which scenes are set, one after the other. Each has people
// and things of its own, so that none stands in another's way.
type stage struct {
	*World
	c                  cast
	alma, alva         *Actor // who administer the alliance
	n                  int
	met                int    // how many races were ones
	one, two, offering string // published courses and an offering of the first
	idp                string // the address of a provider that does not work
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{World: NewWorld(t)}
	s.c = s.cast()
	s.alma, s.alva = s.Staff("Alma", "uni-c", viewer.AllianceAdministrator), s.Staff("Alva", "uni-c", viewer.AllianceAdministrator)
	s.one, s.two = s.course(s.c.editor, "CS-1"), s.course(s.c.editor, "CS-2")
	s.offering = s.World.offering(s.c.editor, s.one, 1000)
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	s.idp = down.URL
	s.parts.AllowTo = []string{strings.TrimPrefix(down.URL, "http://")}
	s.parts.Secrets = map[string]string{"test:": "secret"}
	s.restart()
	s.awardedOne() // which makes the key of uni-b
	return s
}

// play sets the scene of a mutation.
func (s *stage) play(mutation string) act {
	s.t.Helper()
	by, input := scenes[mutation].set(s)
	return act{by, mutation, input}
}

// new returns a name that nothing has yet.
func (s *stage) new(kind string) string { s.n++; return fmt.Sprintf("%s%d", kind, s.n) }

func (s *stage) staff(uni string, roles ...viewer.Role) *Actor {
	return s.Staff(s.new("S"), uni, roles...)
}

// place admits a university and returns its name with an administrator of it.
func (s *stage) place() (uni string, admin *Actor) {
	s.t.Helper()
	uni = s.new("u")
	s.institutions[uni], s.providers[uni] = s.member(uni+".example", "FR", uni), s.providers["uni-c"]
	return uni, s.staff(uni, viewer.Administrator)
}

// invited is place for one that is invited only.
func (s *stage) invited() (membership string, admin *Actor) {
	s.t.Helper()
	uni := s.new("u")
	made := s.alma.Does("invites", "inviteMember", map[string]any{"allianceId": s.alliance, "part": "MEMBER", "institution": stranger(uni)})
	s.institutions[uni], s.providers[uni] = ident.ID(at(made, "institution", "id").(string)), s.providers["uni-c"]
	return id(made), s.staff(uni, viewer.Administrator)
}

// stranger are the details of a university that nobody knows.
func stranger(uni string) map[string]any {
	d := newcomer()
	for _, taken := range []string{"erasmusCode", "ror", "deqar"} {
		delete(d, taken)
	}
	d["schac"], d["domains"] = uni+".example", []string{uni + ".example"}
	return d
}

func (s *stage) draft(editor *Actor) (course string) {
	s.t.Helper()
	return id(editor.Does("writes", "createCourse", map[string]any{"institutionId": s.Institution("uni-b"), "code": s.new("C-"), "kind": "MICRO_CREDENTIAL", "content": content("Draft")}))
}

func (s *stage) published(editor *Actor) (course string) { return s.course(editor, s.new("P-")) }

func (s *stage) micro(editor *Actor) (degree string) {
	s.t.Helper()
	return id(editor.Does("composes", "createMicroDegree", map[string]any{"institutionId": s.Institution("uni-b"), "key": s.new("m-"), "content": composed("M", 10, s.one, s.two)}))
}

func (s *stage) planned(editor *Actor) (offering string) {
	s.t.Helper()
	return id(editor.Does("plans", "createOffering", cohort(s.one, 5)))
}

// applied has a new learner apply, nominated and seated have them go on.
func (s *stage) applied(offering string) (c cast, app string) {
	s.t.Helper()
	c = s.c.as(s.Learner(s.new("L"), "uni-a"))
	return c, id(c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": offering}))
}

func (s *stage) nominated(offering string) (c cast, app string) {
	s.t.Helper()
	c, app = s.applied(offering)
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	return c, app
}

func (s *stage) seated() (c cast, app, enrolment string) {
	s.t.Helper()
	c, app = s.nominated(s.offering)
	seat := c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": app})
	return c, app, at(seat, "enrolment", "id").(string)
}

func (s *stage) recorded() (c cast, app, result string) {
	s.t.Helper()
	c, app, enrolment := s.seated()
	return c, app, id(c.teacher.Does("records", "recordResult", assessment(enrolment)))
}

func (s *stage) confirmed() (c cast, result string) {
	s.t.Helper()
	c, _, result = s.recorded()
	c.hostRegistrar.Does("confirms", "confirmResult", map[string]any{"resultId": result})
	return c, result
}

func (s *stage) awardedOne() (c cast, credential string) {
	s.t.Helper()
	c, result := s.confirmed()
	return c, id(c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": result}))
}

func (s *stage) asked() (c cast, recognition, credential string) {
	s.t.Helper()
	c, credential = s.awardedOne()
	return c, id(c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": credential})), credential
}

func (s *stage) proposedRule() (rule string) {
	s.t.Helper()
	return id(s.c.homeRecognition.Does("proposes", "proposeRecognitionRule", s.ruleOf(s.published(s.c.editor))))
}

func (s *stage) ruleOf(course string) map[string]any {
	return map[string]any{"homeId": s.Institution("uni-a"), "courseId": course, "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"}
}

func (s *stage) sourceOf(uni string) map[string]any {
	return map[string]any{"institutionId": s.Institution(uni), "name": s.new("source "), "format": "CSV", "url": "https://sis.uni-b.example/courses", "everyMinutes": 60, "policy": "DRAFT"}
}

func (s *stage) source() (admin *Actor, source string) {
	s.t.Helper()
	uni, admin := s.place()
	return admin, id(admin.Does("adds a source", "addImportSource", s.sourceOf(uni)))
}

func (s *stage) run() (admin *Actor, run string) {
	s.t.Helper()
	uni, admin := s.place()
	return admin, id(admin.Does("imports", "startImport", s.upload(uni)))
}

func (s *stage) upload(uni string) map[string]any {
	return map[string]any{"institutionId": s.Institution(uni), "format": "CSV", "mode": "DRAFT", "content": threeRows}
}

func (s *stage) jwk() map[string]any {
	_, public := pair(s.t, "ES256", s.new("k"))
	return map[string]any{"jwk": public}
}

func (s *stage) program() (admin *Actor, program map[string]any) {
	s.t.Helper()
	uni, admin := s.place()
	return admin, admin.Does("registers a program", "registerApiClient", map[string]any{"institutionId": s.Institution(uni), "name": "P", "scopes": []string{"catalogue.read"}, "keys": []any{s.jwk(), s.jwk()}})
}

func (s *stage) proposal(uni string) map[string]any {
	return map[string]any{"key": uni, "issuer": "https://idp." + uni + ".example", "clientId": "peregrine", "clientSecretRef": "env:PROVIDER_" + strings.ToUpper(uni),
		"homes": []map[string]any{{"domain": uni + ".example", "institutionId": s.Institution(uni)}}}
}

// proposedProvider is a provider that waits for a second person.
func (s *stage) proposedProvider() (admin *Actor, made map[string]any) {
	s.t.Helper()
	uni, admin := s.place()
	return admin, admin.Does("proposes", "proposeProvider", s.proposal(uni))
}

// provider is one in force, of a university that has a second domain.
func (s *stage) provider() (uni string, admin *Actor, provider ident.ID) {
	s.t.Helper()
	uni, admin = s.place()
	return uni, admin, s.register(uni, s.idp+"/"+uni, registry.Home{Domain: uni + ".example", InstitutionID: s.Institution(uni)}).ID
}

// given is a role that an administrator gave.
func (s *stage) given() (admin *Actor, grant string) {
	s.t.Helper()
	uni, admin := s.place()
	return admin, id(admin.Does("gives a role", "grantRole", map[string]any{"personId": s.staff(uni).ID, "role": "TEACHER", "at": s.Institution(uni)}))
}

func (s *stage) roleRule() (uni string, admin *Actor, rule string) {
	s.t.Helper()
	uni, admin = s.place()
	return uni, admin, id(admin.Does("makes a rule", "makeRoleRule", staffRule(s.Institution(uni))))
}

func (s *stage) addedUnit() (admin *Actor, unitID string) {
	s.t.Helper()
	uni, admin := s.place()
	return admin, id(admin.Does("adds a unit", "addUnit", unit(s.Institution(uni), "u", "")))
}

// browserOf returns the session of somebody's browser.
func (s *stage) browserOf(a *Actor) ident.ID {
	return s.DB.Client.Session.Query().Where(session.PersonID(a.ID), session.KindEQ(session.KindBROWSER)).Order(session.ByID()).FirstIDX(s.system())
}

// again signs somebody in once more, in another browser.
func (s *stage) again(a *Actor) *Actor {
	s.t.Helper()
	account := s.DB.Client.Identity.Query().Where(identity.PersonID(a.ID)).Order(identity.ByID()).FirstX(s.system())
	return &Actor{w: s.World, Name: a.Name, ID: a.ID, token: s.bearer(account)}
}

// linked gives somebody a second account, and returns it with who has signed in
// with it.
func (s *stage) linked(a *Actor) (account *ent.Identity, second *Actor) {
	s.t.Helper()
	ctx := viewer.With(s.t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: a.ID})
	account, err := s.App.Learners.Link(ctx, learner.Assertion{ProviderID: s.providers["uni-c"], Issuer: "https://idp.uni-c.example", Subject: s.new("second"),
		GivenName: a.Name, FamilyName: "Example", Language: "en", InstitutionID: s.institutions["uni-c"], Affiliations: []string{"student"}})
	if err != nil {
		s.t.Fatal(err)
	}
	return account, &Actor{w: s.World, Name: a.Name, ID: a.ID, token: s.bearer(account)}
}

var scenes map[string]scene

// The scenes are set by functions that play others, hence not at once.
func init() {
	scenes = map[string]scene{
		"submitApplication": {"application.submit", "application.submit", func(s *stage) (*Actor, map[string]any) {
			return s.Learner(s.new("L"), "uni-a"), map[string]any{"offeringId": s.offering}
		}},
		"withdrawApplication": {"application.withdraw enrolment.withdraw", "application.withdraw enrolment.withdraw", func(s *stage) (*Actor, map[string]any) {
			c, app, _ := s.seated()
			return c.ada, map[string]any{"applicationId": app, "reason": "Ill."}
		}},
		"nominateApplication": {"application.nominate", "application.nominate", func(s *stage) (*Actor, map[string]any) {
			_, app := s.applied(s.offering)
			return s.staff("uni-a", viewer.MobilityOfficer), map[string]any{"applicationId": app}
		}},
		"refuseNomination": {"application.refuse", "application.refuse", func(s *stage) (*Actor, map[string]any) {
			_, app := s.applied(s.offering)
			return s.staff("uni-a", viewer.MobilityOfficer), map[string]any{"applicationId": app, "reason": "No."}
		}},
		"admitApplication": {"application.admit enrolment.begin", "application.admit enrolment.begin", func(s *stage) (*Actor, map[string]any) {
			_, app := s.nominated(s.offering)
			return s.staff("uni-b", viewer.MobilityOfficer), map[string]any{"applicationId": app}
		}},
		"refuseApplication": {"application.refuse", "application.refuse", func(s *stage) (*Actor, map[string]any) {
			_, app := s.nominated(s.offering)
			return s.staff("uni-b", viewer.MobilityOfficer), map[string]any{"applicationId": app, "reason": "No."}
		}},
		"recordResult": {"result.record", "result.record", func(s *stage) (*Actor, map[string]any) {
			_, _, enrolment := s.seated()
			return s.staff("uni-b", viewer.Teacher), assessment(enrolment)
		}},
		"confirmResult": {"enrolment.complete result.confirm", "enrolment.complete result.confirm", func(s *stage) (*Actor, map[string]any) {
			_, _, result := s.recorded()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"resultId": result}
		}},
		"issueCredential": {"credential.intend credential.issue", "credential.intend credential.issue", func(s *stage) (*Actor, map[string]any) {
			_, result := s.confirmed()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"resultId": result}
		}},
		"revokeCredential": {"credential.revoke", "credential.revoke", func(s *stage) (*Actor, map[string]any) {
			_, cred := s.awardedOne()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"}
		}},
		"requestRecognition": {"recognition.request", "recognition.request", func(s *stage) (*Actor, map[string]any) {
			c, cred := s.awardedOne()
			return c.ada, map[string]any{"credentialId": cred}
		}},
		"decideRecognition": {"recognition.decide", "recognition.decide", func(s *stage) (*Actor, map[string]any) {
			_, recognition, _ := s.asked()
			return s.staff("uni-a", viewer.RecognitionOfficer), map[string]any{"caseId": recognition, "outcome": "GRANTED", "reasons": "It fits."}
		}},
		"proposeRecognitionRule": {"recognition_rule.propose", "recognition_rule.propose", func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-a", viewer.RecognitionOfficer), s.ruleOf(s.published(s.c.editor))
		}},
		"answerRecognitionRule": {"recognition_rule.answer", "recognition_rule.answer", func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.RecognitionOfficer), map[string]any{"ruleId": s.proposedRule(), "agree": true}
		}},
		"terminateRecognitionRule": {"recognition_rule.terminate", "recognition_rule.terminate", func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.RecognitionOfficer), map[string]any{"ruleId": s.rule(s.c, s.published(s.c.editor))}
		}},
		"createCourse": {"course.create", "course.create", func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.CourseEditor), map[string]any{"institutionId": s.Institution("uni-b"), "code": s.new("N-"), "kind": "COURSE", "content": content("New")}
		}},
		"updateCourseDraft": {"course.edit", "course.edit", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.draft(editor), "content": content("Changed")}
		}},
		"submitCourseForReview": {"course.submit", "course.submit", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.draft(editor)}
		}},
		"returnCourseDraft": {"course.return", "course.return", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			course := s.draft(editor)
			editor.Does("submits", "submitCourseForReview", map[string]any{"courseId": course})
			return s.staff("uni-b", viewer.CourseEditor), map[string]any{"courseId": course, "note": "More."}
		}},
		"publishCourse": {"course.publish", "course.publish", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.draft(editor)}
		}},
		"withdrawCourse": {"course.withdraw", "course.withdraw", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.published(editor)}
		}},
		"createMicroDegree": {"micro_degree.create", "micro_degree.create", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"institutionId": s.Institution("uni-b"), "key": s.new("m-"), "content": composed("M", 10, s.one, s.two)}
		}},
		"updateMicroDegree": {"micro_degree.edit", "micro_degree.edit", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"microDegreeId": s.micro(editor), "content": composed("Changed", 10, s.one, s.two)}
		}},
		"publishMicroDegree": {"micro_degree.publish", "micro_degree.publish", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"microDegreeId": s.micro(editor)}
		}},
		"withdrawMicroDegree": {"micro_degree.withdraw", "micro_degree.withdraw", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			degree := s.micro(editor)
			editor.Does("publishes", "publishMicroDegree", map[string]any{"microDegreeId": degree})
			return editor, map[string]any{"microDegreeId": degree}
		}},
		"createOffering": {"offering.create", "offering.create", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, cohort(s.one, 5)
		}},
		"updateOffering": {"offering.edit", "offering.edit", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, cohortOf("offeringId", s.planned(editor), 6)
		}},
		"publishOffering": {"offering.publish", "offering.publish", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"offeringId": s.planned(editor)}
		}},
		"cancelOffering": {"offering.cancel", "offering.cancel", func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"offeringId": s.World.offering(editor, s.one, 5)}
		}},
		"inviteMember": {"institution.register membership.invite", "institution.register membership.invite", func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-c", viewer.AllianceAdministrator), map[string]any{"allianceId": s.alliance, "part": "MEMBER", "institution": stranger(s.new("u"))}
		}},
		"answerInvitation": {"membership.accept", "membership.accept", func(s *stage) (*Actor, map[string]any) {
			membership, admin := s.invited()
			return admin, map[string]any{"membershipId": membership, "accept": true}
		}},
		"suspendMember": {"membership.suspend", "membership.suspend", func(s *stage) (*Actor, map[string]any) {
			uni, _ := s.place()
			return s.alma, map[string]any{"membershipId": s.membership(uni), "reason": "Fees."}
		}},
		"reinstateMember": {"membership.reinstate", "membership.reinstate", func(s *stage) (*Actor, map[string]any) {
			uni, _ := s.place()
			s.alma.Does("suspends", "suspendMember", map[string]any{"membershipId": s.membership(uni), "reason": "Fees."})
			return s.alma, map[string]any{"membershipId": s.membership(uni)}
		}},
		"endMembership": {"membership.end", "membership.end", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"membershipId": s.membership(uni), "reason": "We merge."}
		}},
		"updateInstitution": {"institution.update", "institution.update", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"institutionId": s.Institution(uni), "acronym": "NEW"}
		}},
		"updateAlliance": {"alliance.update", "alliance.update", func(s *stage) (*Actor, map[string]any) {
			return s.alma, map[string]any{"allianceId": s.alliance, "website": "https://" + s.new("a") + ".example"}
		}},
		"addUnit": {"unit.add", "unit.add", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, unit(s.Institution(uni), "u", "")
		}},
		"updateUnit": {"unit.update", "unit.update", func(s *stage) (*Actor, map[string]any) {
			admin, made := s.addedUnit()
			return admin, map[string]any{"unitId": made, "name": english("Other")}
		}},
		"closeUnit": {"unit.close", "unit.close", func(s *stage) (*Actor, map[string]any) {
			admin, made := s.addedUnit()
			return admin, map[string]any{"unitId": made}
		}},
		"grantRole": {"role.grant", "", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"personId": s.staff(uni).ID, "role": "TEACHER", "at": s.Institution(uni)}
		}},
		"endRole": {"role.end", "", func(s *stage) (*Actor, map[string]any) {
			admin, grant := s.given()
			return admin, map[string]any{"roleGrantId": grant, "reason": "Left."}
		}},
		"makeRoleRule": {"role_rule.make", "", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, staffRule(s.Institution(uni))
		}},
		"endRoleRule": {"role.end role_rule.end", "", func(s *stage) (*Actor, map[string]any) {
			uni, admin, rule := s.roleRule()
			s.person(s.new("S"), uni, "staff") // to whom it gives a role
			return admin, map[string]any{"roleRuleId": rule, "reason": "Gone."}
		}},
		"endSession": {"session.end", "", func(s *stage) (*Actor, map[string]any) {
			ada := s.Learner(s.new("L"), "uni-a")
			return s.again(ada), map[string]any{"sessionId": s.browserOf(ada)}
		}},
		"endOtherSessions": {"session.end_others", "", func(s *stage) (*Actor, map[string]any) {
			ada := s.Learner(s.new("L"), "uni-a")
			s.again(ada)
			return ada, map[string]any{"exceptSessionId": s.browserOf(ada)}
		}},
		"unlinkIdentity": {"identity.unlink", "", func(s *stage) (*Actor, map[string]any) {
			ada := s.Learner(s.new("L"), "uni-a")
			account, _ := s.linked(ada)
			return ada, map[string]any{"identityId": account.ID}
		}},
		"startImport": {"import.start", "import.start", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, s.upload(uni)
		}},
		"cancelImport": {"import.cancel", "import.cancel", func(s *stage) (*Actor, map[string]any) {
			admin, run := s.run()
			return admin, map[string]any{"runId": run}
		}},
		"addImportSource": {"import_source.add", "import_source.add", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, s.sourceOf(uni)
		}},
		"updateImportSource": {"import_source.edit", "import_source.edit", func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			return admin, map[string]any{"sourceId": source, "everyMinutes": 90}
		}},
		"pauseImportSource": {"import_source.pause", "import_source.pause", func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			return admin, map[string]any{"sourceId": source}
		}},
		"resumeImportSource": {"import_source.resume", "import_source.resume", func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			admin.Does("pauses it", "pauseImportSource", map[string]any{"sourceId": source})
			return admin, map[string]any{"sourceId": source}
		}},
		"pullImportSource": {"import_source.pull", "import_source.pull", func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			return admin, map[string]any{"sourceId": source}
		}},
		"registerPortal": {"portal.register", "", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"at": s.Institution(uni), "name": "Portal", "origin": "https://portal." + uni + ".example"}
		}},
		"endPortal": {"portal.end", "", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			made := admin.Does("registers a portal", "registerPortal", map[string]any{"at": s.Institution(uni), "name": "Portal", "origin": "https://portal." + uni + ".example"})
			return admin, map[string]any{"portalId": id(made)}
		}},
		"registerApiClient": {"api_client.register", "", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"institutionId": s.Institution(uni), "name": "P", "scopes": []string{"catalogue.read"}, "keys": []any{s.jwk()}}
		}},
		"updateApiClient": {"api_client.update", "", func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			return admin, map[string]any{"clientId": id(p), "name": "Other"}
		}},
		"addApiClientKey": {"api_client.add_key", "", func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			return admin, map[string]any{"clientId": id(p), "key": s.jwk()}
		}},
		"retireApiClientKey": {"api_client.retire_key", "", func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			keys := admin.Asks("lists the keys", `query($id: ID!) { node(id: $id) { ... on ApiClient { keys { id } } } }`, map[string]any{"id": id(p)})
			return admin, map[string]any{"clientId": id(p), "keyId": at(keys, "node", "keys", 0, "id")}
		}},
		"disableApiClient": {"api_client.disable", "", func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			return admin, map[string]any{"clientId": id(p)}
		}},
		"enableApiClient": {"api_client.enable", "", func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			admin.Does("disables it", "disableApiClient", map[string]any{"clientId": id(p)})
			return admin, map[string]any{"clientId": id(p)}
		}},
		"proposeProvider": {"provider.propose", "", func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, s.proposal(uni)
		}},
		"approveProvider": {"provider.approve", "institution.sign_in", func(s *stage) (*Actor, map[string]any) {
			_, p := s.proposedProvider()
			return s.alma, map[string]any{"providerId": id(p), "proposal": p["proposal"]}
		}},
		"rejectProvider": {"provider.reject", "", func(s *stage) (*Actor, map[string]any) {
			admin, p := s.proposedProvider()
			return admin, map[string]any{"providerId": id(p)}
		}},
		"updateProvider": {"provider.update", "institution.sign_in", func(s *stage) (*Actor, map[string]any) {
			_, admin, p := s.provider()
			return admin, map[string]any{"providerId": p, "clientId": "other"}
		}},
		"addProviderHome": {"provider.add_home", "institution.sign_in", func(s *stage) (*Actor, map[string]any) {
			uni, admin, p := s.provider()
			return admin, map[string]any{"providerId": p, "domain": "mail." + uni + ".example", "institutionId": s.Institution(uni)}
		}},
		"removeProviderHome": {"provider.remove_home", "institution.sign_in", func(s *stage) (*Actor, map[string]any) {
			uni, admin, p := s.provider()
			admin.Does("adds a home", "addProviderHome", map[string]any{"providerId": p, "domain": "mail." + uni + ".example", "institutionId": s.Institution(uni)})
			return admin, map[string]any{"providerId": p, "domain": "mail." + uni + ".example"}
		}},
		"disableProvider": {"provider.disable", "institution.sign_in", func(s *stage) (*Actor, map[string]any) {
			_, admin, p := s.provider()
			return admin, map[string]any{"providerId": p}
		}},
		"enableProvider": {"provider.enable", "institution.sign_in", func(s *stage) (*Actor, map[string]any) {
			_, admin, p := s.provider()
			admin.Does("disables it", "disableProvider", map[string]any{"providerId": p})
			return s.alma, map[string]any{"providerId": p}
		}},
		"checkProvider": {"provider.health", "", func(s *stage) (*Actor, map[string]any) {
			_, admin, p := s.provider()
			return admin, map[string]any{"providerId": p}
		}},
	}
}

// schemaMutations are the mutations of the schema.
func schemaMutations(t *testing.T) ast.FieldList {
	t.Helper()
	all := graph.Schema(&graph.Resolver{}).Schema().Mutation.Fields
	return slices.DeleteFunc(slices.Clone(all), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}

// Every mutation of the schema has a scene, and nothing else has one.
func TestEveryMutationHasAScene(t *testing.T) {
	left := maps.Clone(scenes)
	for _, f := range schemaMutations(t) {
		if _, ok := left[f.Name]; !ok {
			t.Errorf("the mutation %s has no scene", f.Name)
		}
		delete(left, f.Name)
	}
	for name := range left {
		t.Errorf("there is a scene for %s, which is no mutation", name)
	}
}
