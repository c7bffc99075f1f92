package institution

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// Study says which programme a person studies at home: what a recognition will
// count towards unless they say otherwise.
type Study struct {
	PersonID    ident.ID
	ProgrammeID ident.ID
}

// RecordStudy records it at the person's affiliations with the institution. It
// returns a NOT_FOUND problem when they have none.
func (s *Service) RecordStudy(ctx context.Context, st Study) error {
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		p, err := tx.Programme.Get(ctx, st.ProgrammeID)
		if err != nil {
			return storage.Found(err, "programme", "programmeId")
		}
		if err := toRecordStudy.Require(ctx, p.InstitutionID); err != nil {
			return err
		}
		update := tx.Affiliation.Update().Where(affiliation.PersonID(st.PersonID), affiliation.InstitutionID(p.InstitutionID)).SetProgrammeID(p.ID)
		if err := storage.IfUnchanged(ctx, update, problem.Missing("person").At("personId")); err != nil {
			return err
		}
		return ledger.Note(ctx, tx, toRecordStudy, ledger.Thing{ID: st.PersonID, Host: p.InstitutionID})
	})
}
