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

// Update changes what is known of an institution. What is nil stays as it is;
// an empty website or identifier is removed. The home organisation and the
// country stay for good.
type Update struct {
	InstitutionID      ident.ID
	Name               []vocab.Translation
	Acronym            *string
	Town               []vocab.Translation
	ErasmusCode        *string
	PIC                *string
	OID                *string
	ROR                *string
	DEQAR              *string
	Website            *string
	Domains            []string
	Zone               *string
	CourseReview       *institution.CourseReview
	ResultConfirmation *institution.ResultConfirmation
	StepUp             *vocab.StepUp
}

// fill checks the update, sets what it changes, and lists the names of that.
func (u Update) fill(m *ent.InstitutionMutation) (changed []string, err error) {
	var found []error
	name, badName := vocab.TextOf(maxName, u.Name, "input", "name")
	town, badTown := vocab.TextOf(maxName, u.Town, "input", "town")
	found = append(found, badName, badTown, u.identifiers().check("input"))
	set := func(field string, given bool, how func()) {
		if given {
			how()
			changed = append(changed, field)
		}
	}
	set("name", u.Name != nil, func() {
		m.SetName(name)
		found = append(found, problem.If(len(u.Name) == 0, errNoName.At("input", "name")))
	})
	set("town", u.Town != nil, func() { m.SetTown(town) })
	set("acronym", u.Acronym != nil, func() {
		acronym, err := vocab.Line(maxAcronym, *u.Acronym, "input", "acronym")
		found = append(found, err)
		m.SetAcronym(acronym)
	})
	site := u.Website
	if site != nil {
		tidy, err := website(*u.Website, "input", "website")
		found, site = append(found, err), &tidy
	}
	for _, id := range []struct {
		field string
		value *string
		set   func(string)
		clear func()
	}{
		{"erasmusCode", u.ErasmusCode, m.SetErasmusCode, m.ClearErasmusCode}, {"pic", u.PIC, m.SetPic, m.ClearPic},
		{"oid", u.OID, m.SetOid, m.ClearOid}, {"ror", u.ROR, m.SetRor, m.ClearRor}, {"deqar", u.DEQAR, m.SetDeqar, m.ClearDeqar},
		{"website", site, m.SetWebsite, m.ClearWebsite},
	} {
		set(id.field, id.value != nil, func() {
			if *id.value == "" {
				id.clear()
				return
			}
			id.set(*id.value)
		})
	}
	set("domains", u.Domains != nil, func() {
		all, err := domains(u.Domains, "input", "domains")
		found = append(found, err)
		m.SetDomains(all)
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

func (u Update) identifiers() identifiers {
	return optionalIdentifiers(u.ErasmusCode, u.PIC, u.OID, u.ROR, u.DEQAR)
}

// Update changes an institution. It returns an INVALID problem for each broken
// value, and a CONFLICT problem at each identifier that another one has.
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
		if err := u.identifiers().free(ctx, tx, u.InstitutionID, "input"); err != nil {
			return nil, err
		}
		if err := update.Exec(ctx); storage.IsDuplicate(err) { // by who took it at the same moment
			return nil, errTaken
		} else if err != nil {
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
