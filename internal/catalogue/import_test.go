package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	entinstitution "github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var drafts, publishes = ImportOptions{}, ImportOptions{Publish: true}

// An import publishes what it compared with the source, and nothing that an
// editor saves in between.
func TestImportPublishesWhatItCompared(t *testing.T) {
	w := newWorld(t)
	w.becomes(drafts, whole(1), ImportCreated)
	id := w.DB.Course.Query().OnlyIDX(w.ctx)
	half := w.content()
	half.Outcomes = nil
	end := w.meanwhile("course_versions", "UPDATE `courses`", func() error {
		_, err := w.UpdateDraft(w.ctx, DraftUpdate{CourseID: id, Content: half})
		return err
	})
	w.becomes(publishes, whole(1), ImportUpdated)
	_, err := end()
	w.must(err)
	all := w.versions(id)
	if len(all) != 2 || all[0].State != courseversion.StatePUBLISHED || len(all[0].Outcomes) != 1 || all[1].State != courseversion.StateDRAFT {
		t.Errorf("the versions are %v", all)
	}
}

// What a person has published stays until the source itself changes.
func TestUnchangedSourceUndoesNothing(t *testing.T) {
	w := newWorld(t)
	w.becomes(publishes, whole(1), ImportCreated)
	id := w.DB.Course.Query().OnlyIDX(w.ctx)
	mine := w.content()
	mine.Title = en("By hand")
	_, err := w.UpdateDraft(w.ctx, DraftUpdate{CourseID: id, Content: mine})
	w.must(err)
	w.becomes(publishes, whole(1), ImportUnchanged)
	_, err = w.Publish(w.ctx, id)
	w.must(err)
	w.becomes(publishes, whole(1), ImportUnchanged)
	w.becomes(drafts, whole(1), ImportUnchanged)
	changed := whole(1)
	changed.Hours = 130
	w.becomes(publishes, changed, ImportUpdated)
	w.becomes(publishes, whole(1), ImportUpdated) // back again is a change too
	if all := w.versions(id); len(all) != 4 || all[1].Title["en"] != "By hand" || all[3].Hours != 140 {
		t.Errorf("the versions are %v", all)
	}
}

// A closed unit takes no courses and publishes none, whoever asks.
func TestClosedUnitPublishesNothing(t *testing.T) {
	w := newWorld(t)
	id := w.unit("law")
	draft := w.draft("L-1", &id)
	in := whole(1)
	in.Unit = " law "
	w.becomes(drafts, in, ImportCreated)
	_, err := w.places.CloseUnit(w.ctx, id)
	w.must(err)
	_, err = w.Publish(w.ctx, draft.ID)
	w.refused("publishing", err, problem.Conflict, "")
	_, err = w.Create(w.ctx, NewCourse{InstitutionID: w.uni, UnitID: &id, Code: "L-2", Kind: course.KindCOURSE})
	w.refused("creating", err, problem.Conflict, "input.unitId")

	got := w.becomes(publishes, in, ImportUnchanged)
	if len(got.Incomplete) != 1 || strings.Join(got.Incomplete[0].Field, ".") != "unit" {
		t.Errorf("an import of a course in it: %v", got.Incomplete)
	}
	other := whole(2)
	other.Unit = "law"
	got = w.becomes(publishes, other, ImportCreated)
	if len(got.Notes) != 1 || strings.Join(got.Notes[0].Field, ".") != "unit" || got.Notes[0].Code != problem.Conflict {
		t.Errorf("a new course for it is noted as %v", got.Notes)
	}
	if n := w.DB.Course.Query().Where(course.UnitID(id), course.StateEQ(course.StatePUBLISHED)).CountX(w.ctx); n != 0 {
		t.Errorf("%d courses are published in a closed unit", n)
	}
}

