package seed

import (
	"context"
	"fmt"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func (d *demo) foundAlliance(ctx context.Context) error {
	founded, err := d.institutions.Found(ctx, institution.Founding{
		Slug: alliance, Website: "https://eulist.university", Bounds: institution.DefaultBounds,
		Name: vocab.Text{"en": "EULiST – European Universities Linking Society and Technology"},
	})
	if err != nil {
		return err
	}
	d.alliance = founded.ID
	if _, err := d.institutions.UpdateAlliance(ctx, institution.AllianceUpdate{
		AllianceID: founded.ID, MemberProtections: []vocab.Protection{vocab.ProtectionResultConfirmation},
	}); err != nil {
		return err
	}
	all, err := read[[]institutionContent]("institutions")
	if err != nil {
		return err
	}
	for i, c := range all {
		part := membership.PartMEMBER
		switch {
		case i == 0:
			part = membership.PartCOORDINATOR
		case c.ErasmusCode == nil:
			part = membership.PartASSOCIATED_PARTNER
		}
		inst, err := d.institutions.Admit(ctx, institution.Admission{AllianceID: d.alliance, Part: part, Details: institution.Details{
			SCHAC: c.Domain, Name: c.Names, Acronym: c.Acronym, Country: c.Country, Town: c.Town,
			ErasmusCode: c.ErasmusCode, PIC: c.PIC, OID: c.OID, ROR: c.ROR, Website: c.Website, Domains: c.Domains, Zone: places[i].zone,
		}})
		if err != nil {
			return fmt.Errorf("%s: %w", c.Domain, err)
		}
		d.home[c.Domain] = inst
		idp, err := d.providers.Register(ctx, registry.Proposal{
			Key: c.Domain, Issuer: d.Issuer(c.Domain), ClientID: ClientID, ClientSecretRef: new(SecretRef),
			Mode: provider.ModeDIRECT, Scopes: []string{"openid", "profile", "email"}, Homes: []registry.Home{{Domain: c.Domain, InstitutionID: inst.ID}},
		})
		if err != nil {
			return fmt.Errorf("%s: %w", c.Domain, err)
		}
		if err := d.signInEverybody(ctx, inst, idp, places[i].language); err != nil {
			return fmt.Errorf("%s: %w", c.Domain, err)
		}
	}
	return nil
}

// signInEverybody makes the people of an institution as their first sign-in
// would, and gives staff their roles.
func (d *demo) signInEverybody(ctx context.Context, inst *ent.Institution, idp *ent.Provider, language string) error {
	for _, p := range People() {
		if p.Domain != inst.Schac {
			continue
		}
		identity, err := d.learners.SignIn(ctx, learner.Assertion{
			ProviderID: idp.ID, Issuer: idp.Issuer, Subject: p.Key, GivenName: p.GivenName, FamilyName: p.FamilyName,
			Email: p.Email(), ESI: p.ESI(), Language: language, InstitutionID: inst.ID,
			Affiliations: []string{p.Affiliation},
		})
		if err != nil {
			return err
		}
		d.people[p.Key+"@"+p.Domain] = identity.PersonID
		for _, held := range p.Roles {
			if _, err := d.roles.Grant(ctx, role.NewGrant{PersonID: identity.PersonID, Role: held, At: inst.ID}); err != nil {
				return err
			}
		}
		if p.Alliance {
			if _, err := d.roles.Grant(ctx, role.NewGrant{PersonID: identity.PersonID, Role: viewer.AllianceAdministrator, At: d.alliance}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demo) describeInstitutions(ctx context.Context) error {
	for _, place := range places {
		c, err := read[providerContent](place.domain)
		if err != nil {
			return err
		}
		admin, inst := d.as(ctx, "registrar@"+place.domain), d.home[place.domain]
		units := map[string]ident.ID{}
		for _, u := range c.Units {
			n := institution.NewUnit{InstitutionID: inst.ID, Key: u.Key, Kind: u.Kind, Name: u.Name.Translations()}
			if parent, ok := units[u.Parent]; ok {
				n.ParentID = &parent
			}
			made, err := d.institutions.AddUnit(admin, n)
			if err != nil {
				return err
			}
			units[u.Key] = made.ID
		}
		for _, p := range c.Programmes {
			n := institution.NewProgramme{InstitutionID: inst.ID, Code: p.Code, Title: p.Title, EQF: p.EQF, ECTS: p.ECTS, ISCED: p.ISCED}
			for _, m := range p.Modules {
				place := homemodule.PlaceREQUIRED
				if m.Elective {
					place = homemodule.PlaceELECTIVE
				}
				n.Modules = append(n.Modules, institution.NewModule{Code: m.Code, Title: m.Title, ECTS: m.ECTS, Place: place})
			}
			if d.programmes[p.Code], err = d.institutions.AddProgramme(admin, n); err != nil {
				return err
			}
		}
	}
	for _, p := range learners {
		if p.Programme == "" {
			continue
		}
		err := d.institutions.RecordStudy(d.as(ctx, "registrar@"+p.Domain),
			institution.Study{PersonID: d.people[p.Key+"@"+p.Domain], ProgrammeID: d.programmes[p.Programme].ID})
		if err != nil {
			return err
		}
	}
	return nil
}
