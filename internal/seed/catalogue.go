package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

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
			d.day(d.first() + 20)
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
	return append(all, d.scarce(c.Code, zone)...)
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
		editor := d.as(ctx, "editor@"+c.Awarding)
		content := microdegree.Content{
			Title: c.Title.Translations(), Summary: c.Summary.Translations(), Description: c.Description.Translations(),
			ECTS: c.ECTS, EQFLevel: c.EQF, ISCED: string(c.ISCED),
			Quality:  catalogue.QualityText{Kind: c.Quality.Kind, Name: c.Quality.Name.Translations(), URL: vocab.Given(c.Quality.URL)},
			Outcomes: outcomes(c.Outcomes),
		}
		for _, g := range c.Groups {
			group := microdegree.GroupText{Key: g.Key, Title: g.Title.Translations(), MinECTS: &g.MinECTS}
			for _, code := range g.Courses {
				group.CourseIDs = append(group.CourseIDs, d.courses[code].ID)
			}
			content.Composition.Groups = append(content.Composition.Groups, group)
		}
		content.Composition.MinInstitutions = new(2)
		made, err := d.microDegrees.Create(editor, microdegree.New{InstitutionID: d.home[c.Awarding].ID, Key: c.Key, Content: content})
		if err != nil {
			return fmt.Errorf("%s: %w", c.Key, err)
		}
		if _, err := d.microDegrees.Publish(editor, made.ID); err != nil {
			return fmt.Errorf("%s: %w", c.Key, err)
		}
	}
	return nil
}
