package graph

import (
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/credential"
)

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
