package catalogue

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is one university with a catalogue.
type world struct {
	*testing.T
	*Service
	ctx    context.Context
	now    time.Time
	places *institution.Service
	uni    ident.ID
	hear   atomic.Pointer[func(query string)]
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, now: time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)}
	w.ctx = viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	db := testkit.Database(t, testkit.OnStatement(func(query string, _ any) {
		if hear := w.hear.Load(); hear != nil {
			(*hear)(query)
		}
	})).Client
	clock := func() time.Time { return w.now }
	w.Service, w.places = &Service{DB: db, Now: clock}, &institution.Service{DB: db, Now: clock}
	inst, err := w.places.Admit(w.ctx, institution.Admission{AllianceID: w.alliance("one", institution.DefaultBounds), Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni.example", Name: vocab.Text{"en": "University"}, Acronym: "U", Country: "DE", Zone: "Europe/Berlin"}})
	w.must(err)
	w.uni = inst.ID
	return w
}

func (w *world) alliance(slug string, bounds []vocab.Bounds) ident.ID {
	w.Helper()
	a, err := w.places.Found(w.ctx, institution.Founding{Slug: slug, Name: vocab.Text{"en": slug}, Website: "https://alliance.example", Bounds: bounds})
	w.must(err)
	return a.ID
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) refused(what string, err error, code problem.Code, field string) {
	w.Helper()
	if all := problem.All(err); len(all) != 1 || all[0].Code != code || strings.Join(all[0].Field, ".") != field {
		w.Errorf("%s: %v, want %s at %q", what, err, code, field)
	}
}

func (w *world) unit(key string) ident.ID {
	w.Helper()
	u, err := w.places.AddUnit(w.ctx, institution.NewUnit{InstitutionID: w.uni, Key: key, Kind: unit.KindFACULTY, Name: en(key)})
	w.must(err)
	return u.ID
}

// whole is a course of a source that can be published.
func whole(n int) format.Course {
	return format.Course{
		ExternalID: fmt.Sprint("ext-", n), Code: fmt.Sprint("C-", n), Kind: vocab.KindMicroCredential,
		Title: vocab.Text{"en": fmt.Sprint("Compilers ", n)}, Description: vocab.Text{"en": "How a program becomes another one."},
		Outcomes: []vocab.Outcome{{Text: vocab.Text{"en": "Writes a parser."}}},
		ECTS:     500, Hours: 140, EQF: 7, ISCED: "0613", Languages: []string{"en"}, Mode: "ONLINE",
		Assessments: []vocab.AssessmentType{"WRITTEN_EXAMINATION"}, Supervision: "SUPERVISED_ID_VERIFIED",
		Quality: &vocab.QualityAssurance{Kind: "INSTITUTIONAL_QA", Name: vocab.Text{"en": "ESG part 1"}},
	}
}

// run is an offering of a source.
func run(id, closes string) format.Offering {
	return format.Offering{ExternalID: id, ClosesAt: closes, StartsOn: "2027-03-15", EndsOn: "2027-06-30", Seats: 20}
}

// content is that of whole, as a person writes it.
func (w *world) content() Content {
	c, err := contentOf(whole(1))
	w.must(err)
	return c.Content
}

func (w *world) draft(code string, unit *ident.ID) *ent.Course {
	w.Helper()
	c, err := w.Create(w.ctx, NewCourse{InstitutionID: w.uni, UnitID: unit, Code: code, Kind: course.KindMICRO_CREDENTIAL, Content: w.content()})
	w.must(err)
	return c
}

func (w *world) published(code string, unit *ident.ID) *ent.Course {
	w.Helper()
	c, err := w.Publish(w.ctx, w.draft(code, unit).ID)
	w.must(err)
	return c
}

// imports applies rows of a source as one batch.
func (w *world) imports(o ImportOptions, courses ...format.Course) ([]Imported, error) {
	w.Helper()
	o.InstitutionID = w.uni
	i, err := Importing(w.ctx, w.DB, w.Now(), o)
	if err != nil {
		return nil, err
	}
	return w.applies(i, courses...)
}

func (w *world) applies(i *Import, courses ...format.Course) (out []Imported, err error) {
	rows := make([]*ImportRow, len(courses))
	for n, c := range courses {
		rows[n] = i.Check(format.Row{Course: c})
	}
	err = storage.Do(w.ctx, w.DB, func(tx *ent.Tx) error {
		out, err = i.ApplyTx(w.ctx, tx, rows)
		return err
	})
	return out, err
}

// becomes imports one course and expects its outcome.
func (w *world) becomes(o ImportOptions, c format.Course, want ImportOutcome) Imported {
	w.Helper()
	out, err := w.imports(o, c)
	w.must(err)
	if out[0].Outcome != want {
		w.Fatalf("%s became %s, want %s: %v", c.ExternalID, out[0].Outcome, want, out[0].Problems)
	}
	return out[0]
}

func (w *world) versions(id ident.ID) []*ent.CourseVersion {
	return w.DB.CourseVersion.Query().Where(courseversion.CourseID(id)).Order(courseversion.ByNumber()).AllX(w.ctx)
}

// meanwhile has a rival begin as soon as a statement begins with before, after
// another one has read the table. It returns a function that says whether the
// rival had to wait, and how it ended.
func (w *world) meanwhile(table, before string, rival func() error) func() (waited bool, err error) {
	ended := make(chan error, 1)
	var read, begun, waited bool
	hear := func(query string) {
		switch {
		case begun:
		case read && strings.HasPrefix(query, before):
			begun = true
			w.hear.Store(nil)
			go func() { ended <- rival() }()
			select {
			case err := <-ended:
				ended <- err
			case <-time.After(200 * time.Millisecond):
				waited = true
			}
		case strings.HasPrefix(query, "SELECT") && strings.Contains(query, "FROM `"+table+"`"):
			read = true
		}
	}
	w.hear.Store(&hear)
	return func() (bool, error) {
		w.Helper()
		if !begun {
			w.Fatal("the rival never began")
		}
		err := <-ended
		return waited, err
	}
}
