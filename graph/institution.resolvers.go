package graph

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/ent/institutionchange"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/programme"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/grading"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/portal"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *allianceResolver) Memberships(ctx context.Context, obj *ent.Alliance, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Membership], error) {
	return relay.List(ctx, r.root.DB.Membership.Query().Where(membership.AllianceID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *allianceResolver) ViewerActions(ctx context.Context, obj *ent.Alliance) ([]*model.ViewerAction, error) {
	return actions(ctx, slices.Concat(institution.AllianceActions(ctx, obj), role.AllianceActions(ctx, obj.ID), portal.OwnerActions(ctx, obj.ID))), nil
}

func (r *institutionResolver) Memberships(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Membership], error) {
	return relay.List(ctx, r.root.DB.Membership.Query().Where(membership.InstitutionID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

// Readiness says what each institution needs, in the viewer's language.
func (r *institutionResolver) Readiness(ctx context.Context, objs []*ent.Institution) ([][]*model.ReadinessCheck, error) {
	found, err := lookUp(ctx, readinessOfInstitution, ids(objs), func(ctx context.Context, ids []ident.ID) (map[ident.ID][]institution.Finding, error) {
		return r.root.Institutions.Readiness(ctx, ids...)
	})
	if err != nil {
		return nil, err
	}
	in := languageOf(ctx)
	all := make([][]*model.ReadinessCheck, len(objs))
	for i, inst := range objs {
		for _, f := range found[inst.ID] {
			all[i] = append(all[i], &model.ReadinessCheck{Code: f.ID, Status: f.Status, Message: f.Need(in), Hint: vocab.Given(f.Hint(in))})
		}
	}
	return all, nil
}

// IdentityChange finds what each institution waits for, as far as the viewer sees it.
func (r *institutionResolver) IdentityChange(ctx context.Context, objs []*ent.Institution) ([]*ent.InstitutionChange, error) {
	open := r.root.DB.InstitutionChange.Query().Where(institutionchange.StateEQ(institutionchange.StatePROPOSED))
	return one(gather(ctx, changeOfInstitution, objs, func(c *ent.InstitutionChange) ident.ID { return c.InstitutionID },
		rows(open.Clone, institutionchange.InstitutionIDIn)))
}

func (r *institutionResolver) Units(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Unit], error) {
	return relay.List(ctx, r.root.DB.Unit.Query().Where(unit.InstitutionID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *institutionResolver) Programmes(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Programme], error) {
	return relay.List(ctx, r.root.DB.Programme.Query().Where(programme.InstitutionID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *institutionResolver) Courses(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Course], error) {
	return relay.List(ctx, r.root.DB.Course.Query().Where(course.InstitutionID(obj.ID), course.StateNEQ(course.StateWITHDRAWN)), page(first, after, last, before), relay.NewestFirst)
}

func (r *institutionResolver) ImportSources(ctx context.Context, obj *ent.Institution, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.ImportSource], error) {
	return relay.List(ctx, r.root.DB.ImportSource.Query().Where(importsource.InstitutionID(obj.ID)), page(first, after, last, before), relay.OldestFirst)
}

func (r *institutionResolver) ViewerActions(ctx context.Context, obj *ent.Institution) ([]*model.ViewerAction, error) {
	return actions(ctx, slices.Concat(catalogue.InstitutionActions(ctx, obj.ID), institution.Actions(ctx, obj), microdegree.InstitutionActions(ctx, obj.ID), agreement.InstitutionActions(ctx, obj.ID),
		role.InstitutionActions(ctx, obj.ID), portal.OwnerActions(ctx, obj.ID), client.InstitutionActions(ctx, obj.ID), exchange.Actions(ctx, obj.ID), policy.InstitutionActions(ctx, obj.ID),
		journey.InstitutionActions(ctx, obj.ID), grading.InstitutionActions(ctx, obj.ID))), nil
}

func (r *institutionChangeResolver) Institution(ctx context.Context, objs []*ent.InstitutionChange) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(c *ent.InstitutionChange) ident.ID { return c.InstitutionID }, r.root.institutions())
}

func (r *institutionChangeResolver) ProposedBy(ctx context.Context, objs []*ent.InstitutionChange) ([]*ent.Person, error) {
	return follow(ctx, objs, func(c *ent.InstitutionChange) ident.ID { return maybe(c.ProposedByID) }, r.root.people())
}

func (r *institutionChangeResolver) DecidedBy(ctx context.Context, objs []*ent.InstitutionChange) ([]*ent.Person, error) {
	return follow(ctx, objs, func(c *ent.InstitutionChange) ident.ID { return maybe(c.DecidedByID) }, r.root.people())
}

func (r *institutionChangeResolver) Proposal(ctx context.Context, objs []*ent.InstitutionChange) ([]*string, error) {
	found, err := r.root.Institutions.Waiting(ctx, languageOf(ctx).String(), objs)
	if err != nil {
		return nil, err
	}
	return each(objs, func(c *ent.InstitutionChange) *string { return vocab.Given(found[c.ID].Proposal) }), nil
}

func (r *institutionChangeResolver) SharedAcronym(ctx context.Context, objs []*ent.InstitutionChange) ([][]string, error) {
	found, err := r.root.Institutions.Waiting(ctx, languageOf(ctx).String(), objs)
	if err != nil {
		return nil, err
	}
	return each(objs, func(c *ent.InstitutionChange) []string { return append([]string{}, found[c.ID].Sharing...) }), nil
}

func (r *institutionChangeResolver) ViewerActions(ctx context.Context, obj *ent.InstitutionChange) ([]*model.ViewerAction, error) {
	all, err := r.root.Institutions.ChangeActions(ctx, obj)
	if err != nil {
		return nil, err
	}
	return actions(ctx, all), nil
}

func (r *membershipResolver) Alliance(ctx context.Context, objs []*ent.Membership) ([]*ent.Alliance, error) {
	return follow(ctx, objs, func(o *ent.Membership) ident.ID { return o.AllianceID }, r.root.alliances())
}

func (r *membershipResolver) Institution(ctx context.Context, objs []*ent.Membership) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Membership) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *membershipResolver) Reason(ctx context.Context, obj *ent.Membership) (*string, error) {
	v := viewer.From(ctx) // it is for the two sides of the membership
	if obj.Reason == "" || !slices.Contains(v.StaffAt(), obj.InstitutionID) && !slices.Contains(v.StaffAt(), obj.AllianceID) {
		return nil, nil
	}
	return &obj.Reason, nil
}

