package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// What speaks against an application is told before it, by the rules that decide
// about it: what blocks there is refused here, what only advises is not.
func TestEligibilityIsWhatSubmittingFinds(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	basics := w.course(c.editor, "CS-1")
	asks := func(by *Actor, offering string) string {
		got := by.Asks("asks", `query($id: ID!) { node(id: $id) { ... on Offering { eligibility { eligible reasons { code blocking message help } } } } }`, map[string]any{"id": offering})
		told := fmt.Sprint(at(got, "node", "eligibility", "eligible"))
		for _, r := range at(got, "node", "eligibility", "reasons").([]any) {
			told += fmt.Sprintf(" %v", at(r, "code"))
			if at(r, "blocking") == true {
				told += "!"
			}
			if fmt.Sprint(at(r, "message")) == "" || strings.HasPrefix(fmt.Sprint(at(r, "help")), "eligible.") {
				t.Errorf("%v has no words", r)
			}
		}
		return told
	}
	plan := func(in map[string]any) string {
		off := id(c.editor.Does("plans", "createOffering", in))
		c.editor.Does("publishes", "publishOffering", map[string]any{"offeringId": off})
		return off
	}
	session := func(hour int) []map[string]any {
		return []map[string]any{{"startsAt": fmt.Sprintf("2027-04-01T%02d:00:00", hour), "endsAt": fmt.Sprintf("2027-04-01T%02d:00:00", hour+2)}}
	}
	first := cohort(basics, 5)
	first["sessions"] = session(10)
	taken := plan(first)
	advanced := cohort(w.course(c.editor, "CS-2"), 1)
	advanced["sessions"] = session(11)
	advanced["waitlist"] = map[string]any{"places": 1}
	advanced["requirements"] = []map[string]any{
		{"key": "basics", "kind": "COURSE", "courseId": basics}, {"key": "english", "kind": "LANGUAGE", "language": "en", "level": "B2"},
		{"key": "laptop", "kind": "STATEMENT", "text": english("I have a laptop.")},
	}
	off := plan(advanced)

	if got := asks(w.Nobody(), taken); got != "false SIGN_IN!" {
		t.Errorf("nobody is told %s", got)
	}
	if got := asks(c.ada, taken); got != "true" {
		t.Errorf("with nothing to know: %s", got)
	}
	own := c.ada
	c.ada = w.Learner("Local", "uni-b")
	if got := asks(c.ada, taken); got != "false OWN_INSTITUTION!" {
		t.Errorf("at home: %s", got)
	}
	c.ada = own
	if got := asks(c.ada, off); got != "false PREREQUISITE! LANGUAGE_LEVEL STATEMENT" {
		t.Errorf("without the course: %s", got)
	}
	submit := map[string]any{"offeringId": off, "statements": []string{"english", "laptop"}, "consentVersion": vocab.CurrentConsent().Version}
	c.ada.IsRefused("applies without the course", "CONFLICT", "submitApplication", submit)

	// With a seat in the basics it would clash; once they are passed it does not.
	_, seat := w.enrolled(c, taken)
	if got := asks(c.ada, taken); got != "false ALREADY_APPLIED!" {
		t.Errorf("with a seat: %s", got)
	}
	if got := asks(c.ada, off); got != "false PREREQUISITE! LANGUAGE_LEVEL STATEMENT CLASH" {
		t.Errorf("at the same time: %s", got)
	}
	w.passed(c, seat)
	if got := asks(c.ada, off); got != "true LANGUAGE_LEVEL STATEMENT" {
		t.Errorf("with the course: %s", got)
	}
	submit["statements"] = []string{"english"}
	if code, field := c.ada.refusal("submitApplication", submit); code != "INVALID" || field != "input.statements" {
		t.Errorf("without a statement: %s at %s", code, field)
	}
	submit["statements"] = []string{"laptop", "english"}
	app := c.ada.Does("applies", "submitApplication", submit)

	// What comes after her waits, and then there is no place.
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": id(app)})
	c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": id(app)})
	bela := w.Learner("Bela", "uni-a")
	if got := asks(bela, off); got != "false WAITS PREREQUISITE! LANGUAGE_LEVEL STATEMENT" {
		t.Errorf("full: %s", got)
	}
	w.Statements.Store(0)
	bela.Asks("asks about all", `{ catalogue(first: 20) { nodes { nextOffering { eligibility { eligible reasons { code } } } } } }`, nil)
	if n := w.Statements.Load(); n > 20 {
		t.Errorf("the catalogue takes %d statements", n)
	}
}
