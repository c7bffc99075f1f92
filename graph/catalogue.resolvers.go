package graph

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/form"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *courseResolver) Institution(ctx context.Context, objs []*ent.Course) ([]*ent.Institution, error) {
	return providersOf(ctx, r.root, objs, func(o *ent.Course) ident.ID { return o.InstitutionID })
}

func (r *courseResolver) Unit(ctx context.Context, objs []*ent.Course) ([]*ent.Unit, error) {
	return follow(ctx, objs, func(o *ent.Course) ident.ID { return maybe(o.UnitID) }, r.root.units())
}

// Published returns the published version of each course: from the read model
// unless its long texts are asked for.
func (r *courseResolver) Published(ctx context.Context, objs []*ent.Course) ([]*ent.CourseVersion, error) {
	return shelfOr(ctx, !selects(ctx, longFields), objs, func(c *ent.Course) *ent.CourseVersion {
		return r.root.versionOnShelf(c.ID, maybe(c.PublishedVersionID))
	}, func(c *ent.Course) ident.ID { return maybe(c.PublishedVersionID) }, r.root.versions)
}

func (r *courseResolver) Draft(ctx context.Context, objs []*ent.Course) ([]*ent.CourseVersion, error) {
	return r.root.draftOf(ctx, objs)
}

// Versions returns a page of the versions of each course, newest first.
func (r *courseResolver) Versions(ctx context.Context, objs []*ent.Course, first *int, after *string, last *int, before *string) ([]*relay.Connection[*ent.CourseVersion], error) {
	visible, err := authz.Rows(ctx, ent.TypeCourseVersion)
	if err != nil {
		return nil, err
	}
	of := relay.Of[*ent.CourseVersion]{Table: courseversion.Table, Column: courseversion.FieldCourseID, Visible: visible,
		Parent: func(v *ent.CourseVersion) ident.ID { return v.CourseID }}
	return relay.Children(ctx, versionsFor(ctx, r.root.DB.CourseVersion.Query()), of, ids(objs), page(first, after, last, before), relay.NewestFirst)
}

// Offerings returns a page of the offerings of each course, newest first.
func (r *courseResolver) Offerings(ctx context.Context, objs []*ent.Course, first *int, after *string, last *int, before *string) ([]*relay.Connection[*ent.Offering], error) {
	p := page(first, after, last, before)
	if all, ok := r.root.offeringsFromShelf(ctx, objs, p); ok {
		return all, nil
	}
	visible, err := authz.Rows(ctx, ent.TypeOffering)
	if err != nil {
		return nil, err
	}
	of := relay.Of[*ent.Offering]{Table: offering.Table, Column: offering.FieldCourseID, Visible: visible,
		Parent: func(o *ent.Offering) ident.ID { return o.CourseID }}
	return relay.Children(ctx, r.root.DB.Offering.Query(), of, ids(objs), p, relay.NewestFirst)
}

func (r *courseResolver) ViewerActions(ctx context.Context, obj *ent.Course) ([]*model.ViewerAction, error) {
	return r.root.courseActions(ctx, obj)
}

func (r *courseVersionResolver) Course(ctx context.Context, objs []*ent.CourseVersion) ([]*ent.Course, error) {
	return courseOf(ctx, r.root, objs, func(o *ent.CourseVersion) ident.ID { return o.CourseID })
}

func (r *courseVersionResolver) Field(ctx context.Context, obj *ent.CourseVersion) (*model.FieldOfEducation, error) {
	return fieldOfEducation(obj.Isced), nil
}

func (r *courseVersionResolver) ReviewNote(ctx context.Context, obj *ent.CourseVersion) (*string, error) {
	return vocab.Given(obj.ReviewNote), nil
}

func (r *courseVersionResolver) Issues(ctx context.Context, obj *ent.CourseVersion) ([]*model.PublicationIssue, error) {
	blocking, err := r.root.Catalogue.Issues(ctx, obj)
	if err != nil {
		return nil, err
	}
	return append(issuesOf(ctx, blocking, true), issuesOf(ctx, catalogue.Warnings(obj), false)...), nil
}

