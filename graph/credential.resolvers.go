package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vc"
)

func (r *credentialResolver) Learner(ctx context.Context, objs []*ent.Credential) ([]*ent.Person, error) {
	return follow(ctx, objs, func(o *ent.Credential) ident.ID { return o.LearnerID }, r.root.people())
}

func (r *credentialResolver) Institution(ctx context.Context, objs []*ent.Credential) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Credential) ident.ID { return o.InstitutionID }, r.root.institutions())
}

func (r *credentialResolver) Home(ctx context.Context, objs []*ent.Credential) ([]*ent.Institution, error) {
	return follow(ctx, objs, func(o *ent.Credential) ident.ID { return o.HomeID }, r.root.institutions())
}

func (r *credentialResolver) Result(ctx context.Context, objs []*ent.Credential) ([]*ent.Result, error) {
	return follow(ctx, objs, func(o *ent.Credential) ident.ID { return o.ResultID }, r.root.results())
}

func (r *credentialResolver) Version(ctx context.Context, objs []*ent.Credential) ([]*ent.CourseVersion, error) {
	return follow(ctx, objs, func(o *ent.Credential) ident.ID { return o.VersionID }, r.root.versions)
}

func (r *credentialResolver) VerificationURL(ctx context.Context, obj *ent.Credential) (string, error) {
	return r.root.Credentials.VerifyURL(obj), nil
}

// ViewerActions says what the viewer may do with a credential. Only its
// learner needs to know whether home has counted it.
func (r *credentialResolver) ViewerActions(ctx context.Context, obj *ent.Credential) ([]*model.ViewerAction, error) {
	var counted error
	if authz.RequireSelf(ctx, obj.LearnerID) == nil {
		found, err := lookUp(ctx, countedResults, []ident.ID{obj.ResultID}, func(ctx context.Context, ids []ident.ID) (map[ident.ID]bool, error) {
			return recognition.Counted(ctx, r.root.DB, ids...)
		})
		if err != nil {
			return nil, err
		}
		if found[obj.ResultID] {
			counted = recognition.ErrCounted
		}
	}
	return actions(ctx, append(credential.Actions(ctx, obj), recognition.CredentialActions(ctx, obj, counted)...)), nil
}

func (r *mutationResolver) IssueCredential(ctx context.Context, input credential.Issue) (*model.Payload[*ent.Credential], error) {
	return payload(r.root.Credentials.Issue(ctx, input))
}

func (r *mutationResolver) RevokeCredential(ctx context.Context, input credential.Revocation) (*model.Payload[*ent.Credential], error) {
	return payload(r.root.Credentials.Revoke(ctx, input))
}

func (r *queryResolver) Credential(ctx context.Context, id ident.ID) (*ent.Credential, error) {
	return null(r.root.DB.Credential.Get(ctx, id))
}

func (r *queryResolver) Credentials(ctx context.Context, filter *model.CredentialFilter, first *int, after *string, last *int, before *string) (*relay.Connection[*ent.Credential], error) {
	return relay.List(ctx, credentialsFor(ctx, r.root.DB.Credential.Query().Where(credentialsLike(filter)...)), page(first, after, last, before), relay.NewestFirst)
}

func (r *queryResolver) VerifyCredential(ctx context.Context, by model.VerifyCredentialBy) (*model.CredentialVerification, error) {
	var v *credential.Verification
	var err error
	if by.Token != nil {
		v, err = r.root.Credentials.VerifyToken(ctx, *by.Token)
	} else {
		v, err = r.root.Credentials.VerifyJWT(ctx, *by.Jwt)
	}
	if err != nil {
		return nil, err
	}
	out := &model.CredentialVerification{
		Outcome: model.VerificationOutcome(v.Outcome), VerifiedAt: v.VerifiedAt,
		Credential: verified(v, languageOf(ctx)), MemberAtIssue: v.MemberAtIssue, MemberNow: v.MemberNow,
	}
	for _, c := range v.Checks {
		out.Checks = append(out.Checks, &model.VerificationCheck{
			Kind: model.VerificationCheckKind(c.Kind), Result: model.VerificationCheckResult(c.Result),
			Message: vc.Explain(c, languageOf(ctx)),
		})
	}
	return out, nil
}

func (r *verifiedCredentialResolver) Issuer(ctx context.Context, obj *model.VerifiedCredential) (*ent.Institution, error) {
	return ofKind(ctx, ident.Institution, obj.IssuerID, r.root.DB.Institution.Get)
}

func (r *Resolver) Credential() generated.CredentialResolver { return &credentialResolver{r} }
func (r *Resolver) VerifiedCredential() generated.VerifiedCredentialResolver {
	return &verifiedCredentialResolver{r}
}

type credentialResolver struct{ root *Resolver }
type verifiedCredentialResolver struct{ root *Resolver }
