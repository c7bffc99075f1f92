package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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

// T2: each mutation that takes a key, sent eight times at once with one, has one
// effect and equal answers; another input with the same key is a conflict. A key
// is one person's for one mutation: others may choose the same.
func TestARepeatHasOneEffect(t *testing.T) {
	s := newStage(t)
	types := graph.Schema(&graph.Resolver{}).Schema().Types
	repeated := 0
	for _, f := range schemaMutations(t) {
		if types[f.Arguments[0].Type.Name()].Fields.ForName("idempotencyKey") == nil {
			continue
		}
		repeated++
		a := s.play(f.Name)
		a.input["idempotencyKey"] = "one"
		before := s.onRecord()
		var answers []string
		for range 2 { // four at a time: a viewer may run no more operations at once
			four, _ := atOnce(slices.Repeat([]func(*runner) string{func(r *runner) string {
				return fmt.Sprint(a.by.in(r).Tries("repeats", a.mutation, a.input))
			}}, 4)...)
			answers = append(answers, four...)
		}
		for _, got := range answers {
			if got != answers[0] || !strings.Contains(got, "errors:[]") {
				t.Errorf("%s answered %v and %v", a.mutation, answers[0], got)
			}
		}
		audit, events := s.since(before)
		if err := asDeclared(a.mutation, audit, events); err != nil {
			t.Errorf("eight times: %v", err)
		}
		if len(a.input) == 1 {
			continue // nothing but the key
		}
		other := otherwise(a)
		if field := fmt.Sprint(a.by.IsRefused("uses the key for something else", "CONFLICT", other.mutation, other.input)["field"]); field != "[input idempotencyKey]" {
			t.Errorf("%s with another input is refused at %s", a.mutation, field)
		}
		b := s.play(f.Name)
		b.input["idempotencyKey"] = "one"
		if outcome := b.does(); outcome != "done" {
			t.Errorf("%s with the key of another person is %s", b.mutation, outcome)
		}
		elsewhere := act{a.by, "submitApplication", map[string]any{"offeringId": missing(ident.Offering), "idempotencyKey": "one"}}
		if a.mutation == elsewhere.mutation {
			elsewhere = act{a.by, "withdrawApplication", map[string]any{"applicationId": missing(ident.Application), "idempotencyKey": "one"}}
		}
		if outcome := elsewhere.does(); outcome != "NOT_FOUND" {
			t.Errorf("%s with the key of %s is %s", elsewhere.mutation, a.mutation, outcome)
		}
	}
	if repeated == 0 {
		t.Error("no mutation takes a key")
	}
}

// missing is an id of nothing.
func missing(kind ident.Kind) string { return string(kind) + "_06h0hph4yvw3v2c0x5e4r7t9n8" }

// otherwise is the act with another input that looks as good.
func otherwise(a act) act {
	a.input = maps.Clone(a.input)
	if items, many := a.input["items"].([]map[string]any); many && a.mutation == "decideApplications" {
		item := maps.Clone(items[0])
		item["applicationId"] = missing(ident.Application)
		a.input["items"] = []map[string]any{item}
		return a
	}
	if rows, many := a.input["rows"].([]map[string]any); many {
		row := maps.Clone(rows[0])
		row["enrolmentId"] = missing(ident.Enrolment)
		a.input["rows"] = []map[string]any{row}
		return a
	}
	if _, many := a.input["resultIds"]; many {
		a.input["resultIds"] = []string{missing(ident.Result)}
		return a
	}
	for _, field := range slices.Sorted(maps.Keys(a.input)) {
		if given := ident.ID(fmt.Sprint(a.input[field])); given.Kind() != "" {
			a.input[field] = missing(given.Kind())
			return a
		}
	}
	a.input["clientId"] = "other" // of a provider, whose institutions are named further down
	return a
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
