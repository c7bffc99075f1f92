package institution

import (
	"cmp"
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// NewProgramme is a study programme with the modules that a recognition may
// count towards.
type NewProgramme struct {
	InstitutionID ident.ID
	Code          string
	Title         vocab.Text
	EQF           int
	ECTS          vocab.ECTS
	ISCED         vocab.ISCEDF
	Modules       []NewModule
}

// NewModule is a module or elective area of a study programme.
type NewModule struct {
	Code  string
	Title vocab.Text
	ECTS  vocab.ECTS
	Place homemodule.Place
}

// AddProgramme adds a study programme and its modules.
func (s *Service) AddProgramme(ctx context.Context, p NewProgramme) (*ent.Programme, error) {
	if err := cmp.Or(toAddProgramme.Require(ctx, p.InstitutionID), vocab.CheckEQF(p.EQF, "eqf")); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Programme, error) {
		made, err := tx.Programme.Create().SetInstitutionID(p.InstitutionID).SetCode(p.Code).SetTitle(p.Title).
			SetEqf(p.EQF).SetEcts(p.ECTS).SetIsced(p.ISCED).Save(ctx)
		if err := storage.IfTaken(err, problem.New(problem.Conflict, "the institution has a programme with the code %q already", p.Code).At("code")); err != nil {
			return nil, err
		}
		for _, m := range p.Modules {
			if err := tx.HomeModule.Create().SetProgrammeID(made.ID).SetCode(m.Code).SetTitle(m.Title).
				SetEcts(m.ECTS).SetPlace(m.Place).Exec(ctx); err != nil {
				return nil, err
			}
		}
		return made, ledger.Note(ctx, tx, toAddProgramme, ledger.Thing{ID: made.ID, Host: p.InstitutionID})
	})
}
