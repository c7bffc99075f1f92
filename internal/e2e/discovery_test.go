package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
)

// An offering that opens when computers began to count is one like any other,
// on every page that holds its course, from the read model and without it.
func TestNoMomentIsNone(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	plan := cohort(course, 3)
	plan["opensAt"] = "1970-01-01T01:00:00" // 0 in Unix time
	made := c.editor.Does("plans", "createOffering", plan)
	c.editor.Does("publishes", "publishOffering", map[string]any{"offeringId": id(made)})
	plan["closesAt"], plan["opensAt"] = "1970-01-01T01:00:00", "1969-12-31T00:00:00"
	over := c.editor.Does("plans one that is over", "createOffering", plan)
	c.editor.Does("publishes", "publishOffering", map[string]any{"offeringId": id(over)})

	const ask = `query($id: ID!) { catalogue { nodes { course { code offerings { nodes { opensAt closesAt availability } } } nextOffering { opensAt } availability } }
		course(id: $id) { offerings { nodes { opensAt closesAt } } } }`
	shelf := w.Nobody().Asks("reads", ask, map[string]any{"id": course})
	if got := at(shelf, "catalogue", "nodes", 0, "nextOffering", "opensAt"); got != "1970-01-01T00:00:00Z" {
		t.Errorf("it opens at %v", got)
	}
	if got := at(shelf, "catalogue", "nodes", 0, "course", "offerings", "nodes", 0); at(got, "closesAt") != "1970-01-01T00:00:00Z" || at(got, "availability") != "CLOSED" {
		t.Errorf("the one that is over is %v", got)
	}
	expect(t, "open", w.Nobody().find(`(filter: { availability: [OPEN] })`), "CS-1")
	w.restart()
	if got := w.Nobody().Asks("reads from the database", ask, map[string]any{"id": course}); fmt.Sprint(got) != fmt.Sprint(shelf) {
		t.Errorf("the database answers %v\nthe read model %v", got, shelf)
	}
	for _, local := range []string{"0001-01-01T00:00:00", "1899-12-31T00:00:00", "9999-12-31T23:59:59"} {
		plan["opensAt"], plan["closesAt"] = local, nil
		c.editor.IsRefused("an instant that no calendar has", "INVALID", "createOffering", plan)
	}
}

// Titles sort to their end, and ties of every order go by age, the newest first.
func TestOrdersAndTheirTies(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	nobody := w.Nobody()
	for i, title := range []string{"Mathematics for Engineers III", "Mathematics for Engineers I", "Mathematics for Engineers II", "Mathematics", "Mathematics for Engineers I"} {
		w.entitled(editor, fmt.Sprint("C", i), title, nil)
	}
	for order, want := range map[string][]string{
		"TITLE": {"C3", "C4", "C1", "C2", "C0"}, "NEWEST": {"C4", "C3", "C2", "C1", "C0"}, "FEWEST_ECTS": {"C4", "C3", "C2", "C1", "C0"},
		"MOST_ECTS": {"C4", "C3", "C2", "C1", "C0"}, "EARLIEST_START": {"C4", "C3", "C2", "C1", "C0"}, "NEXT_DEADLINE": {"C4", "C3", "C2", "C1", "C0"},
	} {
		expect(t, order, nobody.find(`(orderBy: `+order+`)`), want...)
		var paged []string
		after := ""
		for range want {
			data := nobody.Asks("pages", `{ catalogue(orderBy: `+order+`, first: 1`+after+`) { nodes { course { code } } pageInfo { endCursor } } }`, nil)
			paged = append(paged, at(data, "catalogue", "nodes", 0, "course", "code").(string))
			after = fmt.Sprintf(`, after: %q`, at(data, "catalogue", "pageInfo", "endCursor"))
		}
		expect(t, order+" by pages", paged, want...)
	}
}

// A course with many offerings is found by the one that is open, and shows it.
func TestManyOfferingsHideNone(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	open := w.offering(c.editor, course, 3)
	later := cohort(course, 3)
	later["opensAt"] = "2027-02-20T00:00:00"
	for range 25 {
		made := c.editor.Does("plans", "createOffering", later)
		c.editor.Does("publishes", "publishOffering", map[string]any{"offeringId": id(made)})
	}
	for _, state := range []string{"OPEN", "OPENS_LATER"} {
		data := w.Nobody().Asks("searches", `{ catalogue(filter: { availability: [`+state+`] }) { nodes { availability nextOffering { id } } } }`, nil)
		if got := at(data, "catalogue", "nodes", 0); at(got, "availability") != "OPEN" || at(got, "nextOffering", "id") != open {
			t.Errorf("%s: %v", state, got)
		}
	}
	if n := w.DB.Client.Offering.Query().Where(offering.CourseID(ident.ID(course))).CountX(w.system()); n != 26 {
		t.Fatalf("%d offerings", n)
	}
}

