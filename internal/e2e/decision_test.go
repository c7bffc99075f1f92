package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// as is the cast with another learner.
func (c cast) as(learner *Actor) cast { c.ada = learner; return c }

// certified leads a learner to a credential and returns it with its result.
func (w *World) certified(c cast, offering string) (cred, res string) {
	_, seat := w.enrolled(c, offering)
	res = w.passed(c, seat)
	return id(c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": res})), res
}

// counts has both sides agree that uni-a counts some credits of a course.
func (w *World) counts(c cast, course, ects string) {
	made := c.homeRecognition.Does("proposes a rule", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": course, "ects": ects, "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"})
	c.hostRecognition.Does("agrees", "answerRecognitionRule", map[string]any{"ruleId": id(made), "agree": true})
}

// Each mutation decides on what is so when it has the row to itself, and on
// nothing that was read before: what changes meanwhile refuses it.
func TestWhatChangesMeanwhileIsSeen(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	db, system := w.DB.Client, w.system()
	taught := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, taught, 50)
	n := 0
	fresh := func() cast { n++; return c.as(w.Learner(fmt.Sprintf("L%d", n), "uni-a")) }
	applied := func() string {
		return id(fresh().ada.Does("applies", "submitApplication", map[string]any{"offeringId": off}))
	}
	nominated := func() string {
		app := applied()
		c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
		return app
	}
	becomes := func(app string, s application.State) func() {
		return func() { db.Application.Update().Where(application.ID(ident.ID(app))).SetState(s).ExecX(system) }
	}
	try := func(a *Actor, mutation string, input map[string]any, meanwhile func()) {
		t.Helper()
		input["idempotencyKey"] = "meanwhile"
		w.Meanwhile(meanwhile)
		a.IsRefused("is too late", "CONFLICT", mutation, input)
		if w.meanwhile.Load() != nil {
			t.Errorf("nothing happened while %s ran", mutation)
		}
	}
	app := applied()
	try(c.homeOffice, "nominateApplication", map[string]any{"applicationId": app}, becomes(app, application.StateWITHDRAWN))
	app = applied()
	try(c.homeOffice, "refuseNomination", map[string]any{"applicationId": app, "reason": "No."}, becomes(app, application.StateNOMINATED))
	app = nominated()
	try(c.hostOffice, "admitApplication", map[string]any{"applicationId": app}, becomes(app, application.StateWITHDRAWN))
	app = nominated()
	try(c.hostOffice, "refuseApplication", map[string]any{"applicationId": app, "reason": "No."}, becomes(app, application.StateADMITTED))
	her := fresh()
	app = id(her.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off}))
	try(her.ada, "withdrawApplication", map[string]any{"applicationId": app}, becomes(app, application.StateREFUSED_BY_HOME))

	_, seat := w.enrolled(fresh(), off)
	try(c.teacher, "recordResult", assessment(seat), func() {
		db.Enrolment.Update().Where(enrolment.ID(ident.ID(seat))).SetState(enrolment.StateWITHDRAWN).ExecX(system)
	})
	_, seat = w.enrolled(fresh(), off)
	res := id(c.teacher.Does("records", "recordResult", assessment(seat)))
	failed := assessment(seat)
	failed["outcome"], failed["grade"] = "FAILED", "5.0"
	try(c.teacher, "recordResult", failed, func() {
		c.hostRegistrar.Does("confirms the pass", "confirmResult", map[string]any{"resultId": res})
	})
	_, seat = w.enrolled(fresh(), off)
	res = id(c.teacher.Does("records", "recordResult", assessment(seat)))
	try(c.hostRegistrar, "confirmResult", map[string]any{"resultId": res}, func() {
		db.Result.Update().Where(result.ID(ident.ID(res))).SetState(result.StateCONFIRMED).ExecX(system)
	})

	revoked := func(cred string) func() {
		return func() {
			c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"})
		}
	}
	her = fresh()
	cred, res := w.certified(her, off)
	try(w.Staff("Rolf", "uni-b", viewer.Registrar), "revokeCredential", map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"}, revoked(cred))
	try(c.hostRegistrar, "issueCredential", map[string]any{"resultId": res}, func() {
		cred = id(c.hostRegistrar.Does("issues it anew", "issueCredential", map[string]any{"resultId": res}))
	})
	try(her.ada, "requestRecognition", map[string]any{"credentialId": cred}, revoked(cred))
	her = fresh()
	cred, _ = w.certified(her, off)
	asked := id(her.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": cred}))
	try(c.homeRecognition, "decideRecognition", map[string]any{"caseId": asked, "outcome": "GRANTED", "reasons": "It fits."}, revoked(cred))

	try(fresh().ada, "submitApplication", map[string]any{"offeringId": off}, func() {
		db.Offering.Update().Where(offering.ID(ident.ID(off))).SetState(offering.StateCANCELLED).ExecX(system)
	})
	try(
		c.homeRecognition,
		"proposeRecognitionRule",
		map[string]any{"homeId": w.Institution("uni-a"), "courseId": taught, "ects": "5", "gradeTransfer": "PASS_ONLY", "validFrom": "2027-01-01"},
		func() {
			db.Course.Update().Where(course.ID(ident.ID(taught))).SetState(course.StateWITHDRAWN).ExecX(system)
		},
	)
}

// A repeat with the same key gets what was made, whatever has changed since.
func TestARepeatIsAnsweredWhateverHasChangedSince(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, taught, 5)
	var repeats []func()
	does := func(a *Actor, mutation string, input map[string]any) map[string]any {
		t.Helper()
		input["idempotencyKey"] = "once"
		made := a.Does("does it", mutation, input)
		repeats = append(repeats, func() {
			t.Helper()
			if again := a.Does("repeats it", mutation, input); again["id"] != made["id"] {
				t.Errorf("%s made %v and then %v", mutation, made["id"], again["id"])
			}
		})
		return made
	}
	rule := does(
		c.homeRecognition,
		"proposeRecognitionRule",
		map[string]any{"homeId": w.Institution("uni-a"), "courseId": taught, "ects": "5", "gradeTransfer": "PASS_ONLY", "validFrom": "2027-01-01"},
	)
	app := does(c.ada, "submitApplication", map[string]any{"offeringId": off})
	does(c.homeOffice, "nominateApplication", map[string]any{"applicationId": id(app)})
	seat := does(c.hostOffice, "admitApplication", map[string]any{"applicationId": id(app)})
	res := does(c.teacher, "recordResult", assessment(at(seat, "enrolment", "id").(string)))
	does(c.hostRegistrar, "confirmResult", map[string]any{"resultId": id(res)})
	cred := does(c.hostRegistrar, "issueCredential", map[string]any{"resultId": id(res)})
	asked := does(c.ada, "requestRecognition", map[string]any{"credentialId": id(cred)})
	does(c.homeRecognition, "decideRecognition", map[string]any{"caseId": id(asked), "outcome": "GRANTED", "reasons": "It fits."})
	does(c.hostRegistrar, "revokeCredential", map[string]any{"credentialId": id(cred), "reason": "RESULT_ANNULLED"})
	c.hostRecognition.Does("declines", "answerRecognitionRule", map[string]any{"ruleId": id(rule), "agree": false})
	c.editor.Does("withdraws the course", "withdrawCourse", map[string]any{"courseId": taught})
	w.DB.Client.Affiliation.Delete().Where(affiliation.PersonID(c.ada.ID)).ExecX(w.system())
	for _, again := range repeats {
		again()
	}
}

