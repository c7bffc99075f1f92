// Package seed fills an empty database with a lively demo alliance: real
// members, invented courses, invented people in every state of the journey. It
// does so through the services, as the people who would do it, so the demo
// obeys the rules and tests them.
package seed

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/admission"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/enrolment"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Options say where the demo is.
type Options struct {
	BaseURL string // of the server
	IDPURL  string // of the demo identity provider
	KEK     keyring.KEK
	Now     func() time.Time
	Log     *slog.Logger
}

// ClientID and SecretRef are how the server presents itself to the demo
// identity provider.
const (
	ClientID  = "peregrine-demo"
	SecretRef = "demo:"
	alliance  = "eulist"
)

// Issuer is the address of a realm of the demo identity provider.
func (o Options) Issuer(domain string) string { return o.IDPURL + "/" + domain }

// demo is a run of the seeder. Its clock is set to the day of each step.
type demo struct {
	Options
	db    *ent.Client
	today time.Time
	clock time.Time

	institutions *institution.Service
	learners     *learner.Service
	catalogue    *catalogue.Service
	microDegrees *microdegree.Service
	agreements   *agreement.Service
	admissions   *admission.Service
	enrolments   *enrolment.Service
	credentials  *credential.Service
	recognitions *recognition.Service

	alliance   ident.ID
	home       map[string]*ent.Institution    // by domain
	programmes map[string]*ent.Programme      // by code
	people     map[string]ident.ID            // by key@domain
	courses    map[string]*ent.Course         // by code
	offerings  map[string]map[string]ident.ID // by code of the course and schedule
	ects       map[string]vocab.ECTS          // by code of the course
}

