package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// effectsOf are the kinds of the effects of an amendment or a preview, in order.
func effectsOf(list any) (kinds []string) {
	for _, e := range list.([]any) {
		kinds = append(kinds, at(e, "kind").(string))
	}
	return kinds
}

const story = `query($id: ID!) { node(id: $id) { ... on Result { id state version outcome grade ects history { number verb state achieved { grade outcome } reason person { id } }
	amendments { kind state reason effects { kind id before after label } } } } }`

// A learner fails and passes at the second attempt. The grade is corrected: the
// credential is issued anew, and home counts anew what it had counted. Then the
// result is annulled, and nothing counts any more.
func TestACorrectionMovesAllThatRestsOnAResult(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, course, 5)
	w.rule(c, course)
	_, seat := w.enrolled(c, off)
	failed := assessment(seat)
	failed["outcome"], failed["grade"] = "FAILED", "5,0"
	first := id(c.teacher.Does("records", "recordResult", failed))
	c.hostRegistrar.Does("confirms", "confirmResult", map[string]any{"resultId": first})
	passed := assessment(seat)
	delete(passed, "outcome") // the grade says it
	second := id(c.teacher.Does("records", "recordResult", passed))
	c.hostRegistrar.Does("confirms", "confirmResult", map[string]any{"resultId": second})
	cred := id(c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": second}))
	granted := c.ada.Does("asks", "requestRecognition", map[string]any{"credentialId": cred})
	if at(granted, "state") != "GRANTED" {
		t.Fatalf("a rule grants it: %v", granted)
	}

	// Nobody passes twice in one course.
	both := correction(first, "4.0")
	c.hostRegistrar.IsRefused("has the first one pass, too", "CONFLICT", "correctResult", both)

	fix := correction(second, "2,3")
	preview := at(c.hostRegistrar.Asks("looks first", `query($i: CorrectResultInput!) { previewCorrection(input: $i) { kind id before after } }`, map[string]any{"i": fix}), "previewCorrection")
	made := c.hostRegistrar.Does("corrects", "correctResult", fix)
	if got, want := fmt.Sprint(at(made, "effects")), fmt.Sprint(preview); got != want {
		t.Errorf("the preview said %s, it was %s", want, got)
	}
	if got := effectsOf(at(made, "effects")); !slices.Equal(got, []string{"TRANSCRIPT_CHANGED", "TRANSCRIPT_CHANGED", "CREDENTIAL_REISSUED", "RECOGNITION_REPEATED"}) {
		t.Errorf("effects are %v", got)
	}
	if strings.Contains(fmt.Sprint(at(made, "effects")), "GRANTED") {
		t.Errorf("the host learns what home has decided: %v", made)
	}
	if n, err := w.App.Work.Drain(w.system(), "credential.finish"); err != nil || n != 1 {
		t.Fatalf("%d credentials are signed, %v", n, err)
	}
	if got := at(c.hostRegistrar.Asks("looks", `query($id: ID!) { node(id: $id) { ... on Result { grade version credential { id state jwt } } } }`, map[string]any{"id": second}), "node"); at(got, "grade") != "2.3" ||
		at(got, "credential", "state") != "ISSUED" || at(got, "credential", "id") == cred {
		t.Errorf("the result is %v", got)
	}
	if got := at(c.ada.Asks("looks", `query($id: ID!) { node(id: $id) { ... on Credential { state revocationReason } } }`, map[string]any{"id": cred}), "node"); at(got, "state") != "REVOKED" || at(got, "revocationReason") != "RESULT_CORRECTED" {
		t.Errorf("the old credential is %v", got)
	}
	cases := w.DB.Client.RecognitionCase.Query().Order(recognitioncase.ByID()).AllX(w.system())
	if len(cases) != 2 || cases[0].State != recognitioncase.StateSUPERSEDED || cases[1].State != recognitioncase.StateGRANTED || cases[0].LiveKey != nil {
		t.Fatalf("cases are %v", cases)
	}
	hers := at(c.ada.Asks("reads", story, map[string]any{"id": second}), "node")
	if got := at(hers, "amendments", 0, "effects").([]any); at(got[3], "before") != "GRANTED 5" || at(got[3], "after") != "GRANTED 5" {
		t.Errorf("she reads %v", got)
	}
	if got := at(hers, "history").([]any); len(got) != 2 || at(got[0], "verb") != "result.confirm" || at(got[0], "achieved", "grade") != "1.7" || at(got[1], "reason") != "Counted wrongly." {
		t.Errorf("she reads %v", got)
	}
	if got := at(c.teacher.Asks("reads", story, map[string]any{"id": second}), "node", "history").([]any); len(got) != 3 || at(got[0], "verb") != "result.record" {
		t.Errorf("the host reads %v", got)
	}

	gone := c.hostRegistrar.Does("annuls", "annulResult", map[string]any{"resultId": second, "reason": "Copied."})
	if got := effectsOf(at(gone, "effects")); !slices.Equal(got, []string{"ENROLMENT_REOPENED", "TRANSCRIPT_CHANGED", "TRANSCRIPT_CHANGED", "CREDENTIAL_REVOKED", "RECOGNITION_ENDED"}) {
		t.Errorf("effects are %v", got)
	}
	cases = w.DB.Client.RecognitionCase.Query().Order(recognitioncase.ByID()).AllX(w.system())
	if len(cases) != 2 || cases[1].State != recognitioncase.StateSUPERSEDED {
		t.Errorf("cases are %v", cases)
	}
	if got := w.DB.Client.Result.GetX(w.system(), ident.ID(second)); got.State != result.StateANNULLED || got.Version != 4 {
		t.Errorf("the result is %v", got)
	}
	third := id(c.teacher.Does("records", "recordResult", assessment(seat)))
	c.hostRegistrar.Does("confirms", "confirmResult", map[string]any{"resultId": third})
	again := id(c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": third}))
	if got := c.ada.Does("asks", "requestRecognition", map[string]any{"credentialId": again}); at(got, "state") != "GRANTED" {
		t.Errorf("the third attempt: %v", got)
	}
}

// Where the host asks for a second person, one proposes and another one makes it;
// nothing moves before, and learner and home hear of it then.
func TestASecondPersonMakesAnAmendment(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	_, seat := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	res := id(c.teacher.Does("records", "recordResult", assessment(seat)))
	c.hostRegistrar.Does("confirms", "confirmResult", map[string]any{"resultId": res})
	w.Staff("Admin", "uni-b", viewer.Administrator).Does("decides", "updateInstitution", map[string]any{"institutionId": w.Institution("uni-b"), "resultConfirmation": "REQUIRED"})
	down := correction(res, "5.0")
	proposal := c.hostRegistrar.Does("proposes", "correctResult", down)
	if at(proposal, "state") != "PROPOSED" || at(proposal, "result", "grade") != "1.7" || !slices.Contains(effectsOf(at(proposal, "effects")), "ENROLMENT_REOPENED") {
		t.Errorf("proposed: %v", proposal)
	}
	if got := at(c.ada.Asks("reads", story, map[string]any{"id": res}), "node", "amendments").([]any); len(got) != 0 {
		t.Errorf("she hears of a proposal: %v", got)
	}
	c.hostRegistrar.IsRefused("proposes once more", "CONFLICT", "correctResult", down)
	approval := map[string]any{"amendmentId": id(proposal)}
	c.hostRegistrar.IsRefused("makes it alone", "FORBIDDEN", "approveAmendment", approval)
	made := w.Staff("Rolf", "uni-b", viewer.Registrar).Does("makes it", "approveAmendment", approval)
	if at(made, "state") != "MADE" || at(made, "result", "outcome") != "FAILED" {
		t.Errorf("made: %v", made)
	}
	if got := at(c.ada.Asks("reads", story, map[string]any{"id": res}), "node", "amendments").([]any); len(got) != 1 {
		t.Errorf("she reads %v", got)
	}
}
