package task

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/draft"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// asked is who asks for tasks, when, and for which.
type asked struct {
	now    time.Time
	viewer *viewer.Viewer
	filter Filter
}

// at lists the institutions at which who asks may do what the right allows.
func (a asked) at(right authz.Verb) []ident.ID {
	all := slices.DeleteFunc(a.viewer.StaffAt(), func(at ident.ID) bool { return !authz.Allowed(a.viewer, right, at) })
	if a.filter.InstitutionID != nil {
		all = slices.DeleteFunc(all, func(at ident.ID) bool { return at != *a.filter.InstitutionID })
	}
	return all
}

// keep narrows the rows of a statement.
type keep = func(*sql.Selector)

// waiting is a kind of task: which rows of a table wait, for whom.
type waiting struct {
	kind    Kind
	right   authz.Verb // "" for a learner's own
	about   ident.Kind
	table   string
	place   string                         // column of the institution that does it, or of the learner
	learner string                         // column of whom it is about, who does not decide; "" for nobody
	due     string                         // column; "" for none
	rows    func(asked) []keep             // what waits
	units   func(asked, keep) (keep, bool) // for rights that are held at units, too; nil: not
}

// source is where the tasks of one kind come from, for one viewer.
type source struct {
	waiting
	asked
	whose keep
}

// sources are those from which tasks come for who asks. Rows are read on behalf of
// the system, as whose says already at which institutions, by which right; only the
// columns of an index are read.
func (a asked) sources() []source {
	var all []source
	for _, w := range table {
		if len(a.filter.Kinds) > 0 && !slices.Contains(a.filter.Kinds, w.kind) || w.due == "" && (a.filter.Overdue != nil && *a.filter.Overdue || a.filter.DueBefore != nil) {
			continue
		}
		if whose, ok := w.whose(a); ok {
			all = append(all, source{w, a, whose})
		}
	}
	return all
}

// window is the part of the list that is wanted.
type window struct {
	limit     int
	from      *place // nil: from the start, or backwards from the end
	backwards bool
}

// list reads the part of the list that each source has of a window, with one
// statement for all of them.
func list(ctx context.Context, db *ent.Client, all []source, win window) ([]*Task, error) {
	var parts, undated []func(string) *sql.Selector
	for n, src := range all {
		behind, some := src.behind(win)
		part := func(dialect string) *sql.Selector { return src.page(dialect, n, win, behind) }
		switch {
		case !some:
		case src.due == "":
			undated = append(undated, part)
		default:
			parts = append(parts, part)
		}
	}
	parts = append(undated, parts...) // SQLite takes the types of a union from its last part
	var found []struct {
		Source int        `sql:"source"`
		ID     ident.ID   `sql:"id"`
		Place  ident.ID   `sql:"place"`
		Due    *time.Time `sql:"due"`
	}
	err := read(ctx, db, parts, &found)
	tasks := make([]*Task, len(found))
	for i, row := range found {
		src := all[row.Source]
		tasks[i] = &Task{Kind: src.kind, Due: row.Due, Overdue: row.Due != nil && !src.now.Before(*row.Due), About: row.ID}
		if src.right != "" {
			tasks[i].At = row.Place
		}
	}
	return tasks, err
}

// count counts the rows of each source, with one statement for all of them.
func count(ctx context.Context, db *ent.Client, all []source) ([]*Count, error) {
	var parts []func(string) *sql.Selector
	for n, src := range all {
		parts = append(parts, func(dialect string) *sql.Selector { return src.counted(dialect, n, 1) })
		if src.learner != "" && src.viewer.PersonID != "" {
			// Own ones are counted by themselves: the index of what is due does not name learners.
			parts = append(parts, func(dialect string) *sql.Selector {
				s := src.counted(dialect, n, -1)
				return s.Where(sql.EQ(s.C(src.learner), string(src.viewer.PersonID)))
			})
		}
	}
	var found []struct {
		Source int `sql:"source"`
		Count  int `sql:"n"`
		Late   int `sql:"late"`
	}
	err := read(ctx, db, parts, &found)
	counts := vocab.Each(all, func(src source) *Count { return &Count{Kind: src.kind} })
	for _, row := range found {
		counts[row.Source].Count += row.Count
		counts[row.Source].Overdue += row.Late
	}
	return counts, err
}