func (r *drawResolver) RecordURL(ctx context.Context, obj *ent.Draw) (string, error) {
	return r.root.BaseURL + "/draws/" + string(obj.OfferingID) + ".json", nil
}

func (r *mutationResolver) CreateCourse(ctx context.Context, input catalogue.NewCourse) (*model.Payload[*ent.Course], error) {
	return payload(r.root.Catalogue.Create(ctx, input))
}

func (r *mutationResolver) UpdateCourseDraft(ctx context.Context, input catalogue.DraftUpdate) (*model.Payload[*ent.Course], error) {
	return payload(r.root.Catalogue.UpdateDraft(ctx, input))
}

func (r *mutationResolver) SubmitCourseForReview(ctx context.Context, input model.SubmitCourseForReviewInput) (*model.Payload[*ent.Course], error) {
	return payload(r.root.Catalogue.Submit(ctx, input.CourseID))
}

func (r *mutationResolver) ReturnCourseDraft(ctx context.Context, input catalogue.Return) (*model.Payload[*ent.Course], error) {
	return payload(r.root.Catalogue.ReturnDraft(ctx, input))
}

func (r *mutationResolver) PublishCourse(ctx context.Context, input model.PublishCourseInput) (*model.Payload[*ent.Course], error) {
	return payload(r.root.Catalogue.Publish(ctx, input.CourseID))
}

func (r *mutationResolver) WithdrawCourse(ctx context.Context, input model.WithdrawCourseInput) (*model.Payload[*ent.Course], error) {
	return payload(r.root.Catalogue.Withdraw(ctx, input.CourseID))
}

func (r *mutationResolver) CreateOffering(ctx context.Context, input catalogue.NewOffering) (*model.Payload[*ent.Offering], error) {
	return payload(r.root.Catalogue.CreateOffering(ctx, input))
}

func (r *mutationResolver) UpdateOffering(ctx context.Context, input catalogue.OfferingUpdate) (*model.Payload[*ent.Offering], error) {
	return payload(r.root.Catalogue.UpdateOffering(ctx, input))
}

func (r *mutationResolver) PublishOffering(ctx context.Context, input model.PublishOfferingInput) (*model.Payload[*ent.Offering], error) {
	return payload(r.root.Catalogue.PublishOffering(ctx, input.OfferingID))
}

func (r *mutationResolver) CancelOffering(ctx context.Context, input catalogue.Cancellation) (*model.Payload[*ent.Offering], error) {
	return payload(r.root.Catalogue.CancelOffering(ctx, input))
}

func (r *offeringResolver) Institution(ctx context.Context, objs []*ent.Offering) ([]*ent.Institution, error) {
	return providersOf(ctx, r.root, objs, func(o *ent.Offering) ident.ID { return o.InstitutionID })
}

func (r *offeringResolver) Course(ctx context.Context, objs []*ent.Offering) ([]*ent.Course, error) {
	return courseOf(ctx, r.root, objs, func(o *ent.Offering) ident.ID { return o.CourseID })
}

// Version returns the version of each offering: from the read model where it is
// the one that is published, and its long texts are not asked for.
func (r *offeringResolver) Version(ctx context.Context, objs []*ent.Offering) ([]*ent.CourseVersion, error) {
	return r.root.versionsOfOfferings(ctx, objs, !selects(ctx, longFields))
}

// Availability says what the viewer can do with each offering now.
func (r *offeringResolver) Availability(ctx context.Context, objs []*ent.Offering) ([]catalogue.Availability, error) {
	facts, err := r.root.standing(ctx, objs)
	if err != nil {
		return nil, err
	}
	return each(facts, eligible.Availability), nil
}

func (r *offeringResolver) Windows(ctx context.Context, obj *ent.Offering) ([]*model.ApplicationWindow, error) {
	return each(obj.Windows, func(w vocab.Window) *model.ApplicationWindow { return model.NewApplicationWindow(w, obj.Zone) }), nil
}

