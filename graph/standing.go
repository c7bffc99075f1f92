package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/draw"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/lang"
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

// quotas returns those of each offering.
func (r *Resolver) quotas(ctx context.Context, objs []*ent.Offering) ([][]*ent.SeatQuota, error) {
	return gather(ctx, quotasOfOffering, objs, func(q *ent.SeatQuota) ident.ID { return q.OfferingID },
		rows(r.DB.SeatQuota.Query().Order(seatquota.ByID()).Clone, seatquota.OfferingIDIn))
}

// draws returns that of each offering, without its tickets, which may be many.
func (r *Resolver) draws(ctx context.Context, objs []*ent.Offering) ([]*ent.Draw, error) {
	var ids []ident.ID
	for _, o := range objs {
		if o.DrawsAt != nil {
			ids = append(ids, o.ID)
		}
	}
	found, err := lookUp(ctx, drawOfOffering, ids, func(ctx context.Context, ids []ident.ID) (map[ident.ID]*ent.Draw, error) {
		all, err := r.DB.Draw.Query().Where(draw.OfferingIDIn(ids...)).
			Modify(only([]string{draw.FieldID, draw.FieldOfferingID, draw.FieldCommitment, draw.FieldCreatedAt, draw.FieldDrawnAt, draw.FieldSeed, draw.FieldParticipants})).All(ctx)
		by := map[ident.ID]*ent.Draw{}
		for _, d := range all {
			by[d.OfferingID] = d
		}
		return by, err
	})
	return each(objs, func(o *ent.Offering) *ent.Draw { return found[o.ID] }), err
}

// eligibility says for each offering what speaks against an application of the
// viewer. What the read model does not hold is read from the database.
func (r *Resolver) eligibility(ctx context.Context, objs []*ent.Offering, programme *ident.ID) ([]*model.Eligibility, error) {
	facts, err := r.standing(ctx, objs)
	if err != nil {
		return nil, err
	}
	quotas, err := r.quotas(ctx, objs)
	if err != nil {
		return nil, err
	}
	forms, err := r.forms(ctx, objs)
	if err != nil {
		return nil, err
	}
	versions, err := r.versionsOfOfferings(ctx, objs, true)
	if err != nil {
		return nil, err
	}
	for i, o := range objs {
		whole := *o
		whole.Requirements, whole.Sessions = forms[i].Requirements, forms[i].Sessions
		facts[i].Offering, facts[i].Quotas = &whole, quotas[i]
		if versions[i] != nil {
			facts[i].Intended = versions[i].TargetGroups
		}
	}
	all, err := r.Journeys.Eligibility(ctx, facts, programme)
	if err != nil {
		return nil, err
	}
	in := languageOf(ctx)
	return each(all, func(reasons []eligible.Reason) *model.Eligibility {
		e := &model.Eligibility{Eligible: true, Reasons: []*model.EligibilityReason{}}
		for _, reason := range reasons {
			e.Eligible = e.Eligible && reason.Advisory
			e.Reasons = append(e.Reasons, &model.EligibilityReason{Code: reason.Code, Message: reason.Problem.In(in), Help: lang.Say(in, "eligible."+string(reason.Code)),
				Blocking: !reason.Advisory})
		}
		return e
	}), nil
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
	attempts, versions := [][]*ent.Result{nil}, []*ent.CourseVersion{nil}
	if authz.Require(ctx, authz.RecordResult, e.HostID) == nil {
		var err error
		if attempts, err = r.resultsOf(ctx, []*ent.Enrolment{e}); err != nil {
			return nil, err
		}
		if versions, err = follow(ctx, []*ent.Enrolment{e}, func(e *ent.Enrolment) ident.ID { return e.VersionID }, r.versions); err != nil {
			return nil, err
		}
	}
	return actions(ctx, journey.EnrolmentActions(ctx, e, attempts[0], versions[0])), nil
}
