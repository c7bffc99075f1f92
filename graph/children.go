package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// What belongs to an object, for many objects at once.

// rows loads the rows of a query of which a column has one of the ids.
func rows[E, P any, Q interface {
	Where(...P) Q
	All(context.Context) ([]E, error)
}](query func() Q, in func(...ident.ID) P) load[E] {
	return func(ctx context.Context, ids []ident.ID) ([]E, error) { return query().Where(in(ids...)).All(ctx) }
}

// draftOf returns the draft of each course, if it has one, also in review.
func (r *Resolver) draftOf(ctx context.Context, courses []*ent.Course) ([]*ent.CourseVersion, error) {
	return one(gather(ctx, draftOfCourse, courses, func(v *ent.CourseVersion) ident.ID { return v.CourseID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.CourseVersion, error) {
			return r.DB.CourseVersion.Query().Where(courseversion.CourseIDIn(ids...), courseversion.StateIn(courseversion.StateDRAFT, courseversion.StateIN_REVIEW)).All(ctx)
		}))
}

// enrolmentOf returns the seat of each application, if it has one.
func (r *Resolver) enrolmentOf(ctx context.Context, apps []*ent.Application) ([]*ent.Enrolment, error) {
	return one(gather(ctx, enrolmentOfApplication, apps, func(e *ent.Enrolment) ident.ID { return e.ApplicationID },
		rows(r.DB.Enrolment.Query, enrolment.ApplicationIDIn)))
}

// resultsOf returns the attempts of each enrolment, oldest first.
func (r *Resolver) resultsOf(ctx context.Context, enrolments []*ent.Enrolment) ([][]*ent.Result, error) {
	return gather(ctx, resultsOfEnrolment, enrolments, func(r *ent.Result) ident.ID { return r.EnrolmentID },
		rows(r.DB.Result.Query().Order(result.ByAttempt()).Clone, result.EnrolmentIDIn))
}

// credentialOf returns the live credential of each result, if it has one.
func (r *Resolver) credentialOf(ctx context.Context, results []*ent.Result) ([]*ent.Credential, error) {
	return one(gather(ctx, credentialOfResult, results, func(c *ent.Credential) ident.ID { return c.ResultID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.Credential, error) {
			return credentialsFor(ctx, r.DB.Credential.Query().Where(credential.ResultIDIn(ids...), credential.LiveKeyNotNil())).All(ctx)
		}))
}

// viewerApplications returns the signed-in learner's live application for each
// offering, if there is one.
func (r *Resolver) viewerApplications(ctx context.Context, offerings []*ent.Offering) ([]*ent.Application, error) {
	v := viewer.From(ctx)
	if v.Kind != viewer.Person {
		return make([]*ent.Application, len(offerings)), nil
	}
	return one(gather(ctx, viewerApplicationForOffering, offerings, func(a *ent.Application) ident.ID { return a.OfferingID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.Application, error) {
			return r.DB.Application.Query().Where(application.LearnerID(v.PersonID), application.LiveKeyNotNil(), application.OfferingIDIn(ids...)).All(ctx)
		}))
}
