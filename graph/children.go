package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// What belongs to an object, for many objects at once.

// modulesOf returns the modules of each programme.
func (r *Resolver) modulesOf(ctx context.Context, programmes []*ent.Programme) ([][]*ent.HomeModule, error) {
	return gather(ctx, modulesOfProgramme, programmes, func(m *ent.HomeModule) ident.ID { return m.ProgrammeID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.HomeModule, error) {
			return r.DB.HomeModule.Query().Where(homemodule.ProgrammeIDIn(ids...)).Order(homemodule.ByID()).All(ctx)
		})
}

// draftOf returns the draft of each course, if it has one, also in review.
func (r *Resolver) draftOf(ctx context.Context, courses []*ent.Course) ([]*ent.CourseVersion, error) {
	return one(gather(ctx, draftOfCourse, courses, func(v *ent.CourseVersion) ident.ID { return v.CourseID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.CourseVersion, error) {
			return r.DB.CourseVersion.Query().Where(courseversion.CourseIDIn(ids...), courseversion.StateIn(courseversion.StateDRAFT, courseversion.StateIN_REVIEW)).All(ctx)
		}))
}

// versionsOf returns a page of the versions of each course, newest first.
func (r *Resolver) versionsOf(ctx context.Context, courses []*ent.Course, page relay.Page) ([]*relay.Connection[*ent.CourseVersion], error) {
	visible, err := authz.Rows(ctx, ent.TypeCourseVersion)
	if err != nil {
		return nil, err
	}
	of := relay.Of[*ent.CourseVersion]{Table: courseversion.Table, Column: courseversion.FieldCourseID, Visible: visible,
		Parent: func(v *ent.CourseVersion) ident.ID { return v.CourseID }}
	return relay.Children(ctx, versionsFor(ctx, r.DB.CourseVersion.Query()), of, ids(courses), page, relay.NewestFirst)
}

// quotasOf returns the quotas of each offering, oldest first.
func (r *Resolver) quotasOf(ctx context.Context, offerings []*ent.Offering) ([][]*ent.SeatQuota, error) {
	return gather(ctx, quotasOfOffering, offerings, func(q *ent.SeatQuota) ident.ID { return q.OfferingID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.SeatQuota, error) {
			return r.DB.SeatQuota.Query().Where(seatquota.OfferingIDIn(ids...)).Order(seatquota.ByID()).All(ctx)
		})
}

// offeringsOf returns a page of the offerings of each course, newest first.
func (r *Resolver) offeringsOf(ctx context.Context, courses []*ent.Course, page relay.Page) ([]*relay.Connection[*ent.Offering], error) {
	if all, ok := r.offeringsFromShelf(ctx, courses, page); ok {
		return all, nil
	}
	visible, err := authz.Rows(ctx, ent.TypeOffering)
	if err != nil {
		return nil, err
	}
	of := relay.Of[*ent.Offering]{Table: offering.Table, Column: offering.FieldCourseID, Visible: visible,
		Parent: func(o *ent.Offering) ident.ID { return o.CourseID }}
	return relay.Children(ctx, r.DB.Offering.Query(), of, ids(courses), page, relay.NewestFirst)
}

// affiliationsOf returns the affiliations of each person.
func (r *Resolver) affiliationsOf(ctx context.Context, people []*ent.Person) ([][]*ent.Affiliation, error) {
	return gather(ctx, affiliationsOfPerson, people, func(a *ent.Affiliation) ident.ID { return a.PersonID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.Affiliation, error) {
			return r.DB.Affiliation.Query().Where(affiliation.PersonIDIn(ids...)).Order(affiliation.ByID()).All(ctx)
		})
}

// profileField returns one field of each person's profile; nil where the
// viewer may not see the profile.
func (r *Resolver) profileField(ctx context.Context, people []*ent.Person, field func(*ent.Profile) *string) ([]*string, error) {
	profiles, err := one(gather(ctx, profileOfPerson, people, func(p *ent.Profile) ident.ID { return p.PersonID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.Profile, error) {
			return r.DB.Profile.Query().Where(profile.PersonIDIn(ids...)).All(ctx)
		}))
	if err != nil {
		return nil, err
	}
	values := make([]*string, len(people))
	for i, p := range profiles {
		if p != nil {
			values[i] = field(p)
		}
	}
	return values, nil
}

// enrolmentOf returns the seat of each application, if it has one.
func (r *Resolver) enrolmentOf(ctx context.Context, apps []*ent.Application) ([]*ent.Enrolment, error) {
	return one(gather(ctx, enrolmentOfApplication, apps, func(e *ent.Enrolment) ident.ID { return e.ApplicationID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.Enrolment, error) {
			return r.DB.Enrolment.Query().Where(enrolment.ApplicationIDIn(ids...)).All(ctx)
		}))
}

// resultsOf returns the attempts of each enrolment, oldest first.
func (r *Resolver) resultsOf(ctx context.Context, enrolments []*ent.Enrolment) ([][]*ent.Result, error) {
	return gather(ctx, resultsOfEnrolment, enrolments, func(r *ent.Result) ident.ID { return r.EnrolmentID },
		func(ctx context.Context, ids []ident.ID) ([]*ent.Result, error) {
			return r.DB.Result.Query().Where(result.EnrolmentIDIn(ids...)).Order(result.ByAttempt()).All(ctx)
		})
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