// No credit counts twice: the achievement is counted, not the paper.
func TestAResultIsCountedOnce(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	w.counts(c, taught, "5")
	cred, res := w.certified(c, w.offering(c.editor, taught, 5))
	if got := c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": cred}); got["state"] != "GRANTED" {
		t.Fatalf("asked as %v", got)
	}
	c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"})
	again := id(c.hostRegistrar.Does("issues anew", "issueCredential", map[string]any{"resultId": res}))
	c.ada.IsRefused("cannot have it counted twice", "CONFLICT", "requestRecognition", map[string]any{"credentialId": again})
}

// A case that waits ends with its credential, and may be asked anew with the
// next one.
func TestACaseEndsWithItsCredential(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	cred, res := w.certified(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	asked := id(c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": cred}))
	c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"})
	decision := map[string]any{"caseId": asked, "outcome": "GRANTED", "reasons": "It fits."}
	if refusal := c.homeRecognition.IsRefused("decides about a revoked credential", "CONFLICT", "decideRecognition", decision); refusal["from"] != "WITHDRAWN" {
		t.Errorf("refused with %v", refusal)
	}
	if told := w.DB.Client.OutboxEvent.Query().Where(outboxevent.Type("recognition.end"), outboxevent.ObjectID(ident.ID(asked))).CountX(w.system()); told != 1 {
		t.Errorf("home is told %d times", told)
	}
	if refusal := c.ada.IsRefused("asks with the revoked one", "CONFLICT", "requestRecognition", map[string]any{"credentialId": cred}); refusal["from"] != "REVOKED" {
		t.Errorf("refused with %v", refusal)
	}
	again := id(c.hostRegistrar.Does("issues anew", "issueCredential", map[string]any{"resultId": res}))
	decision["caseId"] = id(c.ada.Does("asks with the new one", "requestRecognition", map[string]any{"credentialId": again}))
	c.homeRecognition.Does("decides", "decideRecognition", decision)
}

// A result that is annulled is not certified again.
func TestAnAnnulledResultIsNotCertifiedAgain(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	for i, reason := range []string{"RESULT_ANNULLED", "MISCONDUCT"} {
		cred, res := w.certified(c.as(w.Learner(fmt.Sprintf("L%d", i), "uni-a")), off)
		c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": cred, "reason": reason})
		// Not told to revoke what is revoked.
		refusal := c.hostRegistrar.IsRefused("certifies it again", "CONFLICT", "issueCredential", map[string]any{"resultId": res})
		if !strings.Contains(fmt.Sprint(refusal["message"]), "annulled") {
			t.Errorf("%s: %v", reason, refusal)
		}
	}
}

// An annulled result brings nobody nearer to a micro-degree.
func TestAnAnnulledResultIsNoProgress(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	cred, _ := w.certified(c, w.offering(c.editor, taught, 5))
	degree := id(c.editor.Does("composes", "createMicroDegree", map[string]any{"institutionId": w.Institution("uni-b"), "key": "short", "content": composed("Short", 10, taught)}))
	w.DB.Client.MicroDegree.UpdateOneID(ident.ID(degree)).SetState("PUBLISHED").ExecX(w.system())
	earned := func() any {
		t.Helper()
		return at(
			c.ada.Asks("looks how far she is", `query($id: ID!) { node(id: $id) { ... on MicroDegree { viewerProgress { counted } } } }`, map[string]any{"id": degree}),
			"node",
			"viewerProgress",
			"counted",
		)
	}
	if got := earned(); got != "5" {
		t.Fatalf("she has earned %v, want 5", got)
	}
	c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": cred, "reason": "MISCONDUCT"})
	if got := earned(); got != "0" {
		t.Errorf("after misconduct she has earned %v, want 0", got)
	}
}

// A rule for part of the credits grants a part: with the difference and a term
// for appeal.
func TestARuleForPartOfTheCreditsGrantsAPart(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	w.counts(c, taught, "3")
	cred, _ := w.certified(c, w.offering(c.editor, taught, 5))
	asked := id(c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": cred}))
	got := w.DB.Client.RecognitionCase.GetX(w.system(), ident.ID(asked))
	if got.State != recognitioncase.StateGRANTED_PARTIALLY || got.Ects != 3_00 || len(got.Differences) != 1 || got.Differences[0].Element != "WORKLOAD" ||
		got.AppealBefore == nil || !got.AppealBefore.Equal(w.Now().AddDate(0, 1, 0)) {
		t.Errorf("recognised as %+v", got)
	}
}

// What is promised is what is granted: no more credits than the version has.
func TestNoVersionCountsMoreCreditsThanItHas(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	old := w.offering(c.editor, taught, 5)
	w.counts(c, taught, "5")
	smaller := content("Compilers")
	smaller["ects"], smaller["hours"] = "3", 84
	c.editor.Does("rewrites it", "updateCourseDraft", map[string]any{"courseId": taught, "content": smaller})
	c.editor.Does("publishes it anew", "publishCourse", map[string]any{"courseId": taught})
	off := w.offering(c.editor, taught, 5)
	for offering, want := range map[string]string{old: "5", off: "3"} {
		known := c.ada.Asks("looks", `query($id: ID!) { offering(id: $id) { recognition { verdict ects } } }`, map[string]any{"id": offering})
		if got := at(known, "offering", "recognition", "ects"); got != want {
			t.Errorf("the preview says %v, want %s", got, want)
		}
	}
	cred, _ := w.certified(c, off)
	app := w.DB.Client.Application.Query().Where(application.OfferingID(ident.ID(off))).OnlyX(w.system())
	if app.Commitment.ECTS != 3_00 {
		t.Errorf("the promise is %v, want 3", app.Commitment.ECTS)
	}
	if got := c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": cred}); got["state"] != "GRANTED" || got["ects"] != "3" {
		t.Errorf("recognised as %v", got)
	}
}

// Who belongs to two homes applies as what they are at the one they apply from.
func TestAudienceIsThatOfTheHomeThatIsChosen(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	plan := cohort(taught, 5)
	plan["windows"] = []map[string]any{{"audience": "ALUMNI", "opensAt": "2027-01-01T00:00:00", "closesAt": "2027-01-31T00:00:00"}}
	off := id(c.editor.Does("plans", "createOffering", plan))
	c.editor.Does("opens it", "publishOffering", map[string]any{"offeringId": off})
	w.DB.Client.Affiliation.Create().SetPersonID(c.ada.ID).SetInstitutionID(w.Institution("uni-c")).SetKind(affiliation.KindALUM).
		SetVerifiedAt(w.Now()).SetExpiresAt(w.Now().AddDate(1, 0, 0)).ExecX(w.system())
	refusal := c.ada.IsRefused("applies as an alumna of C", "CONFLICT", "submitApplication", map[string]any{"offeringId": off, "homeId": w.Institution("uni-c")})
	if refusal["__typename"] != "DeadlineError" {
		t.Errorf("refused with %v", refusal)
	}
	c.ada.Does("applies as a student of A", "submitApplication", map[string]any{"offeringId": off, "homeId": w.Institution("uni-a")})
}

// A rule that was declined stays between the two institutions.
func TestADeclinedRuleIsNobodyElsesNews(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	agreed := ident.ID(w.rule(c, taught))
	declined := c.homeRecognition.Does("proposes", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": taught, "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"})
	c.hostRecognition.Does("declines", "answerRecognitionRule", map[string]any{"ruleId": id(declined), "agree": false})
	c.homeRecognition.Does("ends the other", "terminateRecognitionRule", map[string]any{"ruleId": agreed})
	for _, e := range w.DB.Client.OutboxEvent.Query().Where(outboxevent.TypeHasPrefix("recognition_rule.")).AllX(w.system()) {
		if want := e.ObjectID == agreed && e.Type != "recognition_rule.propose"; (e.Audience == outboxevent.AudiencePUBLIC) != want {
			t.Errorf("%s of %s is for %s, public is %v", e.Type, e.ObjectID, e.Audience, want)
		}
	}
}

// Days are those of the institution, not those of UTC.
func TestADayIsThatOfTheInstitution(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, taught, 5)
	_, seat := w.enrolled(c, off)
	from := c.homeRecognition.Does("proposes a rule from tomorrow on", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": taught, "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-02-11", "validUntil": "2027-02-11"})
	c.hostRecognition.Does("agrees", "answerRecognitionRule", map[string]any{"ruleId": id(from), "agree": true})
	verdict := func() any {
		t.Helper()
		return at(c.ada.Asks("looks", `query($id: ID!) { offering(id: $id) { recognition { verdict } } }`, map[string]any{"id": off}), "offering", "recognition", "verdict")
	}
	early := time.Date(2027, 2, 10, 22, 59, 0, 0, time.UTC) // 23:59 in Prague and Berlin
	tomorrow := assessment(seat)
	tomorrow["achievedOn"] = "2027-02-11"
	w.SetClock(early)
	c.ada, c.teacher = w.Learner("Ada", "uni-a"), w.Staff("Theo", "uni-b")
	if got := verdict(); got != "NEEDS_CASE" {
		t.Errorf("the day before, the rule says %v", got)
	}
	c.teacher.IsRefused("records it for tomorrow", "INVALID", "recordResult", tomorrow)
	w.SetClock(early.Add(time.Minute))
	if got := verdict(); got != "COUNTS" {
		t.Errorf("at midnight the rule says %v", got)
	}
	c.teacher.Does("records it for today", "recordResult", tomorrow)
	w.SetClock(early.Add(24*time.Hour + time.Minute))
	c.ada = w.Learner("Ada", "uni-a")
	if got := verdict(); got != "NEEDS_CASE" {
		t.Errorf("the day after, the rule says %v", got)
	}
}

// Nothing is achieved before the enrolment.
func TestNothingIsAchievedBeforeTheEnrolment(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	_, seat := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	for day, code := range map[string]string{"1901-01-01": "INVALID", "2027-02-09": "INVALID"} {
		before := assessment(seat)
		before["achievedOn"] = day
		if refusal := c.teacher.IsRefused("records "+day, code, "recordResult", before); fmt.Sprint(refusal["field"]) != "[input achievedOn]" {
			t.Errorf("refused with %v", refusal)
		}
	}
	c.teacher.Does("records the day itself", "recordResult", assessment(seat))
}

// Terms end with the last day of a short month.
func TestTermsEndWithAShortMonth(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	cred, _ := w.certified(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	w.SetClock(time.Date(2027, 10, 31, 9, 0, 0, 0, time.UTC))
	c.ada, c.homeRecognition = w.Learner("Ada", "uni-a"), w.Staff("Rosa", "uni-a")
	asked := ident.ID(id(c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": cred})))
	if due := w.DB.Client.RecognitionCase.GetX(w.system(), asked).DueAt; !due.Equal(time.Date(2028, 2, 29, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("home decides until %s", due)
	}
	w.SetClock(time.Date(2028, 1, 31, 9, 0, 0, 0, time.UTC))
	c.homeRecognition = w.Staff("Rosa", "uni-a")
	got := c.homeRecognition.Does("refuses", "decideRecognition", map[string]any{"caseId": asked, "outcome": "REFUSED", "reasons": "No.",
		"differences": []map[string]any{{"element": "LEVEL", "text": "Too low.", "remedy": "Another course."}}})
	if got["appealBefore"] != "2028-02-29T09:00:00Z" {
		t.Errorf("she may appeal until %v", got["appealBefore"])
	}
}

// No rule is proposed or agreed that can count nothing any more.
func TestNoRuleForWhatIsOver(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	taught := w.course(c.editor, "CS-1")
	proposal := map[string]any{
		"homeId":        w.Institution("uni-a"),
		"courseId":      taught,
		"ects":          "5",
		"gradeTransfer": "AS_GIVEN",
		"validFrom":     "2027-01-01",
		"validUntil":    "2027-02-09",
	}
	c.homeRecognition.IsRefused("proposes a rule that ended yesterday", "INVALID", "proposeRecognitionRule", proposal)
	proposal["validUntil"] = "2027-02-10"
	short := id(c.homeRecognition.Does("proposes one that ends today", "proposeRecognitionRule", proposal))
	proposal["validUntil"] = nil
	open := id(c.homeRecognition.Does("proposes one without end", "proposeRecognitionRule", proposal))
	w.SetClock(w.Now().Add(24 * time.Hour))
	c.hostRecognition = w.Staff("Olaf", "uni-b")
	c.hostRecognition.IsRefused("agrees a day late", "CONFLICT", "answerRecognitionRule", map[string]any{"ruleId": short, "agree": true})
	w.DB.Client.Course.UpdateOneID(ident.ID(taught)).SetState(course.StateWITHDRAWN).ExecX(w.system())
	c.hostRecognition.IsRefused("agrees for a withdrawn course", "CONFLICT", "answerRecognitionRule", map[string]any{"ruleId": open, "agree": true})
	c.homeRecognition = w.Staff("Rosa", "uni-a")
	c.homeRecognition.IsRefused("proposes for a withdrawn course", "CONFLICT", "proposeRecognitionRule", proposal)
	for _, rule := range []string{short, open} {
		c.hostRecognition.Does("may still decline", "answerRecognitionRule", map[string]any{"ruleId": rule, "agree": false})
	}
}

// Nobody decides about themselves, whatever roles they hold.
func TestNobodyDecidesAboutThemselves(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	inputs := w.finished(c)
	inputs["revokeCredential"] = map[string]any{"credentialId": inputs["requestRecognition"]["credentialId"], "reason": "ISSUED_IN_ERROR"} // hers
	roles := &role.Service{DB: w.DB.Client, Now: w.Now}
	for _, uni := range []string{"uni-a", "uni-b"} {
		for _, held := range viewer.Roles {
			if held == viewer.AllianceAdministrator {
				continue
			}
			if _, err := roles.Grant(w.system(), role.NewGrant{PersonID: c.ada.ID, Role: held, At: w.Institution(uni)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, mutation := range []string{"nominateApplication", "refuseNomination", "admitApplication", "refuseApplication",
		"recordResult", "confirmResult", "issueCredential", "revokeCredential", "decideRecognition"} {
		if refusal := c.ada.IsRefused("decides about herself", "FORBIDDEN", mutation, inputs[mutation]); refusal["message"] != "nobody decides about themselves" {
			t.Errorf("%s: refused with %v", mutation, refusal)
		}
	}
}

// Where the institution asks for it, a second person confirms a result.
func TestASecondPersonConfirmsWhereTheHostAsksForIt(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	for i, setting := range []string{"OPTIONAL", "REQUIRED"} {
		admin.Does("decides", "updateInstitution", map[string]any{"institutionId": w.Institution("uni-b"), "resultConfirmation": setting})
		if got := at(w.Nobody().Asks("reads it", `query($id: ID!) { node(id: $id) { ... on Institution { resultConfirmation } } }`, map[string]any{"id": w.Institution("uni-b")}), "node", "resultConfirmation"); got != setting {
			t.Errorf("the setting is %v", got)
		}
		_, seat := w.enrolled(c.as(w.Learner(fmt.Sprintf("L%d", i), "uni-a")), off)
		confirm := map[string]any{"resultId": id(c.hostRegistrar.Does("records", "recordResult", assessment(seat)))}
		offered := at(
			c.hostRegistrar.Asks("looks", `query($id: ID!) { node(id: $id) { ... on Result { viewerActions { name allowed } } } }`, map[string]any{"id": confirm["resultId"]}),
			"node",
			"viewerActions",
			0,
		)
		if at(offered, "name") != "confirmResult" || at(offered, "allowed") != (setting == "OPTIONAL") {
			t.Errorf("%s offers %v", setting, offered)
		}
		if setting == "REQUIRED" {
			c.hostRegistrar.IsRefused("confirms it alone", "FORBIDDEN", "confirmResult", confirm)
			w.Staff("Rolf", "uni-b", viewer.Registrar).Does("confirms it", "confirmResult", confirm)
			continue
		}
		c.hostRegistrar.Does("confirms it alone", "confirmResult", confirm)
	}
}

// Nobody answers their own proposal, though they are an officer of both sides.
func TestNobodyAnswersTheirOwnProposal(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	if _, err := (&role.Service{DB: w.DB.Client, Now: w.Now}).Grant(w.system(), role.NewGrant{PersonID: c.homeRecognition.ID, Role: viewer.RecognitionOfficer, At: w.Institution("uni-b")}); err != nil {
		t.Fatal(err)
	}
	made := c.homeRecognition.Does("proposes", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": w.course(c.editor, "CS-1"), "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"})
	c.homeRecognition.IsRefused("answers it herself", "FORBIDDEN", "answerRecognitionRule", map[string]any{"ruleId": id(made), "agree": true})
}

// Nobody is admitted to an offering that was cancelled after they applied.
func TestNobodyIsAdmittedToACancelledOffering(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	app := id(c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off}))
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	w.DB.Client.Offering.UpdateOneID(ident.ID(off)).SetState(offering.StateCANCELLED).ExecX(w.system())
	if refusal := c.hostOffice.IsRefused("admits her", "CONFLICT", "admitApplication", map[string]any{"applicationId": app}); refusal["from"] != "CANCELLED" {
		t.Errorf("refused with %v", refusal)
	}
	c.hostOffice.IsRefused("admits her on a condition", "CONFLICT", "admitConditionally", conditional(w, app))
}

// Of two who move the same thing at once, one wins, and what is left agrees.
func TestOneOfTwoMovesWins(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	db, system := w.DB.Client, w.system()
	taught := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, taught, 100)
	second := c
	second.hostOffice = w.Staff("Hans", "uni-b", viewer.MobilityOfficer)
	second.hostRegistrar = w.Staff("Rolf", "uni-b", viewer.Registrar)
	second.homeRecognition = w.Staff("Ruth", "uni-a", viewer.RecognitionOfficer)
	second.hostRecognition = w.Staff("Oda", "uni-b", viewer.RecognitionOfficer)
	both := func(what string, first, rival func() map[string]any) (firstWon bool) {
		t.Helper()
		var answers [2]map[string]any
		together(2, func(i int) { answers[i] = [2]func() map[string]any{first, rival}[i]() })
		var won [2]bool
		for i, a := range answers {
			refused := a["errors"].([]any)
			won[i] = len(refused) == 0
			if !won[i] && at(refused[0], "code") != "CONFLICT" {
				t.Errorf("%s: the loser is told %v", what, a)
			}
		}
		if won[0] == won[1] {
			t.Errorf("%s: %v and %v", what, answers[0], answers[1])
		}
		return won[0]
	}
	tries := func(a *Actor, mutation string, input map[string]any) func() map[string]any {
		return func() map[string]any { return a.Tries("tries", mutation, input) }
	}
	for i := range 5 {
		her := c.as(w.Learner(fmt.Sprintf("L%d", i), "uni-a"))
		app := id(her.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off}))
		c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
		if !both("admit or refuse", tries(c.hostOffice, "admitApplication", map[string]any{"applicationId": app}),
			tries(second.hostOffice, "refuseApplication", map[string]any{"applicationId": app, "reason": "No."})) {
			_, _ = w.enrolled(her, off)
		}
		seat := db.Enrolment.Query().Where(enrolment.LearnerID(her.ada.ID)).OnlyX(system)
		res := id(c.teacher.Does("records", "recordResult", assessment(string(seat.ID))))
		confirm := map[string]any{"resultId": res}
		both("two confirm", tries(c.hostRegistrar, "confirmResult", confirm), tries(second.hostRegistrar, "confirmResult", confirm))
		cred := id(c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": res}))
		asked := id(her.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": cred}))
		refusal := map[string]any{
			"caseId":      asked,
			"outcome":     "REFUSED",
			"reasons":     "No.",
			"differences": []map[string]any{{"element": "LEVEL", "text": "Too low.", "remedy": "Another course."}},
		}
		both("grant or refuse", tries(c.homeRecognition, "decideRecognition", map[string]any{"caseId": asked, "outcome": "GRANTED", "reasons": "It fits."}),
			tries(second.homeRecognition, "decideRecognition", refusal))
		revoke := map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"}
		both("two revoke", tries(c.hostRegistrar, "revokeCredential", revoke), tries(second.hostRegistrar, "revokeCredential", revoke))

		rule := id(c.homeRecognition.Does("proposes", "proposeRecognitionRule", map[string]any{
			"homeId": w.Institution("uni-a"), "courseId": taught, "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2028-01-01"}))
		both("agree or decline", tries(c.hostRecognition, "answerRecognitionRule", map[string]any{"ruleId": rule, "agree": true}),
			tries(second.hostRecognition, "answerRecognitionRule", map[string]any{"ruleId": rule, "agree": false}))

		// The learner leaves while the pass is confirmed: one of the two.
		her = c.as(w.Learner(fmt.Sprintf("M%d", i), "uni-a"))
		app, place := w.enrolled(her, off)
		res = id(c.teacher.Does("records", "recordResult", assessment(place)))
		both("leave or pass", tries(her.ada, "withdrawApplication", map[string]any{"applicationId": app}), tries(c.hostRegistrar, "confirmResult", map[string]any{"resultId": res}))

		// Home is asked while the credential is revoked: nothing stays open.
		her = c.as(w.Learner(fmt.Sprintf("N%d", i), "uni-a"))
		cred, _ = w.certified(her, off)
		together(2, func(i int) {
			if i == 0 {
				her.ada.Tries("asks", "requestRecognition", map[string]any{"credentialId": cred})
			} else {
				c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": cred, "reason": "ISSUED_IN_ERROR"})
			}
		})
		if db.RecognitionCase.Query().Where(recognitioncase.CredentialID(ident.ID(cred)), recognitioncase.StateEQ(recognitioncase.StateOPEN)).ExistX(system) {
			t.Error("a case about a revoked credential waits")
		}
	}
	if left := db.Credential.Query().Where(credential.StateNEQ(credential.StateREVOKED)).CountX(system); left != 0 {
		t.Errorf("%d credentials are left", left)
	}
}
