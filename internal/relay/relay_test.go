package relay_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// library holds three courses with eight offerings each, of which every fourth
// is a draft that nobody but staff sees.
func library(t *testing.T) (*ent.Client, []ident.ID) {
	t.Helper()
	db := testkit.Database(t).Client
	ctx := as(t, viewer.System)
	inst := db.Institution.Create().SetSchac("uni.example").SetName(nil).SetAcronym("U").SetCountry("DE").SetTown(nil).SetDomains(nil).SetZone("UTC").SaveX(ctx)
	var courses []ident.ID
	for i := range 3 {
		c := db.Course.Create().SetInstitutionID(inst.ID).SetCode(fmt.Sprint(i)).SetKind(course.KindCOURSE).SetState(course.StatePUBLISHED).SaveX(ctx)
		v := db.CourseVersion.Create().SetCourseID(c.ID).SetInstitutionID(inst.ID).SetNumber(1).SetState(courseversion.StatePUBLISHED).
			SetTitle(nil).SetSummary(nil).SetDescription(nil).SetOutcomes(nil).SetEcts(0).SetHours(0).SetLanguages(nil).SetAssessments(nil).
			SetAssessmentNote(nil).SetPrerequisites(nil).SetTargetGroups(nil).SetTopics(nil).SaveX(ctx)
		for j := range 8 {
			state := offering.StatePUBLISHED
			if j%4 == 1 {
				state = offering.StateDRAFT
			}
			db.Offering.Create().SetInstitutionID(inst.ID).SetCourseID(c.ID).SetVersionID(v.ID).SetState(state).SetSchedule(offering.ScheduleON_DEMAND).
				SetZone("UTC").SetOpensAt(time.Unix(0, 0)).SetSeats(1).SetLanguage("en").SetMode("ONLINE").SetPlace(nil).SetFunding(nil).ExecX(ctx)
		}
		courses = append(courses, c.ID)
	}
	return db, courses
}

func as(t *testing.T, kind viewer.Kind) context.Context {
	return viewer.With(t.Context(), &viewer.Viewer{Kind: kind})
}

func idsOf(c *relay.Connection[*ent.Offering]) []ident.ID {
	var all []ident.ID
	for _, n := range c.Nodes {
		all = append(all, n.ID)
	}
	return all
}

// Whatever the size and direction, the pages together are the list: each row
// once, in order, and none that the viewer does not see.
func TestPagesTogetherAreTheList(t *testing.T) {
	db, _ := library(t)
	ctx := as(t, viewer.Anonymous)
	whole := db.Offering.Query().Order(offering.ByID()).IDsX(ctx)
	if len(whole) != 18 {
		t.Fatalf("%d offerings are visible", len(whole))
	}
	for _, dir := range []relay.Direction{relay.OldestFirst, relay.NewestFirst} {
		want := slices.Clone(whole)
		if dir == relay.NewestFirst {
			slices.Reverse(want)
		}
		for _, size := range []int{1, 5, 18, 100} {
			var forward, backward []ident.ID
			page := relay.Page{First: &size}
			for {
				c, err := relay.List(ctx, db.Offering.Query(), page, dir)
				if err != nil {
					t.Fatal(err)
				}
				forward = append(forward, idsOf(c)...)
				if !c.PageInfo.HasNextPage {
					break
				}
				page.After = c.PageInfo.EndCursor
			}
			page = relay.Page{Last: &size}
			for {
				c, err := relay.List(ctx, db.Offering.Query(), page, dir)
				if err != nil {
					t.Fatal(err)
				}
				backward = append(idsOf(c), backward...)
				if !c.PageInfo.HasPreviousPage {
					break
				}
				page.Before = c.PageInfo.StartCursor
			}
			if !slices.Equal(forward, want) || !slices.Equal(backward, want) {
				t.Errorf("by %d: forward %v, backward %v, want %v", size, forward, backward, want)
			}
		}
	}
	c, err := relay.List(ctx, db.Offering.Query(), relay.Page{}, relay.OldestFirst)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.TotalCount(ctx); n != 18 || err != nil {
		t.Errorf("the list has %d rows, %v", n, err)
	}
}

