package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Every step that somebody may try with an application, from every state, by every
// role: testdata/transitions.txt says what comes of it, and is read by people. Of
// who has the right, the state decides, and the refusal names it and the one that it
// does not lead to; others are refused for the right that is missing, or do not
// learn that there is an application. What is refused changes nothing.
func TestEveryTransitionByEveryRole(t *testing.T) {
	q := newQueue(t, 3, map[string]any{"waitlist": map[string]any{"places": 3, "offerHours": 72}})
	q.joins("uni-a", q.c.homeOffice, "Ada")
	app := ident.ID(q.apps["Ada"])
	in := map[string]any{"applicationId": string(app)}
	reason := map[string]any{"applicationId": string(app), "reason": "No."}
	condition := conditional(q.World, string(app))
	steps := []struct {
		mutation string
		input    map[string]any
	}{
		{"nominateApplication", in}, {"refuseNomination", reason}, {"admitApplication", in}, {"waitlistApplication", in}, {"admitConditionally", condition},
		{"fulfilCondition", in}, {"refuseApplication", reason}, {"acceptSeat", in}, {"declineSeat", in}, {"withdrawApplication", in},
	}
	roles := []struct {
		name string
		who  *Actor
	}{
		{"learner", q.who["Ada"]}, {"home", q.c.homeOffice}, {"host", q.c.hostOffice}, {"other learner", q.Learner("Eve", "uni-a")},
		{"other home", q.Staff("Office of C", "uni-c", viewer.MobilityOfficer)},
		{"registrar", q.Staff("Registrar", "uni-b", viewer.Registrar)}, {"editor", q.c.editor},
		{"program", q.Program("uni-b", "sis", "application.decide").Actor()}, {"nobody", q.Nobody()},
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "from\tstep")
	for _, r := range roles {
		fmt.Fprintf(w, "\t%s", r.name)
	}
	fmt.Fprintln(w)
	due := q.Now().Add(240 * time.Hour)
	for _, from := range everyState {
		for _, s := range steps {
			fmt.Fprintf(w, "%s\t%s", from, s.mutation)
			for _, r := range roles {
				q.put(app, from, due)
				before := q.DB.Client.Application.GetX(q.system(), app)
				said := cameTo(r.who.Post(mutations[s.mutation].document(s.mutation), map[string]any{"input": s.input}), s.mutation)
				after := q.DB.Client.Application.GetX(q.system(), app)
				if said == "done" {
					said = "→ " + string(after.State)
				} else if after.Version != before.Version || after.State != before.State {
					t.Errorf("%s by %s from %s was refused, and changed it", s.mutation, r.name, from)
				}
				q.agrees(fmt.Sprintf("%s by %s from %s", s.mutation, r.name, from))
				fmt.Fprintf(w, "\t%s", said)
			}
			fmt.Fprintln(w)
		}
	}
	_ = w.Flush()
	var table strings.Builder
	for line := range strings.Lines(out.String()) {
		table.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	golden(t, "testdata/transitions.txt", table.String(), "what may be done")
}

// golden compares with a file that people read, or writes it anew with -update.
func golden(t *testing.T, file, got, what string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s has changed (-want +got); run with -update when that is right:\n%s", what, diff)
	}
}

// everyState lists the states of an application.
var everyState = []application.State{
	application.StateSUBMITTED, application.StateNOMINATED, application.StateWAITLISTED, application.StateOFFERED,
	application.StateCONDITIONAL, application.StateADMITTED, application.StateREFUSED_BY_HOME, application.StateREFUSED_BY_HOST,
	application.StateDECLINED, application.StateLAPSED, application.StateWITHDRAWN, application.StateCANCELLED,
}

// put puts the only application for an offering into a state, with the seat, the
// place and the enrolment that go with it.
func (q *queue) put(id ident.ID, to application.State, due time.Time) {
	q.t.Helper()
	ctx, db := q.system(), q.DB.Client
	db.Enrolment.Delete().Where(enrolment.ApplicationID(id)).ExecX(ctx)
	update := db.Application.UpdateOneID(id).SetState(to).SetVersion(1).SetDueAt(due).ClearPlace()
	o := db.Offering.UpdateOneID(ident.ID(q.run)).SetSeatsTaken(0).SetWaiting(0)
	switch to {
	case application.StateOFFERED, application.StateCONDITIONAL, application.StateADMITTED:
		o.SetSeatsTaken(1)
	case application.StateWAITLISTED:
		update.SetPlace(1)
		o.SetWaiting(1).SetLastPlace(1)
	}
	o.ExecX(ctx)
	app := update.SaveX(ctx)
	if to == application.StateADMITTED {
		run := db.Offering.Query().Where(offering.ID(ident.ID(q.run))).OnlyX(ctx)
		db.Enrolment.Create().SetApplicationID(id).SetLearnerID(app.LearnerID).SetOfferingID(app.OfferingID).SetVersionID(run.VersionID).
			SetHomeID(app.HomeID).SetHostID(app.HostID).SetState(enrolment.StateENROLLED).SetEnrolledAt(q.Now()).ExecX(ctx)
	}
	db.ApplicationStep.Delete().Where(applicationstep.ApplicationID(id)).ExecX(ctx)
	db.ApplicationStep.Create().SetApplicationID(id).SetLearnerID(app.LearnerID).SetNumber(1).SetVerb("application.submit").SetTo(string(to)).
		SetSide(applicationstep.SideLEARNER).SetAt(q.Now()).ExecX(ctx)
}

// cameTo is what a mutation has come to: done, the two states of a refused step, the
// right that is missing, or the code.
func cameTo(got answer, mutation string) string {
	if len(got.Errors) > 0 {
		return fmt.Sprint(got.Errors[0].Extensions["code"])
	}
	refusals := at(got.Data, mutation, "errors").([]any)
	if len(refusals) == 0 {
		return "done"
	}
	r := refusals[0].(map[string]any)
	switch {
	case r["from"] != nil:
		return fmt.Sprintf("not %v", r["to"])
	case r["right"] != nil:
		return fmt.Sprint(r["right"])
	}
	return fmt.Sprint(r["code"])
}
