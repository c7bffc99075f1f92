package catalogue

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// maxNote bounds what a reviewer asks to change, in characters.
const maxNote = 2000

var (
	errInReview = problem.New(problem.Conflict, "the draft of this course is being reviewed and does not change; return it first").
			With(problem.Transition{From: string(courseversion.StateIN_REVIEW)})
	errNoDraft = problem.New(problem.Conflict, "this course has no draft to publish; edit it first")
)

// unpublished says whether a version is a draft, perhaps one in review.
func unpublished(v *ent.CourseVersion) bool {
	return v != nil && (v.State == courseversion.StateDRAFT || v.State == courseversion.StateIN_REVIEW)
}

// movable returns nil when the newest version of a course is a draft that can be
// submitted or returned, whichever the state is.
func movable(newest *ent.CourseVersion, to courseversion.State) error {
	if !unpublished(newest) {
		return errNoDraft
	}
	return versionStates.Check(newest.State, to)
}

// publishable returns nil when the viewer may publish the newest version of a
// course, whatever is in it.
func publishable(ctx context.Context, newest *ent.CourseVersion, inst *ent.Institution) error {
	switch {
	case !unpublished(newest):
		return errNoDraft
	case newest.State == courseversion.StateDRAFT && inst.CourseReview == institution.CourseReviewREQUIRED:
		return problem.New(problem.Conflict, "here a second person reviews courses before they are published; submit the draft for review").
			With(problem.Transition{From: string(newest.State), To: string(courseversion.StatePUBLISHED)})
	case newest.State == courseversion.StateIN_REVIEW && submittedBy(ctx, newest):
		return problem.New(problem.Forbidden, "nobody reviews what they have submitted themselves; another person publishes it")
	case newest.State == courseversion.StateIN_REVIEW && isProgram(ctx):
		return problem.New(problem.Forbidden, "a person does this, not a program")
	}
	return versionStates.Check(newest.State, courseversion.StatePUBLISHED)
}

// isProgram says whether a program asks: it is never the second pair of eyes.
func isProgram(ctx context.Context) bool {
	who := viewer.From(ctx)
	return who != nil && who.Kind == viewer.Program
}

// submittedBy says whether the viewer submitted the version for review.
func submittedBy(ctx context.Context, v *ent.CourseVersion) bool {
	who := viewer.From(ctx)
	return who != nil && v.SubmittedByID != nil && *v.SubmittedByID == who.PersonID
}

// Submit hands the draft of a course to another person for review. It returns
// an INVALID problem for each thing that would keep it from being published,
// so that a reviewer only sees what could be.
func (s *Service) Submit(ctx context.Context, id ident.ID) (*ent.Course, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Course, error) {
		c, draft, err := holdNewest(ctx, tx, id, toSubmit)
		if err != nil {
			return nil, err
		}
		if err := movable(draft, courseversion.StateIN_REVIEW); err != nil {
			return nil, err
		}
		if err := completeAt(ctx, tx, c, draft); err != nil {
			return nil, err
		}
		update := tx.CourseVersion.Update().SetSubmittedAt(vocab.Now(s.Now)).SetReviewNote("").ClearSubmittedByID()
		if who := viewer.From(ctx).PersonID; who != "" { // a program is nobody
			update.SetSubmittedByID(who)
		}
		return moveDraft(ctx, tx, c, draft, courseversion.StateIN_REVIEW, update, toSubmit)
	})
}

// Return is a reviewer's wish that a draft be changed.
type Return struct {
	CourseID ident.ID
	Note     *string // what to change; needed of a reviewer
}

// ReturnDraft gives a draft back to its editors. A reviewer says what to change;
// who submitted it may take it back without a word.
func (s *Service) ReturnDraft(ctx context.Context, r Return) (*ent.Course, error) {
	note, invalid := vocab.Line(maxNote, vocab.OrZero(r.Note), "input", "note")
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Course, error) {
		c, err := hold(ctx, tx, r.CourseID)
		if err != nil {
			return nil, err
		}
		draft, err := newestVersion(ctx, tx.Client(), c.ID)
		if err != nil {
			return nil, err
		}
		own := submittedBy(ctx, draft)
		if err := mayReturn(ctx, c, own); err != nil {
			return nil, err
		}
		if invalid == nil && note == "" && !own {
			invalid = problem.New(problem.Invalid, "say what is to be changed").At("input", "note")
		}
		if err := problem.Join(movable(draft, courseversion.StateDRAFT), invalid); err != nil {
			return nil, err
		}
		return moveDraft(ctx, tx, c, draft, courseversion.StateDRAFT, tx.CourseVersion.Update().SetReviewNote(note), toReturn)
	})
}

// mayReturn returns nil to reviewers, and to the editors whose own it is.
func mayReturn(ctx context.Context, c *ent.Course, own bool) error {
	if own {
		return toReturn.RequireOr(ctx, c.InstitutionID, c.UnitID)
	}
	return toReturn.Require(ctx, c.InstitutionID, c.UnitID)
}

// moveDraft carries out an update of a draft whose course its caller holds.
func moveDraft(
	ctx context.Context, tx *ent.Tx, c *ent.Course, draft *ent.CourseVersion, to courseversion.State, update *ent.CourseVersionUpdate,
	verb *ledger.Verb,
) (*ent.Course, error) {
	return ledger.Noted(ctx, tx, storage.Move(ctx, versionStates, draft.ID, draft.State, to, update), verb, ofCourse(c), tx.Course.Get)
}