// While a server reads the whole catalogue anew, its changes are made and found,
// those of others are followed, and nothing of them is lost by the new reading.
func TestReadingAnewHoldsUpNothing(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	w.course(c.editor, "CS-1")
	var held atomic.Bool
	reached, goOn := make(chan struct{}), make(chan struct{})
	p := w.parts
	p.DB = testkit.Open(t, w.address, testkit.OnStatement(func(query string, _ any) {
		if strings.Contains(query, "course_versions") && held.CompareAndSwap(true, false) {
			close(reached)
			<-goOn
		}
	}))
	slow, err := app.New(p)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := w.App
	if err := slow.Discovery.Load(w.system()); err != nil {
		t.Fatal(err)
	}
	held.Store(true)
	loaded := make(chan error)
	go func() { loaded <- slow.Discovery.Load(w.system()) }()
	<-reached

	w.App = slow
	ctx, cancel := context.WithTimeout(w.system(), 5*time.Second)
	defer cancel()
	mine := w.course(c.editor, "CS-2")
	expect(t, "its own change, at once", w.Nobody().find(``), "CS-2", "CS-1")
	w.App = elsewhere
	w.course(c.editor, "CS-3")
	w.App = slow
	if err := slow.Discovery.Follow(ctx); err != nil {
		t.Fatal(err)
	}
	expect(t, "another server's change", w.Nobody().find(``), "CS-3", "CS-2", "CS-1")
	c.editor.Does("withdraws", "withdrawCourse", map[string]any{"courseId": mine})
	close(goOn)
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	expect(t, "after the new reading", w.Nobody().find(``), "CS-3", "CS-1")
	w.App = elsewhere
}

// A database that was put back to an earlier moment is read anew: its next events
// have numbers that were seen before.
func TestADatabaseThatWasPutBackIsReadAnew(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	gone := w.course(c.editor, "CS-1")
	w.course(c.editor, "CS-2")
	if err := w.App.Discovery.Follow(w.system()); err != nil {
		t.Fatal(err)
	}
	// As if it had been put back to before the first course.
	w.DB.Client.OutboxEvent.Delete().Where(outboxevent.SequenceGT(2)).ExecX(w.system())
	w.DB.Client.Course.Update().Where(course.ID(ident.ID(gone))).SetState(course.StateWITHDRAWN).ExecX(w.system())
	expect(t, "before", w.Nobody().find(``), "CS-2", "CS-1")
	w.App.Discovery.Recover(w.system())
	expect(t, "after", w.Nobody().find(``), "CS-2")
	w.App.Discovery.Recover(w.system()) // nothing to do
}

// What is personal is read from the database, and what it leads to in the
// catalogue from the read model: with the same answer, to whoever asks, and in
// few statements.
func TestCatalogueBehindWhatIsPersonal(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, course, 5)
	cred, _ := w.certified(c, off)
	if cred == "" {
		t.Fatal("no credential")
	}
	const public = `course { id code kind state unit { id } updatedAt institution { acronym } published { number submittedAt title { text } description { text } } }
		version { id number title { text } ects course { code } }`
	asks := []string{
		`{ enrolments(first: 20) { nodes { id state offering { id state schedule availability opensAt closesAt windows { opensAt closesAt } viewerWindow { closesAt } timeZone
			opensAtLocal closesAtLocal startsOn endsOn sessions { startsAt endsAt } seats seatsFree quotas { seats } waitlist { places }
			language mode place { text } funding { text } feeCents feeCurrency updatedAt viewerApplication { id } viewerActions { name allowed } ` + public + ` } results { credential { id state version { title { text } course { code } } } } } } }`,
		`{ applications(first: 20) { nodes { id state offering { id course { code state } version { outcomes { text { text } } } } } } }`,
		`query($id: ID!) { offering(id: $id) { ` + public + ` } course(id: $id) { id } }`,
	}
	everybody := map[string]*Actor{"the learner": c.ada, "the host": c.hostOffice, "the editor": c.editor, "nobody": w.Nobody()}
	answers := func() map[string]string {
		all := map[string]string{}
		for name, who := range everybody {
			for _, ask := range asks {
				got := who.Post(ask, map[string]any{"id": off})
				if got.Status != http.StatusOK || len(got.Errors) > 0 && got.Data == nil {
					t.Errorf("%s: %s", ask, got.Raw)
				}
				all[name+" "+ask] = fmt.Sprint(got.Data)
			}
		}
		return all
	}
	w.restart() // answers from the database
	want := answers()
	if err := w.App.Discovery.Load(w.system()); err != nil {
		t.Fatal(err)
	}
	for ask, got := range answers() {
		if got != want[ask] {
			t.Errorf("%s\nread model %s\ndatabase   %s", ask, got, want[ask])
		}
	}
	w.SetClock(w.Now().Add(time.Second)) // who asks is read anew
	w.Statements.Store(0)
	c.ada.Asks("looks", `{ enrolments(first: 20) { nodes { id state offering { course { code institution { acronym } } version { title { text } } }
		results { credential { id state } } } } }`, nil)
	if n := w.Statements.Load(); n != 1+3 { // who asks; enrolments, results, credentials
		t.Errorf("own enrolments take %d statements", n)
	}
	c.editor.Does("withdraws it", "withdrawCourse", map[string]any{"courseId": course})
	if got := fmt.Sprint(c.ada.Asks("looks again", `{ enrolments(first: 20) { nodes { offering { course { state } } } } }`, nil)); !strings.Contains(got, "WITHDRAWN") {
		t.Errorf("a course that is withdrawn is %s", got)
	}
}