func (r *membershipResolver) ViewerActions(ctx context.Context, obj *ent.Membership) ([]*model.ViewerAction, error) {
	return actions(ctx, institution.MembershipActions(ctx, obj)), nil
}

func (r *membershipStandingResolver) State(ctx context.Context, obj *vocab.Standing) (membership.State, error) {
	return membership.State(obj.State), nil
}

func (r *mutationResolver) InviteMember(ctx context.Context, input institution.Invitation) (*model.Payload[*ent.Membership], error) {
	return payload(r.root.Institutions.Invite(ctx, input))
}

func (r *mutationResolver) AnswerInvitation(ctx context.Context, input institution.InvitationAnswer) (*model.Payload[*ent.Membership], error) {
	return payload(r.root.Institutions.AnswerInvitation(ctx, input))
}

func (r *mutationResolver) SuspendMember(ctx context.Context, input institution.Reasoned) (*model.Payload[*ent.Membership], error) {
	return payload(r.root.Institutions.Suspend(ctx, input))
}

func (r *mutationResolver) ReinstateMember(ctx context.Context, input model.ReinstateMemberInput) (*model.Payload[*ent.Membership], error) {
	return payload(r.root.Institutions.Reinstate(ctx, input.MembershipID))
}

func (r *mutationResolver) EndMembership(ctx context.Context, input institution.Reasoned) (*model.Payload[*ent.Membership], error) {
	return payload(r.root.Institutions.End(ctx, input))
}

func (r *mutationResolver) UpdateInstitution(ctx context.Context, input institution.Update) (*model.Payload[*ent.Institution], error) {
	return payload(r.root.Institutions.Update(ctx, input))
}

func (r *mutationResolver) ProposeInstitutionIdentity(ctx context.Context, input institution.IdentityProposal) (*model.Payload[*ent.InstitutionChange], error) {
	return payload(r.root.Institutions.ProposeIdentity(ctx, input))
}

func (r *mutationResolver) ApproveInstitutionIdentity(ctx context.Context, input institution.IdentityApproval) (*model.Payload[*ent.InstitutionChange], error) {
	return payload(r.root.Institutions.ApproveIdentity(ctx, input))
}

func (r *mutationResolver) RejectInstitutionIdentity(ctx context.Context, input institution.IdentityRejection) (*model.Payload[*ent.InstitutionChange], error) {
	return payload(r.root.Institutions.RejectIdentity(ctx, input))
}

func (r *mutationResolver) WithdrawInstitutionIdentity(ctx context.Context, input institution.IdentityWithdrawal) (*model.Payload[*ent.InstitutionChange], error) {
	return payload(r.root.Institutions.WithdrawIdentity(ctx, input))
}