// read scans the rows of all parts, which have the same columns.
func read(ctx context.Context, db *ent.Client, parts []func(dialect string) *sql.Selector, into any) error {
	if len(parts) == 0 {
		return nil
	}
	// A statement with the rows of many tables is of no entity; ent runs it as one of applications.
	return db.Application.Query().Modify(func(s *sql.Selector) {
		all := parts[0](s.Dialect())
		for _, part := range parts[1:] {
			all.UnionAll(part(s.Dialect()))
		}
		s.From(all.As("waiting")).Select("*")
	}).Scan(viewer.AsSystem(ctx), into)
}

// selected are the rows that wait for who asks.
func (s source) selected(dialect string) *sql.Selector {
	q := sql.Dialect(dialect).Select().From(sql.Table(s.table))
	for _, keep := range append(s.rows(s.asked), s.whose, s.timely) {
		keep(q)
	}
	return q
}

// page selects what a list reads of a row: the number of the source, and the columns of a task.
func (s source) page(dialect string, n int, win window, behind keep) *sql.Selector {
	q := s.selected(dialect)
	if s.learner != "" && s.viewer.PersonID != "" {
		q.Where(sql.NEQ(q.C(s.learner), string(s.viewer.PersonID)))
	}
	behind(q)
	q.AppendSelectExprAs(sql.Raw(strconv.Itoa(n)), "source").AppendSelectAs(q.C("id"), "id").AppendSelectAs(q.C(s.place), "place")
	if s.due == "" {
		q.AppendSelectExprAs(sql.Raw("NULL"), "due")
	} else {
		q.AppendSelectAs(q.C(s.due), "due")
	}
	s.order(q, win.backwards)
	// SQL has no limit on a part of a union, only on a table of it.
	return sql.Dialect(dialect).Select("*").From(q.Limit(win.limit).As("page"))
}

// counted counts rows, and those that are late, times a sign.
func (s source) counted(dialect string, n, sign int) *sql.Selector {
	q := s.selected(dialect)
	q.AppendSelectExprAs(sql.Raw(strconv.Itoa(n)), "source").AppendSelectExprAs(sql.Raw(fmt.Sprintf("%d * COUNT(*)", sign)), "n")
	if s.due == "" {
		return q.AppendSelectExprAs(sql.Raw("0"), "late")
	}
	return q.AppendSelectExprAs(sql.Expr(fmt.Sprintf("COALESCE(%d * SUM(CASE WHEN %s <= ? THEN 1 ELSE 0 END), 0)", sign, q.C(s.due)), s.now), "late")
}

// whose keeps what waits for who asks: the learner's own, or what is done at
// institutions by a right that they hold there.
func (w waiting) whose(a asked) (keep, bool) {
	if w.right == "" {
		own := a.viewer.Kind == viewer.Person && a.filter.InstitutionID == nil
		return func(s *sql.Selector) { s.Where(sql.EQ(s.C(w.place), string(a.viewer.PersonID))) }, own
	}
	places := a.at(w.right)
	there := func(s *sql.Selector) { s.Where(sql.In(s.C(w.place), texts(places)...)) }
	if w.units != nil {
		return w.units(a, there)
	}
	return there, len(places) > 0
}

func texts(ids []ident.ID) []any {
	return vocab.Each(ids, func(id ident.ID) any { return string(id) })
}

// timely keeps what the filter wants by time. What is due at no time waits for
// nobody: nobody decides about who waits for a draw.
func (s source) timely(q *sql.Selector) {
	if s.due == "" {
		return
	}
	q.Where(sql.NotNull(q.C(s.due)))
	if late := s.filter.Overdue; late != nil && *late {
		q.Where(sql.LTE(q.C(s.due), s.now))
	} else if late != nil {
		q.Where(sql.GT(q.C(s.due), s.now))
	}
	if before := s.filter.DueBefore; before != nil {
		q.Where(sql.LT(q.C(s.due), *before))
	}
}

