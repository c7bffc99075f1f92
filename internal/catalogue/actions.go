package catalogue

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// CourseActions says what the viewer may do with a course now, whose newest
// unpublished version is draft, or nil, and whose provider is inst.
func CourseActions(ctx context.Context, c *ent.Course, draft *ent.CourseVersion, inst *ent.Institution) []authz.Action {
	edit := authz.Require(ctx, authz.EditCourse, c.InstitutionID, c.UnitID)
	publish := authz.Require(ctx, authz.PublishCourse, c.InstitutionID, c.UnitID)
	offer := authz.Require(ctx, authz.ManageOffering, c.InstitutionID, c.UnitID)
	var fixed error
	if draft != nil && draft.State == courseversion.StateIN_REVIEW {
		fixed = errInReview
	}
	takeBack := publish
	if draft != nil && submittedBy(ctx, draft) {
		takeBack = edit
	}
	return []authz.Action{
		authz.Act("updateCourseDraft", edit, fixed),
		authz.Act("submitCourseForReview", edit, reviewable(draft)),
		authz.Act("returnCourseDraft", takeBack, returnable(draft)),
		authz.Act("publishCourse", publish, publishable(ctx, draft, inst)),
		authz.Act("withdrawCourse", publish, courseStates.Check("course", c.State, course.StateWITHDRAWN)),
		authz.Act("createOffering", offer, offerable(c)),
	}
}

// InstitutionActions says what the viewer may add to a provider's catalogue.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	return []authz.Action{authz.Act("createCourse", authz.Require(ctx, authz.EditCourse, institution))}
}

// OfferingActions says what the viewer may do with an offering now. The unit is
// that of its course; it matters to staff of units only.
func OfferingActions(ctx context.Context, o *ent.Offering, unit *ident.ID) []authz.Action {
	manage := authz.Require(ctx, authz.ManageOffering, o.InstitutionID, unit)
	var final error
	if offeringStates.Final(o.State) {
		final = errFinal(o)
	}
	return []authz.Action{
		authz.Act("updateOffering", manage, final),
		authz.Act("publishOffering", manage, offeringStates.Check("offering", o.State, offering.StatePUBLISHED)),
		authz.Act("cancelOffering", manage, offeringStates.Check("offering", o.State, offering.StateCANCELLED)),
	}
}
