package task

import (
	"context"
	"slices"
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
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// asked is who asks for tasks, when, and for which.
type asked struct {
	db     *ent.Client
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

// source is where the tasks of one kind come from, for one viewer.
type source struct {
	list  func(context.Context, window) ([]*Task, error)
	count func(context.Context) (*Count, error)
}

// window is the part of the list that is wanted.
type window struct {
	limit     int
	from      *place // nil: from the start, or backwards from the end
	backwards bool
}

// waiting is a kind of task: which rows of an entity wait, for whom.
type waiting[Q any, P ~func(*sql.Selector)] struct {
	kind    Kind
	right   authz.Verb // "" for a learner's own
	about   ident.Kind
	from    func(*ent.Client) Q
	place   string                   // column of the institution that does it, or of the learner
	learner string                   // column of whom it is about, who does not decide; "" for nobody
	due     string                   // column; "" for none
	rows    func(asked) []P          // what waits
	units   func(asked, P) (P, bool) // for rights that are held at units, too; nil: not
}

// scanner is what ent generates for a query that selects columns.
type scanner interface {
	Scan(context.Context, any) error
}

// of opens a source for who asks, unless it has nothing for them. Rows are read on
// behalf of the system, as whose says already at which institutions, by which right;
// only the columns of an index are read.
func of[Q relay.Query[Q, E, P, O, S], E relay.Node, P, O ~func(*sql.Selector), S scanner](w waiting[Q, P]) func(asked) (source, bool) {
	return func(a asked) (source, bool) {
		if len(a.filter.Kinds) > 0 && !slices.Contains(a.filter.Kinds, w.kind) || w.due == "" && (a.filter.Overdue != nil && *a.filter.Overdue || a.filter.DueBefore != nil) {
			return source{}, false
		}
		whose, ok := w.whose(a)
		if !ok {
			return source{}, false
		}
		query := func(also ...P) Q {
			return w.from(a.db).Where(append(append(w.rows(a), whose, w.timely(a)), also...)...)
		}
		return source{
			list: func(ctx context.Context, win window) ([]*Task, error) {
				behind, some := w.behind(win)
				if !some {
					return nil, nil
				}
				var found []struct {
					ID    ident.ID   `sql:"id"`
					Due   *time.Time `sql:"due"`
					Place ident.ID   `sql:"place"`
				}
				err := query(w.others(a), behind).Order(O(w.ordered(win.backwards))).Limit(win.limit).Modify(w.columns).Scan(viewer.AsSystem(ctx), &found)
				all := make([]*Task, len(found))
				for i, row := range found {
					all[i] = &Task{Kind: w.kind, Due: row.Due, Overdue: row.Due != nil && !a.now.Before(*row.Due), About: row.ID}
					if w.right != "" {
						all[i].At = row.Place
					}
				}
				return all, err
			},
			count: func(ctx context.Context) (*Count, error) {
				ctx = viewer.AsSystem(ctx)
				count := func(q Q) (n Count, err error) {
					var found []struct {
						Count   int `sql:"n"`
						Overdue int `sql:"late"`
					}
					if err := q.Modify(w.counting(a)).Scan(ctx, &found); err != nil {
						return n, err
					}
					return Count{Kind: w.kind, Count: found[0].Count, Overdue: found[0].Overdue}, nil
				}
				all, err := count(query())
				if err != nil || all.Count == 0 || w.learner == "" || a.viewer.PersonID == "" {
					return &all, err
				}
				// Own ones are counted by themselves: the index of what is due does not name learners.
				own, err := count(query(func(s *sql.Selector) { s.Where(sql.EQ(s.C(w.learner), string(a.viewer.PersonID))) }))
				all.Count, all.Overdue = all.Count-own.Count, all.Overdue-own.Overdue
				return &all, err
			},
		}, true
	}
}

// others keeps what is about other people than who asks.
func (w waiting[Q, P]) others(a asked) P {
	return func(s *sql.Selector) {
		if w.learner != "" && a.viewer.PersonID != "" {
			s.Where(sql.NEQ(s.C(w.learner), string(a.viewer.PersonID)))
		}
	}
}

// columns are what a list reads of a row.
func (w waiting[Q, P]) columns(s *sql.Selector) {
	s.Select(s.C("id")).AppendSelectAs(s.C(w.place), "place")
	if w.due != "" {
		s.AppendSelectAs(s.C(w.due), "due")
	}
}

// counting counts rows, and those that are late.
func (w waiting[Q, P]) counting(a asked) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Select(sql.As(sql.Count("*"), "n"))
		if w.due == "" {
			return
		}
		s.AppendSelectExprAs(sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("COALESCE(SUM(CASE WHEN ").WriteString(s.C(w.due)).WriteString(" <= ").Arg(a.now).WriteString(" THEN 1 ELSE 0 END), 0)")
		}), "late")
	}
}

