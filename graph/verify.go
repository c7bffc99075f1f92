package graph

import (
	"context"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/vc"
)

func (r *Resolver) verify(ctx context.Context, by model.VerifyCredentialBy) (*model.CredentialVerification, error) {
	var v *credential.Verification
	var err error
	if by.Token != nil {
		v, err = r.Credentials.VerifyToken(ctx, *by.Token)
	} else {
		v, err = r.Credentials.VerifyJWT(ctx, *by.Jwt)
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

// verified says what the credential states, without a grade: that is the
// learner's to disclose.
func verified(v *credential.Verification, in language.Tag) *model.VerifiedCredential {
	a := v.Award
	if a == nil {
		return nil
	}
	out := &model.VerifiedCredential{
		HolderName: a.Holder.Name(), IssuerName: a.Issuer.Name.In(in.String()), IssuerID: v.IssuerID,
		Title: a.Title.In(in.String()), Outcomes: []string{},
	}
	if a.ECTS > 0 {
		out.Ects = &a.ECTS
	}
	if a.EQF > 0 {
		out.EqfLevel = &a.EQF
	}
	if !a.IssuedAt.IsZero() {
		out.IssuedAt = &a.IssuedAt
	}
	if !a.ValidUntil.IsZero() {
		out.ValidUntil = &a.ValidUntil
	}
	for _, o := range a.Outcomes {
		out.Outcomes = append(out.Outcomes, o.Text.In(in.String()))
	}
	return out
}
