package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A role that somebody ends at once is gone at every server, also at one whose
// clock is behind.
func TestWhatEndsAtOnceEndsEverywhere(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	editor := w.Staff("Edda", "uni-b", viewer.CourseEditor)
	p := w.parts
	p.Now = func() time.Time { return w.Now().Add(-30 * time.Second) }
	behind, err := app.New(p)
	if err != nil {
		t.Fatal(err)
	}
	w.SetClock(w.Now().Add(time.Minute))
	held := w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(editor.ID)).OnlyIDX(w.system())
	admin.Does("ends it", "endRole", map[string]any{"roleGrantId": held, "reason": "Left."})
	mine := w.App
	w.App = behind
	editor.IsRefused(
		"writes a course there",
		"FORBIDDEN",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-1", "kind": "COURSE", "content": content("X")},
	)
	w.App = mine
}

// A server whose clock is another than the database's says so, and is not ready
// once the difference could decide a deadline.
func TestAClockThatIsOffIsNotReady(t *testing.T) {
	w := NewWorld(t)
	ready := func() (int, string) {
		got := w.fetch(http.MethodGet, "/readyz", "", "", nil)
		return got.Code, got.Body.String()
	}
	if code, said := ready(); code != http.StatusOK {
		t.Fatalf("%d %s", code, said)
	}
	ahead, err := w.DB.Ahead(w.system(), time.Now)
	if err != nil || ahead.Abs() > 5*time.Second {
		t.Errorf("the clocks of this machine differ by %s, %v", ahead, err)
	}
	off, err := w.DB.Ahead(w.system(), func() time.Time { return time.Now().Add(time.Hour) })
	if err != nil || w.DB.Dialect == "mysql" && (off < 59*time.Minute || off > 61*time.Minute) || w.DB.Dialect != "mysql" && off != 0 {
		t.Errorf("an hour is %s, %v", off, err)
	}
	w.App.CompareClocks(w.system()) // the clock of the tests is in another year
	code, said := ready()
	if off := w.DB.Dialect == "mysql"; off != (code == http.StatusServiceUnavailable) || off != strings.Contains(said, "clock") {
		t.Errorf("%d %s", code, said)
	}
}