// whose keeps what waits for who asks: the learner's own, or what is done at
// institutions by a right that they hold there.
func (w waiting[Q, P]) whose(a asked) (P, bool) {
	if w.right == "" {
		own := a.viewer.Kind == viewer.Person && a.filter.InstitutionID == nil
		return func(s *sql.Selector) { s.Where(sql.EQ(s.C(w.place), string(a.viewer.PersonID))) }, own
	}
	places := a.at(w.right)
	there := P(func(s *sql.Selector) { s.Where(sql.In(s.C(w.place), texts(places)...)) })
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
func (w waiting[Q, P]) timely(a asked) P {
	return func(s *sql.Selector) {
		if w.due == "" {
			return
		}
		s.Where(sql.NotNull(s.C(w.due)))
		if late := a.filter.Overdue; late != nil && *late {
			s.Where(sql.LTE(s.C(w.due), a.now))
		} else if late != nil {
			s.Where(sql.GT(s.C(w.due), a.now))
		}
		if before := a.filter.DueBefore; before != nil {
			s.Where(sql.LT(s.C(w.due), *before))
		}
	}
}

// behind keeps the rows behind the place at which a page begins. It says whether
// there can be any: dated tasks stand before those without a date.
func (w waiting[Q, P]) behind(win window) (P, bool) {
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

func (w waiting[Q, P]) ordered(backwards bool) func(*sql.Selector) {
	return func(s *sql.Selector) {
		for _, column := range []string{w.due, "id"} {
			switch {
			case column == "":
			case backwards:
				s.OrderBy(sql.Desc(s.C(column)))
			default:
				s.OrderBy(sql.Asc(s.C(column)))
			}
		}
	}
}

// table holds every kind: what waits, by which right somebody does it, and where.
// Nobody has a task about themselves, nor one that other eyes have to do.
var table = []func(asked) (source, bool){
	ofApplication(AnswerOffer, "", application.FieldLearnerID, application.StateOFFERED),
	ofApplication(MeetCondition, "", application.FieldLearnerID, application.StateCONDITIONAL),
	of(waiting[*ent.DraftQuery, predicate.Draft]{
		kind: FinishDraft, about: ident.Draft, from: func(db *ent.Client) *ent.DraftQuery { return db.Draft.Query() }, place: draft.FieldLearnerID,
		rows: func(asked) []predicate.Draft { return nil },
	}),
	ofApplication(DecideNomination, authz.NominateApplication, application.FieldHomeID, application.StateSUBMITTED),
	ofApplication(DecideAdmission, authz.DecideApplication, application.FieldHostID, application.StateNOMINATED),
	ofApplication(CheckCondition, authz.DecideApplication, application.FieldHostID, application.StateCONDITIONAL),
	of(waiting[*ent.EnrolmentQuery, predicate.Enrolment]{
		kind: RecordResult, right: authz.RecordResult, about: ident.Enrolment, from: func(db *ent.Client) *ent.EnrolmentQuery { return db.Enrolment.Query() },
		place: enrolment.FieldHostID, learner: enrolment.FieldLearnerID,
		rows: func(a asked) []predicate.Enrolment {
			return []predicate.Enrolment{enrolment.StateEQ(enrolment.StateENROLLED), ended(a), unrecorded}
		},
	}),
	of(waiting[*ent.ResultQuery, predicate.Result]{
		kind: ConfirmResult, right: authz.ConfirmResult, about: ident.Result, from: func(db *ent.Client) *ent.ResultQuery { return db.Result.Query() },
		place: result.FieldHostID, learner: result.FieldLearnerID,
		rows: func(a asked) []predicate.Result {
			return []predicate.Result{result.StateEQ(result.StateRECORDED), byOthers(a)}
		},
	}),
	of(waiting[*ent.RecognitionCaseQuery, predicate.RecognitionCase]{
		kind: DecideRecognition, right: authz.DecideRecognition, about: ident.RecognitionCase,
		from:  func(db *ent.Client) *ent.RecognitionCaseQuery { return db.RecognitionCase.Query() },
		place: recognitioncase.FieldHomeID, learner: recognitioncase.FieldLearnerID, due: recognitioncase.FieldDueAt,
		rows: func(asked) []predicate.RecognitionCase {
			return []predicate.RecognitionCase{recognitioncase.StateEQ(recognitioncase.StateOPEN)}
		},
	}),
	of(waiting[*ent.RecognitionRuleQuery, predicate.RecognitionRule]{
		kind: AnswerRule, right: authz.AnswerRule, about: ident.RecognitionRule,
		from: func(db *ent.Client) *ent.RecognitionRuleQuery { return db.RecognitionRule.Query() }, place: recognitionrule.FieldHostID,
		rows: func(asked) []predicate.RecognitionRule {
			return []predicate.RecognitionRule{recognitionrule.StateEQ(recognitionrule.StatePROPOSED)}
		},
	}),
	of(waiting[*ent.CourseVersionQuery, predicate.CourseVersion]{
		kind: ReviewCourse, right: authz.PublishCourse, about: ident.CourseVersion, from: func(db *ent.Client) *ent.CourseVersionQuery { return db.CourseVersion.Query() },
		place: courseversion.FieldInstitutionID, units: inUnits,
		rows: func(a asked) []predicate.CourseVersion {
			return []predicate.CourseVersion{courseversion.StateEQ(courseversion.StateIN_REVIEW),
				courseversion.Or(courseversion.SubmittedByIDIsNil(), courseversion.SubmittedByIDNEQ(a.viewer.PersonID))}
		},
	}),
}

// ofApplication is a kind of task with applications that are in a state.
func ofApplication(kind Kind, right authz.Verb, place string, state application.State) func(asked) (source, bool) {
	learner := application.FieldLearnerID
	if right == "" {
		learner = ""
	}
	return of(waiting[*ent.ApplicationQuery, predicate.Application]{
		kind: kind, right: right, about: ident.Application, from: func(db *ent.Client) *ent.ApplicationQuery { return db.Application.Query() },
		place: place, learner: learner, due: application.FieldDueAt,
		rows: func(asked) []predicate.Application { return []predicate.Application{application.StateEQ(state)} },
	})
}

// ended keeps the enrolments in offerings of which the last day is over.
func ended(a asked) predicate.Enrolment {
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
func byOthers(a asked) predicate.Result {
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
func inUnits(a asked, there predicate.CourseVersion) (predicate.CourseVersion, bool) {
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
	below := predicate.CourseVersion(func(s *sql.Selector) {
		c := sql.Dialect(s.Dialect()).Table(course.Table)
		s.Where(sql.In(s.C(courseversion.FieldCourseID), sql.Dialect(s.Dialect()).Select(c.C(course.FieldID)).From(c).Where(sql.In(c.C(course.FieldUnitID), texts(units)...))))
	})
	if !whole {
		return below, true
	}
	return courseversion.Or(there, below), true
}
