package exchange_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/ent/workitem"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestDryRunChangesNothing(t *testing.T) {
	w := newWorld(t)
	broken := whole(2)
	broken.EQF, broken.Hours = 9, -1
	poor := whole(3)
	poor.Outcomes = nil
	run := w.imports(importrun.ModeDRY_RUN, text(whole(1), broken, poor)+"?\n")
	w.expect("dry run", run, "DONE 4 2 0 0 2 1")
	if n := w.course().CountX(w.ctx); n != 0 {
		t.Errorf("%d courses were made", n)
	}
	found := w.findings(run)
	if len(found) != 3 {
		t.Fatalf("%d findings", len(found))
	}
	if f := found[0]; f.Number != 2 || f.Place != "line 2" || f.ExternalID != "ext-000002" || f.Outcome != importfinding.OutcomeREJECTED || len(f.Problems) != 2 ||
		f.Problems[0].Field != "hours" || !f.Problems[0].Blocking || f.Problems[1].Message["de"] == "" || f.Problems[1].Message["de"] == f.Problems[1].Message["en"] {
		t.Errorf("the broken row: %+v", f)
	}
	if f := found[1]; f.Outcome != importfinding.OutcomeCREATED || f.Problems[0].Field != "content.outcomes" || f.Problems[0].Blocking || f.CourseID != nil {
		t.Errorf("the incomplete row: %+v", f)
	}
	if n := w.db.Client.ImportChunk.Query().CountX(w.ctx); n != 0 {
		t.Errorf("%d chunks stay after the end", n)
	}
}

// A broken row stops and spoils no other one.
func TestBrokenRowsSpoilNoOther(t *testing.T) {
	w := newWorld(t)
	w.imports(importrun.ModeDRAFT, text(whole(9)))
	twice, nameless, sameCode, takenCode, badOffering, strange := whole(1), whole(2), whole(3), whole(4), whole(5), whole(7)
	nameless.ExternalID, nameless.Code = "", ""
	sameCode.Code = "C-000001"
	takenCode.Code = "C-000009"
	badOffering.Offerings[0].Seats = 0
	strange.Kind, strange.Mode, strange.Title = "LECTURE", "TELEPATHY", vocab.Text{"en": strings.Repeat("x", 201)}
	run := w.imports(importrun.ModePUBLISH, text(whole(1), twice, nameless, sameCode, takenCode, badOffering, strange, whole(6)))
	w.expect("broken rows", run, "DONE 8 3 0 0 5 0")
	var problems []string
	for _, f := range w.findings(run) {
		for _, p := range f.Problems {
			problems = append(problems, f.Place+" "+string(f.Outcome)+" "+p.Field)
		}
	}
	want := []string{"line 2 REJECTED externalId", "line 3 REJECTED externalId", "line 4 REJECTED code", "line 5 REJECTED code",
		"line 6 CREATED offerings.0.seats", "line 7 REJECTED kind", "line 7 REJECTED title", "line 7 REJECTED mode"}
	if !slices.Equal(problems, want) {
		t.Errorf("findings are\n%s", strings.Join(problems, "\n"))
	}
	if n := w.course().Where(course.StateEQ(course.StatePUBLISHED)).CountX(w.ctx); n != 3 {
		t.Errorf("%d courses are published", n)
	}
	if n := w.db.Client.Offering.Query().Where(offering.StateEQ(offering.StatePUBLISHED)).CountX(w.ctx); n != 2 {
		t.Errorf("%d offerings are published", n)
	}
}

