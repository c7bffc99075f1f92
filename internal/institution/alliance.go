package institution

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// AllianceUpdate changes an alliance. What is nil stays as it is; an empty
// website is removed. Bounds replace all that were; a kind of award that is not
// in them has none.
type AllianceUpdate struct {
	AllianceID ident.ID
	Name       []vocab.Translation
	Website    *string
	Bounds     []vocab.Bounds
	StepUp     *vocab.StepUp

	MemberProtections []vocab.Protection
}

// UpdateAlliance changes an alliance. New bounds hold for what is published
// from then on; what is published stays.
func (s *Service) UpdateAlliance(ctx context.Context, u AllianceUpdate) (*ent.Alliance, error) {
	if err := toUpdateAlliance.Require(ctx, u.AllianceID); err != nil {
		return nil, err
	}
	name, badName := vocab.TextOf(maxName, u.Name, "input", "name")
	found := []error{badName, checkBounds(u.Bounds, "input", "bounds")}
	found = append(found, problem.If(u.Name != nil && len(u.Name) == 0, errNoName.At("input", "name")))
	site, badSite := website(vocab.OrZero(u.Website), "input", "website")
	found = append(found, badSite)
	if err := problem.Join(found...); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Alliance, error) {
		update := tx.Alliance.Update().Where(alliance.ID(u.AllianceID))
		if u.Name != nil {
			update.SetName(name)
		}
		if site != "" {
			update.SetWebsite(site)
		} else if u.Website != nil {
			update.ClearWebsite()
		}
		if u.Bounds != nil {
			update.SetBounds(u.Bounds)
		}
		if u.StepUp != nil {
			update.SetStepUp(*u.StepUp)
		}
		if u.MemberProtections != nil {
			update.SetMemberProtections(slices.Compact(slices.Sorted(slices.Values(u.MemberProtections))))
		}
		if err := update.Exec(ctx); err != nil {
			return nil, err
		}
		done := protectMembers(ctx, tx, u.AllianceID, u.MemberProtections)
		return ledger.Noted(ctx, tx, done, toUpdateAlliance, ledger.Thing{ID: u.AllianceID, At: []ident.ID{u.AllianceID}}, tx.Alliance.Get)
	})
}

// checkBounds returns an INVALID problem for a kind that stands twice and for
// bounds between which nothing lies.
func checkBounds(bounds []vocab.Bounds, field ...string) error {
	var found []error
	seen := map[vocab.CredentialKind]bool{}
	for _, b := range bounds {
		found = append(found, problem.If(seen[b.Kind], problem.New(problem.Invalid, "the kind %s stands twice", b.Kind).At(field...)))
		seen[b.Kind] = true
		found = append(found, problem.If(b.Min < 0 || b.Min > b.Max || b.Max == 0 || b.Max > vocab.MaxECTS,
			problem.New(problem.Invalid, "%s to %s ECTS credits are no bounds for a %s: they go up, to at most %s", b.Min, b.Max, b.Kind, vocab.MaxECTS).At(field...)))
	}
	return problem.Join(found...)
}
