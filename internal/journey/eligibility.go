package journey

import (
	"context"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Eligibility says for each offering what speaks against an application of the
// signed-in learner, by the rules that Submit applies. facts are those of the
// offerings, with everything that does not depend on who asks. What it takes does
// not grow with their number.
func (s *Service) Eligibility(ctx context.Context, facts []eligible.Facts, programme *ident.ID) ([][]eligible.Reason, error) {
	all := make([][]eligible.Reason, len(facts))
	every := func(first ...eligible.Reason) [][]eligible.Reason {
		for i, f := range facts {
			all[i] = append(first, eligible.Standing(f)...)
		}
		return all
	}
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return every(eligible.Reason{Code: eligible.SignIn, Problem: problem.All(err)[0]}), nil
	}
	from, err := s.origin(ctx, s.DB, v.PersonID, Wish{ProgrammeID: programme})
	if refused := problem.All(err); refused != nil {
		return every(eligible.Reason{Code: eligible.NoHome, Problem: refused[0]}), nil
	}
	if err != nil {
		return nil, err
	}
	active, err := institution.Active(ctx, s.DB, from.home)
	if err != nil {
		return nil, err
	}
	cases := make([]policy.Case, len(facts))
	versions := make([]ident.ID, len(facts))
	for i, f := range facts {
		cases[i] = policy.Case{InstitutionID: from.home, PartnerID: f.Offering.InstitutionID, Kind: f.Course.Kind}
		versions[i] = f.Offering.VersionID
	}
	rules, err := policy.ForAll(viewer.AsSystem(ctx), s.DB, cases)
	if err != nil {
		return nil, err
	}
	mine, err := ownOf(ctx, s.DB, v.PersonID, versions...)
	if err != nil {
		return nil, err
	}
	for i, f := range facts {
		f.Audiences, f.Mine, f.Credits = from.audiences, mine.brings(f.Offering.ID), s.credits(mine, from.home, f.Offering, rules[i])
		f.Applicant = &eligible.Applicant{Home: from.home, Active: active[from.home], Applied: mine.alive[f.Offering.ID] != nil}
		all[i] = eligible.Standing(f)
	}
	return all, nil
}