// What the source has not changed is only noted to be seen, in few statements
// and without a new moment of change.
func TestSecondImportChangesNothing(t *testing.T) {
	w := newWorld(t)
	document := text(catalogueOf(600)...)
	w.expect("first", w.imports(importrun.ModePUBLISH, document), "DONE 600 600 0 0 0 0")
	before := w.course().Order(course.ByID()).FirstX(w.ctx)
	entries, events := w.db.Client.AuditEntry.Query().CountX(w.ctx), w.db.Client.OutboxEvent.Query().CountX(w.ctx)
	versions := w.db.Client.CourseVersion.Query().CountX(w.ctx)
	w.later(time.Hour)
	run := w.starts(importrun.ModePUBLISH, document)
	w.statements.Store(0)
	if _, err := w.Work(w.ctx); err != nil {
		t.Fatal(err)
	}
	if n := w.statements.Load(); n > 50 {
		t.Errorf("600 unchanged courses take %d statements", n)
	}
	w.expect("second", w.run(run.ID), "DONE 600 0 0 600 0 0")
	after := w.course().Order(course.ByID()).FirstX(w.ctx)
	if !after.UpdatedAt.Equal(before.UpdatedAt) || !after.SourceSeenAt.Equal(w.now()) {
		t.Errorf("updated %v → %v, seen %v", before.UpdatedAt, after.UpdatedAt, after.SourceSeenAt)
	}
	// Of the run itself: started and finished.
	if n := w.db.Client.AuditEntry.Query().CountX(w.ctx); n != entries+2 {
		t.Errorf("%d entries, there were %d", n, entries)
	}
	if n := w.db.Client.OutboxEvent.Query().CountX(w.ctx); n != events+2 {
		t.Errorf("%d events, there were %d", n, events)
	}
	if n := w.db.Client.CourseVersion.Query().CountX(w.ctx); n != versions {
		t.Errorf("%d versions, there were %d", n, versions)
	}
}