// behind keeps the rows behind the place at which a page begins. It says whether
// there can be any: dated tasks stand before those without a date.
func (w waiting) behind(win window) (keep, bool) {
	at := win.from
	if at == nil {
		return func(*sql.Selector) {}, true
	}
	id := string(ident.Of(w.about, at.id.Bytes()))
	past := func(s *sql.Selector, column string, value any) *sql.Predicate {
		if win.backwards {
			return sql.LT(s.C(column), value)
		}
		return sql.GT(s.C(column), value)
	}
	dated := w.due != ""
	switch {
	case dated && at.due != nil:
		return func(s *sql.Selector) {
			s.Where(sql.Or(past(s, w.due, *at.due), sql.And(sql.EQ(s.C(w.due), *at.due), past(s, "id", id))))
		}, true
	case !dated && at.due == nil:
		return func(s *sql.Selector) { s.Where(past(s, "id", id)) }, true
	}
	return func(*sql.Selector) {}, dated == win.backwards
}

func (w waiting) order(q *sql.Selector, backwards bool) {
	for _, column := range []string{w.due, "id"} {
		switch {
		case column == "":
		case backwards:
			q.OrderBy(sql.Desc(q.C(column)))
		default:
			q.OrderBy(sql.Asc(q.C(column)))
		}
	}
}

// table holds every kind: what waits, by which right somebody does it, and where.
// Nobody has a task about themselves, nor one that other eyes have to do.
var table = []waiting{
	ofApplication(AnswerOffer, "", application.FieldLearnerID, application.StateOFFERED),
	ofApplication(MeetCondition, "", application.FieldLearnerID, application.StateCONDITIONAL),
	{
		kind: FinishDraft, about: ident.Draft, table: draft.Table, place: draft.FieldLearnerID,
		rows: func(asked) []keep { return nil },
	},
	ofApplication(DecideNomination, authz.NominateApplication, application.FieldHomeID, application.StateSUBMITTED),
	ofApplication(DecideAdmission, authz.DecideApplication, application.FieldHostID, application.StateNOMINATED),
	ofApplication(CheckCondition, authz.DecideApplication, application.FieldHostID, application.StateCONDITIONAL),
	{
		kind: RecordResult, right: authz.RecordResult, about: ident.Enrolment, table: enrolment.Table,
		place: enrolment.FieldHostID, learner: enrolment.FieldLearnerID,
		rows: func(a asked) []keep {
			return []keep{enrolment.StateIn(enrolment.StateENROLLED, enrolment.StateSTARTED), ended(a), unrecorded}
		},
	},
	{
		kind: ConfirmResult, right: authz.ConfirmResult, about: ident.Result, table: result.Table,
		place: result.FieldHostID, learner: result.FieldLearnerID,
		rows: func(a asked) []keep {
			return []keep{result.StateEQ(result.StateRECORDED), byOthers(a)}
		},
	},
	{
		kind: DecideRecognition, right: authz.DecideRecognition, about: ident.RecognitionCase, table: recognitioncase.Table,
		place: recognitioncase.FieldHomeID, learner: recognitioncase.FieldLearnerID, due: recognitioncase.FieldDueAt,
		rows: func(asked) []keep {
			return []keep{recognitioncase.StateEQ(recognitioncase.StateOPEN)}
		},
	},
	{
		kind: AnswerRule, right: authz.AnswerRule, about: ident.RecognitionRule, table: recognitionrule.Table, place: recognitionrule.FieldHostID,
		rows: func(asked) []keep {
			return []keep{recognitionrule.StateEQ(recognitionrule.StatePROPOSED)}
		},
	},
	{
		kind: ReviewCourse, right: authz.PublishCourse, about: ident.CourseVersion, table: courseversion.Table,
		place: courseversion.FieldInstitutionID, units: inUnits,
		rows: func(a asked) []keep {
			return []keep{courseversion.StateEQ(courseversion.StateIN_REVIEW),
				courseversion.Or(courseversion.SubmittedByIDIsNil(), courseversion.SubmittedByIDNEQ(a.viewer.PersonID))}
		},
	},
}