// The lists of many parents are those of each parent alone; a hidden row takes
// nobody's place.
func TestChildrenAreTheListsOfTheirParents(t *testing.T) {
	db, courses := library(t)
	ctx := as(t, viewer.Anonymous)
	visible, err := authz.Rows(ctx, ent.TypeOffering)
	if err != nil {
		t.Fatal(err)
	}
	of := relay.Of[*ent.Offering]{Table: offering.Table, Column: offering.FieldCourseID, Visible: visible, Parent: func(o *ent.Offering) ident.ID { return o.CourseID }}
	parents := append(slices.Clone(courses), ident.New(ident.Course)) // the last has no children
	for _, size := range []int{1, 3, 100} {
		got, err := relay.Children(ctx, db.Offering.Query(), of, parents, relay.Page{First: &size}, relay.NewestFirst)
		if err != nil {
			t.Fatal(err)
		}
		for i, parent := range parents {
			want, err := relay.List(ctx, db.Offering.Query().Where(offering.CourseID(parent)), relay.Page{First: &size}, relay.NewestFirst)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(idsOf(got[i]), idsOf(want)) || got[i].PageInfo.HasNextPage != want.PageInfo.HasNextPage {
				t.Errorf("by %d: %v, want %v", size, idsOf(got[i]), idsOf(want))
			}
			if n, err := got[i].TotalCount(ctx); err != nil || n != map[bool]int{true: 6, false: 0}[i < 3] {
				t.Errorf("%d children, %v", n, err)
			}
		}
	}
}

// A parent that stands twice in a batch has the same list both times, also
// backwards.
func TestAParentThatStandsTwiceHasOneList(t *testing.T) {
	db, courses := library(t)
	ctx := as(t, viewer.System)
	of := relay.Of[*ent.Offering]{Table: offering.Table, Column: offering.FieldCourseID, Parent: func(o *ent.Offering) ident.ID { return o.CourseID }}
	size := 3
	page := relay.Page{Last: &size}
	want, err := relay.List(ctx, db.Offering.Query().Where(offering.CourseID(courses[0])), page, relay.OldestFirst)
	if err != nil {
		t.Fatal(err)
	}
	got, err := relay.Children(ctx, db.Offering.Query(), of, []ident.ID{courses[0], courses[1], courses[0]}, page, relay.OldestFirst)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 2} {
		if !slices.Equal(idsOf(got[i]), idsOf(want)) || *got[i].PageInfo.StartCursor != *want.PageInfo.StartCursor || *got[i].PageInfo.EndCursor != *want.PageInfo.EndCursor {
			t.Errorf("%v from %s to %s, want %v", idsOf(got[i]), *got[i].PageInfo.StartCursor, *got[i].PageInfo.EndCursor, idsOf(want))
		}
	}
}

func TestImpossiblePagesAreRefused(t *testing.T) {
	db, _ := library(t)
	ctx := as(t, viewer.Anonymous)
	n, zero, many, cursor, nonsense, other := 1, 0, 101, string(ident.New(ident.Offering)), "x", string(ident.New(ident.Person))
	for name, page := range map[string]relay.Page{
		"none": {First: &zero}, "too many": {Last: &many}, "both ways": {First: &n, Last: &n}, "first before": {First: &n, Before: &cursor},
		"last after": {Last: &n, After: &cursor}, "both cursors": {After: &cursor, Before: &cursor}, "no cursor": {After: &nonsense},
		"a cursor of another list": {After: &other},
	} {
		if _, err := relay.List(ctx, db.Offering.Query(), page, relay.OldestFirst); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%s: %v, want INVALID", name, err)
		}
	}
}
