// Package policy holds what institutions want done with applications: how
// learners of theirs are nominated, how much they may take, and by when home and
// host decide.
//
// A policy is for all applications of an institution, for those from or to one
// partner, for one kind of course, or for both; of those that apply the most
// specific one counts alone (Pick). An institution without any has Default.
//
// Days are those of the institution's time zone: a decision is due when a day
// ends there, also when the clocks change meanwhile (Due, Wakes).
package policy

import (
	"context"
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Service changes policies.
type Service struct {
	DB *ent.Client
}

// Case is what a policy is asked for: an application in which an institution has
// to do with a partner, for a course of a kind.
type Case struct {
	InstitutionID ident.ID
	PartnerID     ident.ID
	Kind          course.Kind
}

// For returns the rules of an institution for applications from or to a partner,
// for courses of a kind. They are read as the system: whoever applies or decides
// is bound by rules that they need not see.
func For(ctx context.Context, db *ent.Client, institution, partner ident.ID, kind course.Kind) (Rules, error) {
	all, err := ForAll(ctx, db, []Case{{institution, partner, kind}})
	if err != nil {
		return Rules{}, err
	}
	return all[0], nil
}

// ForAll is For for many cases at once, with one statement. It returns the rules
// in the order of the cases.
func ForAll(ctx context.Context, db *ent.Client, cases []Case) ([]Rules, error) {
	if len(cases) == 0 {
		return nil, nil
	}
	institutions, partners := map[ident.ID]bool{}, map[ident.ID]bool{}
	for _, c := range cases {
		institutions[c.InstitutionID], partners[c.PartnerID] = true, true
	}
	found, err := db.AdmissionPolicy.Query().Where(admissionpolicy.InstitutionIDIn(sorted(institutions)...),
		admissionpolicy.Or(admissionpolicy.PartnerIDIsNil(), admissionpolicy.PartnerIDIn(sorted(partners)...))).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	of := map[ident.ID][]*ent.AdmissionPolicy{}
	for _, p := range found {
		of[p.InstitutionID] = append(of[p.InstitutionID], p)
	}
	all := make([]Rules, len(cases))
	for i, c := range cases {
		all[i] = Pick(of[c.InstitutionID], c.PartnerID, c.Kind)
	}
	return all, nil
}

func sorted(ids map[ident.ID]bool) []ident.ID { return slices.Sorted(maps.Keys(ids)) }