// ofApplication is a kind of task with applications that are in a state.
func ofApplication(kind Kind, right authz.Verb, place string, state application.State) waiting {
	learner := application.FieldLearnerID
	if right == "" {
		learner = ""
	}
	return waiting{
		kind: kind, right: right, about: ident.Application, table: application.Table,
		place: place, learner: learner, due: application.FieldDueAt,
		rows: func(asked) []keep { return []keep{application.StateEQ(state)} },
	}
}

// ended keeps the enrolments in offerings of which the last day is over.
func ended(a asked) keep {
	return func(s *sql.Selector) {
		o := sql.Dialect(s.Dialect()).Table(offering.Table)
		s.Where(sql.In(s.C(enrolment.FieldOfferingID), sql.Dialect(s.Dialect()).Select(o.C(offering.FieldID)).From(o).
			Where(sql.And(sql.In(o.C(offering.FieldInstitutionID), texts(a.at(authz.RecordResult))...), sql.LT(o.C(offering.FieldEndsOn), a.now.Format(time.DateOnly))))))
	}
}

// unrecorded keeps the enrolments without a result that still may count.
func unrecorded(s *sql.Selector) {
	r := sql.Dialect(s.Dialect()).Table(result.Table)
	s.Where(sql.NotExists(sql.Dialect(s.Dialect()).Select(r.C(result.FieldID)).From(r).
		Where(sql.And(sql.ColumnsEQ(r.C(result.FieldEnrolmentID), s.C(enrolment.FieldID)),
			sql.Or(sql.EQ(r.C(result.FieldState), string(result.StateRECORDED)), sql.EQ(r.C(result.FieldOutcome), string(result.OutcomePASSED)))))))
}

// byOthers keeps the results that who asks may confirm, as package journey has it:
// not what a program has recorded itself, nor a person where a second one confirms.
func byOthers(a asked) keep {
	return func(s *sql.Selector) {
		if a.viewer.Kind == viewer.Program {
			s.Where(sql.Or(sql.IsNull(s.C(result.FieldRecordedByClientID)), sql.NEQ(s.C(result.FieldRecordedByClientID), string(a.viewer.ClientID))))
			return
		}
		i := sql.Dialect(s.Dialect()).Table(institution.Table)
		free := sql.Dialect(s.Dialect()).Select(i.C(institution.FieldID)).From(i).
			Where(sql.NEQ(i.C(institution.FieldResultConfirmation), string(institution.ResultConfirmationREQUIRED)))
		s.Where(sql.Or(sql.IsNull(s.C(result.FieldRecordedByID)), sql.NEQ(s.C(result.FieldRecordedByID), string(a.viewer.PersonID)), sql.In(s.C(result.FieldHostID), free)))
	}
}

// inUnits keeps, beside what there is at whole institutions, the courses of units
// at which who asks holds the role.
func inUnits(a asked, there keep) (keep, bool) {
	if a.viewer.Kind == viewer.Program {
		return there, false // a person reviews
	}
	var units []ident.ID
	for _, g := range a.viewer.Grants {
		if slices.Contains(authz.UnitRoles, g.Role) && (a.filter.InstitutionID == nil || g.At == *a.filter.InstitutionID) {
			units = append(units, g.Units...)
		}
	}
	whole := len(a.at(authz.PublishCourse)) > 0
	if len(units) == 0 {
		return there, whole
	}
	below := func(s *sql.Selector) {
		c := sql.Dialect(s.Dialect()).Table(course.Table)
		s.Where(sql.In(s.C(courseversion.FieldCourseID), sql.Dialect(s.Dialect()).Select(c.C(course.FieldID)).From(c).Where(sql.In(c.C(course.FieldUnitID), texts(units)...))))
	}
	if !whole {
		return below, true
	}
	return sql.OrPredicates(there, below), true
}