// Run seeds the demo alliance unless the database holds one already.
func Run(ctx context.Context, db *ent.Client, o Options) error {
	ctx = viewer.With(ctx, &viewer.Viewer{Kind: viewer.System})
	if some, err := db.Alliance.Query().Exist(ctx); err != nil || some {
		return err
	}
	d := &demo{
		Options: o, db: db, today: o.Now().UTC().Truncate(24 * time.Hour),
		home: map[string]*ent.Institution{}, programmes: map[string]*ent.Programme{}, people: map[string]ident.ID{},
		courses: map[string]*ent.Course{}, offerings: map[string]map[string]ident.ID{}, ects: map[string]vocab.ECTS{},
	}
	now := func() time.Time { return d.clock }
	d.institutions = &institution.Service{DB: db, Now: now}
	d.learners = &learner.Service{DB: db, Now: o.Now} // affiliations are asserted today
	d.catalogue = &catalogue.Service{DB: db, Now: now}
	d.microDegrees = &microdegree.Service{DB: db, Now: now}
	d.agreements = &agreement.Service{DB: db, Now: now}
	d.admissions = &admission.Service{DB: db, Now: now}
	d.enrolments = &enrolment.Service{DB: db, Now: now, Admissions: d.admissions}
	d.credentials = &credential.Service{DB: db, Now: now, KEK: o.KEK, BaseURL: o.BaseURL}
	d.recognitions = &recognition.Service{DB: db, Now: now}
	began := time.Now()
	d.day(-500)
	for _, step := range []func(context.Context) error{
		d.foundAlliance, d.describeInstitutions, d.publishCourses, d.publishMicroDegrees, d.agreeRules, d.tellStories,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	o.Log.InfoContext(ctx, "demo alliance seeded", "courses", len(d.courses), "people", len(d.people), "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// day sets the clock to noon, so many days from today.
func (d *demo) day(n int) { d.clock = d.today.AddDate(0, 0, n).Add(12 * time.Hour) }

// as returns a context on behalf of a person, with their roles as stored.
func (d *demo) as(ctx context.Context, person string) context.Context {
	id, ok := d.people[person]
	if !ok {
		panic("seed: nobody is called " + person) // a slip in our own tables
	}
	v, err := d.learners.ViewerOf(ctx, id)
	if err != nil {
		panic(err)
	}
	return viewer.With(ctx, v)
}

func (d *demo) foundAlliance(ctx context.Context) error {
	founded, err := d.institutions.Found(ctx, institution.Founding{
		Slug: alliance, Website: "https://eulist.university", Bounds: institution.DefaultBounds,
		Name: vocab.Text{"en": "EULiST – European Universities Linking Society and Technology"},
	})
	if err != nil {
		return err
	}
	d.alliance = founded.ID
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
		idp, err := d.institutions.RegisterProvider(ctx, institution.NewProvider{
			AllianceID: d.alliance, Key: c.Domain, Issuer: d.Issuer(c.Domain), ClientID: ClientID, ClientSecretRef: SecretRef,
			Mode: provider.ModeDIRECT, Scopes: []string{"openid", "profile", "email"}, Homes: map[string]ident.ID{c.Domain: inst.ID},
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
			Affiliations: []string{p.Affiliation}, AuthTime: d.Now(),
		})
		if err != nil {
			return err
		}
		d.people[p.Key+"@"+p.Domain] = identity.PersonID
		for _, role := range p.Roles {
			if _, err := d.institutions.Grant(ctx, institution.NewGrant{PersonID: identity.PersonID, Role: role, At: inst.ID}); err != nil {
				return err
			}
		}
		if p.Alliance {
			if _, err := d.institutions.Grant(ctx, institution.NewGrant{PersonID: identity.PersonID, Role: viewer.AllianceAdministrator, At: d.alliance}); err != nil {
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
			n := institution.NewUnit{InstitutionID: inst.ID, Key: u.Key, Kind: u.Kind, Name: u.Name}
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

func (d *demo) publishCourses(ctx context.Context) error {
	for _, place := range places {
		c, err := read[providerContent](place.domain)
		if err != nil {
			return err
		}
		editor, inst := d.as(ctx, "editor@"+place.domain), d.home[place.domain]
		units := map[string]ident.ID{}
		found, err := d.db.Unit.Query().Where(unit.InstitutionID(inst.ID)).All(ctx)
		if err != nil {
			return err
		}
		for _, u := range found {
			units[u.Key] = u.ID
		}
		for _, c := range c.Courses {
			d.day(-480)
			n := catalogue.NewCourse{InstitutionID: inst.ID, Code: c.Code, Kind: c.Kind, Content: c.input()}
			if id, ok := units[c.Unit]; ok {
				n.UnitID = &id
			}
			made, err := d.catalogue.Create(editor, n)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Code, err)
			}
			if made, err = d.catalogue.Publish(editor, made.ID); err != nil {
				return fmt.Errorf("%s: %w", c.Code, err)
			}
			d.courses[c.Code], d.ects[c.Code] = made, c.ECTS
			d.offerings[c.Code] = map[string]ident.ID{}
			for _, o := range d.offeringsOf(c, place.zone) {
				if err := d.offer(editor, c.Code, o); err != nil {
					return fmt.Errorf("%s: %w", c.Code, err)
				}
			}
		}
	}
	return nil
}

// The offerings of the cohort programme, which are fixed in time.
const (
	cohortProgramme = "LUH-MINT-UA"
	pastCohort      = "PAST"
)

// planned is an offering and the word by which stories find it.
type planned struct {
	key string
	catalogue.NewOffering
}

// offeringsOf returns the offerings in the content, and the two cohorts of the
// MInT-Ukraine programme: the first closed on 11 September 2025 at 23:00 in
// Hannover, as announced, the second is coming.
func (d *demo) offeringsOf(c courseContent, zone string) (all []planned) {
	for _, o := range c.Offerings {
		cents, _ := o.Fee.Amount.Int64()
		n := catalogue.NewOffering{
			Schedule: o.Schedule, Zone: o.Zone, OpensAt: d.local(o.Opens, "08:00"), Seats: o.Seats, Language: o.Language, Mode: o.Mode,
			Place: o.Place.Translations(), Funding: o.Funding.Translations(), FeeCents: new(int(cents) * 100), FeeCurrency: &o.Fee.Currency,
		}
		if o.Schedule == offering.ScheduleCOHORT {
			n.ClosesAt, n.StartsOn, n.EndsOn = new(d.local(o.Closes, o.ClosesAt)), new(d.date(o.Starts)), new(d.date(o.Ends))
		}
		all = append(all, planned{string(o.Schedule), n})
	}
	if c.Code == cohortProgramme {
		funding := vocab.Text{"en": "In reality funded by the DAAD; in the demo by nobody", "de": "In Wirklichkeit vom DAAD gefördert, in der Demo von niemandem"}.Translations()
		cohort := catalogue.NewOffering{Schedule: offering.ScheduleCOHORT, Zone: zone, Seats: 20, Language: "en", Mode: c.Mode, Funding: funding}
		past, coming := cohort, cohort
		past.OpensAt, past.ClosesAt = "2025-07-15T08:00:00", new("2025-09-11T23:00:00")
		past.StartsOn, past.EndsOn = new("2025-10-06"), new("2026-01-30")
		coming.OpensAt, coming.ClosesAt = d.local(-12, "08:00"), new(d.local(49, "23:00"))
		coming.StartsOn, coming.EndsOn = new(d.date(80)), new(d.date(190))
		all = append(all, planned{pastCohort, past}, planned{string(offering.ScheduleCOHORT), coming})
	}
	return all
}

func (d *demo) offer(editor context.Context, code string, p planned) error {
	p.CourseID = d.courses[code].ID
	made, err := d.catalogue.CreateOffering(editor, p.NewOffering)
	if err != nil {
		return err
	}
	if _, err := d.catalogue.PublishOffering(editor, made.ID); err != nil {
		return err
	}
	if _, have := d.offerings[code][p.key]; !have {
		d.offerings[code][p.key] = made.ID
	}
	return nil
}

func (d *demo) date(days int) string { return d.today.AddDate(0, 0, days).Format(time.DateOnly) }

func (d *demo) local(days int, at string) string { return d.date(days) + "T" + at + ":00" }

func (d *demo) publishMicroDegrees(ctx context.Context) error {
	all, err := read[[]microDegreeContent]("microdegrees")
	if err != nil {
		return err
	}
	for _, c := range all {
		n := microdegree.New{
			InstitutionID: d.home[c.Awarding].ID, Key: c.Key, Title: c.Title, Summary: c.Summary, Description: c.Description,
			Outcomes: outcomes(c.Outcomes), ECTS: c.ECTS, EQF: c.EQF, ISCED: c.ISCED,
			Quality: vocab.QualityAssurance{Kind: c.Quality.Kind, Name: c.Quality.Name, URL: c.Quality.URL},
			Bounds:  vocab.BoundsOf(institution.DefaultBounds, vocab.KindMicroDegree),
		}
		for _, g := range c.Groups {
			group := vocab.ModuleGroup{Key: g.Key, Title: g.Title, MinECTS: g.MinECTS}
			for _, code := range g.Courses {
				group.Courses = append(group.Courses, string(d.courses[code].ID))
			}
			n.Groups = append(n.Groups, group)
		}
		if _, err := d.microDegrees.Publish(d.as(ctx, "editor@"+c.Awarding), n); err != nil {
			return fmt.Errorf("%s: %w", c.Key, err)
		}
	}
	return nil
}