func TestChangedCourseGetsANewVersion(t *testing.T) {
	w := newWorld(t)
	w.imports(importrun.ModePUBLISH, text(whole(1), whole(2)))
	changed := whole(1)
	changed.Title["en"], changed.Offerings[0].Seats, changed.Offerings[0].ClosesAt = "Compilers II", 25, "2027-03-01T00:00:00"
	poor := whole(2)
	poor.Outcomes = nil
	run := w.imports(importrun.ModePUBLISH, text(changed, poor))
	w.expect("change", run, "DONE 2 0 2 0 0 1")
	one := w.course().Where(course.ExternalID("ext-000001")).OnlyX(w.ctx)
	versions := w.db.Client.CourseVersion.Query().Where(courseversion.CourseID(one.ID)).Order(courseversion.ByNumber()).AllX(w.ctx)
	if len(versions) != 2 || versions[0].State != courseversion.StateSUPERSEDED || versions[1].State != courseversion.StatePUBLISHED ||
		*one.PublishedVersionID != versions[1].ID || versions[1].Title["en"] != "Compilers II" {
		t.Errorf("versions of the changed course: %v", versions)
	}
	run1 := w.db.Client.Offering.Query().Where(offering.CourseID(one.ID)).OnlyX(w.ctx)
	if run1.Seats != 25 || run1.VersionID != versions[0].ID || !run1.ClosesAt.Equal(time.Date(2027, 2, 28, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("seats may grow, the window of a published offering holds: %+v", run1)
	}
	two := w.course().Where(course.ExternalID("ext-000002")).OnlyX(w.ctx)
	versions = w.db.Client.CourseVersion.Query().Where(courseversion.CourseID(two.ID)).Order(courseversion.ByNumber()).AllX(w.ctx)
	if two.State != course.StatePUBLISHED || len(versions) != 2 || versions[0].State != courseversion.StatePUBLISHED || versions[1].State != courseversion.StateDRAFT {
		t.Errorf("an incomplete change stays a draft beside what is published: %v", versions)
	}
	events := w.db.Client.OutboxEvent.Query().Where(outboxevent.ObjectID(one.ID)).AllX(w.ctx)
	entries := w.db.Client.AuditEntry.Query().Where(auditentry.ObjectID(one.ID)).AllX(w.ctx)
	if len(events) != 2 || len(entries) != 2 || events[1].Type != "course.publish" || events[1].Audience != outboxevent.AudiencePUBLIC ||
		entries[1].Verb != "course.publish" || entries[1].Details["import"] != string(run.ID) {
		t.Errorf("events %v, entries %v", events, entries)
	}
}

// Drafts that were imported are published by a later import with PUBLISH, but
// not what a person has begun to write.
func TestDraftsArePublishedLaterUnlessEdited(t *testing.T) {
	w := newWorld(t)
	w.expect("drafts", w.imports(importrun.ModeDRAFT, text(whole(1), whole(2), whole(3))), "DONE 3 3 0 0 0 0")
	if n := w.db.Client.Offering.Query().CountX(w.ctx); n != 0 {
		t.Errorf("%d offerings of drafts", n)
	}
	edited := w.course().Where(course.ExternalID("ext-000002")).OnlyX(w.ctx)
	ects := vocab.ECTS(300)
	if _, err := w.catalogue().UpdateDraft(w.ctx, catalogue.DraftUpdate{CourseID: edited.ID, Content: catalogue.Content{ECTS: &ects}}); err != nil {
		t.Fatal(err)
	}
	w.expect("publish", w.imports(importrun.ModePUBLISH, text(whole(1), whole(2), whole(3))), "DONE 3 0 2 1 0 0")
	if v := w.db.Client.CourseVersion.Query().Where(courseversion.CourseID(edited.ID)).OnlyX(w.ctx); v.State != courseversion.StateDRAFT || v.Ects != 300 {
		t.Errorf("what a person wrote: %v", v)
	}
	if n := w.db.Client.Offering.Query().CountX(w.ctx); n != 2 {
		t.Errorf("%d offerings", n)
	}
	gone := w.course().Where(course.ExternalID("ext-000001")).OnlyX(w.ctx)
	if _, err := w.catalogue().Withdraw(w.ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	again := whole(1)
	again.Hours = 130
	w.expect("withdrawn", w.imports(importrun.ModePUBLISH, text(again)), "DONE 1 0 1 0 0 0")
	if w.course().Where(course.ID(gone.ID)).OnlyX(w.ctx).State != course.StateWITHDRAWN {
		t.Error("an import brought a withdrawn course back")
	}
}

// A worker that dies in the middle is followed by another one, which begins
// behind the last batch that was committed: no row is applied twice.
func TestCrashInTheMiddleLosesNothing(t *testing.T) {
	w := newWorld(t)
	courses := catalogueOf(1800)
	courses[1200].EQF = 9
	run := w.starts(importrun.ModePUBLISH, text(courses...))
	dying, stop := context.WithCancel(w.ctx)
	defer stop()
	first := w.server(func(n int) {
		if n == 1100 {
			stop()
		}
	})
	if _, err := first.Work(dying); err == nil {
		t.Fatal("the first worker did not die")
	}
	w.expect("after the crash", w.run(run.ID), "RUNNING 1000 1000 0 0 0 0")
	if n, err := w.Work(w.ctx); n != 1 || err != nil {
		t.Fatalf("the second worker: %d, %v", n, err)
	}
	w.expect("resumed", w.run(run.ID), "DONE 1800 1799 0 0 1 0")
	if n := w.course().CountX(w.ctx); n != 1799 {
		t.Errorf("%d courses", n)
	}
	if n := w.db.Client.CourseVersion.Query().CountX(w.ctx); n != 1799 {
		t.Errorf("%d versions", n)
	}
	if f := w.findings(w.run(run.ID)); len(f) != 1 || f[0].Number != 1201 {
		t.Errorf("findings %v", f)
	}
}

// A document that takes down whoever reads it is given up.
func TestDeadlyDocumentIsGivenUp(t *testing.T) {
	w := newWorld(t)
	run := w.starts(importrun.ModeDRAFT, text(catalogueOf(3)...))
	// A worker that dies leaves its lease behind and nothing else; four have.
	w.db.Client.ImportRun.UpdateOneID(run.ID).SetState(importrun.StateRUNNING).ExecX(w.ctx)
	w.db.Client.WorkItem.Update().Where(workitem.Key(string(run.ID))).SetState(workitem.StateRUNNING).SetAttempts(4).SetLeasedUntil(w.Now().Add(-time.Second)).ExecX(w.ctx)
	if n, err := w.Work(w.ctx); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if got := w.run(run.ID); got.State != importrun.StateFAILED || !strings.Contains(got.Error, "attempts") || got.Rows != 0 {
		t.Errorf("%s %q after %d rows", got.State, got.Error, got.Rows)
	}
}

// A repeated identifier is noticed also when the first one stands among the
// rows that another worker has applied.
func TestRepeatIsNoticedAcrossACrash(t *testing.T) {
	w := newWorld(t)
	run := w.starts(importrun.ModeDRY_RUN, text(append(catalogueOf(700), whole(3))...))
	dying, stop := context.WithCancel(w.ctx)
	defer stop()
	_, _ = w.server(func(n int) {
		if n == 600 {
			stop()
		}
	}).Work(dying)
	if _, err := w.Work(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.expect("resumed", w.run(run.ID), "DONE 701 700 0 0 1 0")
}

// A lease that ran out is another worker's; the one that held it stops at its
// next batch and changes nothing.
func TestOnlyTheHolderOfTheLeaseWorks(t *testing.T) {
	w := newWorld(t)
	run := w.starts(importrun.ModeDRAFT, text(catalogueOf(1200)...))
	slow := w.server(func(n int) {
		if n == 700 { // it hangs, and another one takes over
			w.later(time.Hour)
			if n, err := w.Work(w.ctx); n != 1 || err != nil {
				t.Errorf("the other worker: %d, %v", n, err)
			}
		}
	})
	if _, err := slow.Work(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.expect("after both", w.run(run.ID), "DONE 1200 1200 0 0 0 0")
}

func TestTwoWorkersShareTheRuns(t *testing.T) {
	w := newWorld(t)
	for i := range 4 {
		courses := catalogueOf(40 * (i + 1))
		w.starts(importrun.ModeDRAFT, text(courses[40*i:]...))
	}
	var all sync.WaitGroup
	var total [2]int
	for i := range 2 {
		all.Go(func() {
			n, err := w.server(nil).Work(w.ctx)
			if err != nil {
				t.Error(err)
			}
			total[i] = n
		})
	}
	all.Wait()
	if total[0]+total[1] != 4 || w.course().CountX(w.ctx) != 160 {
		t.Errorf("%v runs made %d courses", total, w.course().CountX(w.ctx))
	}
}

func TestCancelStopsARunAndKeepsWhatItDid(t *testing.T) {
	w := newWorld(t)
	run := w.starts(importrun.ModeDRAFT, text(catalogueOf(1600)...))
	worker := w.server(func(n int) {
		if n == 700 {
			if _, err := w.Cancel(w.ctx, run.ID); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := worker.Work(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.expect("cancelled", w.run(run.ID), "CANCELLED 500 500 0 0 0 0")
	if n := w.db.Client.ImportChunk.Query().CountX(w.ctx); n != 0 {
		t.Errorf("%d chunks", n)
	}
	if _, err := w.Cancel(w.ctx, run.ID); !errors.Is(err, problem.Is(problem.Conflict)) {
		t.Errorf("cancelled twice: %v", err)
	}
}

// A document that breaks off fails with what came before it applied; a fault of
// a reader ends the run and not the server.
func TestMalformedDocumentFails(t *testing.T) {
	w := newWorld(t)
	run := w.imports(importrun.ModeDRAFT, text(whole(1))+"!\n"+text(whole(2)))
	w.expect("malformed", run, "FAILED 1 1 0 0 0 0")
	if run.Error != "this row cannot be read" || run.EndedAt == nil {
		t.Errorf("the reason is %q", run.Error)
	}
	run = w.imports(importrun.ModeDRAFT, "panic\n")
	if run.State != importrun.StateFAILED || strings.Contains(run.Error, "bug") {
		t.Errorf("after a panic: %s %q", run.State, run.Error)
	}
}

func TestLimitsOfUploads(t *testing.T) {
	w := newWorld(t)
	w.MaxBytes = 2 << 20
	upload := exchange.Upload{InstitutionID: w.uni, Format: importrun.FormatCSV, Mode: importrun.ModeDRAFT}
	if _, err := w.Receive(w.ctx, upload, endless{}); !errors.Is(err, problem.Is(problem.Limited)) {
		t.Errorf("an endless upload: %v", err)
	}
	if _, err := w.Receive(w.ctx, upload, io.MultiReader(strings.NewReader("x"), failing{})); !errors.Is(err, problem.Is(problem.Invalid)) {
		t.Errorf("an upload that breaks off: %v", err)
	}
	if _, err := w.Receive(w.ctx, upload, strings.NewReader("")); !errors.Is(err, problem.Is(problem.Invalid)) {
		t.Errorf("an empty upload: %v", err)
	}
	announced := upload
	announced.Length = 10 << 30
	if _, err := w.Receive(w.ctx, announced, failing{}); !errors.Is(err, problem.Is(problem.Limited)) {
		t.Errorf("10 GB announced: %v", err)
	}
	unknown := upload
	unknown.Format = importrun.FormatEWP
	if _, err := w.Receive(w.ctx, unknown, failing{}); !errors.Is(err, problem.Is(problem.Invalid)) {
		t.Errorf("a format that cannot be read: %v", err)
	}
	if n := w.db.Client.ImportChunk.Query().CountX(w.ctx); n != 0 {
		t.Errorf("%d chunks of what was refused", n)
	}
	if n := w.db.Client.ImportRun.Query().Where(importrun.StateEQ(importrun.StateFAILED)).CountX(w.ctx); n != 3 {
		t.Errorf("%d runs failed", n)
	}
	for range 5 {
		w.starts(importrun.ModeDRAFT, text(whole(1)))
	}
	if _, err := w.Receive(w.ctx, upload, failing{}); !errors.Is(err, problem.Is(problem.Conflict)) {
		t.Errorf("a sixth run: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errStopped }

// A chunk that got lost ends the run; nobody tries again and again.
func TestMissingChunkFails(t *testing.T) {
	w := newWorld(t)
	run := w.starts(importrun.ModeDRAFT, text(whole(1)))
	w.db.Client.ImportChunk.Delete().ExecX(w.ctx)
	if n, err := w.Work(w.ctx); n != 1 || err != nil {
		t.Fatalf("Work = %d, %v", n, err)
	}
	w.expect("without its chunk", w.run(run.ID), "FAILED 0 0 0 0 0 0")
}

// An upload that is cancelled while it arrives leaves nothing behind.
func TestCancelledUploadLeavesNothing(t *testing.T) {
	w := newWorld(t)
	body := io.MultiReader(strings.NewReader(text(whole(1))), cancelling{w})
	_, err := w.Receive(w.ctx, exchange.Upload{InstitutionID: w.uni, Format: importrun.FormatCSV, Mode: importrun.ModeDRAFT}, body)
	if !errors.Is(err, problem.Is(problem.Conflict)) {
		t.Errorf("Receive = %v", err)
	}
	if n := w.db.Client.ImportChunk.Query().CountX(w.ctx); n != 0 {
		t.Errorf("%d chunks", n)
	}
}

type cancelling struct{ *world }

func (c cancelling) Read([]byte) (int, error) {
	_, err := c.Cancel(c.ctx, c.db.Client.ImportRun.Query().OnlyX(c.ctx).ID)
	return 0, errors.Join(io.EOF, err)
}

func TestWorkbookIsReadFromAFile(t *testing.T) {
	w := newWorld(t)
	run, err := w.Receive(w.ctx, exchange.Upload{InstitutionID: w.uni, Format: importrun.FormatXLSX, Mode: importrun.ModeDRAFT}, strings.NewReader(text(catalogueOf(900)...)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Work(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.expect("workbook", w.run(run.ID), "DONE 900 900 0 0 0 0")
}

// Where a second person reviews courses, an import makes drafts only; a draft
// under review stays as it is.
func TestReviewIsNotBypassed(t *testing.T) {
	w := newWorld(t)
	w.imports(importrun.ModeDRAFT, text(whole(1)))
	w.db.Client.CourseVersion.Update().SetState(courseversion.StateIN_REVIEW).ExecX(w.ctx)
	changed := whole(1)
	changed.Hours = 130
	w.expect("under review", w.imports(importrun.ModeDRAFT, text(changed)), "DONE 1 0 0 0 1 0")
	w.db.Client.Institution.Update().SetCourseReview(institution.CourseReviewREQUIRED).ExecX(w.ctx)
	_, err := w.Receive(w.ctx, exchange.Upload{InstitutionID: w.uni, Format: importrun.FormatCSV, Mode: importrun.ModePUBLISH}, strings.NewReader("x"))
	if !errors.Is(err, problem.Is(problem.Conflict)) {
		t.Errorf("publishing past the review: %v", err)
	}
	w.imports(importrun.ModeDRY_RUN, text(whole(2)))
}

func TestClearKeepsWhatIsNeeded(t *testing.T) {
	w := newWorld(t)
	done := w.imports(importrun.ModeDRAFT, text(whole(1))+"?\n")
	stuck := w.db.Client.ImportRun.Create().SetInstitutionID(w.uni).SetFormat(importrun.FormatCSV).SetMode(importrun.ModeDRAFT).
		SetState(importrun.StateRECEIVING).SetStartedAt(w.now()).SetAwaitedUntil(w.now().Add(2 * time.Hour)).SaveX(w.ctx)
	w.db.Client.ImportChunk.Create().SetRunID(stuck.ID).SetNumber(0).SetContent([]byte("x")).ExecX(w.ctx)
	w.db.Client.ImportChunk.Create().SetRunID(done.ID).SetNumber(0).SetContent([]byte("x")).ExecX(w.ctx)
	w.later(time.Hour)
	if n, err := w.Clear(w.ctx); n != 0 || err != nil {
		t.Fatalf("Clear = %d, %v", n, err)
	}
	if n := w.db.Client.ImportChunk.Query().CountX(w.ctx); n != 1 {
		t.Errorf("%d chunks, want that of the upload under way", n)
	}
	w.later(2 * time.Hour)
	if n, err := w.Clear(w.ctx); n != 1 || err != nil || w.run(stuck.ID).State != importrun.StateFAILED {
		t.Fatalf("Clear = %d, %v", n, err)
	}
	w.later(91 * 24 * time.Hour)
	if n, err := w.Clear(w.ctx); n != 2 || err != nil {
		t.Fatalf("Clear = %d, %v", n, err)
	}
	if runs, found := w.db.Client.ImportRun.Query().CountX(w.ctx), w.db.Client.ImportFinding.Query().CountX(w.ctx); runs+found != 0 {
		t.Errorf("%d runs and %d findings stay", runs, found)
	}
}

// The heap does not grow with the document: 5000 rows of 8 KB are 40 MB.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w := newWorld(t)
	courses := func(yield func(format.Course) bool) {
		for n := range 5000 {
			c := whole(n + 1)
			c.Description = vocab.Text{"en": strings.Repeat("a b c d ", 490), "de": strings.Repeat("e f g h ", 490)}
			c.Offerings = nil
			if !yield(c) {
				return
			}
		}
	}
	pr, pw := io.Pipe()
	go func() {
		for c := range courses {
			_, _ = io.WriteString(pw, text(c))
		}
		_ = pw.Close()
	}()
	run, err := w.Receive(w.ctx, exchange.Upload{InstitutionID: w.uni, Format: importrun.FormatCSV, Mode: importrun.ModeDRAFT}, pr)
	if err != nil {
		t.Fatal(err)
	}
	if run.Bytes < 38<<20 {
		t.Fatalf("the document has only %d bytes", run.Bytes)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	worker := w.server(func(n int) {
		if n%250 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	})
	if _, err := worker.Work(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.expect("large", w.run(run.ID), "DONE 5000 5000 0 0 0 0")
	if grown := int64(peak) - int64(before.HeapAlloc); grown > 20<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	} else {
		t.Logf("the heap grew by %.1f MiB", float64(grown)/(1<<20))
	}
}
