package microdegree

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is one university with two published courses of 5 credits.
type world struct {
	*testing.T
	*Service
	ctx     context.Context
	uni     ident.ID
	courses []ident.ID
	hear    atomic.Pointer[func(query string)]
}

func en(s string) []vocab.Translation { return []vocab.Translation{{Language: "en", Text: s}} }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, ctx: viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})}
	db := testkit.Database(t, testkit.OnStatement(func(query string, _ any) {
		if hear := w.hear.Load(); hear != nil {
			(*hear)(query)
		}
	})).Client
	now := func() time.Time { return time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC) }
	w.Service = &Service{DB: db, Now: now}
	places, courses := &institution.Service{DB: db, Now: now}, &catalogue.Service{DB: db, Now: now}
	a, err := places.Found(w.ctx, institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Website: "https://alliance.example", Bounds: institution.DefaultBounds})
	w.must(err)
	inst, err := places.Admit(w.ctx, institution.Admission{AllianceID: a.ID, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni.example", Name: vocab.Text{"en": "University"}, Country: "DE", Zone: "Europe/Berlin"}})
	w.must(err)
	w.uni = inst.ID
	ects, isced, mode, supervision := vocab.ECTS(500), "0613", vocab.DeliveryMode("ONLINE"), vocab.Supervision("SUPERVISED")
	for i := range 2 {
		c, err := courses.Create(w.ctx, catalogue.NewCourse{InstitutionID: w.uni, Code: fmt.Sprint("C-", i), Kind: course.KindMICRO_CREDENTIAL, Content: catalogue.Content{
			Title: en("T"), Description: en("D"), Outcomes: []catalogue.OutcomeText{{Text: en("O")}}, ECTS: &ects, Hours: new(140), EQFLevel: new(7), ISCED: &isced,
			Languages: []string{"en"}, Mode: &mode, Assessments: []vocab.AssessmentType{"QUIZ"}, Supervision: &supervision,
			Quality: &catalogue.QualityText{Kind: "INSTITUTIONAL_QA", Name: en("Q")}}})
		w.must(err)
		_, err = courses.Publish(w.ctx, c.ID)
		w.must(err)
		w.courses = append(w.courses, c.ID)
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) content(ects vocab.ECTS) Content {
	return Content{Title: en("M"), Description: en("D"), Outcomes: []catalogue.OutcomeText{{Text: en("O")}}, ECTS: ects, EQFLevel: 7, ISCED: "0613",
		Quality:     catalogue.QualityText{Kind: "INSTITUTIONAL_QA", Name: en("Q")},
		Composition: CompositionText{Groups: []GroupText{{Key: "core", Title: en("Core"), CourseIDs: w.courses}}}}
}

func (w *world) draft(key string) ident.ID {
	w.Helper()
	m, err := w.Create(w.ctx, New{InstitutionID: w.uni, Key: key, Content: w.content(1000)})
	w.must(err)
	return m.ID
}

// What is published was checked: an update of the same moment waits, and is
// refused. So is every other change.
func TestPublishedRulesCanBeMet(t *testing.T) {
	w := newWorld(t)
	public := func(key string) ident.ID {
		id := w.draft(key)
		_, err := w.Publish(w.ctx, id)
		w.must(err)
		return id
	}
	for verb, tt := range map[string]struct {
		on ident.ID
		do func(ident.ID) error
	}{
		"publish":  {w.draft("a"), func(id ident.ID) error { _, err := w.Publish(w.ctx, id); return err }},
		"withdraw": {public("b"), func(id ident.ID) error { _, err := w.Withdraw(w.ctx, id); return err }},
	} {
		ended := make(chan error, 1)
		read, begun, waited := false, false, false
		hear := func(query string) {
			if read && !begun { // the next statement after the row was read
				begun = true
				w.hear.Store(nil)
				go func() {
					_, err := w.Update(w.ctx, Update{MicroDegreeID: tt.on, Content: w.content(3000)})
					ended <- err
				}()
				select {
				case err := <-ended:
					ended <- err
				case <-time.After(200 * time.Millisecond):
					waited = true
				}
			}
			read = read || strings.HasPrefix(query, "SELECT") && strings.Contains(query, "FROM `micro_degrees`")
		}
		w.hear.Store(&hear)
		w.must(tt.do(tt.on))
		if err := <-ended; len(problem.All(err)) != 1 || problem.All(err)[0].Code != problem.Conflict || !waited {
			t.Errorf("%s: the rival ended with %v, waited %t", verb, err, waited)
		}
		if m := w.DB.MicroDegree.GetX(w.ctx, tt.on); m.State == microdegree.StateDRAFT || m.Ects != 1000 {
			t.Errorf("%s: it is %s with %s credits", verb, m.State, m.Ects)
		}
	}
}

// What is published does not change any more, and what cannot be met is not
// published.
func TestMicroDegreeMovesAsItsStatesSay(t *testing.T) {
	w := newWorld(t)
	id := w.draft("a")
	_, err := w.Update(w.ctx, Update{MicroDegreeID: id, Content: w.content(3000)})
	w.must(err)
	if _, err := w.Publish(w.ctx, id); len(problem.All(err)) == 0 || problem.All(err)[0].Code != problem.Invalid {
		t.Errorf("30 credits of two courses of 5: %v", err)
	}
	if _, err := w.Withdraw(w.ctx, id); len(problem.All(err)) != 1 || problem.All(err)[0].Code != problem.Conflict {
		t.Errorf("a draft is withdrawn: %v", err)
	}
}
