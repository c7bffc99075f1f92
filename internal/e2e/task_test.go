package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

const taskQuery = `query($filter: TaskFilter, $first: Int, $after: String, $last: Int, $before: String) { viewer {
  tasks(filter: $filter, first: $first, after: $after, last: $last, before: $before) { totalCount pageInfo { hasNextPage endCursor startCursor hasPreviousPage }
    nodes { kind dueAt overdue institution { id } application { id } draft { id } enrolment { id } result { id } recognitionCase { id } recognitionRule { id } courseVersion { id } } }
  taskCounts(filter: $filter) { kind count overdue } } }`

// todo lists the tasks of somebody as "KIND subject", checks that the count agrees,
// and that each has one subject.
func todo(a *Actor, filter map[string]any) []string {
	a.w.t.Helper()
	got := a.Asks("asks what waits", taskQuery, map[string]any{"filter": filter, "first": 100})
	var all []string
	counts := map[string]float64{}
	late := map[string]float64{}
	for _, n := range at(got, "viewer", "tasks", "nodes").([]any) {
		task, of := n.(map[string]any), ""
		for _, field := range []string{"application", "draft", "enrolment", "result", "recognitionCase", "recognitionRule", "courseVersion"} {
			if thing, ok := task[field].(map[string]any); ok {
				of += id(thing)
			}
		}
		kind := task["kind"].(string)
		all = append(all, kind+" "+of)
		counts[kind]++
		if task["overdue"] == true {
			late[kind]++
		}
	}
	if n := at(got, "viewer", "tasks", "totalCount"); n != float64(len(all)) {
		a.w.t.Errorf("%s has %v tasks, and %d are listed", a.Name, n, len(all))
	}
	for _, c := range at(got, "viewer", "taskCounts").([]any) {
		count := c.(map[string]any)
		if kind := count["kind"].(string); count["count"] != counts[kind] || count["overdue"] != late[kind] {
			a.w.t.Errorf("%s: %v, and %v are listed, %v late", a.Name, count, counts[kind], late[kind])
		}
		delete(counts, count["kind"].(string))
	}
	if len(counts) > 0 {
		a.w.t.Errorf("%s: not counted are %v", a.Name, counts)
	}
	return all
}

// Everybody has the tasks that their rights let them do, when they are there to do,
// and no other.
func TestTasksAreThoseThatTheViewerMayDo(t *testing.T) {
	q := newQueue(t, 1, map[string]any{"waitlist": map[string]any{"places": 3, "offerHours": 48}})
	c := q.c
	is := func(when string, a *Actor, want ...string) {
		t.Helper()
		if got := todo(a, nil); !slices.Equal(got, want) {
			t.Errorf("%s, %s has %v, want %v", when, a.Name, got, want)
		}
	}
	ada := q.Learner("Ada", "uni-a")
	q.who["Ada"] = ada
	draft := id(ada.Does("begins", "saveDraft", map[string]any{"offeringId": q.run}))
	is("a draft", ada, "FINISH_DRAFT "+draft)
	q.apps["Ada"] = id(ada.Does("applies", "submitApplication", map[string]any{"offeringId": q.run, "fromDraft": true}))
	app := q.apps["Ada"]
	elsewhere := q.Staff("Office of C", "uni-c", viewer.MobilityOfficer)
	nominates, decides := q.Program("uni-a", "sis", "application.nominate").Actor(), q.Program("uni-b", "sis", "application.decide").Actor()
	reads := q.Program("uni-a", "reader", "learner.read").Actor()
	is("submitted", ada)
	is("submitted", c.homeOffice, "DECIDE_NOMINATION "+app)
	is("submitted", nominates, "DECIDE_NOMINATION "+app)
	for _, a := range []*Actor{elsewhere, c.hostOffice, c.editor, decides, reads, q.Nobody()} {
		is("submitted", a)
	}
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	is("nominated", c.homeOffice)
	is("nominated", c.hostOffice, "DECIDE_ADMISSION "+app)
	is("nominated", decides, "DECIDE_ADMISSION "+app)
	c.hostOffice.Does("admits on a condition", "admitConditionally", conditional(q.World, app))
	is("on a condition", c.hostOffice, "CHECK_CONDITION "+app)
	is("on a condition", ada, "MEET_CONDITION "+app)
	q.joins("uni-a", c.homeOffice, "Bea")
	q.host("waitlistApplication", "Bea")
	is("who waits does nothing", q.who["Bea"])
	is("who waits does nothing", c.hostOffice, "CHECK_CONDITION "+app)
	q.learner("Ada", "withdrawApplication")
	is("a seat is offered", q.who["Bea"], "ANSWER_OFFER "+q.apps["Bea"])
	is("a seat is offered", ada)
	q.learner("Bea", "acceptSeat")
	is("accepted", q.who["Bea"])

	// Nobody decides about themselves.
	own := id(q.Learner("Both", "uni-a").Does("applies", "submitApplication", map[string]any{"offeringId": q.run}))
	self := q.Staff("Both", "uni-a", viewer.MobilityOfficer)
	is("of themselves", self)
	is("of somebody else", c.homeOffice, "DECIDE_NOMINATION "+own)
}

