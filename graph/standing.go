package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
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
