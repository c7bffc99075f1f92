package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// active says which institutions are active members of an alliance.
func (r *Resolver) active(ctx context.Context, institutions []ident.ID) (map[ident.ID]bool, error) {
	return lookUp(ctx, activeMembers, institutions, func(ctx context.Context, ids []ident.ID) (map[ident.ID]bool, error) {
		return institution.Active(ctx, r.DB, ids...)
	})
}

// standing loads what decides whether the viewer may apply for each offering.
func (r *Resolver) standing(ctx context.Context, offerings []*ent.Offering) ([]eligible.Facts, error) {
	active, err := r.active(ctx, relay.Keys(offerings, func(o *ent.Offering) ident.ID { return o.InstitutionID }))
	if err != nil {
		return nil, err
	}
	courses, err := r.coursesOfOfferings(ctx, offerings)
	if err != nil {
		return nil, err
	}
	now, audiences := r.Now(), viewer.From(ctx).Audiences
	all := make([]eligible.Facts, len(offerings))
	for i, o := range offerings {
		all[i] = eligible.Facts{Offering: o, Course: courses[i], Active: active[o.InstitutionID], Now: now, Audiences: audiences}
	}
	return all, nil
}

// availability says what the viewer can do with each offering now.
func (r *Resolver) availability(ctx context.Context, offerings []*ent.Offering) ([]catalogue.Availability, error) {
	facts, err := r.standing(ctx, offerings)
	if err != nil {
		return nil, err
	}
	all := make([]catalogue.Availability, len(facts))
	for i, f := range facts {
		all[i] = eligible.Availability(f)
	}
	return all, nil
}

func (r *Resolver) offeringActions(ctx context.Context, o *ent.Offering) ([]*model.ViewerAction, error) {
	facts, err := r.standing(ctx, []*ent.Offering{o})
	if err != nil {
		return nil, err
	}
	applied, err := r.viewerApplications(ctx, []*ent.Offering{o})
	if err != nil {
		return nil, err
	}
	by, err := r.applicant(ctx)
	if err != nil {
		return nil, err
	}
	return actions(ctx, append(catalogue.OfferingActions(ctx, o, facts[0].Course.UnitID), journey.OfferingActions(ctx, facts[0], by, applied[0] != nil)...)), nil
}

// applicant is the signed-in person as who applies; nil when nobody has signed in.
func (r *Resolver) applicant(ctx context.Context) (*journey.Applicant, error) {
	v := viewer.From(ctx)
	if v.Kind != viewer.Person {
		return nil, nil
	}
	found, err := lookUp(ctx, applicantOfViewer, []ident.ID{v.PersonID}, func(ctx context.Context, ids []ident.ID) (map[ident.ID]*journey.Applicant, error) {
		by, err := r.Journeys.Applicant(ctx)
		return map[ident.ID]*journey.Applicant{ids[0]: by}, err
	})
	return found[v.PersonID], err
}

// applicationActions says what the viewer may do with an application. Only its
// learner needs to know of the seat.
func (r *Resolver) applicationActions(ctx context.Context, a *ent.Application) ([]*model.ViewerAction, error) {
	var leaves error
	if authz.RequireSelf(ctx, a.LearnerID) == nil {
		seats, err := r.enrolmentOf(ctx, []*ent.Application{a})
		if err != nil {
			return nil, err
		}
		if seats[0] != nil {
			leaves = journey.Leaves(seats[0])
		}
	}
	return actions(ctx, journey.ApplicationActions(ctx, a, leaves)), nil
}

// enrolmentActions says what the viewer may do with an enrolment. Only who records
// results needs to know of its attempts.
func (r *Resolver) enrolmentActions(ctx context.Context, e *ent.Enrolment) ([]*model.ViewerAction, error) {
	attempts := [][]*ent.Result{nil}
	if authz.Require(ctx, authz.RecordResult, e.HostID) == nil {
		var err error
		if attempts, err = r.resultsOf(ctx, []*ent.Enrolment{e}); err != nil {
			return nil, err
		}
	}
	return actions(ctx, journey.EnrolmentActions(ctx, e, attempts[0])), nil
}

// credentialActions says what the viewer may do with a credential. Only its
// learner needs to know whether home has counted it.
func (r *Resolver) credentialActions(ctx context.Context, c *ent.Credential) ([]*model.ViewerAction, error) {
	var counted error
	if authz.RequireSelf(ctx, c.LearnerID) == nil {
		found, err := lookUp(ctx, countedResults, []ident.ID{c.ResultID}, func(ctx context.Context, ids []ident.ID) (map[ident.ID]bool, error) {
			return recognition.Counted(ctx, r.DB, ids...)
		})
		if err != nil {
			return nil, err
		}
		if found[c.ResultID] {
			counted = recognition.ErrCounted
		}
	}
	return actions(ctx, append(credential.Actions(ctx, c), recognition.CredentialActions(ctx, c, counted)...)), nil
}

// readiness says what each institution needs, in the viewer's language.
func (r *Resolver) readiness(ctx context.Context, institutions []*ent.Institution) ([][]*model.ReadinessCheck, error) {
	found, err := lookUp(ctx, readinessOfInstitution, ids(institutions), func(ctx context.Context, ids []ident.ID) (map[ident.ID][]institution.Finding, error) {
		return r.Institutions.Readiness(ctx, ids...)
	})
	if err != nil {
		return nil, err
	}
	in := languageOf(ctx)
	all := make([][]*model.ReadinessCheck, len(institutions))
	for i, inst := range institutions {
		for _, f := range found[inst.ID] {
			check := &model.ReadinessCheck{Code: f.ID, Status: f.Status, Message: f.Need(in)}
			if hint := f.Hint(in); hint != "" {
				check.Hint = &hint
			}
			all[i] = append(all[i], check)
		}
	}
	return all, nil
}
