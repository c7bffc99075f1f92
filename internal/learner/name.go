package learner

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Name returns the name of a person, or "" for who is without a profile or
// whose home tells no name.
func (s *Service) Name(ctx context.Context, person ident.ID) (string, error) {
	p, err := s.DB.Profile.Query().Where(profile.PersonID(person)).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return FullName(p), nil
}

// FullName is the name in a profile, as one text; empty for who has none.
func FullName(p *ent.Profile) string { return vocab.FullName(p.GivenName, p.FamilyName) }