func (r *offeringResolver) ViewerWindow(ctx context.Context, obj *ent.Offering) (*model.ApplicationWindow, error) {
	return model.NewApplicationWindow(catalogue.WindowAt(obj, r.root.Now(), viewer.From(ctx).Audiences...), obj.Zone), nil
}

func (r *offeringResolver) OpensAtLocal(ctx context.Context, obj *ent.Offering) (string, error) {
	return vocab.Local(obj.OpensAt, obj.Zone), nil
}

func (r *offeringResolver) ClosesAtLocal(ctx context.Context, obj *ent.Offering) (*string, error) {
	if obj.ClosesAt == nil {
		return nil, nil
	}
	return new(vocab.Local(*obj.ClosesAt, obj.Zone)), nil
}

// Sessions returns the sessions of each offering, which the read model leaves
// out.
func (r *offeringResolver) Sessions(ctx context.Context, objs []*ent.Offering) ([][]*model.OfferingSession, error) {
	if slices.ContainsFunc(objs, discovery.BriefOffering) {
		whole, err := follow(ctx, objs, (*ent.Offering).NodeID, r.root.offerings)
		if err != nil {
			return nil, err
		}
		for i, o := range whole {
			if o == nil { // hidden since it was found
				whole[i] = objs[i]
			}
		}
		objs = whole
	}
	return each(objs, model.NewOfferingSessions), nil
}

func (r *offeringResolver) SeatsFree(ctx context.Context, obj *ent.Offering) (int, error) {
	return max(0, obj.Seats-obj.SeatsTaken), nil
}

func (r *offeringResolver) Questions(ctx context.Context, objs []*ent.Offering) ([][]*vocab.Question, error) {
	forms, err := r.root.forms(ctx, objs)
	return each(forms, func(o *ent.Offering) []*vocab.Question { return pointers(o.Questions) }), err
}

func (r *offeringResolver) Requirements(ctx context.Context, objs []*ent.Offering) ([][]*vocab.Requirement, error) {
	forms, err := r.root.forms(ctx, objs)
	return each(forms, func(o *ent.Offering) []*vocab.Requirement { return pointers(o.Requirements) }), err
}

func (r *offeringResolver) RequestedData(ctx context.Context, objs []*ent.Offering) ([][]*vocab.Ask, error) {
	forms, err := r.root.forms(ctx, objs)
	return each(forms, func(o *ent.Offering) []*vocab.Ask { return pointers(form.Asked(o.Asks, o.Questions)) }), err
}

func (r *offeringResolver) Instead(ctx context.Context, objs []*ent.Offering) ([]*ent.Offering, error) {
	return offeringOf(ctx, r.root, objs, func(o *ent.Offering) ident.ID { return vocab.OrZero(o.InsteadID) })
}

func (r *offeringResolver) Quotas(ctx context.Context, objs []*ent.Offering) ([][]*ent.SeatQuota, error) {
	return r.root.quotas(ctx, objs)
}

func (r *offeringResolver) Waitlist(ctx context.Context, obj *ent.Offering) (*model.Waitlist, error) {
	if obj.WaitlistPlaces == 0 && obj.DrawsAt == nil {
		return nil, nil
	}
	return &model.Waitlist{Places: obj.WaitlistPlaces, Order: obj.WaitlistOrder, OfferHours: obj.OfferHours, DrawsAt: obj.DrawsAt}, nil
}

func (r *offeringResolver) Draw(ctx context.Context, objs []*ent.Offering) ([]*ent.Draw, error) {
	return r.root.draws(ctx, objs)
}

func (r *offeringResolver) Call(ctx context.Context, objs []*ent.Offering) ([]*ent.Call, error) {
	return follow(ctx, objs, func(o *ent.Offering) ident.ID { return maybe(o.CallID) }, r.root.calls())
}