func (r *mutationResolver) AddUnit(ctx context.Context, input institution.NewUnit) (*model.Payload[*ent.Unit], error) {
	return payload(r.root.Institutions.AddUnit(ctx, input))
}

func (r *mutationResolver) UpdateUnit(ctx context.Context, input institution.UnitUpdate) (*model.Payload[*ent.Unit], error) {
	return payload(r.root.Institutions.UpdateUnit(ctx, input))
}

func (r *mutationResolver) CloseUnit(ctx context.Context, input model.CloseUnitInput) (*model.Payload[*ent.Unit], error) {
	return payload(r.root.Institutions.CloseUnit(ctx, input.UnitID))
}

func (r *mutationResolver) UpdateAlliance(ctx context.Context, input institution.AllianceUpdate) (*model.Payload[*ent.Alliance], error) {
	return payload(r.root.Institutions.UpdateAlliance(ctx, input))
}

func (r *programmeResolver) Institution(ctx context.Context, objs []*ent.Programme) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Programme) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *programmeResolver) Field(ctx context.Context, obj *ent.Programme) (*model.FieldOfEducation, error) {
	return fieldOfEducation(&obj.Isced), nil
}

func (r *programmeResolver) Modules(ctx context.Context, objs []*ent.Programme) ([][]*ent.HomeModule, error) {
	return gather(ctx, modulesOfProgramme, objs, func(m *ent.HomeModule) ident.ID { return m.ProgrammeID },
		rows(r.root.DB.HomeModule.Query().Order(homemodule.ByID()).Clone, homemodule.ProgrammeIDIn))
}

func (r *queryResolver) Alliance(ctx context.Context, slug string) (*ent.Alliance, error) {
	return null(r.root.DB.Alliance.Query().Where(alliance.Slug(slug)).Only(ctx))
}

func (r *queryResolver) Alliances(ctx context.Context, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Alliance], error) {
	return relay.List(ctx, r.root.DB.Alliance.Query(), page(first, after, last, before), relay.OldestFirst)
}

func (r *queryResolver) Institution(ctx context.Context, by model.InstitutionBy) (*ent.Institution, error) {
	return null(r.root.DB.Institution.Query().Where(institutionBy(by)).Only(ctx))
}

func (r *queryResolver) Institutions(ctx context.Context, filter *model.InstitutionFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Institution], error) {
	return relay.List(ctx, r.root.DB.Institution.Query().Where(institutionsLike(filter)...), page(first, after, last, before), relay.OldestFirst)
}

func (r *queryResolver) Programme(ctx context.Context, id ident.ID) (*ent.Programme, error) {
	return null(r.root.DB.Programme.Get(ctx, id))
}

func (r *unitResolver) Institution(ctx context.Context, objs []*ent.Unit) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Unit) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *unitResolver) Parent(ctx context.Context, objs []*ent.Unit) ([]*ent.Unit, error) {
	return follow(ctx, objs, func(o *ent.Unit) ident.ID { return maybe(o.ParentID) }, r.root.units())
}

func (r *unitResolver) Children(ctx context.Context, objs []*ent.Unit) ([][]*ent.Unit, error) {
	return gather(ctx, childrenOfUnit, objs, func(u *ent.Unit) ident.ID { return *u.ParentID },
		rows(r.root.DB.Unit.Query().Order(unit.ByID()).Clone, unit.ParentIDIn))
}

func (r *unitResolver) ViewerActions(ctx context.Context, obj *ent.Unit) ([]*model.ViewerAction, error) {
	return actions(ctx, institution.UnitActions(ctx, obj)), nil
}

func (r *Resolver) Alliance() generated.AllianceResolver       { return &allianceResolver{r} }
func (r *Resolver) Institution() generated.InstitutionResolver { return &institutionResolver{r} }
func (r *Resolver) InstitutionChange() generated.InstitutionChangeResolver {
	return &institutionChangeResolver{r}
}
func (r *Resolver) Membership() generated.MembershipResolver { return &membershipResolver{r} }
func (r *Resolver) MembershipStanding() generated.MembershipStandingResolver {
	return &membershipStandingResolver{r}
}
func (r *Resolver) Programme() generated.ProgrammeResolver { return &programmeResolver{r} }
func (r *Resolver) Unit() generated.UnitResolver           { return &unitResolver{r} }

type allianceResolver struct{ root *Resolver }
type institutionResolver struct{ root *Resolver }
type institutionChangeResolver struct{ root *Resolver }
type membershipResolver struct{ root *Resolver }
type membershipStandingResolver struct{ root *Resolver }
type programmeResolver struct{ root *Resolver }
type unitResolver struct{ root *Resolver }
