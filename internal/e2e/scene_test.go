package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
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

// scene is what a mutation needs to succeed once.
type scene struct {
	set func(*stage) (by *Actor, input map[string]any)
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
	d["name"] = english("University " + uni)
	d["schac"], d["domains"] = uni+".example", []string{uni + ".example"}
	return d
}

func (s *stage) draft(editor *Actor) (course string) {
	s.t.Helper()
	return id(
		editor.Does(
			"writes",
			"createCourse",
			map[string]any{"institutionId": s.Institution("uni-b"), "code": s.new("C-"), "kind": "MICRO_CREDENTIAL", "content": content("Draft")},
		),
	)
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
	return c, id(c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": offering, "sharedData": []string{"EMAIL", "STUDENT_IDENTIFIER"}, "consentVersion": vocab.CurrentConsent().Version}))
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

// conditional has a new learner admitted on a condition.
func (s *stage) conditional() (c cast, app string) {
	s.t.Helper()
	c, app = s.nominated(s.offering)
	c.hostOffice.Does("admits", "admitConditionally", conditional(s.World, app))
	return c, app
}

func conditional(w *World, app string) map[string]any {
	return map[string]any{"applicationId": app, "condition": "Hand in the certificate.", "dueAt": w.Now().Add(7 * 24 * time.Hour).Format(time.RFC3339)}
}

// waits is an offering of one seat, which somebody has, with a waitlist.
func (s *stage) waits() (offering, seated string, by cast) {
	s.t.Helper()
	run := cohort(s.one, 1)
	run["waitlist"] = map[string]any{"places": 10}
	offering = id(s.c.editor.Does("plans", "createOffering", run))
	s.c.editor.Does("publishes", "publishOffering", map[string]any{"offeringId": offering})
	by, seated = s.nominated(offering)
	by.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": seated})
	return offering, seated, by
}

// offered offers a new learner the seat that another one gave up.
func (s *stage) offered() (c cast, app string) {
	s.t.Helper()
	offering, seated, by := s.waits()
	c, app = s.nominated(offering)
	c.hostOffice.Does("has her wait", "waitlistApplication", map[string]any{"applicationId": app})
	by.ada.Does("leaves", "withdrawApplication", map[string]any{"applicationId": seated})
	return c, app
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

// proposed is an amendment that waits for a second person.
func (s *stage) proposed() (amendment string) {
	s.t.Helper()
	_, result := s.confirmed()
	admin := s.staff("uni-b", viewer.Administrator)
	admin.Does("asks for two", "updateInstitution", map[string]any{"institutionId": s.Institution("uni-b"), "resultConfirmation": "REQUIRED"})
	amendment = id(s.staff("uni-b", viewer.Registrar).Does("proposes", "correctResult", correction(result, "2.3")))
	admin.Does("asks for one", "updateInstitution", map[string]any{"institutionId": s.Institution("uni-b"), "resultConfirmation": "OPTIONAL"})
	return amendment
}

// correction has a result say a grade of Germany.
func correction(result, grade string) map[string]any {
	return map[string]any{"resultId": result, "grade": grade, "scale": "DE_1_5", "achievedOn": "2027-02-10", "reason": "Counted wrongly."}
}

// halves is a scale from 6 to 1 in halves.
func halves(at ident.ID) map[string]any {
	return map[string]any{"institutionId": at, "name": english("Halves"), "best": "6", "worst": "1", "lastPass": "4", "step": "0.5"}
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
	return map[string]any{
		"institutionId": s.Institution(uni),
		"name":          s.new("source "),
		"format":        "CSV",
		"url":           "https://sis.uni-b.example/courses",
		"everyMinutes":  60,
		"policy":        "DRAFT",
	}
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
	return admin, admin.Does(
		"registers a program",
		"registerApiClient",
		map[string]any{"institutionId": s.Institution(uni), "name": "P", "scopes": []string{"catalogue.read"}, "keys": []any{s.jwk(), s.jwk()}},
	)
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

func (s *stage) renaming(uni string) map[string]any {
	return map[string]any{"institutionId": s.Institution(uni), "name": english("College " + uni), "domains": []string{uni + ".example", uni + ".college.example"}}
}

// renamed is a new name that waits for an administrator of the alliance.
func (s *stage) renamed() (admin *Actor, change map[string]any) {
	s.t.Helper()
	uni, admin := s.place()
	return admin, admin.Does("proposes a name", "proposeInstitutionIdentity", s.renaming(uni))
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
		"submitApplication": {func(s *stage) (*Actor, map[string]any) {
			return s.Learner(s.new("L"), "uni-a"), map[string]any{"offeringId": s.offering}
		}},
		"requestErasure": {func(s *stage) (*Actor, map[string]any) {
			l := s.Learner(s.new("L"), "uni-a")
			l.proves(authz.MultiFactor)
			return l, map[string]any{}
		}},
		"cancelErasure": {func(s *stage) (*Actor, map[string]any) {
			l := s.Learner(s.new("L"), "uni-a")
			l.proves(authz.MultiFactor)
			return l, map[string]any{"erasureId": id(l.Does("asks", "requestErasure", map[string]any{}))}
		}},
		"saveDraft": {func(s *stage) (*Actor, map[string]any) {
			return s.Learner(s.new("L"), "uni-a"), map[string]any{"offeringId": s.offering, "motivation": "Because."}
		}},
		"discardDraft": {func(s *stage) (*Actor, map[string]any) {
			l := s.Learner(s.new("L"), "uni-a")
			return l, map[string]any{"draftId": id(l.Does("begins", "saveDraft", map[string]any{"offeringId": s.offering}))}
		}},
		"removeDocument": {func(s *stage) (*Actor, map[string]any) {
			l := s.Learner(s.new("L"), "uni-a")
			return l, map[string]any{"documentId": l.added(s.drafted(l, s.offering))}
		}},
		"giveConsent": {func(s *stage) (*Actor, map[string]any) {
			learner, app := s.applied(s.offering)
			return learner.ada, map[string]any{"applicationId": app, "items": []string{"HOME_PROGRAMME"}, "consentVersion": vocab.CurrentConsent().Version}
		}},
		"withdrawConsent": {func(s *stage) (*Actor, map[string]any) {
			learner, app := s.applied(s.offering)
			return learner.ada, map[string]any{"applicationId": app, "items": []string{"STUDENT_IDENTIFIER"}}
		}},
		"withdrawApplication": {func(s *stage) (*Actor, map[string]any) {
			c, app, _ := s.seated()
			return c.ada, map[string]any{"applicationId": app, "reason": "Ill."}
		}},
		"nominateApplication": {func(s *stage) (*Actor, map[string]any) {
			_, app := s.applied(s.offering)
			return s.staff("uni-a", viewer.MobilityOfficer), map[string]any{"applicationId": app}
		}},
		"refuseNomination": {func(s *stage) (*Actor, map[string]any) {
			_, app := s.applied(s.offering)
			return s.staff("uni-a", viewer.MobilityOfficer), map[string]any{"applicationId": app, "reason": "No."}
		}},
		"admitApplication": {func(s *stage) (*Actor, map[string]any) {
			_, app := s.nominated(s.offering)
			return s.staff("uni-b", viewer.MobilityOfficer), map[string]any{"applicationId": app}
		}},
		"refuseApplication": {func(s *stage) (*Actor, map[string]any) {
			_, app := s.nominated(s.offering)
			return s.staff("uni-b", viewer.MobilityOfficer), map[string]any{"applicationId": app, "reason": "No."}
		}},
		"waitlistApplication": {func(s *stage) (*Actor, map[string]any) {
			offering, _, _ := s.waits()
			_, app := s.nominated(offering)
			return s.staff("uni-b", viewer.MobilityOfficer), map[string]any{"applicationId": app}
		}},
		"admitConditionally": {func(s *stage) (*Actor, map[string]any) {
			_, app := s.nominated(s.offering)
			return s.staff("uni-b", viewer.MobilityOfficer), conditional(s.World, app)
		}},
		"fulfilCondition": {func(s *stage) (*Actor, map[string]any) {
			_, app := s.conditional()
			return s.staff("uni-b", viewer.MobilityOfficer), map[string]any{"applicationId": app}
		}},
		"acceptSeat": {func(s *stage) (*Actor, map[string]any) {
			c, app := s.offered()
			return c.ada, map[string]any{"applicationId": app}
		}},
		"declineSeat": {func(s *stage) (*Actor, map[string]any) {
			c, app := s.offered()
			return c.ada, map[string]any{"applicationId": app, "reason": "Too late."}
		}},
		"decideApplications": {func(s *stage) (*Actor, map[string]any) {
			_, app := s.nominated(s.offering)
			return s.staff("uni-b", viewer.MobilityOfficer), map[string]any{"items": []map[string]any{{"applicationId": app, "decision": "ADMIT"}}}
		}},
		"recordResult": {func(s *stage) (*Actor, map[string]any) {
			_, _, enrolment := s.seated()
			return s.staff("uni-b", viewer.Teacher), assessment(enrolment)
		}},
		"confirmResult": {func(s *stage) (*Actor, map[string]any) {
			_, _, result := s.recorded()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"resultId": result}
		}},
		"recordResults": {func(s *stage) (*Actor, map[string]any) {
			_, _, enrolment := s.seated()
			return s.staff("uni-b", viewer.Teacher), map[string]any{"rows": []map[string]any{assessment(enrolment)}}
		}},
		"confirmResults": {func(s *stage) (*Actor, map[string]any) {
			_, _, result := s.recorded()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"resultIds": []string{result}}
		}},
		"reviseResult": {func(s *stage) (*Actor, map[string]any) {
			_, _, result := s.recorded()
			return s.staff("uni-b", viewer.Teacher), correction(result, "2.3")
		}},
		"discardResult": {func(s *stage) (*Actor, map[string]any) {
			_, _, result := s.recorded()
			return s.staff("uni-b", viewer.Teacher), map[string]any{"resultId": result, "reason": "Of somebody else."}
		}},
		"correctResult": {func(s *stage) (*Actor, map[string]any) {
			_, result := s.confirmed()
			return s.staff("uni-b", viewer.Registrar), correction(result, "2.3")
		}},
		"annulResult": {func(s *stage) (*Actor, map[string]any) {
			_, result := s.confirmed()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"resultId": result, "reason": "Copied."}
		}},
		"approveAmendment": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.Registrar), map[string]any{"amendmentId": s.proposed()}
		}},
		"dismissAmendment": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.Registrar), map[string]any{"amendmentId": s.proposed(), "reason": "It was right."}
		}},
		"recordParticipation": {func(s *stage) (*Actor, map[string]any) {
			_, _, enrolment := s.seated()
			return s.staff("uni-b", viewer.Teacher), map[string]any{"rows": []map[string]any{{"enrolmentId": enrolment, "attendance": 80}}}
		}},
		"noteDropOut": {func(s *stage) (*Actor, map[string]any) {
			_, _, enrolment := s.seated()
			return s.staff("uni-b", viewer.Teacher), map[string]any{"enrolmentId": enrolment, "reason": "Never came."}
		}},
		"reopenEnrolment": {func(s *stage) (*Actor, map[string]any) {
			c, _, enrolment := s.seated()
			c.teacher.Does("notes", "noteDropOut", map[string]any{"enrolmentId": enrolment, "reason": "Never came."})
			return s.staff("uni-b", viewer.Registrar), map[string]any{"enrolmentId": enrolment, "reason": "Was ill, and came back."}
		}},
		"defineGradingScale": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.Registrar), halves(s.Institution("uni-b"))
		}},
		"retireGradingScale": {func(s *stage) (*Actor, map[string]any) {
			by := s.staff("uni-b", viewer.Registrar)
			return by, map[string]any{"code": id(by.Does("defines", "defineGradingScale", halves(s.Institution("uni-b"))))}
		}},
		"issueCredential": {func(s *stage) (*Actor, map[string]any) {
			_, result := s.confirmed()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"resultId": result}
		}},
		"revokeCredential": {func(s *stage) (*Actor, map[string]any) {
			_, cred := s.awardedOne()
			return s.staff("uni-b", viewer.Registrar), map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"}
		}},
		"requestRecognition": {func(s *stage) (*Actor, map[string]any) {
			c, cred := s.awardedOne()
			return c.ada, map[string]any{"credentialId": cred}
		}},
		"decideRecognition": {func(s *stage) (*Actor, map[string]any) {
			_, recognition, _ := s.asked()
			return s.staff("uni-a", viewer.RecognitionOfficer), map[string]any{"caseId": recognition, "outcome": "GRANTED", "reasons": "It fits."}
		}},
		"proposeRecognitionRule": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-a", viewer.RecognitionOfficer), s.ruleOf(s.published(s.c.editor))
		}},
		"answerRecognitionRule": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.RecognitionOfficer), map[string]any{"ruleId": s.proposedRule(), "agree": true}
		}},
		"terminateRecognitionRule": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.RecognitionOfficer), map[string]any{"ruleId": s.rule(s.c, s.published(s.c.editor))}
		}},
		"createCourse": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.CourseEditor), map[string]any{"institutionId": s.Institution("uni-b"), "code": s.new("N-"), "kind": "COURSE", "content": content("New")}
		}},
		"updateCourseDraft": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.draft(editor), "content": content("Changed")}
		}},
		"submitCourseForReview": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.draft(editor)}
		}},
		"returnCourseDraft": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			course := s.draft(editor)
			editor.Does("submits", "submitCourseForReview", map[string]any{"courseId": course})
			return s.staff("uni-b", viewer.CourseEditor), map[string]any{"courseId": course, "note": "More."}
		}},
		"publishCourse": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.draft(editor)}
		}},
		"withdrawCourse": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"courseId": s.published(editor)}
		}},
		"createMicroDegree": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"institutionId": s.Institution("uni-b"), "key": s.new("m-"), "content": composed("M", 10, s.one, s.two)}
		}},
		"updateMicroDegree": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"microDegreeId": s.micro(editor), "content": composed("Changed", 10, s.one, s.two)}
		}},
		"publishMicroDegree": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"microDegreeId": s.micro(editor)}
		}},
		"withdrawMicroDegree": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			degree := s.micro(editor)
			editor.Does("publishes", "publishMicroDegree", map[string]any{"microDegreeId": degree})
			return editor, map[string]any{"microDegreeId": degree}
		}},
		"createCall": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-b", viewer.CourseEditor), map[string]any{"institutionId": s.Institution("uni-b"), "title": english("Summer"), "choices": 3}
		}},
		"updateCall": {func(s *stage) (*Actor, map[string]any) {
			call, _ := s.tender(s.c, 2)
			return s.staff("uni-b", viewer.CourseEditor), map[string]any{"callId": call, "title": english("Winter"), "choices": 3}
		}},
		"reorderChoices": {func(s *stage) (*Actor, map[string]any) {
			call, runs := s.tender(s.c, 2, 5, 5)
			l := s.Learner(s.new("L"), "uni-a")
			first, second := l.chooses(runs[0], 1), l.chooses(runs[1], 2)
			return l, map[string]any{"callId": call, "applicationIds": []string{second, first}}
		}},
		"rankApplications": {func(s *stage) (*Actor, map[string]any) {
			run := s.World.offering(s.c.editor, s.one, 5)
			_, app := s.applied(run)
			return s.staff("uni-a", viewer.MobilityOfficer), map[string]any{"offeringId": run, "homeId": s.Institution("uni-a"), "applicationIds": []string{app}}
		}},
		"createOffering": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, cohort(s.one, 5)
		}},
		"updateOffering": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, cohortOf("offeringId", s.planned(editor), 6)
		}},
		"publishOffering": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"offeringId": s.planned(editor)}
		}},
		"cancelOffering": {func(s *stage) (*Actor, map[string]any) {
			editor := s.staff("uni-b", viewer.CourseEditor)
			return editor, map[string]any{"offeringId": s.World.offering(editor, s.one, 5)}
		}},
		"inviteMember": {func(s *stage) (*Actor, map[string]any) {
			return s.staff("uni-c", viewer.AllianceAdministrator), map[string]any{"allianceId": s.alliance, "part": "MEMBER", "institution": stranger(s.new("u"))}
		}},
		"answerInvitation": {func(s *stage) (*Actor, map[string]any) {
			membership, admin := s.invited()
			return admin, map[string]any{"membershipId": membership, "accept": true}
		}},
		"suspendMember": {func(s *stage) (*Actor, map[string]any) {
			uni, _ := s.place()
			return s.alma, map[string]any{"membershipId": s.membership(uni), "reason": "Fees."}
		}},
		"reinstateMember": {func(s *stage) (*Actor, map[string]any) {
			uni, _ := s.place()
			s.alma.Does("suspends", "suspendMember", map[string]any{"membershipId": s.membership(uni), "reason": "Fees."})
			return s.alma, map[string]any{"membershipId": s.membership(uni)}
		}},
		"endMembership": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"membershipId": s.membership(uni), "reason": "We merge."}
		}},
		"updateInstitution": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"institutionId": s.Institution(uni), "town": english("Elsewhere")}
		}},
		"proposeInstitutionIdentity": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, s.renaming(uni)
		}},
		"approveInstitutionIdentity": {func(s *stage) (*Actor, map[string]any) {
			_, change := s.renamed()
			return s.staff("uni-c", viewer.AllianceAdministrator), map[string]any{"changeId": id(change), "proposal": change["proposal"]}
		}},
		"rejectInstitutionIdentity": {func(s *stage) (*Actor, map[string]any) {
			_, change := s.renamed()
			return s.staff("uni-c", viewer.AllianceAdministrator), map[string]any{"changeId": id(change), "reason": "Unclear."}
		}},
		"withdrawInstitutionIdentity": {func(s *stage) (*Actor, map[string]any) {
			admin, change := s.renamed()
			return admin, map[string]any{"changeId": id(change)}
		}},
		"updateAlliance": {func(s *stage) (*Actor, map[string]any) {
			return s.alma, map[string]any{"allianceId": s.alliance, "website": "https://" + s.new("a") + ".example"}
		}},
		"addUnit": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, unit(s.Institution(uni), "u", "")
		}},
		"updateUnit": {func(s *stage) (*Actor, map[string]any) {
			admin, made := s.addedUnit()
			return admin, map[string]any{"unitId": made, "name": english("Other")}
		}},
		"closeUnit": {func(s *stage) (*Actor, map[string]any) {
			admin, made := s.addedUnit()
			return admin, map[string]any{"unitId": made}
		}},
		"grantRole": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"personId": s.staff(uni).ID, "role": "TEACHER", "at": s.Institution(uni)}
		}},
		"endRole": {func(s *stage) (*Actor, map[string]any) {
			admin, grant := s.given()
			return admin, map[string]any{"roleGrantId": grant, "reason": "Left."}
		}},
		"makeRoleRule": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, staffRule(s.Institution(uni))
		}},
		"endRoleRule": {func(s *stage) (*Actor, map[string]any) {
			uni, admin, rule := s.roleRule()
			s.person(s.new("S"), uni, "staff") // to whom it gives a role
			return admin, map[string]any{"roleRuleId": rule, "reason": "Gone."}
		}},
		"endSession": {func(s *stage) (*Actor, map[string]any) {
			ada := s.Learner(s.new("L"), "uni-a")
			return s.again(ada), map[string]any{"sessionId": s.browserOf(ada)}
		}},
		"endOtherSessions": {func(s *stage) (*Actor, map[string]any) {
			ada := s.Learner(s.new("L"), "uni-a")
			s.again(ada)
			return ada, map[string]any{"exceptSessionId": s.browserOf(ada)}
		}},
		"unlinkIdentity": {func(s *stage) (*Actor, map[string]any) {
			ada := s.Learner(s.new("L"), "uni-a")
			account, _ := s.linked(ada)
			return ada, map[string]any{"identityId": account.ID}
		}},
		"startImport": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, s.upload(uni)
		}},
		"cancelImport": {func(s *stage) (*Actor, map[string]any) {
			admin, run := s.run()
			return admin, map[string]any{"runId": run}
		}},
		"setAdmissionPolicy": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"institutionId": s.Institution(uni), "kind": "COURSE", "homeDays": 10}
		}},
		"removeAdmissionPolicy": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			set := admin.Does("sets a policy", "setAdmissionPolicy", map[string]any{"institutionId": s.Institution(uni)})
			return admin, map[string]any{"policyId": id(set)}
		}},
		"addImportSource": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, s.sourceOf(uni)
		}},
		"updateImportSource": {func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			return admin, map[string]any{"sourceId": source, "everyMinutes": 90}
		}},
		"pauseImportSource": {func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			return admin, map[string]any{"sourceId": source}
		}},
		"resumeImportSource": {func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			admin.Does("pauses it", "pauseImportSource", map[string]any{"sourceId": source})
			return admin, map[string]any{"sourceId": source}
		}},
		"pullImportSource": {func(s *stage) (*Actor, map[string]any) {
			admin, source := s.source()
			return admin, map[string]any{"sourceId": source}
		}},
		"registerPortal": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"at": s.Institution(uni), "name": "Portal", "origin": "https://portal." + uni + ".example"}
		}},
		"endPortal": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			made := admin.Does("registers a portal", "registerPortal", map[string]any{"at": s.Institution(uni), "name": "Portal", "origin": "https://portal." + uni + ".example"})
			return admin, map[string]any{"portalId": id(made)}
		}},
		"registerApiClient": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, map[string]any{"institutionId": s.Institution(uni), "name": "P", "scopes": []string{"catalogue.read"}, "keys": []any{s.jwk()}}
		}},
		"updateApiClient": {func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			return admin, map[string]any{"clientId": id(p), "name": "Other"}
		}},
		"addApiClientKey": {func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			return admin, map[string]any{"clientId": id(p), "key": s.jwk()}
		}},
		"retireApiClientKey": {func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			keys := admin.Asks("lists the keys", `query($id: ID!) { node(id: $id) { ... on ApiClient { keys { id } } } }`, map[string]any{"id": id(p)})
			return admin, map[string]any{"clientId": id(p), "keyId": at(keys, "node", "keys", 0, "id")}
		}},
		"disableApiClient": {func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			return admin, map[string]any{"clientId": id(p)}
		}},
		"enableApiClient": {func(s *stage) (*Actor, map[string]any) {
			admin, p := s.program()
			admin.Does("disables it", "disableApiClient", map[string]any{"clientId": id(p)})
			return admin, map[string]any{"clientId": id(p)}
		}},
		"proposeProvider": {func(s *stage) (*Actor, map[string]any) {
			uni, admin := s.place()
			return admin, s.proposal(uni)
		}},
		"approveProvider": {func(s *stage) (*Actor, map[string]any) {
			_, p := s.proposedProvider()
			return s.alma, map[string]any{"providerId": id(p), "proposal": p["proposal"]}
		}},
		"rejectProvider": {func(s *stage) (*Actor, map[string]any) {
			admin, p := s.proposedProvider()
			return admin, map[string]any{"providerId": id(p)}
		}},
		"updateProvider": {func(s *stage) (*Actor, map[string]any) {
			_, admin, p := s.provider()
			return admin, map[string]any{"providerId": p, "clientId": "other"}
		}},
		"addProviderHome": {func(s *stage) (*Actor, map[string]any) {
			uni, admin, p := s.provider()
			return admin, map[string]any{"providerId": p, "domain": "mail." + uni + ".example", "institutionId": s.Institution(uni)}
		}},
		"removeProviderHome": {func(s *stage) (*Actor, map[string]any) {
			uni, admin, p := s.provider()
			admin.Does("adds a home", "addProviderHome", map[string]any{"providerId": p, "domain": "mail." + uni + ".example", "institutionId": s.Institution(uni)})
			return admin, map[string]any{"providerId": p, "domain": "mail." + uni + ".example"}
		}},
		"disableProvider": {func(s *stage) (*Actor, map[string]any) {
			_, admin, p := s.provider()
			return admin, map[string]any{"providerId": p}
		}},
		"enableProvider": {func(s *stage) (*Actor, map[string]any) {
			_, admin, p := s.provider()
			admin.Does("disables it", "disableProvider", map[string]any{"providerId": p})
			return s.alma, map[string]any{"providerId": p}
		}},
		"checkProvider": {func(s *stage) (*Actor, map[string]any) {
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
