package catalogue

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// CourseActions says what the viewer may do with a course now, whose newest
// unpublished version is draft, or nil, and whose provider is inst.
func CourseActions(ctx context.Context, c *ent.Course, draft *ent.CourseVersion, inst *ent.Institution) []authz.Action {
	edit := toEdit.Require(ctx, c.InstitutionID, c.UnitID)
	publish := toPublish.Require(ctx, c.InstitutionID, c.UnitID)
	offer := toPlan.Require(ctx, c.InstitutionID, c.UnitID)
	fixed := problem.If(draft != nil && draft.State == courseversion.StateIN_REVIEW, errInReview)
	return []authz.Action{
		toEdit.Act(edit, fixed),
		toSubmit.Act(edit, movable(draft, courseversion.StateIN_REVIEW)),
		toReturn.Act(mayReturn(ctx, c, draft != nil && submittedBy(ctx, draft)), movable(draft, courseversion.StateDRAFT)),
		toPublish.Act(publish, publishable(ctx, draft, inst)),
		toWithdraw.Act(publish, courseStates.Check(c.State, course.StateWITHDRAWN)),
		toPlan.Act(offer, offerable(c)),
	}
}

// InstitutionActions says what the viewer may add to a provider's catalogue.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	return []authz.Action{toCreate.Act(toCreate.Require(ctx, institution)), toCall.Act(toCall.Require(ctx, institution))}
}

// OfferingActions says what the viewer may do with an offering now. The unit is
// that of its course; it matters to staff of units only.
func OfferingActions(ctx context.Context, o *ent.Offering, unit *ident.ID) []authz.Action {
	manage := toChange.Require(ctx, o.InstitutionID, unit)
	final := problem.If(offeringStates.Final(o.State), errFinal(o))
	return []authz.Action{toChange.Act(manage, final), toOpen.Act(manage, offeringStates.Check(o.State, offering.StatePUBLISHED)),
		toCancel.Act(manage, offeringStates.Check(o.State, offering.StateCANCELLED))}
}
