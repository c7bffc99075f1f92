// Package catalogue holds courses and micro-credentials, their immutable
// versions and their offerings.
//
// A course may be offered while it is published:
//
//	DRAFT → PUBLISHED
//	PUBLISHED → WITHDRAWN
//	WITHDRAWN → PUBLISHED
//
// It is published again with a new version. A withdrawn course keeps its
// offerings: who has applied is still nominated and admitted, and who is
// enrolled learns to the end, but nobody applies anew and no further offering
// is published.
//
// A course is an identity; its content stands in versions. A version changes
// while it is a draft, not while it is reviewed, and never once it is published:
//
//	DRAFT → IN_REVIEW, PUBLISHED
//	IN_REVIEW → DRAFT, PUBLISHED
//	PUBLISHED → SUPERSEDED
//	SUPERSEDED (final)
//
// Where an institution requires reviews, a draft is published from IN_REVIEW
// only (review.go). What is reviewed is published by another person than the
// one who submitted it.
//
// An offering is one run of a version:
//
//	DRAFT → PUBLISHED, CANCELLED
//	PUBLISHED → CANCELLED
//	CANCELLED (final)
package catalogue

import (
	"cmp"
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service changes the catalogue.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
	KEK keyring.KEK // under which seeds of draws are sealed
}

var courseStates = lifecycle.New("course", lifecycle.Next[course.State]{
	course.StateDRAFT:     {course.StatePUBLISHED},
	course.StatePUBLISHED: {course.StateWITHDRAWN},
	course.StateWITHDRAWN: {course.StatePUBLISHED},
})

var versionStates = lifecycle.New("draft", lifecycle.Next[courseversion.State]{
	courseversion.StateDRAFT:      {courseversion.StateIN_REVIEW, courseversion.StatePUBLISHED},
	courseversion.StateIN_REVIEW:  {courseversion.StateDRAFT, courseversion.StatePUBLISHED},
	courseversion.StatePUBLISHED:  {courseversion.StateSUPERSEDED},
	courseversion.StateSUPERSEDED: {},
})

// NewCourse is a course with its first draft.
type NewCourse struct {
	InstitutionID  ident.ID
	UnitID         *ident.ID
	Code           string
	Kind           course.Kind
	Content        Content
	IdempotencyKey *string
}

// Create makes a course with a first draft of its content. The draft may be
// incomplete; what is there must be valid.
func (s *Service) Create(ctx context.Context, n NewCourse) (*ent.Course, error) {
	code, badCode := vocab.LineOr(problem.New(problem.Invalid, "a code is needed"), 64, n.Code, "input", "code")
	checked, badContent := n.Content.check()
	invalid := problem.Join(badCode, badContent)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toCreate, n.IdempotencyKey, n), s.DB.Course.Get, func(tx *ent.Tx) (*ent.Course, error) {
		if err := cmp.Or(toCreate.Require(ctx, n.InstitutionID, n.UnitID), invalid); err != nil {
			return nil, err
		}
		if err := institution.HoldOpen(ctx, tx, n.UnitID, n.InstitutionID, "input", "unitId"); err != nil {
			return nil, err
		}
		c, err := tx.Course.Create().SetInstitutionID(n.InstitutionID).SetNillableUnitID(n.UnitID).
			SetCode(code).SetKind(n.Kind).SetState(course.StateDRAFT).Save(ctx)
		taken := problem.New(problem.Conflict, "the institution has a course with the code %q already", code).At("input", "code")
		if err := storage.IfTaken(err, taken); err != nil {
			return nil, err
		}
		if err := addDraft(ctx, tx, c, 1, checked); err != nil {
			return nil, err
		}
		return c, ledger.Note(ctx, tx, toCreate, ofCourse(c))
	})
}

func addDraft(ctx context.Context, tx *ent.Tx, c *ent.Course, number int, content checked) error {
	create := tx.CourseVersion.Create().SetCourseID(c.ID).SetInstitutionID(c.InstitutionID).SetNumber(number).SetState(courseversion.StateDRAFT)
	content.fill(create.Mutation())
	return create.Exec(ctx)
}

// DraftUpdate replaces the content of a course's draft.
type DraftUpdate struct {
	CourseID ident.ID
	Content  Content
}

// UpdateDraft replaces the content of the draft. A course whose newest version
// is published gets a new draft with the next number; learners who applied for
// the published one keep it. It returns a CONFLICT problem while the draft is
// reviewed.
func (s *Service) UpdateDraft(ctx context.Context, u DraftUpdate) (*ent.Course, error) {
	checked, invalid := u.Content.check()
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Course, error) {
		c, newest, err := holdNewest(ctx, tx, u.CourseID, toEdit)
		if err := cmp.Or(err, invalid); err != nil {
			return nil, err
		}
		switch newest.State {
		case courseversion.StateIN_REVIEW:
			err = errInReview
		case courseversion.StateDRAFT:
			update := tx.CourseVersion.Update().Where(courseversion.ID(newest.ID))
			checked.fill(update.Mutation())
			err = update.Exec(ctx)
		default:
			err = addDraft(ctx, tx, c, newest.Number+1, checked)
		}
		return ledger.Noted(ctx, tx, err, toEdit, ofCourse(c), tx.Course.Get)
	})
}