// A unit that is closed while something is published in it waits, and is refused.
func TestUnitIsNotClosedMeanwhile(t *testing.T) {
	w := newWorld(t)
	id := w.unit("law")
	draft := w.draft("L-1", &id)
	end := w.meanwhile("units", "UPDATE `course_versions`", func() error {
		_, err := w.places.CloseUnit(w.ctx, id)
		return err
	})
	_, err := w.Publish(w.ctx, draft.ID)
	w.must(err)
	_, err = end()
	w.refused("closing", err, problem.Conflict, "")

	in := whole(1)
	in.Unit = "law"
	id = w.unit("art")
	in.Unit = "art"
	end = w.meanwhile("units", "INSERT INTO `courses`", func() error {
		_, err := w.places.CloseUnit(w.ctx, id)
		return err
	})
	w.becomes(publishes, in, ImportCreated)
	_, err = end()
	w.refused("closing during an import", err, problem.Conflict, "")
}

// A source that does not say when applications open still changes the days of an
// offering when its deadline is over.
func TestOfferingWithoutOpeningFollowsItsSource(t *testing.T) {
	w := newWorld(t)
	in := whole(1)
	in.Offerings = append(in.Offerings, run("o", "2027-02-28T23:00:00"))
	w.becomes(publishes, in, ImportCreated)
	w.now = w.now.AddDate(0, 1, 0)
	in.Offerings[0].EndsOn, in.Offerings[0].Place = "2027-07-15", vocab.Text{"en": "Room 2"}
	if got := w.becomes(publishes, in, ImportUpdated); len(got.Notes) != 0 {
		t.Errorf("noted %v", got.Notes)
	}
	o := w.DB.Offering.Query().OnlyX(w.ctx)
	if *o.EndsOn != "2027-07-15" || o.Place["en"] != "Room 2" || !o.OpensAt.Equal(time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("the offering is %v", o)
	}
	// One that was over before it was first seen has no window that anybody knows.
	in.Offerings = append(in.Offerings, run("p", "2027-02-28T23:00:00"))
	got := w.becomes(publishes, in, ImportUnchanged)
	if len(got.Notes) != 1 || strings.Join(got.Notes[0].Field, ".") != "offerings.1.opensAt" {
		t.Errorf("noted %v", got.Notes)
	}
}

// A draft of an offering whose opening the source leaves out keeps its own, and no
// deadline before it.
func TestDraftOfferingKeepsItsOpening(t *testing.T) {
	w := newWorld(t)
	in := whole(1)
	w.becomes(publishes, in, ImportCreated)
	in.Offerings = append(in.Offerings, run("o", "2027-02-28T23:00:00"))
	w.becomes(drafts, in, ImportUpdated)
	in.Offerings[0].ClosesAt = "2027-02-01T00:00:00"
	got := w.becomes(drafts, in, ImportUnchanged)
	if len(got.Notes) != 1 || strings.Join(got.Notes[0].Field, ".") != "offerings.0.closesAt" {
		t.Errorf("noted %v", got.Notes)
	}
}

