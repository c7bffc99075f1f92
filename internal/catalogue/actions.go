package catalogue

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// CourseActions says what the viewer may do with a course now.
func CourseActions(ctx context.Context, c *ent.Course) []authz.Action {
	edit := authz.Require(ctx, authz.EditCourse, c.InstitutionID, c.UnitID)
	publish := authz.Require(ctx, authz.PublishCourse, c.InstitutionID, c.UnitID)
	offer := authz.Require(ctx, authz.ManageOffering, c.InstitutionID, c.UnitID)
	return []authz.Action{
		authz.Act("updateCourseDraft", edit),
		authz.Act("publishCourse", publish),
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
	return []authz.Action{
		authz.Act("publishOffering", manage, offeringStates.Check("offering", o.State, offering.StatePUBLISHED)),
		authz.Act("cancelOffering", manage, offeringStates.Check("offering", o.State, offering.StateCANCELLED)),
	}
}
