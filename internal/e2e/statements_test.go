package e2e

import "testing"

// What each step of the journey may cost in SQL statements, with signing in by
// token, its rights, its audit entry and its event, and with three to four that
// refresh the catalogue where the step changes it. A step that needs more than
// this has begun to loop.
func TestStatementsOfEachStep(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	cost := func(most int64, a *Actor, mutation string, input map[string]any) map[string]any {
		t.Helper()
		w.Statements.Store(0)
		made := a.Does(mutation, mutation, input)
		if got := w.Statements.Load(); got > most || got < most-2 {
			t.Errorf("%s takes %d statements, %d are expected", mutation, got, most)
		}
		return made
	}
	course := cost(10, c.editor, "createCourse", map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-1", "kind": "MICRO_CREDENTIAL", "content": content("Compilers")})
	cost(17, c.editor, "publishCourse", map[string]any{"courseId": id(course)})
	off := cost(8, c.editor, "createOffering", cohort(id(course), 5))
	cost(16, c.editor, "publishOffering", map[string]any{"offeringId": id(off)})
	app := cost(16, c.ada, "submitApplication", map[string]any{"offeringId": id(off)})
	cost(16, c.homeOffice, "nominateApplication", map[string]any{"applicationId": id(app)})
	seat := cost(24, c.hostOffice, "admitApplication", map[string]any{"applicationId": id(app)})
	res := cost(10, c.teacher, "recordResult", assessment(at(seat, "enrolment", "id").(string)))
	cost(15, c.hostRegistrar, "confirmResult", map[string]any{"resultId": id(res)})
	cred := cost(29, c.hostRegistrar, "issueCredential", map[string]any{"resultId": id(res)})
	cost(11, c.ada, "requestRecognition", map[string]any{"credentialId": id(cred)})
	cost(14, c.hostRegistrar, "revokeCredential", map[string]any{"credentialId": id(cred), "reason": "MISCONDUCT"})
}