// Publish makes the draft of a course its published version. It returns an
// INVALID problem for each element of Annex I that is missing and each bound
// of the alliances that is broken, all at once; a CONFLICT problem for a draft
// that has to be reviewed first and for a closed unit, and a FORBIDDEN problem
// for who submitted it.
func (s *Service) Publish(ctx context.Context, id ident.ID) (*ent.Course, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Course, error) {
		c, draft, err := holdNewest(ctx, tx, id, toPublish)
		if err != nil {
			return nil, err
		}
		inst, err := tx.Institution.Get(ctx, c.InstitutionID)
		if err != nil {
			return nil, err
		}
		if err := publishable(ctx, draft, inst); err != nil {
			return nil, err
		}
		if err := completeAt(ctx, tx, c, draft); err != nil {
			return nil, err
		}
		if err := institution.HoldOpen(ctx, tx, c.UnitID, c.InstitutionID); err != nil {
			return nil, err
		}
		if err := show(ctx, tx, c, tx.Course.Update().SetPublishedVersionID(draft.ID)); err != nil {
			return nil, err
		}
		if err := supersede(ctx, tx, c.ID); err != nil {
			return nil, err
		}
		published := tx.CourseVersion.Update().SetPublishedAt(vocab.Now(s.Now)).SetReviewNote("")
		done := storage.Move(ctx, versionStates, draft.ID, draft.State, courseversion.StatePUBLISHED, published)
		return ledger.Noted(ctx, tx, done, toPublish, ofCourse(c), tx.Course.Get)
	})
}

// completeAt is Complete where the course is.
func completeAt(ctx context.Context, tx *ent.Tx, c *ent.Course, draft *ent.CourseVersion) error {
	bounds, err := BoundsAt(ctx, tx.Client(), c.InstitutionID, vocab.CredentialKind(c.Kind))
	if err != nil {
		return err
	}
	return Complete(draft, bounds)
}

// show carries out an update that publishes a version of a course, which may have
// had another one before.
func show(ctx context.Context, tx *ent.Tx, c *ent.Course, update *ent.CourseUpdate) error {
	if c.State == course.StatePUBLISHED {
		return update.Where(course.ID(c.ID)).Exec(ctx)
	}
	return storage.Move(ctx, courseStates, c.ID, c.State, course.StatePUBLISHED, update)
}

// supersede lets the published versions of courses give way to others.
func supersede(ctx context.Context, tx *ent.Tx, courses ...ident.ID) error {
	old := tx.CourseVersion.Update().Where(courseversion.CourseIDIn(courses...))
	_, err := storage.MoveAll(ctx, versionStates, courseversion.StatePUBLISHED, courseversion.StateSUPERSEDED, old)
	return err
}

// Issues returns all that keeps a version from being published, as problems; a
// published one has none.
func (s *Service) Issues(ctx context.Context, v *ent.CourseVersion) (issues, fault error) {
	if !unpublished(v) {
		return nil, nil
	}
	c, err := s.DB.Course.Get(ctx, v.CourseID)
	if err != nil {
		return nil, err
	}
	bounds, err := BoundsAt(ctx, s.DB, v.InstitutionID, vocab.CredentialKind(c.Kind))
	if all := problem.All(err); all != nil {
		return all[0].At("institution"), nil
	}
	if err != nil {
		return nil, err
	}
	return Complete(v, bounds), nil
}

// Withdraw takes a course out of the catalogue. Nobody applies for its offerings
// any more; running ones go on, and what learners achieved stays.
func (s *Service) Withdraw(ctx context.Context, id ident.ID) (*ent.Course, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Course, error) {
		c, err := holdFor(ctx, tx, id, toWithdraw)
		if err != nil {
			return nil, err
		}
		done := storage.Move(ctx, courseStates, c.ID, c.State, course.StateWITHDRAWN, tx.Course.Update())
		return ledger.Noted(ctx, tx, done, toWithdraw, ofCourse(c), tx.Course.Get)
	})
}

func newestVersion(ctx context.Context, db *ent.Client, courseID ident.ID) (*ent.CourseVersion, error) {
	return db.CourseVersion.Query().Where(courseversion.CourseID(courseID)).
		Order(courseversion.ByNumber(sql.OrderDesc())).First(ctx)
}

// hold returns a course that is to be changed. It writes the course's row before
// it reads it, and so makes all others who would change the course or its draft
// wait until the transaction is over: what is read afterwards stays as it is.
func hold(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Course, error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	return storage.Held(ctx, tx.Course, id)
}

// holdFor is hold for a viewer who needs the right to a verb.
func holdFor(ctx context.Context, tx *ent.Tx, id ident.ID, verb *ledger.Verb) (*ent.Course, error) {
	c, err := hold(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return c, verb.Require(ctx, c.InstitutionID, c.UnitID)
}

// holdNewest is holdFor with the newest version of the course.
func holdNewest(ctx context.Context, tx *ent.Tx, id ident.ID, verb *ledger.Verb) (*ent.Course, *ent.CourseVersion, error) {
	c, err := holdFor(ctx, tx, id, verb)
	if err != nil {
		return nil, nil, err
	}
	newest, err := newestVersion(ctx, tx.Client(), c.ID)
	return c, newest, err
}

// ofCourse is a course for the record.
func ofCourse(c *ent.Course) ledger.Thing { return ledger.Thing{ID: c.ID, Host: c.InstitutionID} }

// ofOffering is an offering for the record.
func ofOffering(o *ent.Offering) ledger.Thing {
	return ledger.Thing{ID: o.ID, Host: o.InstitutionID, Public: o.State == offering.StatePUBLISHED}
}