func (r *offeringResolver) Recognition(ctx context.Context, objs []*ent.Offering, homeID *ident.ID, programmeID *ident.ID) ([]*agreement.Preview, error) {
	return r.root.previews(ctx, each(objs, func(o *ent.Offering) provided { return provided{o.VersionID, o.InstitutionID} }), homeID, programmeID)
}

func (r *offeringResolver) Eligibility(ctx context.Context, objs []*ent.Offering, programmeID *ident.ID) ([]*model.Eligibility, error) {
	return r.root.eligibility(ctx, objs, programmeID)
}

func (r *offeringResolver) ViewerApplication(ctx context.Context, objs []*ent.Offering) ([]*ent.Application, error) {
	return r.root.viewerApplications(ctx, objs)
}

func (r *offeringResolver) ViewerActions(ctx context.Context, obj *ent.Offering) ([]*model.ViewerAction, error) {
	facts, err := r.root.standing(ctx, []*ent.Offering{obj})
	if err != nil {
		return nil, err
	}
	applied, err := r.root.viewerApplications(ctx, []*ent.Offering{obj})
	if err != nil {
		return nil, err
	}
	by, err := r.root.applicant(ctx)
	if err != nil {
		return nil, err
	}
	if by != nil { // anybody else is refused before seats count
		quotas, err := r.root.quotas(ctx, []*ent.Offering{obj})
		if err != nil {
			return nil, err
		}
		facts[0].Quotas = quotas[0]
	}
	return actions(ctx, append(catalogue.OfferingActions(ctx, obj, facts[0].Course.UnitID), journey.OfferingActions(ctx, facts[0], by, applied[0] != nil)...)), nil
}

// Course returns a course: from the catalogue what stands there, and else from
// the database what the viewer sees.
func (r *queryResolver) Course(ctx context.Context, id ident.ID) (*ent.Course, error) {
	if e := r.root.Discovery.Entry(id); e != nil && !selects(ctx, movingFields) {
		return e.Course, nil
	}
	return null(r.root.DB.Course.Get(ctx, id))
}

func (r *queryResolver) Courses(ctx context.Context, filter *model.CourseFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Course], error) {
	return relay.List(ctx, r.root.DB.Course.Query().Where(coursesLike(filter)...), page(first, after, last, before), relay.NewestFirst, coursesAlong(filter)...)
}

func (r *queryResolver) Offering(ctx context.Context, id ident.ID) (*ent.Offering, error) {
	return null(r.root.DB.Offering.Get(ctx, id))
}

func (r *queryResolver) Offerings(ctx context.Context, filter *model.OfferingFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Offering], error) {
	return relay.List(ctx, r.root.DB.Offering.Query().Where(r.root.offeringsLike(filter)...), page(first, after, last, before), relay.NewestFirst, offeringsAlong(filter)...)
}

func (r *seatQuotaResolver) Institution(ctx context.Context, objs []*ent.SeatQuota) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(q *ent.SeatQuota) ident.ID { return q.HomeID }, r.root.institutions())
}

func (r *seatQuotaResolver) SeatsFree(ctx context.Context, obj *ent.SeatQuota) (int, error) {
	return max(0, obj.Seats-obj.SeatsTaken), nil
}

func (r *Resolver) Course() generated.CourseResolver               { return &courseResolver{r} }
func (r *Resolver) CourseVersion() generated.CourseVersionResolver { return &courseVersionResolver{r} }
func (r *Resolver) Draw() generated.DrawResolver                   { return &drawResolver{r} }
func (r *Resolver) Offering() generated.OfferingResolver           { return &offeringResolver{r} }
func (r *Resolver) SeatQuota() generated.SeatQuotaResolver         { return &seatQuotaResolver{r} }

type courseResolver struct{ root *Resolver }
type courseVersionResolver struct{ root *Resolver }
type drawResolver struct{ root *Resolver }
type offeringResolver struct{ root *Resolver }
type seatQuotaResolver struct{ root *Resolver }
