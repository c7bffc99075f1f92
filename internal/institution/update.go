package institution

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Update changes what is known of an institution, but not what it is called: see
// ProposeIdentity. What is nil stays as it is; an empty website is removed. The
// home organisation and the country stay for good.
type Update struct {
	InstitutionID      ident.ID
	Town               []vocab.Translation
	Website            *string
	Zone               *string
	CourseReview       *institution.CourseReview
	ResultConfirmation *institution.ResultConfirmation
	StepUp             *vocab.StepUp
}

// fill checks the update, sets what it changes, and lists the names of that.
func (u Update) fill(m *ent.InstitutionMutation) (changed []string, err error) {
	town, badTown := vocab.TextOf(maxName, u.Town, "input", "town")
	site, badSite := website(vocab.OrZero(u.Website), "input", "website")
	found := []error{badTown, badSite}
	set := func(field string, given bool, how func()) {
		if given {
			how()
			changed = append(changed, field)
		}
	}
	set("town", u.Town != nil, func() { m.SetTown(town) })
	set("website", u.Website != nil, func() {
		if site == "" {
			m.ClearWebsite()
			return
		}
		m.SetWebsite(site)
	})
	set("timeZone", u.Zone != nil, func() {
		_, err := vocab.Zone(*u.Zone, "input", "timeZone")
		found = append(found, err)
		m.SetZone(*u.Zone)
	})
	set("courseReview", u.CourseReview != nil, func() { m.SetCourseReview(*u.CourseReview) })
	set("resultConfirmation", u.ResultConfirmation != nil, func() { m.SetResultConfirmation(*u.ResultConfirmation) })
	set("stepUp", u.StepUp != nil, func() { m.SetStepUp(*u.StepUp) })
	return changed, problem.Join(found...)
}

// Update changes an institution. It returns an INVALID problem for each broken
// value.
func (s *Service) Update(ctx context.Context, u Update) (*ent.Institution, error) {
	if err := toUpdate.Require(ctx, u.InstitutionID); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Institution, error) {
		update := tx.Institution.Update().Where(institution.ID(u.InstitutionID))
		changed, err := u.fill(update.Mutation())
		if err != nil {
			return nil, err
		}
		if err := u.keeps(ctx, tx); err != nil {
			return nil, err
		}
		if err := update.Exec(ctx); err != nil {
			return nil, err
		}
		inst, err := tx.Institution.Get(ctx, u.InstitutionID)
		if err != nil {
			return nil, storage.Found(err, "institution", "input", "institutionId")
		}
		noted := ofInstitution(inst)
		noted.Payload.Fields = changed
		return inst, ledger.Note(ctx, tx, toUpdate, noted)
	})
}
