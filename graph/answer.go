package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/admission"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// null answers a look-up: what the viewer does not see is null, as what does
// not exist.
func null[E any](found *E, err error) (*E, error) {
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return found, storage.Classify(err)
}

// actions says what the viewer may do, in the viewer's language.
func actions(ctx context.Context, all []authz.Action) []*model.ViewerAction {
	out := make([]*model.ViewerAction, len(all))
	for i, a := range all {
		out[i] = &model.ViewerAction{Name: a.Name, Allowed: a.Err == nil}
		if a.Err != nil {
			out[i].Reason = new(problems(ctx, a.Err)[0].In(languageOf(ctx)))
		}
	}
	return out
}

func fieldOfEducation(code *vocab.ISCEDF) *model.FieldOfEducation {
	if code == nil {
		return nil
	}
	return &model.FieldOfEducation{Code: string(*code), Label: code.Label()}
}

// courseActions says what the viewer may do with a course. Only who may edit it
// needs to know of its draft.
func (r *Resolver) courseActions(ctx context.Context, c *ent.Course) ([]*model.ViewerAction, error) {
	if authz.Require(ctx, authz.EditCourse, c.InstitutionID) != nil && authz.Require(ctx, authz.PublishCourse, c.InstitutionID) != nil {
		return actions(ctx, catalogue.CourseActions(ctx, c, nil, nil)), nil
	}
	drafts, err := r.draftOf(ctx, []*ent.Course{c})
	if err != nil {
		return nil, err
	}
	providers, err := follow(ctx, []*ent.Course{c}, func(c *ent.Course) ident.ID { return c.InstitutionID }, r.institutions)
	if err != nil {
		return nil, err
	}
	return actions(ctx, catalogue.CourseActions(ctx, c, drafts[0], providers[0])), nil
}

// coursesOf returns the course of each offering.
func (r *Resolver) coursesOf(ctx context.Context, offerings []*ent.Offering) ([]*ent.Course, error) {
	return follow(ctx, offerings, func(o *ent.Offering) ident.ID { return o.CourseID }, r.courses)
}

// offeringActions says what the viewer may do with an offering.
func (r *Resolver) offeringActions(ctx context.Context, o *ent.Offering) ([]*model.ViewerAction, error) {
	courses, err := r.coursesOf(ctx, []*ent.Offering{o})
	if err != nil {
		return nil, err
	}
	return actions(ctx, append(catalogue.OfferingActions(ctx, o), admission.OfferingActions(ctx, o, courses[0], r.Now())...)), nil
}

// availability says what the viewer can do with each offering now.
func (r *Resolver) availability(ctx context.Context, offerings []*ent.Offering) ([]catalogue.Availability, error) {
	courses, err := r.coursesOf(ctx, offerings)
	if err != nil {
		return nil, err
	}
	now, audiences := r.Now(), viewer.From(ctx).Audiences
	all := make([]catalogue.Availability, len(offerings))
	for i, o := range offerings {
		all[i] = catalogue.NotAvailable
		if catalogue.TakesApplications(courses[i]) == nil {
			all[i] = catalogue.AvailabilityAt(o, now, audiences...)
		}
	}
	return all, nil
}

// previews answers what each offering will count at the home that is named, or
// at the signed-in learner's own.
func (r *offeringResolver) previews(ctx context.Context, offerings []*ent.Offering, home, programme *ident.ID) ([]*agreement.Preview, error) {
	all := make([]*agreement.Preview, len(offerings))
	if home == nil {
		var err error
		if home, programme, err = r.Admissions.OwnHome(ctx, programme); err != nil || home == nil {
			return all, err
		}
	}
	byCourse, err := r.Agreements.PreviewAll(ctx, *home, programme, relay.Keys(offerings, func(o *ent.Offering) ident.ID { return o.CourseID }))
	if err != nil {
		return nil, err
	}
	for i, o := range offerings {
		if o.InstitutionID != *home { // at home nothing is recognised, it simply counts
			all[i] = new(byCourse[o.CourseID])
		}
	}
	return all, nil
}

// groupCourses returns the courses of each group of a micro-degree, in the
// order in which the group lists them.
func (r *Resolver) groupCourses(ctx context.Context, groups []*vocab.CompositionGroup) ([][]*ent.Course, error) {
	var all []ident.ID
	for _, g := range groups {
		for _, c := range g.Courses {
			all = append(all, ident.ID(c))
		}
	}
	found, err := r.courses(ctx, all)
	if err != nil {
		return nil, err
	}
	byID := map[ident.ID]*ent.Course{}
	for _, c := range found {
		byID[c.ID] = c
	}
	lists := make([][]*ent.Course, len(groups))
	for i, g := range groups {
		for _, id := range g.Courses {
			if c := byID[ident.ID(id)]; c != nil {
				lists[i] = append(lists[i], c)
			}
		}
	}
	return lists, nil
}

func progress(p microdegree.Progress) *model.MicroDegreeProgress {
	out := &model.MicroDegreeProgress{Complete: p.Complete, Counted: p.Counted}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, &model.GroupProgress{Key: g.Group.Key, Earned: g.Earned, Missing: g.Missing})
	}
	return out
}

// publicationIssues lists what keeps a version from being published, and what
// is unusual about it.
func (r *courseVersionResolver) publicationIssues(ctx context.Context, v *ent.CourseVersion) ([]*model.PublicationIssue, error) {
	issues := []*model.PublicationIssue{}
	blocking, err := r.Catalogue.Issues(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, p := range problem.All(blocking) {
		issues = append(issues, &model.PublicationIssue{Field: p.Field[len(p.Field)-1], Message: p.In(languageOf(ctx)), Blocking: true})
	}
	for _, p := range problem.All(catalogue.Warnings(v)) {
		issues = append(issues, &model.PublicationIssue{Field: p.Field[len(p.Field)-1], Message: p.In(languageOf(ctx))})
	}
	return issues, nil
}
