package learner

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// stepUpAt lists the places of the grants that ask their staff to step up.
func (s *Service) stepUpAt(ctx context.Context, grants []*ent.RoleGrant) ([]ident.ID, error) {
	var institutions, alliances []ident.ID
	for _, g := range grants {
		if g.InstitutionID != nil {
			institutions = append(institutions, *g.InstitutionID)
		} else if g.AllianceID != nil {
			alliances = append(alliances, *g.AllianceID)
		}
	}
	var at []ident.ID
	if len(institutions) > 0 {
		ids, err := s.DB.Institution.Query().Where(institution.IDIn(institutions...), institution.StepUp(vocab.StepUpRequired)).IDs(ctx)
		if err != nil {
			return nil, err
		}
		at = ids
	}
	if len(alliances) > 0 {
		ids, err := s.DB.Alliance.Query().Where(alliance.IDIn(alliances...), alliance.StepUp(vocab.StepUpRequired)).IDs(ctx)
		if err != nil {
			return nil, err
		}
		at = slices.Concat(at, ids)
	}
	return at, nil
}
