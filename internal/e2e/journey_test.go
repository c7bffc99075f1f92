package e2e

import (
	"strings"
	"testing"
	"time"
)

// The main job, end to end: published abroad, known before, applied, nominated,
// admitted, passed, certified, verified by anyone, recognised at home without
// anybody's work, and revoked.
func TestLearnerTakesACourseAbroad(t *testing.T) {
	w := NewWorld(t)
	c, nobody := w.cast(), w.Nobody()

	course := w.course(c.editor, "CS-1")
	w.rule(c, course)
	offering := w.offering(c.editor, course, 2)

	known := c.ada.Asks(
		"sees what it will count at home",
		`query($id: ID!) { offering(id: $id) { availability closesAt closesAtLocal timeZone recognition { verdict ects rule { state gradeTransfer } } viewerActions { name allowed reason } } }`,
		map[string]any{"id": offering},
	)
	w.Golden("known-before.json", known)

	app := c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": offering, "motivation": "I want to write compilers."})
	if got := at(app, "commitment", "verdict"); got != "COUNTS" {
		t.Errorf("the promise is %v, want COUNTS", got)
	}
	c.hostOffice.IsRefused("cannot admit before home nominates", "CONFLICT", "admitApplication", map[string]any{"applicationId": id(app)})
	c.homeOffice.Does("nominates her", "nominateApplication", map[string]any{"applicationId": id(app)})
	seat := c.hostOffice.Does("admits her", "admitApplication", map[string]any{"applicationId": id(app)})
	if got := at(seat, "offering", "seatsFree"); got != float64(1) {
		t.Errorf("%v seats are free, want 1", got)
	}

	res := c.teacher.Does("records her result", "recordResult", assessment(at(seat, "enrolment", "id").(string)))
	if seen := c.ada.Asks("does not see it yet", `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id(res)}); seen["node"] != nil {
		t.Error("a provisional result is visible to the learner")
	}
	c.hostRegistrar.IsRefused("cannot certify before confirming", "CONFLICT", "issueCredential", map[string]any{"resultId": id(res)})
	c.hostRegistrar.Does("confirms it", "confirmResult", map[string]any{"resultId": id(res)})
	cred := c.hostRegistrar.Does("issues the credential", "issueCredential", map[string]any{"resultId": id(res)})

	const verify = `query($by: VerifyCredentialBy!) { verifyCredential(by: $by) { outcome checks { kind result message } credential { holderName issuerName issuer { acronym } title ects eqfLevel outcomes } } }`
	token := cred["verificationUrl"].(string)
	token = token[strings.LastIndex(token, "/")+1:]
	byToken := map[string]any{"by": map[string]any{"token": token}}
	byJWT := map[string]any{"by": map[string]any{"jwt": cred["jwt"]}}
	w.Golden("verified.json", nobody.Asks("verifies it by its address", verify, byToken))
	w.Golden("verified.json", nobody.Asks("verifies the file", verify, byJWT))

	granted := c.ada.Does("asks home to count it", "requestRecognition", map[string]any{"credentialId": id(cred)})
	if granted["state"] != "GRANTED" || granted["basis"] != "COMMITMENT" || granted["ects"] != "5" || granted["grade"] != "1.7" {
		t.Errorf("recognised as %v", granted)
	}
	c.ada.IsRefused("cannot have it counted twice", "CONFLICT", "requestRecognition", map[string]any{"credentialId": id(cred)})
	w.Golden(
		"record.json",
		c.ada.Asks(
			"looks at her record",
			`{ viewer { applications { nodes { state commitment { verdict ects } enrolment { state results { state grade scale ects } } } } credentials { nodes { state ects } } recognitionCases { nodes { state basis ects grade } } } }`,
			nil,
		),
	)

	c.hostRegistrar.Does("revokes it", "revokeCredential", map[string]any{"credentialId": id(cred), "reason": "ISSUED_IN_ERROR"})
	w.Golden("revoked.json", nobody.Asks("is told so", verify, byJWT))
	again := c.hostRegistrar.Does("issues a new one", "issueCredential", map[string]any{"resultId": id(res)})
	if again["state"] != "ISSUED" || again["id"] == cred["id"] {
		t.Errorf("the new credential is %v", again)
	}
}

// Home keeps its promise even when the rule has ended meanwhile.
func TestPromiseOutlivesTheRule(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	rule := w.rule(c, course)
	_, enrolment := w.enrolled(c, w.offering(c.editor, course, 2))
	c.homeRecognition.Does("ends the rule", "terminateRecognitionRule", map[string]any{"ruleId": rule})
	cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	if got := c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": id(cred)}); got["basis"] != "COMMITMENT" || got["state"] != "GRANTED" {
		t.Errorf("recognised as %v", got)
	}
}

// Without a promise a rule that is agreed later decides; without a rule an
// officer does, with reasons.
func TestOfficerDecidesWhatNoRuleDecides(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	_, enrolment := w.enrolled(c, w.offering(c.editor, course, 2))
	cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	asked := c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": id(cred)})
	if asked["state"] != "OPEN" {
		t.Fatalf("asked as %v", asked)
	}
	partly := map[string]any{"caseId": id(asked), "outcome": "GRANTED_PARTIALLY", "ects": "3", "reasons": "Part of it repeats a module."}
	c.homeRecognition.IsRefused("must name a difference", "INVALID", "decideRecognition", partly)
	partly["differences"] = []map[string]any{{"element": "LEARNING_OUTCOMES", "text": "Two outcomes repeat.", "remedy": "Take another course."}}
	c.hostRecognition.IsRefused("cannot decide for home", "NOT_FOUND", "decideRecognition", partly)
	w.Golden("decided.json", c.homeRecognition.Does("grants a part", "decideRecognition", partly))
	partly["outcome"] = "REFUSED"
	partly["ects"] = nil
	refusal := c.homeRecognition.IsRefused("cannot decide twice", "CONFLICT", "decideRecognition", partly)
	if refusal["from"] != "GRANTED_PARTIALLY" || refusal["to"] != "REFUSED" {
		t.Errorf("refused with %v", refusal)
	}
}

// A deadline is an instant: open until the very moment, closed from it on, with
// its time zone in the answer.
func TestDeadlineIsKeptToTheInstant(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	offering := w.offering(c.editor, w.course(c.editor, "CS-1"), 2)
	closes := time.Date(2027, 2, 28, 22, 0, 0, 0, time.UTC) // 23:00 in Berlin
	w.SetClock(closes)
	c.ada = w.Learner("Ada", "uni-a") // weeks later, she signs in again
	refusal := c.ada.IsRefused("is too late", "CONFLICT", "submitApplication", map[string]any{"offeringId": offering})
	if refusal["__typename"] != "DeadlineError" || refusal["closesAt"] != "2027-02-28T22:00:00Z" || refusal["timeZone"] != "Europe/Berlin" {
		t.Errorf("refused with %v", refusal)
	}
	w.SetClock(closes.Add(-time.Microsecond))
	c.ada.Does("is just in time", "submitApplication", map[string]any{"offeringId": offering})
}

// Publishing an incomplete course lists all that is missing at once, and
// publishes nothing.
func TestIncompleteCourseIsNotPublished(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	made := c.editor.Does("begins a course", "createCourse", map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-0", "kind": "MICRO_CREDENTIAL",
		"content": map[string]any{"title": []map[string]any{{"language": "de", "text": "Übersetzerbau"}}, "ects": "11", "hours": 20}})
	payload := c.editor.Tries("publishes it too early", "publishCourse", map[string]any{"courseId": id(made)})
	w.Golden("incomplete.json", payload)
	state := c.editor.Asks(
		"sees it unchanged",
		`query($id: ID!) { course(id: $id) { state published { id } draft { issues { field message blocking } } } }`,
		map[string]any{"id": id(made)},
	)
	w.Golden("draft-issues.json", state)
}
