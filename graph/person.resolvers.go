package graph

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (r *affiliationResolver) Institution(ctx context.Context, objs []*ent.Affiliation) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Affiliation) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *affiliationResolver) Programme(ctx context.Context, objs []*ent.Affiliation) ([]*ent.Programme, error) {
	return follow(ctx, objs, func(o *ent.Affiliation) ident.ID { return maybe(o.ProgrammeID) }, r.root.programmes())
}

func (r *affiliationResolver) Lapsed(ctx context.Context, obj *ent.Affiliation) (bool, error) {
	return !obj.ExpiresAt.After(r.root.Now()), nil
}

func (r *heldRoleResolver) Institution(ctx context.Context, obj *viewer.Grant) (*ent.Institution, error) {
	return ofKind(ctx, ident.Institution, obj.At, r.root.DB.Institution.Get)
}

func (r *heldRoleResolver) Unit(ctx context.Context, obj *viewer.Grant) (*ent.Unit, error) {
	return ofKind(ctx, ident.Unit, obj.Unit, r.root.DB.Unit.Get)
}

func (r *heldRoleResolver) Alliance(ctx context.Context, obj *viewer.Grant) (*ent.Alliance, error) {
	return ofKind(ctx, ident.Alliance, obj.At, r.root.DB.Alliance.Get)
}

func (r *permissionResolver) Institution(ctx context.Context, obj *model.Permission) (*ent.Institution, error) {
	return ofKind(ctx, ident.Institution, obj.At, r.root.DB.Institution.Get)
}

func (r *permissionResolver) Unit(ctx context.Context, obj *model.Permission) (*ent.Unit, error) {
	return ofKind(ctx, ident.Unit, obj.UnitID, r.root.DB.Unit.Get)
}

func (r *permissionResolver) Alliance(ctx context.Context, obj *model.Permission) (*ent.Alliance, error) {
	return ofKind(ctx, ident.Alliance, obj.At, r.root.DB.Alliance.Get)
}

func (r *personResolver) DisplayName(ctx context.Context, objs []*ent.Person) ([]*string, error) {
	return r.root.profileField(ctx, objs, "displayName")
}

func (r *personResolver) GivenName(ctx context.Context, objs []*ent.Person) ([]*string, error) {
	return r.root.profileField(ctx, objs, "givenName")
}

func (r *personResolver) FamilyName(ctx context.Context, objs []*ent.Person) ([]*string, error) {
	return r.root.profileField(ctx, objs, "familyName")
}

func (r *personResolver) Email(ctx context.Context, objs []*ent.Person) ([]*string, error) {
	return r.root.profileField(ctx, objs, "email")
}

func (r *personResolver) Esi(ctx context.Context, objs []*ent.Person) ([]*string, error) {
	return r.root.profileField(ctx, objs, "esi")
}

func (r *personResolver) Affiliations(ctx context.Context, objs []*ent.Person) ([][]*ent.Affiliation, error) {
	return gather(ctx, affiliationsOfPerson, objs, func(a *ent.Affiliation) ident.ID { return a.PersonID },
		rows(r.root.DB.Affiliation.Query().Order(affiliation.ByID()).Clone, affiliation.PersonIDIn))
}

func (r *queryResolver) Viewer(ctx context.Context) (*viewer.Viewer, error) {
	return viewer.From(ctx), nil
}

func (r *viewerResolver) Person(ctx context.Context, obj *viewer.Viewer) (*ent.Person, error) {
	if obj.Kind != viewer.Person {
		return nil, nil
	}
	return null(r.root.DB.Person.Get(ctx, obj.PersonID))
}

func (r *viewerResolver) Roles(ctx context.Context, obj *viewer.Viewer) ([]*viewer.Grant, error) {
	return pointers(obj.Grants), nil
}

func (r *viewerResolver) Permissions(ctx context.Context, obj *viewer.Viewer) ([]*model.Permission, error) {
	all := []*model.Permission{}
	for _, g := range obj.Grants {
		if slices.ContainsFunc(all, func(p *model.Permission) bool { return p.At == g.At && p.UnitID == g.Unit }) {
			continue
		}
		all = append(all, &model.Permission{At: g.At, UnitID: g.Unit, Rights: authz.RightsAt(obj, g.At, vocab.Given(g.Unit))})
	}
	if obj.ClientAt != "" {
		all = append(all, &model.Permission{At: obj.ClientAt, Rights: authz.RightsAt(obj, obj.ClientAt)})
	}
	return all, nil
}

func (r *viewerResolver) Applications(ctx context.Context, obj *viewer.Viewer, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Application], error) {
	return relay.List(ctx, applicationsFor(ctx, r.root.DB.Application.Query().Where(application.LearnerID(obj.PersonID))), page(first, after, last, before), relay.NewestFirst)
}

func (r *viewerResolver) Credentials(ctx context.Context, obj *viewer.Viewer, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Credential], error) {
	return relay.List(ctx, credentialsFor(ctx, r.root.DB.Credential.Query().Where(credential.LearnerID(obj.PersonID))), page(first, after, last, before), relay.NewestFirst)
}

func (r *viewerResolver) RecognitionCases(ctx context.Context, obj *viewer.Viewer, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.RecognitionCase], error) {
	return relay.List(ctx, r.root.DB.RecognitionCase.Query().Where(recognitioncase.LearnerID(obj.PersonID)), page(first, after, last, before), relay.NewestFirst)
}

func (r *Resolver) Affiliation() generated.AffiliationResolver { return &affiliationResolver{r} }
func (r *Resolver) HeldRole() generated.HeldRoleResolver       { return &heldRoleResolver{r} }
func (r *Resolver) Permission() generated.PermissionResolver   { return &permissionResolver{r} }
func (r *Resolver) Person() generated.PersonResolver           { return &personResolver{r} }
func (r *Resolver) Viewer() generated.ViewerResolver           { return &viewerResolver{r} }

type affiliationResolver struct{ root *Resolver }
type heldRoleResolver struct{ root *Resolver }
type permissionResolver struct{ root *Resolver }
type personResolver struct{ root *Resolver }
type viewerResolver struct{ root *Resolver }
