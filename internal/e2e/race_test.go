package e2e

import (
	"fmt"
	"sync"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			<-start
			fn(i)
		}()
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// T1: a hundred nominated applicants, ten seats, all admitted at once: ten get
// one, on every database, and the counter agrees with the rows.
func TestTenSeatsForAHundredRivals(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 10)
	apps := make([]string, 100)
	for i := range apps {
		learner := w.Learner(fmt.Sprintf("L%d", i), "uni-a")
		apps[i] = id(learner.Does("applies", "submitApplication", map[string]any{"offeringId": off}))
		c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": apps[i]})
	}
	// An officer has four operations at a time, so there are thirty of them.
	officers := make([]*Actor, 30)
	for i := range officers {
		officers[i] = w.Staff(fmt.Sprintf("O%d", i), "uni-b", "MOBILITY_OFFICER")
	}
	answers := make([]map[string]any, len(apps))
	together(len(apps), func(i int) {
		answers[i] = officers[i%len(officers)].Tries("admits", "admitApplication", map[string]any{"applicationId": apps[i]})
	})
	admitted := 0
	for _, a := range answers {
		if a["application"] != nil {
			admitted++
			continue
		}
		if refusal := at(a, "errors", 0).(map[string]any); refusal["__typename"] != "CapacityError" || refusal["seats"] != float64(10) {
			t.Errorf("a loser is told %v", refusal)
		}
	}
	rows := w.DB.Client.Application.Query().Where(application.StateEQ(application.StateADMITTED)).CountX(w.system())
	seats := w.DB.Client.Enrolment.Query().CountX(w.system())
	counter := w.DB.Client.Offering.Query().Where(offering.ID(ident.ID(off))).OnlyX(w.system()).SeatsTaken
	if admitted != 10 || rows != 10 || seats != 10 || counter != 10 {
		t.Errorf("%d answers, %d applications, %d enrolments, counter %d; want 10 each", admitted, rows, seats, counter)
	}
}

// T2: each mutation that creates or moves something, sent eight times at once
// with one key, has one effect and equal answers; another input with the same
// key is a conflict.
func TestARepeatHasOneEffect(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, course, 5)
	repeat := func(a *Actor, mutation string, input map[string]any) map[string]any {
		t.Helper()
		input["idempotencyKey"] = mutation + "-1"
		answers := make([]map[string]any, 8)
		// Four at a time: a viewer may run no more operations at once.
		for _, first := range []int{0, 4} {
			together(4, func(i int) { answers[first+i] = a.Does("repeats", mutation, input) })
		}
		for _, got := range answers {
			if fmt.Sprint(got) != fmt.Sprint(answers[0]) {
				t.Errorf("%s answered %v and %v", mutation, answers[0], got)
			}
		}
		return answers[0]
	}
	made := repeat(c.editor, "createCourse", map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-2", "kind": "COURSE", "content": content("Twice")})
	c.editor.IsRefused("uses the key for something else", "CONFLICT", "createCourse", map[string]any{
		"institutionId": w.Institution("uni-b"), "code": "CS-3", "kind": "COURSE", "content": content("Else"), "idempotencyKey": "createCourse-1"})
	// A key is one person's for one mutation: others may choose the same.
	w.Staff("Edna", "uni-b", viewer.CourseEditor).Does("chooses the same key", "createCourse", map[string]any{
		"institutionId": w.Institution("uni-b"), "code": "CS-4", "kind": "COURSE", "content": content("Hers"), "idempotencyKey": "createCourse-1"})
	other := cohort(course, 3)
	other["idempotencyKey"] = "createCourse-1"
	c.editor.Does("uses the key for another mutation", "createOffering", other)
	plan := cohort(course, 3)
	repeat(c.editor, "createOffering", plan)
	app := repeat(c.ada, "submitApplication", map[string]any{"offeringId": off})
	repeat(c.homeOffice, "nominateApplication", map[string]any{"applicationId": id(app)})
	seat := repeat(c.hostOffice, "admitApplication", map[string]any{"applicationId": id(app)})
	res := repeat(c.teacher, "recordResult", assessment(at(seat, "enrolment", "id").(string)))
	repeat(c.hostRegistrar, "confirmResult", map[string]any{"resultId": id(res)})
	cred := repeat(c.hostRegistrar, "issueCredential", map[string]any{"resultId": id(res)})
	asked := repeat(c.ada, "requestRecognition", map[string]any{"credentialId": id(cred)})
	repeat(c.homeRecognition, "decideRecognition", map[string]any{"caseId": id(asked), "outcome": "GRANTED", "reasons": "It fits."})
	repeat(c.homeRecognition, "proposeRecognitionRule", map[string]any{"homeId": w.Institution("uni-a"), "courseId": course, "ects": "5", "gradeTransfer": "PASS_ONLY", "validFrom": "2027-01-01"})
	repeat(c.hostRegistrar, "revokeCredential", map[string]any{"credentialId": id(cred), "reason": "MISCONDUCT"})

	ctx := w.system()
	db := w.DB.Client
	for what, counts := range map[string][2]int{
		"courses":     {db.Course.Query().CountX(ctx), 3},
		"offerings":   {db.Offering.Query().CountX(ctx), 3},
		"enrolments":  {db.Enrolment.Query().CountX(ctx), 1},
		"results":     {db.Result.Query().CountX(ctx), 1},
		"credentials": {db.Credential.Query().CountX(ctx), 1},
		"cases":       {db.RecognitionCase.Query().CountX(ctx), 1},
		"rules":       {db.RecognitionRule.Query().CountX(ctx), 1},
	} {
		if counts[0] != counts[1] {
			t.Errorf("there are %d %s, want %d", counts[0], what, counts[1])
		}
	}
	if made["state"] != "DRAFT" {
		t.Errorf("made %v", made)
	}
}

// Of two who decide at once, one wins; the other is told, and nothing is half
// written.
func TestOneOfTwoDecisionsWins(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	other := w.Staff("Hanna", "uni-a", "MOBILITY_OFFICER")
	for range 10 {
		app := id(c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off}))
		var answers [2]map[string]any
		together(2, func(i int) {
			if i == 0 {
				answers[0] = c.homeOffice.Tries("nominates", "nominateApplication", map[string]any{"applicationId": app})
			} else {
				answers[1] = other.Tries("refuses", "refuseNomination", map[string]any{"applicationId": app, "reason": "No."})
			}
		})
		won := 0
		for _, a := range answers {
			if a["application"] != nil {
				won++
			} else if code := at(a, "errors", 0, "code"); code != "CONFLICT" {
				t.Errorf("the loser is told %v", a)
			}
		}
		if won != 1 {
			t.Fatalf("%d of two decisions won", won)
		}
		if w.DB.Client.Application.GetX(w.system(), ident.ID(app)).State == application.StateNOMINATED {
			c.ada.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": app})
		}
	}
}
