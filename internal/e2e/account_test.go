package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// The account page shows the whole of a journey, to its person and nobody else.
func TestAccountShowsTheJourney(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	w.rule(c, course)
	cred, _ := w.certified(c, w.offering(c.editor, course, 5))
	c.ada.Does("asks for recognition", "requestRecognition", map[string]any{"credentialId": cred})
	of := func(a *Actor) string {
		t.Helper()
		page := w.browse(http.MethodGet, "/account", nil, w.cookie(a))
		if page.Code != http.StatusOK {
			t.Fatalf("%s gets %d", a.Name, page.Code)
		}
		return page.Body.String()
	}
	page, others := of(c.ada), of(w.Learner("Bob", "uni-a"))
	title, link := "Compilers CS-1", `href="/v/`
	if n := strings.Count(page, title); n != 3 { // applied for, certified, recognised
		t.Errorf("the course is named %d times, want 3:\n%s", n, page)
	}
	if !strings.Contains(page, link) || !strings.Contains(page, "Ada") {
		t.Error("the credential or the name is missing")
	}
	for _, secret := range []string{title, link, "Ada"} {
		if strings.Contains(others, secret) {
			t.Errorf("somebody else reads %q", secret)
		}
	}
	if page := of(c.editor); !strings.Contains(page, "Edda") || !strings.Contains(page, w.DB.Client.Institution.GetX(w.system(), w.Institution("uni-b")).Name["en"]) {
		t.Errorf("the place of a role is missing:\n%s", page)
	}
	if to := w.browse(http.MethodGet, "/account", nil, nil); to.Code != http.StatusSeeOther {
		t.Errorf("nobody gets %d", to.Code)
	}
}