// From the seat to recognition: each step is a task of who does it, and of nobody
// who has done the one before where two have to.
func TestTasksAfterTheSeat(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	has := func(when string, a *Actor, want ...string) {
		t.Helper()
		var kinds []string
		for _, one := range todo(a, nil) {
			kinds = append(kinds, strings.Fields(one)[0])
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("%s, %s has %v, want %v", when, a.Name, kinds, want)
		}
	}
	course := w.course(c.editor, "CS-1")
	made := c.homeRecognition.Does("proposes a rule", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": course, "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"})
	has("a rule is proposed", c.hostRecognition, "ANSWER_RULE")
	has("a rule is proposed", c.homeRecognition)
	c.hostRecognition.Does("agrees", "answerRecognitionRule", map[string]any{"ruleId": id(made), "agree": true})
	has("the rule is answered", c.hostRecognition)

	_, seat := w.enrolled(c, w.offering(c.editor, course, 5))
	both := w.Staff("Registrar and teacher", "uni-b", viewer.Registrar, viewer.Teacher)
	has("the course runs", both)
	w.SetClock(time.Date(2027, 7, 2, 12, 0, 0, 0, time.UTC))
	both = w.Staff("Registrar and teacher", "uni-b", viewer.Registrar, viewer.Teacher)
	has("the course is over", both, "RECORD_RESULT")
	both.Does("records", "recordResult", map[string]any{"enrolmentId": seat, "outcome": "PASSED", "scale": "DE_1_5", "grade": "1.7", "achievedOn": "2027-06-30"})
	has("recorded", both, "CONFIRM_RESULT")
	w.DB.Client.Institution.UpdateOneID(w.Institution("uni-b")).SetResultConfirmation("REQUIRED").ExecX(w.system())
	has("a second person confirms", both)
	has("a second person confirms", w.Staff("Another registrar", "uni-b", viewer.Registrar), "CONFIRM_RESULT")

	c.editor = w.Staff("Edith", "uni-b", viewer.CourseEditor)
	draft := w.write(c.editor, "CS-2", content("Compilers"))
	c.editor.Does("submits it", "submitCourseForReview", map[string]any{"courseId": draft})
	has("in review", c.editor)
	has("in review", w.Staff("Reviewer", "uni-b", viewer.CourseEditor), "REVIEW_COURSE")
}

// Pages of any size, forwards and backwards, show every task once and in order, and
// filters keep what they say.
func TestTasksAreListedInOrder(t *testing.T) {
	q := newQueue(t, 5, nil)
	for i := range 9 {
		q.SetClock(q.Now().Add(time.Hour)) // each is due at another instant, but for two days
		name := fmt.Sprint("L", i)
		q.who[name] = q.Learner(name, "uni-a")
		q.apps[name] = id(q.who[name].Does("applies", "submitApplication", map[string]any{"offeringId": q.run}))
	}
	q.DB.Client.Application.UpdateOneID(ident.ID(q.apps["L4"])).SetDueAt(q.Now().Add(-time.Hour)).SaveX(q.system())
	office := q.Staff("Both sides", "uni-a", viewer.MobilityOfficer)
	whole := todo(office, nil)
	if len(whole) != 9 || whole[0] != "DECIDE_NOMINATION "+q.apps["L4"] {
		t.Fatalf("the list is %v", whole)
	}
	for _, size := range []int{1, 2, 4, 9} {
		for _, way := range []string{"forwards", "backwards"} {
			var all []string
			cursor := ""
			for range 12 {
				in := map[string]any{"first": size}
				if way == "backwards" {
					in = map[string]any{"last": size}
				}
				if cursor != "" {
					in[map[string]string{"forwards": "after", "backwards": "before"}[way]] = cursor
				}
				got := at(office.Asks("pages", taskQuery, in), "viewer", "tasks").(map[string]any)
				var page []string
				for _, n := range got["nodes"].([]any) {
					page = append(page, n.(map[string]any)["kind"].(string)+" "+at(n.(map[string]any), "application", "id").(string))
				}
				info := got["pageInfo"].(map[string]any)
				more, end := info["hasNextPage"], info["endCursor"]
				if all = append(all, page...); way == "backwards" {
					all = append(page, all[:len(all)-len(page)]...)
					more, end = info["hasPreviousPage"], info["startCursor"]
				}
				if more != true {
					break
				}
				cursor = end.(string)
			}
			if !slices.Equal(all, whole) {
				t.Errorf("%s by %d: %v, want %v", way, size, all, whole)
			}
		}
	}
	for name, tt := range map[string]struct {
		filter map[string]any
		want   int
	}{
		"late":              {map[string]any{"overdue": true}, 1},
		"not late":          {map[string]any{"overdue": false}, 8},
		"due before":        {map[string]any{"dueBefore": q.Now().Format(time.RFC3339)}, 1},
		"another kind":      {map[string]any{"kinds": []string{"DECIDE_ADMISSION"}}, 0},
		"this kind":         {map[string]any{"kinds": []string{"DECIDE_NOMINATION"}}, 9},
		"another place":     {map[string]any{"institutionId": q.Institution("uni-b")}, 0},
		"this place":        {map[string]any{"institutionId": q.Institution("uni-a")}, 9},
		"this and the late": {map[string]any{"institutionId": q.Institution("uni-a"), "overdue": true}, 1},
	} {
		if got := todo(office, tt.filter); len(got) != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, bad := range []string{"", "x", "abc-", "-app", q.apps["L1"], "!-" + q.apps["L1"]} {
		if got := office.Post(taskQuery, map[string]any{"first": 2, "after": bad}); len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "INVALID" {
			t.Errorf("the cursor %q: %s", bad, got.Raw)
		}
	}
}