// What an import publishes is told as published.
func TestImportTellsWhatItPublishes(t *testing.T) {
	w := newWorld(t)
	in := whole(1)
	w.becomes(publishes, in, ImportCreated)
	in.Offerings = append(in.Offerings, run("o", "2027-02-28T23:00:00"))
	w.becomes(drafts, in, ImportUpdated)
	w.becomes(publishes, in, ImportUpdated)
	in.Offerings[0].Seats = 30
	w.becomes(drafts, in, ImportUpdated)
	var told []string
	for _, e := range w.DB.OutboxEvent.Query().Where(outboxevent.ObjectID(w.DB.Offering.Query().OnlyIDX(w.ctx))).Order(outboxevent.ByID()).AllX(w.ctx) {
		told = append(told, fmt.Sprint(e.Type, " ", e.Audience))
	}
	if want := []string{"offering.create PARTIES", "offering.publish PUBLIC", "offering.edit PUBLIC"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// When the source last changed a course is kept, also when what it says is the
// same; what it does not say stays.
func TestMomentOfTheSourceIsKept(t *testing.T) {
	w := newWorld(t)
	one, two, three := whole(1), whole(2), whole(3)
	one.ModifiedAt, three.ModifiedAt = w.now.AddDate(0, -1, 0), w.now.AddDate(0, -1, 0)
	_, err := w.imports(drafts, one, two, three)
	w.must(err)
	before := w.DB.Course.Query().Where(course.ExternalID("ext-1")).OnlyX(w.ctx)
	one.ModifiedAt, two.ModifiedAt, three.ModifiedAt = w.now.Add(-time.Hour), w.now.Add(-time.Minute), time.Time{}
	_, err = w.imports(drafts, one, two, three)
	w.must(err)
	for id, want := range map[string]time.Time{"ext-1": one.ModifiedAt, "ext-2": two.ModifiedAt, "ext-3": w.now.AddDate(0, -1, 0)} {
		if c := w.DB.Course.Query().Where(course.ExternalID(id)).OnlyX(w.ctx); c.SourceModifiedAt == nil || !c.SourceModifiedAt.Equal(want) {
			t.Errorf("%s was changed at its source at %v, want %v", id, c.SourceModifiedAt, want)
		}
	}
	if after := w.DB.Course.GetX(w.ctx, before.ID); !after.UpdatedAt.Equal(before.UpdatedAt) {
		t.Error("that is no change of the course")
	}
}

// Who is suspended, or asks for reviews, in the middle of a document publishes
// nothing more of it.
func TestEachBatchRestsOnWhatHoldsNow(t *testing.T) {
	w := newWorld(t)
	begin := func() *Import {
		i, err := Importing(w.ctx, w.DB, w.Now(), ImportOptions{InstitutionID: w.uni, Publish: true})
		w.must(err)
		return i
	}
	i := begin()
	_, err := w.applies(i, whole(1))
	w.must(err)
	w.DB.Institution.UpdateOneID(w.uni).SetCourseReview(entinstitution.CourseReviewREQUIRED).ExecX(w.ctx)
	_, err = w.applies(i, whole(2))
	w.refused("reviews are required", err, problem.Conflict, "input.mode")
	w.DB.Institution.UpdateOneID(w.uni).SetCourseReview(entinstitution.CourseReviewOPTIONAL).ExecX(w.ctx)
	i = begin()
	_, err = w.places.Suspend(w.ctx, institution.Reasoned{MembershipID: w.DB.Membership.Query().OnlyIDX(w.ctx), Reason: "x"})
	w.must(err)
	_, err = w.applies(i, whole(3))
	w.refused("suspended", err, problem.Forbidden, "")
	if n := w.DB.Course.Query().CountX(w.ctx); n != 1 {
		t.Errorf("%d courses", n)
	}
}

// An import that lowers the seats of an offering to fewer than were taken since
// it read them changes nothing.
func TestImportLeavesTakenSeats(t *testing.T) {
	w := newWorld(t)
	in := whole(1)
	in.Offerings = append(in.Offerings, run("o", "2027-02-28T23:00:00"))
	w.becomes(publishes, in, ImportCreated)
	read := w.DB.Offering.Query().OnlyX(w.ctx)
	w.DB.Offering.Update().SetSeatsTaken(2).ExecX(w.ctx)
	i := &Import{ImportOptions: publishes, now: w.now}
	for seats, changes := range map[int]bool{1: false, 2: true} {
		err := storage.Do(w.ctx, w.DB, func(tx *ent.Tx) error {
			return i.moveOffering(w.ctx, tx, plannedOffering{read.ID, read, importOffering{NewOffering: NewOffering{Seats: seats}}})
		})
		if changes && err != nil || !changes && !errors.Is(err, problem.Is(problem.Conflict)) {
			t.Errorf("%d seats: %v", seats, err)
		}
	}
}
